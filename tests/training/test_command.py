"""The command as it is typed: early errors, workers, signals."""

import os
import signal
from dataclasses import replace
from pathlib import Path

import pytest
from plain_commands.files import read_json

from tests.commands import training as main
from tests.full_disk import filled
from tests.training.conftest import with_settings
from tests.training.running import (
    check_killed_stopped_and_continued,
    command_of,
    hash_of_weights,
    metrics_of,
    run,
    run_here,
    start,
    start_fork,
    wait_for_message,
)
from tests.training.shapes import write_variant
from workflow_scripts.contracts.manifest import Entry, write_manifest
from workflow_scripts.training.job import Ending, TrainingJob


def train(job, *extra: str) -> int:
    """The command in this process; for what ends before the workers start."""
    return main(command_of(job, *extra)[3:])


def test_more_gpus_than_there_are_is_one_line(job, capfd, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert train(job, "--gpus", "3") == 2
    assert "--gpus: 3 requested, 0 found on this machine" in capfd.readouterr().err
    assert not job.output.exists()


def test_a_step_that_cannot_be_shared_is_refused(job, capfd):
    assert train(replace(job, workers=3)) == 2
    assert "4 images cannot be shared equally by 3 workers" in capfd.readouterr().err


def test_a_missing_image_is_found_before_the_training(job, capfd, tmp_path):
    assert train(replace(job, images=tmp_path)) == 2
    assert f"{tmp_path}/image_001.png: no such image" in capfd.readouterr().err


def test_an_image_that_a_manifest_lacks_is_named(job, capfd, tmp_path):
    other = Entry("a.png", "s/a.png", "", "", linked=False)
    write_manifest(tmp_path / "manifest.parquet", [other])
    assert train(job, "--anonymized", str(tmp_path)) == 2
    assert "10 of 10 images are missing in it, such as image_001.png" in capfd.readouterr().err


@pytest.mark.slow
def test_a_training_without_dropped_images_takes_as_many_steps(job, shapes, tmp_path):
    """The same weights as from a split that never had these images."""
    rest = write_variant(tmp_path / "variant", shapes / "train", 1, 2, 3, 9)
    rest.write(tmp_path / "rest.json")
    dropping = replace(job, anonymized=tmp_path / "variant", output=tmp_path / "a")
    smaller = replace(job, annotations=tmp_path / "rest.json", output=tmp_path / "b")
    for one in (dropping, smaller):
        assert run_here(one).ending is Ending.DONE
    assert hash_of_weights(dropping.output) == hash_of_weights(smaller.output)
    steps = [line["iteration"] for line in metrics_of(dropping.output)]
    assert steps[-1] == job.recipe.iterations == 6
    rates = [[line["learning_rate"] for line in metrics_of(x.output)] for x in (dropping, smaller)]
    assert rates[0] == rates[1]


def test_how_many_images_are_dropped_is_said(job, shapes, tmp_path, capfd):
    write_variant(tmp_path / "variant", shapes / "train", 1, 2)
    weights = with_settings(
        job, initialisation=tmp_path / "weights.pth", initialisation_sha256="0" * 64
    )
    # Ends there, before the workers start.
    assert train(weights, "--anonymized", str(tmp_path / "variant")) == 2
    said = "2 of 10 images are dropped; iterations and schedule do not change"
    assert said in capfd.readouterr().err


def test_missing_weights_are_found_before_the_training(job, capfd, tmp_path):
    job = with_settings(
        job, initialisation=tmp_path / "weights.pth", initialisation_sha256="0" * 64
    )
    assert train(job) == 2
    assert f"{tmp_path}/weights.pth: no such file" in capfd.readouterr().err


def test_weights_with_another_sha256_are_refused(job, capfd, tmp_path):
    weights = tmp_path / "weights.pth"
    weights.write_bytes(b"others")
    job = with_settings(job, initialisation=weights, initialisation_sha256="0" * 64)
    assert train(job) == 2
    assert f"expected {'0' * 64}" in capfd.readouterr().err


def test_help_lists_the_actions(capsys):
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(f"\n  training {action} " in said for action in ("train", "predict", "export"))


@pytest.mark.slow
def test_killed_stopped_and_continued_with_one_result(job, tmp_path):
    endless = with_settings(job, iterations=10**6, milestones=[])
    check_killed_stopped_and_continued(
        endless, tmp_path / "reference", lambda job, number: with_settings(job, iterations=number)
    )
    assert sorted(file.name for file in job.output.iterdir()) == [
        "metrics.jsonl",
        "model_final.pth",
        "run.json",
        "tensorboard",
    ]


@pytest.mark.slow
def test_two_workers_train_like_one(job, tmp_path):
    one_size = {"shorter_sides": [64], "longest_side": 128}
    job = with_settings(job, augmentation=one_size, learning_rate=1e-4, iterations=3, milestones=[])
    alone = replace(job, output=tmp_path / "alone")
    run_here(alone)
    both = replace(job, workers=2, threads=2)
    ended = run(both)
    assert ended.returncode == 0, ended.stderr
    losses = [
        [line["loss"] for line in metrics_of(output)] for output in (alone.output, job.output)
    ]
    # Sums in another order differ in the last digits, and grow apart with every step.
    assert losses[0] == pytest.approx(losses[1], rel=1e-3)
    assert losses[0][0] == pytest.approx(losses[1][0], rel=1e-6)
    record = read_json(job.output / "run.json")
    assert record["world_size"] == 2
    assert len(record["devices"]) == len(record["peak_memory_mib"]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("fingerprint", ["f", "another"])
def test_a_second_call_waits_and_takes_the_finished_run_or_trains(job, fingerprint):
    job = with_settings(job, iterations=2, milestones=[])
    first = start(job)
    wait_for_message(first, job, "iteration 1/")
    # It holds the folder, whether its worker finishes the run or not.
    first.send_signal(signal.SIGSTOP)
    second = start_fork(replace(job, fingerprint=fingerprint))
    assert second.stderr is not None
    while f"is in use (process {first.pid} on" not in second.stderr.readline():
        assert second.poll() is None
    first.send_signal(signal.SIGCONT)
    _, said = first.communicate()
    assert first.returncode == 0, said
    if fingerprint == job.fingerprint:
        finished = (job.output / "model_final.pth").stat().st_mtime_ns
    _, said = second.communicate()
    assert second.returncode == 0, said
    assert sorted(file.name for file in job.output.iterdir()) == [
        "metrics.jsonl",
        "model_final.pth",
        "run.json",
        "tensorboard",
    ]
    assert read_json(job.output / "run.json")["fingerprint"] == fingerprint
    if fingerprint == job.fingerprint:
        assert "already trained, with the same settings, data and code" in said
        assert (job.output / "model_final.pth").stat().st_mtime_ns == finished
    else:
        assert "iteration 2/2" in said


def workers_of(job: TrainingJob) -> list[int]:
    """Process ids of a training's workers, sorted."""
    return sorted(
        int(process.parent.name)
        for process in Path("/proc").glob("[0-9]*/cmdline")
        if f"submitit.core._submit\0{job.launch}" in process.read_text()
    )


@pytest.mark.slow
def test_a_worker_that_is_killed_ends_the_training(job):
    job = with_settings(replace(job, workers=2), iterations=10**6)
    training = start(job)
    wait_for_message(training, job, "iteration 1/")
    first, _ = workers_of(job)
    os.kill(first, signal.SIGKILL)
    _, said = training.communicate()
    assert training.returncode == 2
    assert "of 2 was killed, or ran out of memory; its log is" in said


@pytest.mark.slow
def test_a_disk_that_is_full_when_the_training_saves_is_named(job, disk):
    """The workers cannot even write what happened to them beside the state."""
    job = with_settings(replace(job, output=disk / "run", workers=2), iterations=10**6)
    training = start(job)
    wait_for_message(training, job, "iteration 1/")
    with filled(disk):
        training.send_signal(signal.SIGTERM)
        _, said = training.communicate()
    assert training.returncode == 2
    (error,) = (line for line in said.splitlines() if "error: " in line)
    assert "No space left on device" in error
    assert "free disk space and run again" in error


@pytest.mark.slow
def test_the_last_words_of_a_worker_that_left_no_outcome_are_its_diagnosis(job):
    job = with_settings(replace(job, workers=1), iterations=10**6)
    training = start(job)
    wait_for_message(training, job, "iteration 1/")
    (output,) = job.launch.glob("*_0_log.out")
    with output.open("a") as stream:
        stream.write("CUDA error: an illegal memory access was encountered\n")
    (worker,) = workers_of(job)
    os.kill(worker, signal.SIGKILL)
    _, said = training.communicate()
    assert training.returncode == 2
    assert (
        "worker 0 of 1 was killed, ran out of memory, or failed with: CUDA error: an illegal "
        f"memory access was encountered; its log is {output}"
    ) in said


@pytest.mark.slow
def test_a_worker_that_finds_an_error_is_heard(job, shapes, tmp_path):
    images = tmp_path / "images"
    images.mkdir()
    for file in (shapes / "train").glob("*.png"):
        (images / file.name).write_bytes(file.read_bytes()[:200])
    ended = run(replace(job, images=images))
    assert ended.returncode == 2, ended.stderr
    assert "has changed since it was recorded" in ended.stderr
    assert "Traceback" not in ended.stderr
