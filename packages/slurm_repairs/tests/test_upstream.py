"""The drafts of pull requests in docs/upstream, against the plugin that is installed."""

import compileall
import shutil
import subprocess
from pathlib import Path

import pytest
import snakemake_executor_plugin_slurm as plugin

UPSTREAM = Path(__file__).resolve().parents[3] / "docs/upstream"
PATCHES = sorted(UPSTREAM.glob("*.patch"))


@pytest.mark.parametrize("patch", PATCHES, ids=lambda patch: patch.stem)
def test_a_patch_applies(patch, tmp_path):
    copy = tmp_path / plugin.__name__
    shutil.copytree(
        Path(plugin.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__")
    )
    subprocess.run(["git", "apply", patch], cwd=tmp_path, check=True)
    assert compileall.compile_dir(copy, quiet=1)


def test_the_page_names_every_patch():
    page = (UPSTREAM / "README.md").read_text()
    assert len(PATCHES) >= 5
    assert [patch.name for patch in PATCHES if f"]({patch.name})" not in page] == []
