"""Every stage on a file system without room: one line, nothing half-written, and it goes on."""

import contextlib
import dataclasses
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
from pii_detectors.plates import SHA256, WEIGHTS
from plain_commands.files import read_json

from tests import preloaded
from tests.full_disk import filled
from tests.small_experiment import copied
from tests.workflow import Workflow
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.operations.snakemake_call import SnakemakeCall

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
WRITTEN = {
    "weights fetch": (f"by hand/fetched/{SHA256}",),
    "weights record": ("by hand/new.json",),
    "dataset index-test": ("by hand/new.json",),
    "tables cross": ("by hand/tables/cross.csv", "by hand/tables/cross.json"),
    "privacy hand-over": ("by hand/images", "by hand/sheet.png", "by hand/text.txt"),
}
"""Files and folders that commands without a job in the experiment write."""


class Call(NamedTuple):
    """A command, and what it writes."""

    command: str
    outputs: Sequence[str]
    """Relative to the working folder."""


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
    calls = {rule: Call(job.command, job.outputs) for rule, job in jobs_by_rule.items()}
    for name, call in {**calls, **by_hand(workflow)}.items():
        with without_outputs(workflow, call) as outputs:
            with filled(disk):
                code, said = called(workflow, call)
            assert "Traceback" not in said, said
            if name in WRITE_NOTHING:
                assert code == 0, said
                continue
            assert code == 2, (name, said)
            errors = [line for line in said.splitlines() if "] error: " in line]
            assert len(errors) == 1, said
            assert ROOM in errors[0]
            assert ADVICE in errors[0]
            assert not [output for output in outputs if output.exists()], said
            if name in WRITTEN:  # its arguments are right
                code, said = called(workflow, call)
                assert code == 0, (name, said)
                assert all(output.exists() for output in outputs)
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


def by_hand(workflow: Workflow) -> dict[str, Call]:
    """Commands of which the finished experiment has no job, on its files."""
    layout = Layout(workflow.results)
    train, val = (layout.annotations(split) for split in ("train", "val"))
    index = read_json(val)
    plates = {"source": str(WEIGHTS), "sha256": SHA256, "licence": "MIT"}
    named = json.dumps({"plates": plates})
    made = workflow.folder / "by hand"
    weights = made / "weights" / SHA256
    weights.parent.mkdir(parents=True)
    shutil.copyfile(WEIGHTS, weights)
    calls = {
        "weights fetch": ("--settings", named, "--output", made / "fetched"),
        "weights record": ("--settings", named, "--folder", weights.parent),
        "dataset index-test": (
            *("--settings", json.dumps({"images": str(layout.drawn), "annotations": str(val)})),
            *("--name", "night", "--train", train, "--workers", 1),
            *("--classes", *(one["name"] for one in index["categories"])),
        ),
        "tables cross": (
            *("--runs-in", layout.runs, "--expected", layout.expected_runs, "--on", "unmodified"),
            *("--output", made / "tables"),
        ),
        "privacy hand-over": (
            *("--annotations", train, "--images", layout.drawn, "--regions"),
            *layout.pii.glob("train/*.parquet"),
            *("--anonymized", layout.variant_images("natural", "train")),
            *("--audit", layout.audit("natural"), "--output", made / "images"),
            *("--sheet", made / "sheet.png", "--text", made / "text.txt"),
        ),
    }
    found = {}
    for name, options in calls.items():
        words = [sys.executable, "-m", "workflow_scripts", *name.split(), *map(str, options)]
        words += [] if "--output" in options else ["--output", str(made / "new.json")]
        found[name] = Call(shlex.join(words), WRITTEN[name])
    return found


@contextlib.contextmanager
def without_outputs(workflow: Workflow, call: Call) -> Iterator[list[Path]]:
    """The outputs of a command, which are away for a while."""
    outputs = [workflow.folder / output for output in call.outputs]
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


def called(workflow: Workflow, call: Call) -> tuple[int, str]:
    """Run a command; its exit code, and what it says."""
    done = subprocess.run(
        ["bash", "-c", call.command],
        cwd=workflow.folder,
        env={**os.environ, **workflow.environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
        check=False,
    )
    return done.returncode, done.stdout
