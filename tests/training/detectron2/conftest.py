"""A small model of detectron2, on the shapes that the other engine is tested with."""

from dataclasses import replace

import pytest
import yaml

from tests.workflow import PROJECT
from workflow_scripts.training.engines.detectron2 import Detectron2Training
from workflow_scripts.training.job import TrainingJob

DEMO = PROJECT / "profiles" / "demo" / "detectron2.yaml"


def small_settings(*, options: dict | None = None, **changes) -> Detectron2Training:
    """The demo's model, on images of 64x128 for a few steps."""
    settings = yaml.safe_load(DEMO.read_text())["training"]
    settings["options"] = {
        **settings["options"],
        "INPUT.MIN_SIZE_TRAIN": [64],
        "INPUT.MAX_SIZE_TRAIN": 128,
        "SOLVER.MAX_ITER": 6,
        "SOLVER.STEPS": [5],
        "SOLVER.WARMUP_ITERS": 2,
        "SOLVER.BASE_LR": 0.005,
        **(options or {}),
    }
    return Detectron2Training(**{**settings, **changes})


@pytest.fixture
def d2_job(job) -> TrainingJob:
    """A run of a few iterations in this process, one thread."""
    return replace(job, settings=small_settings())
