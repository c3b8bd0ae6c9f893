"""A program of the user's that learns boxes, on a real Slurm, from its first job to Table II."""

import sys

import pytest
from plain_commands.files import read_json

from tests.slurm.experiments import forked_on, site_with, training_jobs
from tests.small_experiment import copied
from tests.training.programs.running import PREDICT, PROGRAM_FILE, TRAIN

pytestmark = pytest.mark.slow

WRAPPER = """#!/bin/sh
# Where less than a minute is left, it saves after two of three steps, and goes by that alone.
# Training on natural fails at its first start.
minutes=$1; shift
case $2 in
    *natural*) if [ ! -e failed ]; then touch failed; echo no luck; exit 3; fi;;
esac
case $minutes in 0.*) export STOP_AT=2; trap '' TERM;; esac
exec {python} {program} "$@"
"""


def test_a_program_goes_on_and_only_a_failed_run_runs_again(idle_cluster, reference, tmp_path):
    script = tmp_path / "trainer.sh"
    script.write_text(WRAPPER.format(python=sys.executable, program=PROGRAM_FILE))
    script.chmod(0o755)
    # The time is over as soon as a job starts.
    site = site_with(tmp_path / "site.yaml", save_before_end="29.999", runtime=30)
    workflow = copied(reference, forked_on(idle_cluster, tmp_path / "work", site))
    workflow.config |= {"task": "boxes", "seeds": 1, "evaluation": {"exposed": False}}
    workflow.config["training"] = {
        "engine": "command",
        "train": f"{script} {{minutes}} train {TRAIN}",
        "predict": f"{script} - predict {PREDICT}",
        "directory": str(tmp_path),
    }
    runs = "unmodified/seed~1", "natural/seed~1"
    before = len(training_jobs(idle_cluster))

    failed = workflow.snakemake("--retries", "0", "--keep-going")
    assert failed.returncode != 0
    assert "trainer.sh ended with 3; it said 'no luck'" in failed.stdout
    again = "it is resubmitted and resumes, without using a retry"
    assert failed.stdout.count(again) == 1
    assert len(training_jobs(idle_cluster)) == before + 3

    assert workflow.plan()["train"] == 1
    said = workflow.run("--retries", "0")
    assert said.count(again) == 1 and "Box AP" in said
    assert len(training_jobs(idle_cluster)) == before + 5
    for run in runs:
        assert read_json(workflow.results / "runs" / run / "run.json")["resumed_from"] == [0]
    table = read_json(workflow.results / "tables/table_2.json")
    assert table["task"] == "boxes" and table["missing"] == []
    assert [run["variant"] for run in table["runs"]] == ["unmodified", "natural"]
