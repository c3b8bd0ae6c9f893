"""What all tests share: tools that a laptop may lack and CI must have."""

import os
import shutil

import pytest


@pytest.fixture
def require_tool():
    """Skip a test that needs a program which is not installed; in CI that is a failure."""

    def require(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            reason = f"{name} is not installed"
            if os.environ.get("CI"):
                pytest.fail(f"{reason}, and CI has to have it")
            pytest.skip(reason)
        return path

    return require
