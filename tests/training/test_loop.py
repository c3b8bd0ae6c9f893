"""Seeds, resuming and divergence, with all workers' code but in one process."""

import itertools
import multiprocessing
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from plain_commands.errors import UserError
from plain_commands.files import read_json

from tests.training.conftest import with_settings
from tests.training.running import (
    ROOT,
    check_one_initialisation,
    hash_of_weights,
    metrics_of,
    run,
    run_here,
    stop_after,
)
from workflow_scripts.training.checkpoint import OtherRunError, SavedState
from workflow_scripts.training.engines.torchvision.engine import TorchvisionEngine
from workflow_scripts.training.job import Ending, TrainingJob
from workflow_scripts.training.process_control import STOP_SIGNALS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def interrupted(reference, tmp_path_factory) -> TrainingJob:
    """A run that was stopped twice: in iteration 2, and two iterations later."""
    run = replace(reference, output=tmp_path_factory.mktemp("interrupted"))
    run_here(run, stop_after(2))
    run_here(run, stop_after(2))
    return run


@pytest.fixture
def stopped(interrupted, job) -> TrainingJob:
    """A copy of the interrupted run."""
    shutil.copytree(interrupted.output, job.output)
    return job


def cut(state: Path) -> None:
    state.write_bytes(state.read_bytes()[:1000])


def misfit(state: Path) -> None:
    """Give the last part of what is loaded another shape, so that most of it is loaded."""
    content = torch.load(state, weights_only=True)
    moments = content["optimisation"]["optimizer"]["state"]
    moments[max(moments)]["exp_avg"] = torch.zeros(1, 2, 3)
    torch.save(content, state)


def test_one_seed_gives_one_result_and_another_seed_another(job, reference, tmp_path):
    run_here(job)
    assert hash_of_weights(job.output) == hash_of_weights(reference.output)
    short = with_settings(job, iterations=1, milestones=[])
    one = replace(short, output=tmp_path / "one")
    other = replace(short, seed=1, output=tmp_path / "other")
    # An offset is another seed under the same name.
    control = replace(short, seed_offset=1, output=tmp_path / "control")
    for each in (one, other, control):
        run_here(each)
    assert hash_of_weights(other.output) != hash_of_weights(one.output)
    assert hash_of_weights(control.output) == hash_of_weights(other.output)
    named = [read_json(each.output / "run.json") for each in (control, other)]
    assert [(each["seed"], each["training_seed"]) for each in named] == [(0, 1), (1, 1)]


def test_runs_of_one_initialisation_start_alike_and_differ_afterwards(job, tmp_path):
    check_one_initialisation(with_settings(job, iterations=1, milestones=[]), tmp_path)


def test_the_command_trains_anew_from_another_initialisation(job):
    job = with_settings(job, iterations=1, milestones=[])
    assert run(job).returncode == 0
    alone = hash_of_weights(job.output)
    again = run(job, "--initialisation-seed", "3")
    assert again.returncode == 0
    assert "initial weights of seed 3" in again.stderr
    assert hash_of_weights(job.output) != alone
    record = read_json(job.output / "run.json")
    assert (record["seed"], record["training_seed"], record["initialisation_seed"]) == (0, 0, 3)
    started = record["start"]
    assert run(job, "--initialisation-seed", "3").returncode == 0
    assert read_json(job.output / "run.json")["start"] == started


def test_a_run_that_was_stopped_ends_like_one_that_was_not(job, reference):
    outcome = run_here(job, stop_after(2))
    assert outcome.ending is Ending.SAVED
    assert "saved at iteration 2 of 6; run again" in outcome.message
    assert not (job.output / "model_final.pth").exists()
    assert run_here(job, stop_after(3)).ending is Ending.SAVED
    assert run_here(job).ending is Ending.DONE
    assert hash_of_weights(job.output) == hash_of_weights(reference.output)
    assert read_json(job.output / "run.json")["resumed_from"] == [2, 5]
    interrupted, whole = metrics_of(job.output), metrics_of(reference.output)
    assert [line["iteration"] for line in interrupted] == [1, 2, 3, 4, 5, 6]
    assert [line["loss"] for line in interrupted] == [line["loss"] for line in whole]


def test_processes_that_read_ahead_outlive_the_signals_that_stop_a_run(job, reference, monkeypatch):
    monkeypatch.setattr(TrainingJob, "readers", 2)  # as on a GPU

    def signalled_early() -> bool:
        readers = multiprocessing.active_children()
        assert len(readers) == 2
        call = next(calls)
        if call == 1:
            for number in STOP_SIGNALS:  # as Slurm does, and not the worker itself
                command = ["kill", f"-{number.name[3:]}", *(str(one.pid) for one in readers)]
                subprocess.run(command, check=True)
        return call == 5

    calls = itertools.count(1)
    assert run_here(job, signalled_early).ending is Ending.SAVED
    assert run_here(job).ending is Ending.DONE
    assert hash_of_weights(job.output) == hash_of_weights(reference.output)
    assert not multiprocessing.active_children()


