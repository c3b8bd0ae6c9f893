"""What clusters do to jobs, and to who submitted them: each ends with the same weights."""

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest

from tests.slurm.cluster import wait_for
from tests.slurm.experiments import (
    ended,
    environment_of,
    forked_on,
    hold,
    iterations_of,
    model,
    on,
    release,
    resumed,
    running_job,
    site_with,
    started,
    training_jobs,
    training_processes,
    weights_of,
    workers,
)
from tests.small_experiment import copied

pytestmark = pytest.mark.slow

RUN = "unmodified/seed~1"
CANCELLED, REQUEUED, KILLED, PREEMPTED = (f"unmodified/seed~{n}" for n in range(1, 5))
OVERDUE, ON_A_LOST_NODE = (f"natural/seed~{n}" for n in (1, 2))
RUNS = CANCELLED, REQUEUED, KILLED, PREEMPTED, OVERDUE, ON_A_LOST_NODE


def test_nobody_has_to_do_anything(idle_cluster, more_runs, tmp_path):
    cluster = idle_cluster
    workflow = copied(more_runs, on(cluster, tmp_path / "work"), *RUNS)
    with started(workflow, *(model(workflow, run) for run in RUNS)) as snakemake:
        held = hold(workflow, *RUNS)
        jobs = {run: running_job(cluster, run) for run in RUNS}
        check_what_jobs_get(cluster, workflow, jobs)
        pause_slurmctld(cluster)

        node = cluster.details(jobs[ON_A_LOST_NODE])["NodeList"]
        os.kill(cluster.pid_of(f"slurmd.{node}"), signal.SIGKILL)

        cluster.ask("scancel", str(jobs[CANCELLED]))
        cluster.ask("scontrol", "requeue", str(jobs[REQUEUED]))
        take_node_of(cluster, jobs[PREEMPTED])
        os.kill(training_processes(workflow, KILLED)[0], signal.SIGKILL)
        release(held[KILLED])
        for run in CANCELLED, REQUEUED, PREEMPTED:
            wait_for("signal", lambda run=run: not cluster.runs(jobs[run]))
            release(held[run])
        # Slurm looks for jobs whose time is over twice a minute.
        cluster.ask("scontrol", "update", f"jobid={jobs[OVERDUE]}", "timelimit=1")
        wait_for("signal", lambda: not cluster.runs(jobs[OVERDUE]))
        release(held[OVERDUE])

        # The node is lost, the training on it is not: it has no second worker beside it.
        again = wait_for_second_training(workflow, ON_A_LOST_NODE)
        assert workers(workflow, ON_A_LOST_NODE) == [held[ON_A_LOST_NODE]]
        assert len(again) == 2
        cluster.slurm_daemon("slurmd", "-N", node)
        code, said = ended(snakemake)
    assert code == 0, said
    for run in RUNS:
        assert weights_of(workflow, run) == weights_of(more_runs, run)
    assert all(resumed(workflow, run) for run in (CANCELLED, REQUEUED, PREEMPTED, OVERDUE))


def check_what_jobs_get(cluster, workflow, jobs):
    details = {run: cluster.details(job) for run, job in jobs.items()}
    for run, job in details.items():
        assert (job["NumNodes"], job["NumTasks"], job["NumCPUs"]) == ("1", "1", "3")
        assert job["MinMemoryNode"] == "3000M"
        assert job["GRES"] == "gpu:4(IDX:0-3)"
        assert job["TresPerJob"] == "gres:gpu:4"
        assert job["TimeLimit"] == "00:30:00"
        (process,) = training_processes(workflow, run)
        assert environment_of(process)["CUDA_VISIBLE_DEVICES"] == "0,1,2,3"
    # A node each: no two of them share its four GPUs.
    assert len({job["NodeList"] for job in details.values()}) == len(jobs)


def pause_slurmctld(cluster):
    """For as long as its commands take to give up, and some time."""
    os.kill(cluster.pid_of("slurmctld"), signal.SIGSTOP)
    time.sleep(15)
    os.kill(cluster.pid_of("slurmctld"), signal.SIGCONT)


