"""Engine `command`: a real program trains, is interrupted, goes on, and goes wrong."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from plain_commands.files import read_json

from tests.training.programs.running import run, settings_of
from tests.training.running import start
from tests.training.shapes import CLASSES, write_variant
from workflow_scripts.training.job import TrainingJob


def written(job: TrainingJob, folder: Path, code: str) -> TrainingJob:
    """The job with a program of this code, whose arguments are those of `TRAIN`."""
    file = folder / "their_program.py"
    file.write_text(
        "import os, pathlib, sys, time\n"
        "_, images, annotations, seed, state, output = sys.argv[1:7]\n"
        f"state, output = pathlib.Path(state), pathlib.Path(output)\n{code}\n"
    )
    return replace(job, settings=settings_of(file))


def test_a_program_trains(job, shapes, capfd):
    assert run(job) == 0
    record = read_json(job.output / "run.json")
    assert record["settings"]["engine"] == "command"
    assert record["settings"]["predict"] is None
    assert record["weights_sha256"]
    assert record["resumed_from"] == []
    assert (job.output / "metrics.jsonl").read_text() == ""
    assert not job.checkpoints.exists()
    with zipfile.ZipFile(job.files.checkpoint) as archive:
        assert archive.namelist() == ["origin.json", "model/weights/colours.json"]
        origin = json.loads(archive.read("origin.json"))
        colours = json.loads(archive.read("model/weights/colours.json"))
    assert origin["classes"] == list(CLASSES)
    # The means of the drawn colours, BGR.
    assert colours["1"] == pytest.approx([60, 60, 200], abs=2)
    assert colours["2"] == pytest.approx([200, 80, 60], abs=2)
    assert "seed 0 from step 0" in capfd.readouterr().err
    assert run(job) == 0
    assert "already trained" in capfd.readouterr().err


def test_what_it_leaves_is_packed_as_it_is_without_times(job, tmp_path):
    assert run(job) == 0
    first = job.files.checkpoint.read_bytes()
    job.files.checkpoint.unlink()
    assert run(job) == 0
    assert job.files.checkpoint.read_bytes() == first


def test_a_training_that_saved_goes_on_and_ends_like_one_without(job, monkeypatch, capfd):
    whole = replace(job, output=job.output.with_name("whole"))
    assert run(whole) == 0
    monkeypatch.setenv("STOP_AT", "2")
    assert run(job) == 75
    assert "run again to resume from" in capfd.readouterr().err
    assert job.files.saved_state.is_file()
    assert not job.files.checkpoint.exists()
    assert run(job) == 0
    assert "from step 2" in capfd.readouterr().err
    assert job.files.checkpoint.read_bytes() == whole.files.checkpoint.read_bytes()
    assert read_json(job.output / "run.json")["resumed_from"] == [0]


def test_a_start_that_saved_nothing_is_not_gone_on_from(job, tmp_path, capfd):
    failing = written(job, tmp_path, "sys.exit(3)")
    assert run(failing) == 2
    working = written(job, tmp_path, "(output / 'model').touch()")
    assert run(working) == 0
    assert "going on" not in capfd.readouterr().err
    assert read_json(job.output / "run.json")["resumed_from"] == []


def test_the_state_of_another_run_is_not_used(job, monkeypatch, capfd):
    monkeypatch.setenv("STOP_AT", "1")
    assert run(job) == 75
    assert run(replace(job, fingerprint="other")) == 75
    said = capfd.readouterr().err
    assert "saved by a run with other settings, data or code; starting from the beginning" in said
    assert said.count("from step 0") == 2


SLOW = """
(state / "saved").write_text(str(time.time_ns()))
print("ready", flush=True)
time.sleep(900)
"""


def wait_until_ready(training: subprocess.Popen) -> None:
    """Wait until the slow program says so."""
    assert training.stderr is not None
    while "ready" not in (line := training.stderr.readline()):
        assert line, "it ended"


def program_of(job: TrainingJob) -> list[int]:
    """Processes of a job's program."""
    mark = f"PROGRAM_RUNNER_MARK={(job.checkpoints / 'program').resolve()}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_a_killed_command_leaves_a_program_that_the_next_one_ends(job, tmp_path, capfd):
    slow = written(job, tmp_path, SLOW)
    killed = start(slow)
    wait_until_ready(killed)
    killed.kill()
    killed.communicate()
    (left,) = program_of(job)
    stopped = start(slow)
    wait_until_ready(stopped)
    assert left not in program_of(job)
    stopped.send_signal(signal.SIGTERM)
    _, said = stopped.communicate()
    assert stopped.returncode == 75, said
    assert "python was killed by SIGTERM; it said 'ready', after it had saved" in said
    assert program_of(job) == []
    assert read_json(job.checkpoints / "program/progress.json")["resumed_from"] == [0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "extra", "finding"),
    [
        (
            "time.sleep(900)",
            ("--minutes", "0.02"),
            "the time was up or the job was stopped, python",
        ),
        (
            "print('busy', flush=True); time.sleep(900)",
            ("--silent-minutes", "0.02"),
            "wrote nothing for 1.2 s; stopped it",
        ),
    ],
)
def test_a_program_that_hangs_is_one_line(job, tmp_path, code, extra, finding):
    hanging = start(written(job, tmp_path, code), *extra)
    _, said = hanging.communicate(timeout=300)
    assert hanging.returncode == 2
    (error,) = [line for line in said.splitlines() if "error:" in line]
    assert finding in error


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        ("print('no GPU here'); sys.exit(3)", "ended with 3; it said 'no GPU here'"),
        ("raise ValueError('too few images')", "it said 'ValueError: too few images'"),
        ("pass", "the program exited with code 0, but left {output} empty"),
        ("sys.exit(75)", "but wrote nothing to {state}: the next start would begin from"),
        ("(output / 'best.pt').symlink_to('/nowhere')", "{output}/best.pt is a broken link"),
    ],
)
def test_what_goes_wrong_is_one_line(job, tmp_path, capfd, code, finding):
    assert run(written(job, tmp_path, code)) == 2
    (error,) = [line for line in capfd.readouterr().err.splitlines() if "error:" in line]
    assert "training.train: " in error
    assert finding in error
    assert not job.files.checkpoint.exists()


