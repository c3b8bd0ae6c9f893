"""Experiments that the report's tests share."""

from pathlib import Path

import pytest

from tests.written_results import write_results


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished experiment with five variants. Do not change it."""
    return write_results(tmp_path_factory.mktemp("finished"))
