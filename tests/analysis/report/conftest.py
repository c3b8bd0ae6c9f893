"""Experiments that the report's tests share."""

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def finished(paper_results: Path) -> Path:
    """The folder of a finished experiment with five variants. Do not change it."""
    return paper_results
