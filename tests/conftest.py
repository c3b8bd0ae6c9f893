"""What all tests share: tools that a laptop may lack and CI must have."""

import importlib.util
import os
import shutil
import signal
from pathlib import Path
from typing import NoReturn

import pytest


def pytest_configure() -> None:
    """Let programs that tests start hear SIGINT.

    What a shell starts in the background ignores it, and so does all that is started from there.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


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
