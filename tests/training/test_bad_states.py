"""Bad files of weights and losses: each is one line, and no finished work is lost."""

import re
import shutil
from dataclasses import replace

import pytest
import torch
from plain_commands.files import read_json

from tests.training.damage import ANY_FILE, changed, first_of, flipped, saved
from tests.training.running import metrics_of, run_here, start, stop_after
from workflow_scripts.contracts.trainings import read_losses
from workflow_scripts.training.job import TrainingJob


def moments_of_another_shape(state: dict) -> None:
    state["optimisation"]["optimizer"]["state"][0]["exp_avg"] = torch.zeros(3)


STATES = {
    **ANY_FILE,
    "one bit": (flipped, "wrong checksum of .*/data/"),
    "a list": (saved([1, 2]), "content: Input should be a valid dictionary"),
    "another dictionary": (saved({"epoch": 3}), "identity: Field required"),
    "no model": (changed(lambda state: state.pop("model")), "model: Field required"),
    "no optimizer": (
        changed(lambda state: state.pop("optimisation")),
        "optimisation: Field required",
    ),
    "other progress": (
        changed(lambda state: state["progress"].update(epoch=1)),
        "progress.epoch: Extra inputs are not permitted",
    ),
    "iteration as text": (
        changed(lambda state: state["progress"].update(iteration="two")),
        "progress.iteration: Input should be a valid integer",
    ),
    "a number for a weight": (
        changed(lambda state: state["model"].update({"backbone.body.conv1.weight": 1})),
        r"model.backbone.body.conv1.weight: Input should be an instance of Tensor",
    ),
    "a weight too few": (
        changed(lambda state: state["model"].pop(first_of(state["model"]))),
        "does not fit the model: Missing key",
    ),
    "another shape": (
        changed(lambda state: state["model"].update({first_of(state["model"]): torch.zeros(3)})),
        "does not fit the model: size mismatch for",
    ),
    "other moments": (
        changed(moments_of_another_shape),
        r"does not fit the model: exp_avg has the shape \(3,\)",
    ),
    "another optimizer": (
        changed(lambda state: state["optimisation"]["optimizer"]["param_groups"].pop()),
        "does not fit the model: loaded state dict has a different number of parameter groups",
    ),
    "another run": (
        changed(lambda state: state.update(identity="0" * 64)),
        "saved by a run with other settings, data or code",
    ),
}


@pytest.fixture(scope="module")
def interrupted(reference, tmp_path_factory) -> TrainingJob:
    """A run that was stopped twice: its states are of iterations 1 and 2."""
    run = replace(reference, output=tmp_path_factory.mktemp("interrupted"))
    run_here(run, stop_after(1))
    run_here(run, stop_after(1))
    return run


@pytest.mark.slow
@pytest.mark.parametrize(("damage", "reason"), STATES.values(), ids=STATES)
def test_a_bad_state_is_named_and_the_one_before_is_used(interrupted, job, damage, reason, caplog):
    shutil.copytree(interrupted.output, job.output)
    damage(job.state)
    caplog.set_level("INFO", logger="plain_commands")
    assert "saved at iteration 2 of 6" in run_here(job, stop_after(1)).message
    first, second = [record.message for record in caplog.records][:2]
    said = rf"{re.escape(str(job.state))}: (damaged \([^\n]*({reason})[^\n]*\)|{reason})"
    assert re.fullmatch(said + ", using the previous one", first), first
    assert second == "resuming at iteration 1"
    assert not (job.state.parent / "executed").exists()


LINES = {
    "garbage": b"garbage",
    "not UTF-8": b"\xff\xfe\x00{",
    "another type": b"[1, 2]",
    "another object": b'{"epoch": 1}',
    "text for a number": b'{"iteration": "two", "iterations": 6, "loss": 1, "seconds": 1}',
    "NaN": b'{"iteration": 2, "iterations": 6, "loss": NaN, "seconds": 1}',
    "deeply nested": b"[" * 100_000,
    "half a line": b'{"iteration": 2, "iter',
}


@pytest.mark.slow
@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
def test_a_bad_line_of_losses_is_left_out_and_said(interrupted, job, line, caplog):
    shutil.copytree(interrupted.output, job.output)
    with job.live_metrics.open("rb+") as stream:
        lines = stream.read().splitlines()
        stream.seek(0)
        stream.write(b"\n".join([lines[0], line, *lines[1:]]) + b"\n")
    said = f"{job.live_metrics}: skipped 1 damaged line"
    assert [record.iteration for record in read_losses(job.live_metrics)] == [1, 2]
    assert said in caplog.text
    run_here(job)
    assert [record["iteration"] for record in metrics_of(job.output)] == [1, 2, 3, 4, 5, 6]


def checkpoints_is_a_file(job: TrainingJob) -> None:
    job.output.mkdir()
    job.checkpoints.touch()


def runs_is_a_file(job: TrainingJob) -> None:
    job.output.touch()


def owner_is_garbage(job: TrainingJob) -> None:
    job.checkpoints.mkdir(parents=True)
    job.files.owner.write_text("{")


def launch_is_a_file(job: TrainingJob) -> None:
    job.checkpoints.mkdir(parents=True)
    job.launch.touch()


FOLDERS = {
    checkpoints_is_a_file: r"run: cannot be written \(Not a directory\); correct its path or",
    runs_is_a_file: r"run: cannot be written \(Not a directory\); correct its path or",
    owner_is_garbage: "owner.json: damaged; remove it if no process works in its folder",
    launch_is_a_file: r"run: cannot be written \(File exists\); correct its path or permissions",
}


@pytest.mark.parametrize(("damage", "line"), FOLDERS.items())
def test_a_folder_that_cannot_be_used_is_one_line(job, damage, line):
    damage(job)
    training = start(job)
    _, said = training.communicate()
    errors = [one for one in said.splitlines() if "error: " in one]
    assert training.returncode == 2, said
    assert len(errors) == 1 and re.search(line, errors[0]), said
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_full_disk_is_one_line_and_the_state_is_kept(interrupted, job):
    shutil.copytree(interrupted.output, job.output)
    before = job.state.read_bytes()
    training = start(job, "--checkpoint-seconds", "0.001", most_bytes=200_000)
    _, said = training.communicate()
    assert training.returncode == 2, said
    errors = [one for one in said.splitlines() if "error: " in one]
    line = rf"{job.state}: cannot be written \(File too large\); free disk space and run again"
    assert len(errors) == 1 and re.search(line, errors[0]), said
    assert "Traceback" not in said
    assert job.state.read_bytes() == before
    run_here(job)
    assert read_json(job.output / "run.json")["resumed_from"] == [1, 2]
