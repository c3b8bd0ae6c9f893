"""`doctor`: a table of what works, and an exit code."""

import json
import re

import pytest
import torch

from tests.commands import training as main
from tests.training.conftest import RECIPE
from workflow_scripts.training import doctor_checks
from workflow_scripts.training.job import Ending, TrainingOutcome


def doctor(recipe: dict, capfd) -> tuple[int, str]:
    """The exit code, and what was said."""
    code = main(["doctor", "--settings", json.dumps(recipe)])
    return code, capfd.readouterr().err


@pytest.mark.slow
def test_a_machine_that_can_train(capfd):
    code, said = doctor(RECIPE, capfd)
    assert code == 0, said
    assert re.search(rf" torch +{re.escape(torch.__version__.split('+')[0])} +ok", said)
    for found in (
        "CPU, ",
        "gloo computes a sum over 2 processes",
        "torchvision: 6 iterations of 4 images",
        "as expected",
        "a step of 4 images of 256x128 with 1 worker, its state, and a prediction",
    ):
        assert found in said
    assert "FAILED" not in said


def test_what_does_not_work_is_named_and_the_rest_examined(capfd, monkeypatch):
    monkeypatch.setattr(doctor_checks, "nms", lambda *_: torch.tensor([0, 1, 2]))
    monkeypatch.setattr(doctor_checks, "connection", lambda gpus: "not asked")
    lost = TrainingOutcome(Ending.FAILED, "training diverged at iteration 1")
    monkeypatch.setattr(doctor_checks, "launch", lambda job: lost)
    code, said = doctor(RECIPE, capfd)
    assert code == 2
    assert "NMS keeps [0, 1, 2] instead of [0, 2]" in said
    assert re.search(r"training and prediction +RuntimeError: training diverged at iter", said)
    assert "error: training and prediction, RoIAlign and NMS: failed on this machine" in said


def test_fewer_gpus_than_a_training_asks_for_are_named():
    with pytest.raises(RuntimeError, match="of 2 GPUs"):
        doctor_checks.devices(2)
