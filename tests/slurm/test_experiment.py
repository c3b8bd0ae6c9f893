"""The small experiment on a real Slurm: complete, after failures, and over several walltimes."""

import pytest

from tests.dag.conftest import TABLES
from tests.slurm.cluster import wait_for
from tests.slurm.experiments import (
    continued,
    environment_of,
    model,
    on,
    shortened,
    site_with,
    small_config,
    started,
    table_of,
    training_jobs,
    training_processes,
    weights_of,
)
from tests.workflow import Workflow
from workflow_scripts.run_states import State
from workflow_scripts.status.__main__ import look

pytestmark = pytest.mark.slow

RUN = "unmodified/seed~1"
OTHER = "unmodified/seed~2"


def test_the_whole_experiment_gives_the_same_table(idle_cluster, reference, tmp_path):
    workflow = on(idle_cluster, tmp_path / "work")
    before = training_jobs(idle_cluster, "completed")
    said = workflow.run()
    assert "Job states are asked of squeue" in said
    assert table_of(workflow) == table_of(reference)
    runs = {path.parent.name for path in (workflow.results / "runs").glob("*/*/eval.json")}
    assert runs == {"seed~1", "seed~2"}
    assert len(training_jobs(idle_cluster, "completed")) == len(before) + 4


def test_a_training_gets_what_the_profile_asks_for(idle_cluster, reference, tmp_path):
    workflow = continued(reference, on(idle_cluster, tmp_path / "work"), RUN, OTHER)
    before = training_jobs(idle_cluster)
    with started(workflow, model(workflow, RUN), model(workflow, OTHER)):
        running = wait_for(
            "two running trainings",
            lambda: len(jobs := training_jobs(idle_cluster, "running")) == 2 and jobs,
        )
        details = [idle_cluster.details(job) for job in running if job not in before]
        processes = [
            wait_for(f"training of {run}", lambda run=run: training_processes(workflow, run))
            for run in (RUN, OTHER)
        ]
        devices = [environment_of(found[0])["CUDA_VISIBLE_DEVICES"] for found in processes]
    for job in details:
        assert (job["NumNodes"], job["NumTasks"], job["NumCPUs"]) == ("1", "1", "3")
        assert job["MinMemoryNode"] == "3000M"
        assert job["GRES"] == "gpu:4(IDX:0-3)"
        assert job["TresPerJob"] == "gres:gpu:4"
        assert job["TimeLimit"] == "00:30:00"
    assert details[0]["NodeList"] != details[1]["NodeList"]
    assert devices == ["0,1,2,3", "0,1,2,3"]


def test_gpus_can_be_asked_for_by_gres(idle_cluster, reference, tmp_path):
    site = site_with(tmp_path / "site.yaml", gpu=0, gres="gpu:4")
    workflow = continued(reference, on(idle_cluster, tmp_path / "work", site), RUN)
    workflow.run(model(workflow, RUN))
    job = idle_cluster.details(training_jobs(idle_cluster)[-1])
    assert job["TresPerNode"] == "gres:gpu:4"
    assert job["NumTasks"] == "1"
    assert weights_of(workflow, RUN) == weights_of(reference, RUN)


def test_only_what_failed_runs_again(idle_cluster, reference, tmp_path):
    workflow = continued(reference, on(idle_cluster, tmp_path / "work"), RUN, OTHER)
    obstacle = workflow.results / "runs/unmodified/seed~2/checkpoints"
    obstacle.parent.mkdir()
    obstacle.write_text("a file where a folder has to be")

    failed = workflow.snakemake("--retries", "0")
    assert failed.returncode != 0
    assert "Training on variant unmodified, seed 2" in failed.stdout
    assert "seed~2.log" in failed.stdout
    states = {(run.variant, run.seed): run.state for run in look(workflow.results)}
    assert states.pop(("unmodified", 2)) is State.FAILED
    assert set(states.values()) == {State.DONE}

    obstacle.unlink()
    missing = {"train": 1, "predict": 1, "evaluate": 1, **TABLES}
    assert workflow.plan() == missing
    before = training_jobs(idle_cluster)
    workflow.run()
    assert len(training_jobs(idle_cluster)) == len(before) + 1
    assert table_of(workflow) == table_of(reference)


def test_a_walltime_shorter_than_the_training(idle_cluster, reference, tmp_path):
    iterations = 3
    local = Workflow(tmp_path / "local", small_config(), profile="profiles/demo")
    local = shortened(continued(reference, local, RUN), iterations)
    local.run(model(local, RUN))
    # Over before the first iteration on whatever machine: a job makes one, and saves.
    site = site_with(tmp_path / "site.yaml", runtime=30, save_before_end="29.999")
    workflow = shortened(
        continued(reference, on(idle_cluster, tmp_path / "work", site), RUN), iterations
    )
    before = training_jobs(idle_cluster)
    workflow.run(model(workflow, RUN))
    assert len(training_jobs(idle_cluster)) == len(before) + iterations
    assert weights_of(workflow, RUN) == weights_of(local, RUN)