def take_node_of(cluster, job):
    """Somebody with a higher priority wants the job's node for a moment."""
    node = cluster.details(job)["NodeList"]
    wish = "--partition=urgent", "--nodes=1", f"--nodelist={node}", "--gpus=4"
    cluster.ask("sbatch", *wish, "--output=/dev/null", "--wrap", "true")


def wait_for_second_training(workflow, run):
    log = workflow.results / "logs/train" / f"{run}.log"
    wait_for(
        "a training that waits",
        # A job that starts removes the log of the one before.
        lambda: log.is_file() and "is in use (process" in log.read_text(),
    )
    return training_processes(workflow, run)


def test_preempted_for_good_and_snakemake_stopped_twice(idle_cluster, reference, tmp_path):
    cluster = idle_cluster
    # It gives time to save (GraceTime), and cancels.
    site = site_with(tmp_path / "site.yaml", slurm_partition="leftover", runtime=10)
    workflow = copied(reference, on(cluster, tmp_path / "work", site), RUN)

    with started(workflow, model(workflow, RUN)) as snakemake:
        held = hold(workflow, RUN)
        job = running_job(cluster, RUN)
        snakemake.send_signal(signal.SIGINT)
        wait_for("signal", lambda: not cluster.runs(job))
        release(held[RUN])
        code, _ = ended(snakemake)
    assert code != 0
    wait_for("end of the job", lambda: not training_jobs(cluster, "running,completing"))

    # The same command again, while the controller is away. Once it is back, the job is cancelled
    # for another one; then the login node dies.
    os.kill(cluster.pid_of("slurmctld"), signal.SIGSTOP)
    with started(workflow, model(workflow, RUN)) as snakemake:
        wait_for("a submission that waits", lambda: "squeue" in words_of(cluster))
        os.kill(cluster.pid_of("slurmctld"), signal.SIGCONT)
        held = hold(workflow, RUN, iteration=iterations_of(workflow, RUN) + 1)
        job = running_job(cluster, RUN)
        take_node_of(cluster, job)
        wait_for("signal", lambda: not cluster.runs(job))
        release(held[RUN])
        # A job that ends in time has failed, for Slurm.
        ends = "PREEMPTED", "FAILED"
        wait_for("end", lambda: cluster.details(job)["JobState"] in ends)
        held = hold(workflow, RUN, iteration=iterations_of(workflow, RUN) + 1)
        snakemake.kill()
        ended(snakemake)
    assert cluster.runs(running_job(cluster, RUN))
    # Both start nothing.
    quick = forked_on(cluster, workflow.folder, site)
    refused = quick.snakemake(model(workflow, RUN))
    assert refused.returncode != 0
    assert "--unlock" in refused.stdout
    quick.run("--unlock")
    # Not even now: the next call finds the job, and waits for it.
    before = training_jobs(cluster)
    with started(workflow, model(workflow, RUN)) as snakemake:
        read_until(snakemake, f"waits for Slurm job {before[-1]}, which another call submitted")
        release(held[RUN])
        code, said = ended(snakemake)
    assert code == 0, said
    assert "was done by the other call" in said
    assert training_jobs(cluster) == before
    assert weights_of(workflow, RUN) == weights_of(reference, RUN)
    assert resumed(workflow, RUN)


def read_until(snakemake, words):
    """Read what Snakemake says until it says this."""
    said = ""
    for line in snakemake.stdout:
        said += line
        if words in line:
            return
    raise AssertionError(said)


def words_of(cluster):
    """All words of all commands that run on the cluster, or ask it."""
    words = set()
    for process in cluster.processes():
        with contextlib.suppress(OSError):
            words |= set(Path(f"/proc/{process}/cmdline").read_text().split("\0"))
    return words


def test_a_refused_submission_says_what_is_wrong(idle_cluster, reference, tmp_path):
    workflow = copied(reference, forked_on(idle_cluster, tmp_path / "work"), RUN)
    refused = workflow.snakemake(
        model(workflow, RUN),
        *("--set-resources", "train:slurm_partition=nosuch"),
    )
    assert refused.returncode != 0
    assert "invalid partition specified: nosuch" in refused.stdout
    assert not Path(workflow.results / "runs" / RUN).exists()