def test_losses_that_it_tells_are_those_of_the_run(job, tmp_path):
    code = (
        'line = \'{"iteration": 5, "iterations": 5, "loss": 0.25, "seconds": 1.5}\'\n'
        "pathlib.Path(sys.argv[7]).write_text(line + '\\n')\n(output / 'model').touch()"
    )
    told = written(job, tmp_path, code)
    train = f"{told.settings.train} {{metrics}}"
    told = replace(told, settings=told.settings.model_copy(update={"train": train}))
    assert run(told) == 0
    assert json.loads((job.output / "metrics.jsonl").read_text())["loss"] == 0.25
    record = read_json(job.output / "run.json")
    assert (record["iterations"], record["final_loss"]) == (5, {"total": 0.25})


def test_what_it_is_told(job, shapes, tmp_path):
    code = """
import json
told = json.loads(pathlib.Path(annotations).read_text())
names = [image["file_name"] for image in told["images"]]
shown = {name: os.readlink(os.path.join(images, name)) for name in names}
labels = len(told["annotations"])
(output / "told.json").write_text(json.dumps([seed, shown, labels, sys.argv[7:]]))
"""
    told = written(job, tmp_path, code)
    further = "{minutes} {gpus} {threads} {classes} {initialisation_seed}"
    train = f"{told.settings.train} {further}"
    told = replace(
        told,
        settings=told.settings.model_copy(update={"train": train}),
        seed=4,
    )
    variant = tmp_path / "variant"
    kept = write_variant(variant, shapes / "train", 2, 3)
    extra = ("--anonymized", str(variant), "--seed-offset", "1000", "--minutes", "90")
    extra = (*extra, "--initialisation-seed", "1002")
    assert run(told, *extra) == 0
    with zipfile.ZipFile(job.files.checkpoint) as archive:
        seed, shown, labels, values = json.loads(archive.read("model/told.json"))
    assert seed == "1004"
    assert shown == {
        image.file_name: str(variant / "000" / image.file_name) for image in kept.images
    }
    assert labels == len(kept.instances)
    minutes, gpus, threads, classes, initialisation_seed = values
    assert initialisation_seed == "1002"
    record = read_json(job.output / "run.json")
    assert (record["training_seed"], record["initialisation_seed"]) == (1004, 1002)
    assert 89 < float(minutes) <= 90
    assert (gpus, threads) == ("0", "1")
    assert classes.endswith("classes.txt")


def test_it_finds_its_own_environment(job, tmp_path, capfd):
    environment = tmp_path / "environment"
    (environment / "bin").mkdir(parents=True)
    (environment / "bin/python").symlink_to(sys.executable)
    tool = environment / "bin/their-tool"
    tool.write_text(f"#!/bin/sh\necho $VIRTUAL_ENV; touch $1/model\n# {time.time()}\n")
    tool.chmod(0o755)
    train = "their-tool {output} {images} {annotations} {seed}"
    own = replace(job, settings=settings_of(train=train, environment=environment))
    assert run(own) == 0
    assert f"their-tool: {environment}" in capfd.readouterr().err
    shutil.rmtree(environment)
    assert run(replace(own, output=tmp_path / "again")) == 2
    assert "no program 'their-tool' here" in capfd.readouterr().err


def test_a_conda_file_that_is_not_in_use_is_said(job, tmp_path, capfd, monkeypatch):
    monkeypatch.delenv("CONDA_PREFIX", raising=False)
    file = tmp_path / "theirs.yaml"
    file.write_text("dependencies: [python=3.12]")
    assert run(replace(job, settings=settings_of(environment=file))) == 2
    assert "call snakemake with --software-deployment-method conda" in capfd.readouterr().err
    assert os.environ.get("CONDA_PREFIX") is None
