"""Fixtures of the tests of the index."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.coco_folder import CocoFolder


@pytest.fixture
def data(tmp_path: Path) -> CocoFolder:
    """A small data set with COCO labels."""
    return CocoFolder(tmp_path)


@pytest.fixture
def no_processes(monkeypatch):
    """Images are read in a thread: hundreds of processes would take minutes to start."""

    @contextmanager
    def threads(workers):
        with ThreadPoolExecutor(workers) as pool:
            yield pool

    monkeypatch.setattr("workflow_scripts.dataset.commands.index.worker_pool", threads)
