"""What sites enforce: it is waited for, or said before anything is submitted."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests import preloaded
from tests.slurm.accounting import ACCOUNT, SMALL_QOS
from tests.slurm.cluster import Cluster, wait_for
from tests.slurm.test_check import site
from tests.workflow import PROJECT
from workflow_scripts.operations.status import queued_jobs

SLURM = PROJECT / "profiles/slurm"
SNAKEFILE = """\
rule all:
    input: expand("{n}.txt", n=range(4))
rule work:
    output: "{n}.txt"
    shell: "sleep 2; touch {output}"
"""
SITE = f"""\
__use_yte__: true
__definitions__:
  - import snakemake_executor_plugin_slurm as plugin
  - 'plugin.Executor.next_seconds_between_status_checks = property(lambda self: 1, lambda *_: None)'
slurm-init-seconds-before-status-checks: 1
seconds-between-status-checks: 1
latency-wait: 10
retries: 0
slurm-qos: {SMALL_QOS}
default-resources: {{slurm_account: {ACCOUNT}, mem_mb: 1000, runtime: 30}}
set-resources: {{work: {{runtime: 30}}}}
"""
WITHOUT_ACCOUNT = SITE.replace(f"slurm-qos: {SMALL_QOS}\n", "").replace(
    f"slurm_account: {ACCOUNT}, ", ""
)
DEFINITIONS = "__definitions__:\n"
SOON = "  - import slurm_repairs.questions; slurm_repairs.questions.ACCOUNTING_SECONDS = 3\n"
"""A line of a site file with which accounting counts as away after seconds."""
STOPPED = """\
trap 'exit 75' TERM
echo >started.$SLURM_JOB_ID
sleep 600 & wait
"""


def with_qos(path, **settings):
    """A site file for the small quality of service."""
    own = site(path, account=f'"{ACCOUNT}"', gpu_partition='"gpu"', **settings)
    own.write_text(own.read_text().replace("# slurm-qos: my-qos", f"slurm-qos: {SMALL_QOS}"))
    return own


def test_the_check_reads_limits(accounting_cluster, check, tmp_path):
    code, said = check(accounting_cluster, SLURM, with_qos(tmp_path / "site.yaml"))
    assert code == 2
    errors = [line for line in said.splitlines() if "error: " in line]
    assert len(errors) == 2, said
    assert "train, doctor: 4 GPUs exceed the 2 of QOS small, per user, so the" in errors[0]
    assert "train: 1440 minutes exceed the 60 of QOS small, so the job would wait" in errors[1]
    assert "set train_runtime" in errors[1]
    assert "jobs: 50, but QOS small, per user accepts 2: set jobs: 2" in said

    fitting = with_qos(tmp_path / "site.yaml", gpus="2", train_runtime="60")
    code, said = check(accounting_cluster, SLURM, fitting)
    assert code == 0, said


@pytest.mark.parametrize(("model", "by"), [("a100", "gpus"), ("a100", "gres"), ("v100", "gpus")])
def test_gpus_that_have_a_model(accounting_cluster, check, tmp_path, model, by):
    settings = {"account": ACCOUNT, "gpu_partition": "gpu", "gpu_model": model, "gpus_by": by}
    quoted = {name: f'"{value}"' for name, value in settings.items()}
    code, said = check(accounting_cluster, SLURM, site(tmp_path / "site.yaml", **quoted))
    assert (code == 0) is (model == "a100"), said
    assert ("no node has these resources; set gpus, gpu_model" in said) is (model == "v100")


@pytest.mark.parametrize("state", ["drain", "inactive", "down"])
def test_the_check_says_that_a_partition_is_closed(cluster, check, tmp_path, state):
    own = site(tmp_path / "site.yaml", cpu_partition='"urgent"', gpu_partition='"gpu"')
    with cluster.closed("gpu", state):
        code, said = check(cluster, SLURM, own)
    assert code == 0, said
    (line,) = (line for line in said.splitlines() if "is currently closed" in line)
    assert "train, predict, predict_on, predict_also, membership, doctor: partition gpu" in line
    assert f"({state.upper()}): these jobs wait until that changes; to run them els" in line
    assert "set cpu_partition or gpu_partition" in line
    assert "other jobs: accepted" in said


def test_a_job_runs_in_the_partition_that_is_open(cluster, check, tmp_path):
    own = site(tmp_path / "site.yaml", cpu_partition='"urgent"', gpu_partition='"gpu,urgent"')
    with cluster.closed("gpu"):
        code, said = check(cluster, SLURM, own)
    assert code == 0, said
    assert "--partition=gpu,urgent" in said or "-p gpu,urgent" in said
    assert "closed" not in said
    assert "train: accepted" in said
    with cluster.closed("gpu"), cluster.closed("urgent"):
        code, said = check(cluster, SLURM, own)
    assert code == 0, said
    (line,) = (line for line in said.splitlines() if "train, " in line)
    assert "partition gpu is currently closed" in line
    assert "and partition urgent is currently closed" in line


def test_the_check_knows_nodes_that_are_away(cluster, check, tmp_path):
    """With all away, nothing is known of what they have; with some, that is said beside it."""
    for away, gpus in ((cluster.nodes, "8"), (cluster.nodes[1:], "8")):
        nodes = f"nodename={','.join(away)}"
        cluster.ask("scontrol", "update", nodes, "state=drain", "reason=test")
        try:
            own = site(tmp_path / "site.yaml", gpu_partition='"gpu"', gpus=gpus)
            code, said = check(cluster, SLURM, own)
        finally:
            cluster.ask("scontrol", "update", nodes, "state=resume")
        if away == cluster.nodes:
            assert code == 0, said
            assert "all nodes of partition gpu are currently down or drained: these jobs" in said
        else:
            assert code == 2
            assert (
                "(5 of 6 nodes are currently down or drained); no node has these resources; set"
                in said
            )


def call(
    cluster: Cluster, folder: Path, *options: str, first: Path | None = None
) -> CompletedProcess[str]:
    """Call Snakemake on a cluster, in a folder with a Snakefile and a site file.

    Args:
        cluster: the cluster.
        folder: the working folder.
        options: further options.
        first: folder of programs that stand before those of the cluster.
    """
    own = cluster.environment
    path = own["PATH"] if first is None else f"{first}{os.pathsep}{own['PATH']}"
    return preloaded.run(
        ["snakemake", "--profile", str(SLURM), "--profile", "site.yaml", *options],
        folder,
        {**os.environ, **own, **preloaded.forked(path)},
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sacct", "said"),
    [
        ("sleep 600", "squeue (sacct"),
        ("echo lab, root; echo JobID", "squeue (sacct"),
        ("exit 1", "squeue (sacct"),
    ],
    ids=["hangs", "prints something else", "fails"],
)
def test_a_sacct_that_does_not_answer(idle_cluster, tmp_path, sacct, said):
    program = tmp_path / "programs/sacct"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{sacct}\n")
    program.chmod(0o755)
    (tmp_path / "Snakefile").write_text(SNAKEFILE.replace("range(4)", "range(2)"))
    (tmp_path / "site.yaml").write_text(WITHOUT_ACCOUNT.replace(DEFINITIONS, DEFINITIONS + SOON))
    done = call(idle_cluster, tmp_path, first=program.parent)
    assert done.returncode == 0, done.stdout
    assert f"Job states come from {said}" in done.stdout
    assert len(list(tmp_path.glob("[01].txt"))) == 2


@pytest.mark.slow
def test_two_calls_at_once_do_no_work_twice(idle_cluster, tmp_path):
    """The second, with --nolock, waits for the jobs of the first and takes their results.

    The folder's name is one that shells and encodings may stumble over.
    """
    folder = tmp_path / "große Läufe (1)"
    folder.mkdir()
    counted = SNAKEFILE.replace("sleep 2;", "echo >>{wildcards.n}.starts; sleep 8;")
    (folder / "Snakefile").write_text(counted)
    (folder / "site.yaml").write_text(WITHOUT_ACCOUNT)
    earlier = {*idle_cluster.jobs("all")}
    with ThreadPoolExecutor() as pool:
        first = pool.submit(call, idle_cluster, folder)
        wait_for("jobs", lambda: len({*idle_cluster.jobs("all")} - earlier) == 4)
        second = pool.submit(call, idle_cluster, folder, "--nolock")
    for done in (first.result(), second.result()):
        assert done.returncode == 0, done.stdout
    assert "which another call submitted for the same work. No retry is used" in (
        second.result().stdout
    )
    starts = [path.read_text().count("\n") for path in sorted(folder.glob("*.starts"))]
    assert starts == [1, 1, 1, 1]
    assert len(list(folder.glob("[0-3].txt"))) == 4


@pytest.mark.slow
def test_more_jobs_than_the_site_takes(accounting_cluster, tmp_path):
    """Four jobs where two are taken, without a retry."""
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "site.yaml").write_text(SITE)
    done = call(accounting_cluster, tmp_path)
    assert done.returncode == 0, done.stdout
    limit = "The limit of your quality of service on submitted jobs is reached"
    assert done.stdout.count(limit) == 1, done.stdout
    assert len(list(tmp_path.glob("[0-3].txt"))) == 4


@pytest.mark.slow
def test_a_partition_that_takes_no_jobs_for_a_while(idle_cluster, tmp_path):
    """It is waited for without a retry, and said once."""
    (tmp_path / "Snakefile").write_text(SNAKEFILE.replace("range(4)", "range(2)"))
    (tmp_path / "site.yaml").write_text(f"{WITHOUT_ACCOUNT}slurm-status-command: squeue\n")
    waits = "The default partition currently accepts no jobs (drained, inactive or down)"
    with ThreadPoolExecutor() as pool:
        with idle_cluster.closed("gpu", "drain"):
            running = pool.submit(call, idle_cluster, tmp_path)
            logs = tmp_path / ".snakemake/log"
            wait_for("message", lambda: any(waits in log.read_text() for log in logs.glob("*")))
        done = running.result()
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(waits) == 1, done.stdout
    assert len(list(tmp_path.glob("[01].txt"))) == 2


@pytest.mark.slow
def test_a_call_says_that_a_job_never_starts(idle_cluster, tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE.replace("range(4)", "range(1)"))
    (tmp_path / "site.yaml").write_text(WITHOUT_ACCOUNT.replace("runtime: 30", "runtime: 9000"))
    waits = "it requests more time than its partition allows: it will not start as it is; cancel"
    with ThreadPoolExecutor() as pool:
        running = pool.submit(call, idle_cluster, tmp_path)
        logs = tmp_path / ".snakemake/log"
        wait_for("message", lambda: any(waits in log.read_text() for log in logs.glob("*")))
        idle_cluster.ask("scancel", "--user=root")
        done = running.result()
    assert done.returncode != 0
    assert done.stdout.count(waits) == 1, done.stdout


def test_a_job_that_never_starts_says_why(accounting_cluster, tmp_path, monkeypatch):
    for name, value in accounting_cluster.environment.items():
        monkeypatch.setenv(name, value)
    common = "--parsable", f"--account={ACCOUNT}", f"--qos={SMALL_QOS}", f"--chdir={tmp_path}"
    jobs = {
        "a_1": ("--gpus=4", "--time=10"),
        "a_2": ("--time=90",),
    }
    for run, options in jobs.items():
        comment = f"--comment=rule_train_wildcards_{run}"
        accounting_cluster.ask("sbatch", *common, comment, *options, "--wrap", "true")

    def reasons():
        found = {key[1]: job.reason or "" for key, job in queued_jobs(tmp_path).items()}
        return found if all("QOS" in reason for reason in found.values()) else None

    found = wait_for("reasons", reasons)
    accounting_cluster.ask("scancel", "--user=root")
    assert "on GPUs per user is reached; if none of your jobs runs, it requests" in found["a_1"]
    assert "it requests more (time) than its quality of service allows a job" in found["a_2"]
    assert "in the queue since 20" in found["a_1"]


def test_how_preempted_jobs_end_that_get_time_to_save(idle_cluster, tmp_path):
    """With GraceTime: it is requeued, or cancelled and ends with its own exit code."""
    cluster: Cluster = idle_cluster
    (tmp_path / "job").write_text(f"#!/bin/bash\n{STOPPED}")
    options = "--parsable", "--gpus=4", "--output=/dev/null", f"--chdir={tmp_path}"
    jobs = {
        partition: int(
            cluster.ask("sbatch", *options, f"--partition={partition}", str(tmp_path / "job"))
        )
        for partition in ("scavenger", "leftover")
    }
    for job in jobs.values():
        wait_for("a job that runs", (tmp_path / f"started.{job}").exists)
        node = cluster.details(job)["NodeList"]
        urgent = "--partition=urgent", "--gpus=4", f"--nodelist={node}", "--output=/dev/null"
        cluster.ask("sbatch", *urgent, "--wrap", "true")
    ends, runs = {}, ("RUNNING", "COMPLETING")
    for partition, job in jobs.items():
        wait_for("an end", lambda job=job: cluster.details(job)["JobState"] not in runs)
        ends[partition] = cluster.details(job)["JobState"], cluster.details(job)["ExitCode"]
    assert ends == {"scavenger": ("PENDING", "0:0"), "leftover": ("PREEMPTED", "75:0")}
