"""The small experiment on a real Slurm: complete, after a failure, and over several walltimes."""

import re
from dataclasses import replace

import pytest
from plain_commands.files import read_json

from tests.dag.conftest import TABLES
from tests.slurm.experiments import (
    evaluation_of,
    forked_on,
    model,
    shortened,
    site_with,
    training_jobs,
    weights_of,
)
from tests.small_experiment import copied, small_config
from workflow_scripts.contracts.run_states import State
from workflow_scripts.contracts.usage import read_usage
from workflow_scripts.operations.commands.status import look

pytestmark = pytest.mark.slow

RUN = "unmodified/seed~1"
FAILING = "natural/seed~1"


def test_the_whole_experiment_and_what_failed_in_it(idle_cluster, reference, tmp_path):
    workflow = forked_on(idle_cluster, tmp_path / "work")
    workflow.config["seeds"] = 1
    obstacle = workflow.results / "runs" / FAILING / "checkpoints" / "launch"
    obstacle.parent.mkdir(parents=True)
    obstacle.write_text("a file where a folder has to be")
    before = len(training_jobs(idle_cluster))

    failed = workflow.snakemake("--retries", "0")
    assert failed.returncode != 0
    assert "Job states come from squeue" in failed.stdout
    assert "Training on variant natural, seed 1" in failed.stdout
    assert f"{FAILING}.log" in failed.stdout
    listed = failed.stdout.partition("Failed: 1 job\n")[2]
    job = rf"  train/{FAILING} \(Slurm job \d+: FAILED\)"
    assert re.match(rf"{job}: .*: cannot be written \(File exists\)", listed), listed
    states = {f"{run.variant}/seed~{run.seed}": run.state for run in look(workflow.results)}
    assert states == {RUN: State.DONE, FAILING: State.FAILED}
    assert len(training_jobs(idle_cluster)) == before + 2

    obstacle.unlink()
    missing = {"train": 1, "predict": 1, "evaluate": 1, **TABLES}
    assert workflow.plan() == missing
    workflow.run()
    assert len(training_jobs(idle_cluster)) == before + 3
    trainings = [used for used in read_usage(workflow.results) if used.stage == "train"]
    assert {used.gpus for used in trainings} == {4}
    assert all(used.queued_seconds is not None for used in trainings)
    assert (workflow.results / "tables/table_2.md").is_file()
    for run in RUN, FAILING:
        assert weights_of(workflow, run) == weights_of(reference, run)
        assert evaluation_of(workflow, run) == evaluation_of(reference, run)


def test_a_walltime_shorter_than_the_training(idle_cluster, reference, tmp_path):
    """No retry is used for it. Also with GPUs by --gres, and with images on a node's disk."""
    iterations = 3
    local = replace(reference, folder=tmp_path / "local", config=small_config())
    local = shortened(copied(reference, local, RUN), iterations)
    local.run(model(local, RUN))
    # Over before the first iteration on whatever machine: a job makes one, and saves.
    site = site_with(
        tmp_path / "site.yaml",
        **{"save_before_end": "29.999", "runtime": 30, "gpu": 0, "gres": "gpu:4"},
        scratch=str(tmp_path / "$SLURMD_NODENAME"),
    )
    workflow = shortened(
        copied(reference, forked_on(idle_cluster, tmp_path / "work", site), RUN), iterations
    )
    before = training_jobs(idle_cluster)
    said = workflow.run(model(workflow, RUN), "--retries", "0")
    assert said.count("it is resubmitted and resumes, without using a retry") == iterations - 1
    after = training_jobs(idle_cluster)
    assert len(after) == len(before) + iterations
    job = idle_cluster.details(after[-1])
    assert job["TresPerNode"] == "gres:gpu:4"
    assert job["NumTasks"] == "1"
    copies = tmp_path.glob("n[1-6]/images-*")
    assert {len([*copy.rglob("*.png")]) for copy in copies if copy.is_dir()} == {8}
    assert weights_of(workflow, RUN) == weights_of(local, RUN)


def test_boxes_of_the_same_model(idle_cluster, reference, tmp_path):
    workflow = copied(reference, forked_on(idle_cluster, tmp_path / "work"))
    workflow = shortened(workflow, iterations=3)
    workflow.config |= {"task": "boxes", "seeds": 1}
    before = training_jobs(idle_cluster)
    tables = workflow.results.relative_to(workflow.folder) / "tables"
    workflow.run(*(str(tables / f"{name}.json") for name in ("table_2", "verdict")))
    assert len(training_jobs(idle_cluster)) == len(before) + 2
    table, verdict = (
        read_json(workflow.folder / tables / f"{name}.json") for name in ("table_2", "verdict")
    )
    assert table["task"] == verdict["task"] == "boxes"
    assert table["missing"] == []
