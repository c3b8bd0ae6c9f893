"""The plan of an experiment beside what a real Slurm makes of it."""

import json
import subprocess
import sys

import pytest

from tests.slurm.experiments import continued, on
from tests.workflow import Workflow
from workflow_scripts.usage_records import Usage, read_usage

pytestmark = pytest.mark.slow

AT_A_TIME = "--jobs", "2"
"""All nodes of the private cluster share this machine's cores: more would slow each other down."""


def planned_seconds(workflow: Workflow) -> float:
    """How long the missing runs will take."""
    command = [sys.executable, "-m", "workflow_scripts.plan", "--json", "--nodes", "3"]
    done = subprocess.run(
        [*command, "--cores-per-node", "16", "--", *workflow.command(*AT_A_TIME)[3:]],
        cwd=workflow.project,
        env=workflow.surroundings()["env"],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["seconds"]


def submitted(used: Usage) -> float:
    """When a job was submitted, or began beside Snakemake (Unix time)."""
    return used.start - (used.startup_seconds or 0) - (used.queued_seconds or 0)


def test_more_seeds_take_as_long_as_planned(idle_cluster, reference, tmp_path):
    workflow = continued(reference, on(idle_cluster, tmp_path / "work"))
    workflow.config["training"].update(iterations=40, milestones=[30])
    workflow.config["seeds"] = 1
    for file in (workflow.results / "usage").rglob("*.json"):
        file.unlink()  # those of the reference are of no Slurm
    workflow.run(*AT_A_TIME)
    before = {used.attempt for used in read_usage(workflow.results)}

    workflow.config["seeds"] = [1, 2, 3]
    planned = planned_seconds(workflow)
    workflow.run(*AT_A_TIME)
    new = [used for used in read_usage(workflow.results) if used.attempt not in before]
    trained = {used.job for used in new if used.stage == "train"}
    assert len(trained) == 4
    assert all(used.gpus == 4 for used in new if used.stage == "train")
    assert all(used.queued_seconds is not None for used in new if used.slurm_job)
    took = max(used.start + used.seconds for used in new) - min(map(submitted, new))
    assert planned == pytest.approx(took, rel=0.25)
