"""A run of a program on the drawn shapes."""

from pathlib import Path

import pytest

from tests.training.conftest import job_on
from tests.training.programs.running import settings_of
from workflow_scripts.training.job import TrainingJob


@pytest.fixture
def job(shapes: Path, tmp_path: Path) -> TrainingJob:
    return job_on(shapes, settings_of(), tmp_path / "runs/unmodified/seed~0")
