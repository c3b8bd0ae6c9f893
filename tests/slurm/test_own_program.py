"""A program of the user's on a real Slurm: saved, submitted again, and one failed run of two."""

import sys
import zipfile

import pytest
from plain_commands.files import read_json

from tests.slurm.experiments import forked_on, model, training_jobs
from tests.small_experiment import copied
from tests.training.programs.running import PREDICT, PROGRAM_FILE, TRAIN

pytestmark = pytest.mark.slow

WRAPPER = """#!/bin/sh
# It saves after two of three steps. Seed 2 fails at its first start.
if [ "$4" = 2 ] && [ ! -e failed ]; then touch failed; echo no luck; exit 3; fi
STOP_AT=2 exec {python} {program} "$@"
"""


def test_a_program_goes_on_and_only_a_failed_run_runs_again(idle_cluster, reference, tmp_path):
    script = tmp_path / "trainer.sh"
    script.write_text(WRAPPER.format(python=sys.executable, program=PROGRAM_FILE))
    script.chmod(0o755)
    workflow = copied(reference, forked_on(idle_cluster, tmp_path / "work"))
    workflow.config["training"] = {
        "engine": "command",
        "train": f"{script} train {TRAIN}",
        "predict": f"{script} predict {PREDICT}",
        "directory": str(tmp_path),
    }
    workflow.config["evaluation"] = {}
    runs = "unmodified/seed~1", "unmodified/seed~2"
    models = [model(workflow, run) for run in runs]
    before = len(training_jobs(idle_cluster))

    failed = workflow.snakemake(*models, "--retries", "0", "--keep-going")
    assert failed.returncode != 0
    assert "training.train: trainer.sh ended with 3; it said 'no luck'" in failed.stdout
    again = "it is submitted again and resumes, which costs no retry"
    assert failed.stdout.count(again) == 1
    assert len(training_jobs(idle_cluster)) == before + 3

    assert workflow.plan(*models)["train"] == 1
    assert workflow.run(*models, "--retries", "0").count(again) == 1
    assert len(training_jobs(idle_cluster)) == before + 5
    found = []
    for run in runs:
        assert read_json(workflow.results / "runs" / run / "run.json")["resumed_from"] == [0]
        with zipfile.ZipFile(workflow.results / "runs" / run / "model_final.pth") as archive:
            found.append(archive.read("model/weights/colours.json"))
    assert found[0] == found[1]
