"""What the documents promise: working links and commands, and one version."""

import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from tests.workflow import PROJECT

PLACES = (
    *("*.md", "docs/*.md", "docs/*/*.md", "examples/*.md", "examples/*/*.md"),
    *("packages/*.md", "packages/*/*.md", "tools/*/*.md"),
)
DOCUMENTS = sorted(path for place in PLACES for path in PROJECT.glob(place))
LINK = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.M)


def anchors_of(document: Path) -> set[str]:
    """The anchors that GitHub gives to the headings of a Markdown file."""
    titles = HEADING.findall(document.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def name_of(document: Path) -> str:
    """A document's path in the repository."""
    return document.relative_to(PROJECT).as_posix()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_links_lead_somewhere(document):
    broken = []
    for target in LINK.findall(document.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (anchor and anchor not in anchors_of(file)):
            broken.append(target)
    assert broken == []


def test_versions_agree():
    projects = [PROJECT / "pyproject.toml", *PROJECT.glob("packages/*/pyproject.toml")]
    versions = {tomllib.loads(path.read_text())["project"]["version"] for path in projects}
    citation = yaml.safe_load((PROJECT / "CITATION.cff").read_text())["version"]
    changelog = re.search(r"^## (\S+)", (PROJECT / "CHANGELOG.md").read_text(), re.M)[1]
    assert versions | {citation, changelog} == {citation}


ONE_LINERS = re.findall(r" -c ('[^']*')", (PROJECT / "Makefile").read_text())


@pytest.mark.parametrize("code", ONE_LINERS, ids=[f"line{i}" for i in range(len(ONE_LINERS))])
def test_one_liners_of_the_makefile_run(code):
    """They may say what is missing on this machine, in one line of their own."""
    command = [sys.executable, "-c", *shlex.split(code)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 or len(done.stderr.splitlines()) == 1, done.stderr


def test_the_makefile_has_one_liners():
    assert len(ONE_LINERS) == 2


def test_the_lock_without_cuda_is_part_of_the_other():
    pinned = re.compile(r"^(\S+==\S+).*\n((?: +--hash=\S+.*\n)+)", re.M)
    whole, part = (
        dict(pinned.findall((PROJECT / "envs" / name).read_text()))
        for name in ("requirements.lock", "requirements-cpu.lock")
    )
    assert part.items() <= whole.items()
    left_out = {name.partition("==")[0] for name in whole.keys() - part.keys()}
    cuda = {name for name in left_out if re.match("nvidia-|cuda-|triton$|torch(vision)?$", name)}
    assert len(cuda) > 15
    assert not {name for name in part if name.startswith(("nvidia-c", "cuda-", "triton", "torch"))}
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    needed = {re.split("[<>=]", one)[0] for one in project["dependencies"]}
    assert needed - {name.partition("==")[0] for name in part} == {"torch", "torchvision"}
