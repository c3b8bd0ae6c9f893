"""Drawn splits and small recipes that all tests of this stage share."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.training.running import run_here
from tests.training.shapes import draw_split
from workflow_scripts.training.engine import EngineSettings
from workflow_scripts.training.engines.torchvision import TorchvisionTraining
from workflow_scripts.training.job import TrainingJob

RECIPE = {
    "engine": "torchvision",
    "model": "tiny",
    "initialisation": "none",
    "images_per_step": 4,
    "iterations": 6,
    "optimizer": "adamw",
    "learning_rate": 0.001,
    "warmup_iterations": 2,
    "milestones": [5],
    "gradient_clip": 5.0,
    "augmentation": {"shorter_sides": [64, 80], "longest_side": 160},
}


@pytest.fixture(scope="session")
def shapes(tmp_path_factory) -> Path:
    """A folder with `train` and `val`, each with images and `annotations.json`."""
    folder = tmp_path_factory.mktemp("shapes")
    draw_split(folder / "train", count=10, seed=0)
    draw_split(folder / "val", count=3, seed=1)
    return folder


def job_on(shapes: Path, settings: EngineSettings, output: Path) -> TrainingJob:
    """A run in this process, one thread."""
    return TrainingJob(
        settings=settings,
        annotations=shapes / "train" / "annotations.json",
        images=shapes / "train",
        anonymized=None,
        variant="unmodified",
        seed=0,
        seed_offset=0,
        fingerprint="f",
        output=output,
        workers=1,
        gpus=(),
        threads=1,
        checkpoint_seconds=3600,
    )


@pytest.fixture
def job(shapes, tmp_path) -> TrainingJob:
    """A run of a few iterations."""
    return job_on(shapes, TorchvisionTraining(**RECIPE), tmp_path / "run")


@pytest.fixture(scope="session")
def reference(shapes, tmp_path_factory) -> TrainingJob:
    """An uninterrupted run of `job`, which tests do not write to."""
    whole = job_on(shapes, TorchvisionTraining(**RECIPE), tmp_path_factory.mktemp("reference"))
    run_here(whole)
    return whole


def with_settings(job: TrainingJob, **changes) -> TrainingJob:
    """The job with some settings changed."""
    settings = TorchvisionTraining(**{**job.settings.model_dump(), **changes})
    return replace(job, settings=settings)
