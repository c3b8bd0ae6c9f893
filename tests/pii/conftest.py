"""Fixtures of the tests of regions."""

from pathlib import Path

import pytest

from tests.pii.region_rows import write_index


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Folder with an index of both splits; see `write_index`."""
    write_index(tmp_path)
    return tmp_path
