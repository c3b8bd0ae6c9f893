"""Launching a run by hand, as far as it needs no cluster and no training."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import yaml
from folder_owner import Owner

from tests.commands import launch as main
from tests.workflow import PROJECT
from workflow_scripts.common.cli import EXIT_SAVED
from workflow_scripts.operations.launched_training import LaunchedTraining, TrainingEndedError


@pytest.fixture
def arguments(tmp_path) -> list[str]:
    """Snakemake's: the demo in a folder where nothing was made yet."""
    profile = ["--profile", str(PROJECT / "profiles/demo")]
    return [*profile, "--directory", str(tmp_path), "--config", "experiment=mine", "seeds=2"]


def launch(arguments, variant="unmodified", seed="1", cluster="debug") -> int:
    run = ["--variant", variant, "--seed", seed, "--cluster", cluster]
    return main([*run, "--", *arguments])


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ({"variant": "nosuch"}, "mine has no variant 'nosuch'; known variants: unmodified, "),
        ({"seed": "3"}, "unmodified has no seed 3; known seeds: 1, 2"),
    ],
)
def test_a_run_that_the_experiment_has_not(arguments, capfd, run, said):
    assert launch(arguments, **run) == 2
    assert said in capfd.readouterr().err


def test_a_run_that_is_being_trained(arguments, capfd, tmp_path):
    checkpoints = tmp_path / "results/mine/runs/unmodified/seed~1/checkpoints"
    checkpoints.mkdir(parents=True)
    (checkpoints / "owner.json").write_text(json.dumps(asdict(Owner.this_process())))
    assert launch(arguments) == 2
    assert f"another process trains in this folder (process {os.getpid()}" in capfd.readouterr().err


def test_inputs_that_are_not_there_are_named_with_the_command_that_makes_them(arguments, capfd):
    assert launch(arguments) == 2
    (line,) = [line for line in capfd.readouterr().err.splitlines() if "error: " in line]
    assert "results/mine/data/train.coco.json" in line
    made = line.partition("make them with: snakemake ")[2]
    assert made.startswith("results/mine/")  # a target behind options could be taken for a value
    assert f" --profile {PROJECT}" in made


def test_without_slurm_it_is_one_line(arguments, capfd, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert launch(arguments, cluster="slurm") == 2
    assert "sbatch: not found" in capfd.readouterr().err


def test_a_config_file_that_is_missing(capfd, tmp_path):
    assert launch(["--cores", "1", "--configfile", str(tmp_path / "nosuch.yaml")]) == 2
    assert "nosuch.yaml" in capfd.readouterr().err


def test_a_config_with_an_error_is_told_as_snakemake_tells_it(capfd, tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text(yaml.safe_dump({"experiment": "mine"}))
    assert launch(["--cores", "1", "--configfile", str(config)]) == 2
    assert f"{config}: dataset, variants, training: missing" in capfd.readouterr().err


def training(tmp_path, command: str) -> LaunchedTraining:
    """A command in place of the training's, and a record that leaves a file."""
    return LaunchedTraining(command, tmp_path, ("touch", "recorded"), tmp_path, Path("saved"))


def test_a_training_that_is_done_is_recorded(tmp_path):
    assert training(tmp_path, "exit 0")() == 0
    assert (tmp_path / "recorded").exists()


def test_a_training_that_fails_is_not(tmp_path):
    with pytest.raises(TrainingEndedError, match="exit code 2"):
        training(tmp_path, "exit 2")()
    assert not (tmp_path / "recorded").exists()


@pytest.fixture
def asked() -> Iterator[list[int]]:
    """The signals by which another job was asked for."""
    numbers: list[int] = []
    before = signal.signal(signal.SIGURG, lambda number, frame: numbers.append(number))
    yield numbers
    signal.signal(signal.SIGURG, before)


def test_one_that_saved_when_its_minutes_were_over_asks_for_another_job(tmp_path, asked):
    assert training(tmp_path, f"exit {EXIT_SAVED}")() == EXIT_SAVED
    assert asked == [signal.SIGURG]


@pytest.mark.usefixtures("asked")
def test_starts_without_a_save_are_not_repeated_for_ever(tmp_path):
    saves = training(tmp_path, f"date +%s.%N > saved; exit {EXIT_SAVED}")
    for _ in range(4):
        saves()
        saves = saves.checkpoint().function
        assert saves.idle_starts == 0
    idle = replace(saves, command=f"exit {EXIT_SAVED}")
    idle()
    again = idle.checkpoint().function
    assert again.idle_starts == 1
    again()
    with pytest.raises(TrainingEndedError, match="2 consecutive starts saved nothing"):
        again.checkpoint()


SIGNALLED = """
import os, signal, sys, threading, time
from pathlib import Path
from workflow_scripts.operations.launched_training import LaunchedTraining

here = Path(sys.argv[1])
command = "trap 'sleep 0.3; touch saved; exit 75' TERM; touch ready; while :; do sleep 0.05; done"
training = LaunchedTraining(command, here, ("touch", "recorded"), here, Path("saved"))

def checkpoint(number, frame):
    again = training.checkpoint()
    print((here / "saved").exists(), again.function == training)
    sys.exit(0)

signal.signal(signal.SIGURG, checkpoint)

def ask():
    while not (here / "ready").exists():
        time.sleep(0.02)
    os.kill(os.getpid(), signal.SIGURG)

threading.Thread(target=ask, daemon=True).start()
training()
"""


def test_a_checkpoint_waits_until_the_training_has_saved(tmp_path):
    # In a process of its own: signals reach the main thread only.
    done = subprocess.run(
        [sys.executable, "-c", SIGNALLED, str(tmp_path)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=1800,
        check=True,
    )
    assert done.stdout.split() == ["True", "True"]
