"""What all tests share: tools that a laptop may lack and CI must have."""

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.commands import report
from tests.small_experiment import made_small_experiment
from tests.workflow import Workflow, made_once
from tests.written_results import write_results

LONGEST_FIRST = "slurm", "end_to_end", "dag", "training", "browser"
"""Folders whose tests start first, so that no worker is left with a long one in the end."""


def pytest_configure() -> None:
    """Let programs that tests start hear SIGINT.

    What a shell starts in the background ignores it, and so does all that is started from there.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """A worker a core, and one for the tests on Slurm, which wait more than they compute."""
    ignored = map(os.path.normpath, config.getoption("ignore") or ())
    return len(os.sched_getaffinity(0)) + ("tests/slurm" not in ignored)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Refine `--dist loadfile`: fixtures are made once, and no worker waits for the other.

    The tests of a file share a worker, and all tests on Slurm share one. The tests of the job graph
    go one by one: their fixtures serve all workers.

    This is what `--dist loadgroup` is for, which does not group under pytest 9.2
    (https://github.com/pytest-dev/pytest-xdist/issues/1386).
    """
    from xdist.scheduler import LoadScopeScheduling  # noqa: PLC0415, xdist calls this hook

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.split("::", 1)[0]
            return {"slurm": "tests/slurm", "dag": nodeid}.get(_folder_of(file), file)

    return Scheduling(config, log) if config.getoption("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the long tests first, where several workers share the tests."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        rank = {folder: place for place, folder in enumerate(LONGEST_FIRST)}
        items.sort(key=lambda item: rank.get(_folder_of(item.nodeid), len(rank)))


def _folder_of(nodeid: str) -> str:
    """The folder of a test below `tests`; empty for other tests."""
    first, second, *_ = nodeid.split("/")
    return second if first == "tests" else ""


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same folder for all of pytest's workers; see `made_once` in tests/workflow.py."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if "PYTEST_XDIST_WORKER" in os.environ else own) / "shared"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def small_experiment(shared_folder: Path) -> tuple[Workflow, str]:
    """The finished small experiment, which nobody may change, and what Snakemake said."""
    return made_small_experiment(shared_folder)


@pytest.fixture(scope="session")
def paper_results(shared_folder: Path) -> Path:
    """The results of an experiment as large as the paper's, with controls and the report.

    Nobody may change them.
    """
    folder = shared_folder / "paper"
    made_once(folder, lambda: report(["html", str(write_results(folder))]))
    (results,) = (folder / "results").iterdir()
    return results


@pytest.fixture(scope="session")
def require_library():
    """Skip a test that needs a library which is not installed; in CI that is a failure."""

    def require(name: str) -> None:
        if importlib.util.find_spec(name) is None:
            _lacking(f"{name} is not installed")

    return require


@pytest.fixture(scope="session")
def require_tool():
    """Skip a test that needs a program which is not installed; in CI that is a failure."""

    def require(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            _lacking(f"{name} is not installed")
        return path

    return require


@pytest.fixture(scope="session")
def require_file():
    """Skip a test that needs a file which something else brings; in CI that is a failure."""

    def require(path: Path, how: str) -> Path:
        if not path.is_file():
            _lacking(f"{path.name} is not there; {how}")
        return path

    return require


@pytest.fixture(scope="session")
def require_root():
    """Skip a test that only root can run; in CI that is a failure."""

    def require(what: str) -> None:
        if os.geteuid() != 0:
            _lacking(f"{what} can be done by root only")

    return require


def _lacking(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI has to have it")
    pytest.skip(reason)


@pytest.fixture(scope="module")
def disk(require_root, tmp_path_factory) -> Iterator[Path]:
    """A small file system of its own, beside that of the project."""
    require_root("mounting a file system")
    folder = tmp_path_factory.mktemp("disk")
    mount = ["mount", "-t", "tmpfs", "-o", "size=200m", "tmpfs", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
