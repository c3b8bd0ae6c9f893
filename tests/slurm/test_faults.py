"""What clusters do to jobs, and to who submitted them: each ends with the same weights."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.slurm.cluster import wait_for
from tests.slurm.experiments import (
    continued,
    ended,
    model,
    on,
    started,
    training_jobs,
    training_processes,
    wait_for_iteration,
    weights_of,
)

pytestmark = pytest.mark.slow

RUN = "unmodified/seed~1"


@pytest.fixture
def workflow(idle_cluster, reference, tmp_path):
    """The experiment without one of its runs, on the cluster."""
    return continued(reference, on(idle_cluster, tmp_path / "work"), RUN)


def scancel(cluster, workflow):
    cluster.ask("scancel", str(training_jobs(cluster, "running")[-1]))


def requeue(cluster, workflow):
    cluster.ask("scontrol", "requeue", str(training_jobs(cluster, "running")[-1]))


def kill_training(cluster, workflow):
    os.kill(training_processes(workflow, RUN)[0], signal.SIGKILL)


def pause_slurmctld(cluster, workflow):
    daemon = int((cluster.root / "run/slurmctld.pid").read_text())
    os.kill(daemon, signal.SIGSTOP)
    time.sleep(45)
    os.kill(daemon, signal.SIGCONT)


@pytest.mark.parametrize("fault", [scancel, requeue, kill_training, pause_slurmctld])
def test_nobody_has_to_do_anything(idle_cluster, reference, workflow, fault):
    with started(workflow, model(workflow, RUN)) as snakemake:
        wait_for_iteration(workflow, RUN, 5)
        fault(idle_cluster, workflow)
        code, said = ended(snakemake)
    assert code == 0, said
    assert weights_of(workflow, RUN) == weights_of(reference, RUN)


def test_interrupted_and_called_again(idle_cluster, reference, workflow):
    with started(workflow, model(workflow, RUN)) as snakemake:
        wait_for_iteration(workflow, RUN, 5)
        snakemake.send_signal(signal.SIGINT)
        code, _ = ended(snakemake)
    assert code != 0
    wait_for("end of the job", lambda: not training_jobs(idle_cluster, "running"))
    workflow.run(model(workflow, RUN))
    assert weights_of(workflow, RUN) == weights_of(reference, RUN)


def test_killed_while_its_job_goes_on(idle_cluster, reference, workflow):
    with started(workflow, model(workflow, RUN)) as snakemake:
        wait_for_iteration(workflow, RUN, 5)
        snakemake.kill()
        ended(snakemake)
    assert training_jobs(idle_cluster, "running")
    refused = workflow.snakemake(model(workflow, RUN))
    assert refused.returncode != 0
    assert "--unlock" in refused.stdout
    workflow.run("--unlock")
    wait_for("end of the job", lambda: not training_jobs(idle_cluster, "running"), 600)
    before = training_jobs(idle_cluster)
    workflow.run(model(workflow, RUN))
    assert training_jobs(idle_cluster) == before
    assert weights_of(workflow, RUN) == weights_of(reference, RUN)


def test_a_refused_submission_says_what_is_wrong(workflow):
    refused = workflow.snakemake(
        model(workflow, RUN), "--default-resources", "slurm_partition=nosuch", "--retries", "0"
    )
    assert refused.returncode != 0
    assert "invalid partition specified: nosuch" in refused.stdout
    assert not Path(workflow.results / "runs" / RUN).exists()