LEAVING = """
from workflow_scripts.training.loading import batches
left = batches(list(range(100)), [[number] for number in range(100)], 2, pinned=False)
print(next(left), flush=True)
"""


def test_a_process_ends_although_others_still_read_ahead_for_it():
    command = [sys.executable, "-c", LEAVING]
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=1800, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "[0]\n", "")


def test_lines_after_the_saved_iteration_are_written_once(stopped):
    stopped.state.write_bytes(stopped.previous_state.read_bytes())
    with stopped.live_metrics.open("a") as stream:
        stream.write('{"iteration": 5, "lo')
    run_here(stopped)
    assert [line["iteration"] for line in metrics_of(stopped.output)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    "change", [{"fingerprint": "g"}, {"seed": 3}, {"seed_offset": 3}, {"variant": "blurred"}]
)
def test_the_state_of_another_run_is_not_used(stopped, change):
    SavedState.of(stopped, stopped.state)
    with pytest.raises(OtherRunError, match="saved by a run with other settings, data or code"):
        SavedState.of(replace(stopped, **change), stopped.state)


def test_damaged_states_are_not_used(stopped, reference, caplog):
    for state in (stopped.state, stopped.previous_state):
        state.write_bytes(state.read_bytes()[:1000])
    caplog.set_level("INFO", logger="plain_commands")
    run_here(stopped)
    assert caplog.text.count(": damaged (") == 2
    assert "state.previous.pth: damaged (" in caplog.text
    assert ", starting from the beginning" in caplog.text
    assert read_json(stopped.output / "run.json")["resumed_from"] == []
    assert hash_of_weights(stopped.output) == hash_of_weights(reference.output)


@pytest.mark.parametrize("damage", [cut, misfit])
def test_after_a_damaged_state_the_one_before_is_used(stopped, reference, damage, caplog):
    damage(stopped.state)
    caplog.set_level("INFO", logger="plain_commands")
    run_here(stopped)
    assert "state.pth: damaged (" in caplog.text
    assert "resuming at iteration 2" in caplog.text
    assert hash_of_weights(stopped.output) == hash_of_weights(reference.output)


def test_a_step_in_parts_is_the_whole_step(job, tmp_path):
    # Images of one size: padding to the largest of those that pass together makes a difference.
    one_size = {"shorter_sides": [64], "longest_side": 128}
    job = with_settings(job, augmentation=one_size, learning_rate=1e-4, iterations=3, milestones=[])
    whole, *parts = [
        replace(job, micro_batch=number, output=tmp_path / f"{number}") for number in (None, 1, 3)
    ]
    run_here(whole)
    expected = [line["loss"] for line in metrics_of(whole.output)]
    for part in parts:
        run_here(part)
        losses = [line["loss"] for line in metrics_of(part.output)]
        # Sums in another order differ in the last digits, and grow apart with every step.
        assert losses[0] == pytest.approx(expected[0], rel=1e-6)
        assert losses == pytest.approx(expected, rel=1e-3)


def test_too_little_memory_says_what_to_lower(job, monkeypatch):
    def full(*_):
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 MiB.")

    monkeypatch.setattr(TorchvisionEngine, "losses", full)
    with pytest.raises(UserError, match=r"out of memory.*lower --micro-batch from 4 to 2"):
        run_here(job)
    with pytest.raises(UserError, match="a single image does not fit"):
        run_here(replace(job, micro_batch=1))


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_divergence_stops_and_keeps_the_last_good_state(job, optimizer):
    job = with_settings(
        job, optimizer=optimizer, learning_rate=100, gradient_clip=None, warmup_iterations=0
    )
    job = replace(job, checkpoint_seconds=0)
    with pytest.raises(UserError, match=r"diverged at iteration \d: .* lower") as error:
        run_here(job)
    assert str(job.state) in str(error.value)
    state = torch.load(job.state, weights_only=True)
    assert state["progress"]["iteration"] >= 1
    assert not (job.output / "model_final.pth").exists()


def test_run_json_says_where_the_model_comes_from(reference):
    run = read_json(reference.output / "run.json")
    assert run["settings"] == reference.settings.model_dump(mode="json")
    assert run["iterations"] == 6
    assert run["images_seen"] == 24
    assert run["world_size"] == 1
    assert run["devices"] == ["cpu"]
    assert run["start"] <= run["end"]
    assert run["peak_memory_mib"][0]["rss"] > 100
    assert run["versions"]["torch"] == torch.__version__.split("+")[0]
    assert run["final_loss"]["total"] == pytest.approx(metrics_of(reference.output)[-1]["loss"])


def test_a_changed_image_is_named(job, shapes, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for file in (shapes / "train").glob("*.png"):
        (images / file.name).write_bytes(file.read_bytes()[:200])
    with pytest.raises(UserError, match=r"image_0\d\d.png: the file has changed"):
        run_here(replace(job, images=images))
