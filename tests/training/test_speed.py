"""`training.speed`: what fast may do, and the parts of GPUs that a CPU can run as well."""

from dataclasses import replace
from functools import partial

import pytest
import torch
from invariant_mask_rcnn.readings import StepReadings
from plain_commands.errors import UserError
from plain_commands.section import validate

from tests.training.conftest import RECIPE, with_settings
from tests.training.running import hash_of_weights, metrics_of, run, run_here, stop_after
from workflow_scripts.training import loop
from workflow_scripts.training.engines.torchvision import TorchvisionTraining
from workflow_scripts.training.engines.torchvision.engine import TorchvisionEngine
from workflow_scripts.training.job import Ending
from workflow_scripts.training.settings import Training


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"speed": "quick"}, "speed: Input should be 'exact' or 'fast'"),
        ({"speed": "fast", "deterministic": True}, "deterministic: true, but speed: fast"),
        ({"mixed_precision": True}, "set speed: fast, .* precision, or speed: exact for float32"),
    ],
)
def test_what_cannot_be_is_one_line(change, said):
    with pytest.raises(UserError, match=said) as error:
        validate(Training, {**RECIPE, **change}, "config.yaml: training")
    assert len(str(error.value).splitlines()) == 1


def test_nothing_is_trained_fast_where_nothing_is_trained():
    with pytest.raises(UserError, match="speed: fast, but engine none trains nothing"):
        validate(Training, {"engine": "none", "speed": "fast"}, "config.yaml: training")


def test_a_shorter_training_keeps_the_shape_of_its_schedule():
    whole = TorchvisionTraining(**{**RECIPE, "iterations": 1000, "milestones": [600, 800]})
    short = whole.model_copy(update={"warmup_iterations": 100}).shortened(100)
    assert (short.iterations, short.warmup_iterations, short.milestones) == (100, 10, (60, 80))
    assert whole.model_copy(update={"milestones": None}).shortened(100).rate_drops == (75,)


@pytest.fixture
def late(monkeypatch):
    """Numbers of a step are read after the next one, as on a GPU."""
    monkeypatch.setattr(loop, "StepReadings", partial(StepReadings, late=1))


@pytest.mark.slow
@pytest.mark.usefixtures("late")
def test_a_loop_that_reads_late_trains_stops_and_resumes_alike(job, reference):
    stopped = run_here(job, stop_after(2))
    assert stopped.ending is Ending.SAVED
    # Asked in the second step, known after the third.
    assert "saved at iteration 3 of 6" in stopped.message
    assert run_here(job).ending is Ending.DONE
    assert hash_of_weights(job.output) == hash_of_weights(reference.output)
    here, there = metrics_of(job.output), metrics_of(reference.output)
    assert [line["loss"] for line in here] == [line["loss"] for line in there]
    assert [line["learning_rate"] for line in here] == [line["learning_rate"] for line in there]


@pytest.mark.slow
@pytest.mark.usefixtures("late")
@pytest.mark.parametrize("speed", ["exact", "fast"])
def test_a_loop_that_reads_late_saves_nothing_that_diverged(job, monkeypatch, speed):
    usual, calls = TorchvisionEngine.losses, []

    def losses(self, module, samples):
        calls.append(1)
        terms = usual(self, module, samples)
        # The gradient of the third step is not a number, though its loss is one.
        return {
            name: replace(term, total=term.total + 0 * (term.total - term.total.detach()).sqrt())
            if len(calls) == 3
            else term
            for name, term in terms.items()
        }

    monkeypatch.setattr(TorchvisionEngine, "losses", losses)
    job = replace(with_settings(job, speed=speed), checkpoint_seconds=0)
    with pytest.raises(UserError, match="diverged at iteration 3: its gradient is not finite"):
        run_here(job)
    state = torch.load(job.state, weights_only=True)
    assert state["progress"]["iteration"] == 2
    assert all(value.isfinite().all() for value in state["model"].values())


@pytest.mark.slow
def test_a_fast_run_that_was_stopped_ends_like_one_that_was_not(job, reference, tmp_path):
    job = with_settings(job, speed="fast")
    whole = replace(job, output=tmp_path / "whole")
    run_here(whole)
    assert run_here(job, stop_after(2)).ending is Ending.SAVED
    assert run_here(job).ending is Ending.DONE
    assert hash_of_weights(job.output) == hash_of_weights(whole.output)
    assert hash_of_weights(job.output) != hash_of_weights(reference.output)
    first, exact = metrics_of(job.output)[0], metrics_of(reference.output)[0]
    assert first["loss"] != exact["loss"]
    assert first["loss"] == pytest.approx(exact["loss"], rel=0.02)


@pytest.mark.slow
def test_two_workers_train_fast_like_one(job, tmp_path):
    job = with_settings(job, speed="fast", iterations=2, milestones=[])
    both = replace(job, output=tmp_path / "both", workers=2, threads=2)
    for one in (job, both):
        ended = run(one)
        assert ended.returncode == 0, ended.stderr
    alone, shared = metrics_of(job.output), metrics_of(both.output)
    assert shared[0]["loss"] == pytest.approx(alone[0]["loss"], rel=0.01)
