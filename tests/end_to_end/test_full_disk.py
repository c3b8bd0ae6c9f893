"""Every stage on a file system without room: one line, nothing half-written, and it goes on."""

import contextlib
import dataclasses
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import preloaded
from tests.small_experiment import copied
from tests.workflow import Workflow
from workflow_scripts.operations.snakemake_call import Job, SnakemakeCall

pytestmark = pytest.mark.slow

ROOM = "No space left on device"
ADVICE = "free disk space and run again"
WRITE_NOTHING = {"check_pii", "check_variant", "check_training", "start_trainings"}
"""Rules whose commands look at things; Snakemake itself makes their marks."""
MORE = {
    "privacy": {
        "membership": {"images": 4},
        "second_detection": {"faces": {"detector": "centerface", "scale": 1.0}, "images": 4},
    }
}
"""Sections of the config with which more is made than in the finished experiment."""
RUN = "runs/unmodified/seed~1"


@contextlib.contextmanager
def filled(disk: Path) -> Iterator[None]:
    """A file system that is full for a while."""
    filler = disk / "filler"
    try:
        with filler.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
            while True:
                stream.write(bytes(1 << 16))
        yield
    finally:
        filler.unlink()


def test_every_stage_says_so_and_leaves_nothing_half_written(disk, small_experiment):
    finished, _ = small_experiment
    workflow = copied(finished, dataclasses.replace(finished, folder=disk / "eine Übung"))
    more = dataclasses.replace(workflow, config={**workflow.config, **MORE})
    jobs_by_rule = {
        job.rule: job
        for each in (more, workflow)
        for job in SnakemakeCall([*each.command()[3:], "--forceall"]).jobs()
        if job.command
    }
    known = "train", "predict", "anonymize", "report", "membership", "estimate_missed"
    assert set(known) <= jobs_by_rule.keys()
    for rule, job in jobs_by_rule.items():
        with without_outputs(workflow, job) as outputs:
            with filled(disk):
                code, said = called(workflow, job)
            assert "Traceback" not in said, said
            if rule in WRITE_NOTHING:
                assert code == 0, said
                continue
            assert code == 2, said
            errors = [line for line in said.splitlines() if "] error: " in line]
            assert len(errors) == 1, said
            assert ROOM in errors[0]
            assert ADVICE in errors[0]
            assert not [output for output in outputs if output.exists()], said
    # Space is given back: nothing is missing or counts as changed, and a lost run is made again.
    assert workflow.plan() == {}
    model = workflow.results / RUN / "model_final.pth"
    content = model.read_bytes()
    shutil.rmtree(model.parent)
    target = str(model.relative_to(workflow.folder))
    workflow.command()
    with filled(disk):
        refused = preloaded.run(
            workflow.command(target)[2:], workflow.folder, {**os.environ, **workflow.environment}
        )
    assert refused.returncode != 0
    assert ROOM in refused.stdout
    assert "Traceback" not in refused.stdout
    workflow.run(target)
    assert model.read_bytes() == content


@contextlib.contextmanager
def without_outputs(workflow: Workflow, job: Job) -> Iterator[list[Path]]:
    """The outputs of a job, which are away for a while."""
    outputs = [workflow.folder / output for output in job.outputs]
    aside = workflow.folder.parent / "aside"
    aside.mkdir()
    for number, output in enumerate(outputs):
        if output.exists():
            output.rename(aside / str(number))
    try:
        yield outputs
    finally:
        for number, output in enumerate(outputs):
            if output.is_dir():
                shutil.rmtree(output)
            if (aside / str(number)).exists():
                (aside / str(number)).rename(output)
        aside.rmdir()


def called(workflow: Workflow, job: Job) -> tuple[int, str]:
    """Run the command of a job; its exit code, and what it says."""
    done = subprocess.run(
        ["bash", "-c", job.command],
        cwd=workflow.folder,
        env={**os.environ, **workflow.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
        check=False,
    )
    return done.returncode, done.stdout
