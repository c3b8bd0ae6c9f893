"""A Slurm with accounting behind it, on which jobs need an account."""

import json
import os
import re
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import yaml

from tests import preloaded
from tests.slurm.accounting import ACCOUNT
from tests.slurm.cluster import Cluster, wait_for
from tests.slurm.experiments import SITE, on
from tests.slurm.test_check import site
from tests.small_experiment import copied
from tests.workflow import PROJECT, Workflow
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.usage import Usage

pytestmark = pytest.mark.slow

PREDICTIONS = "runs/unmodified/seed~1/predictions.json.gz"


def without_predictions(
    reference: Workflow, cluster: Cluster, folder: Path, account: str
) -> tuple[Workflow, str]:
    """The small experiment for the cluster, and the file that it lacks."""
    settings = yaml.safe_load(SITE.read_text())
    settings["default-resources"]["slurm_account"] = account
    own = folder / "site.yaml"
    own.write_text(yaml.safe_dump(settings))
    workflow = copied(reference, on(cluster, folder / "work", own))
    shutil.rmtree(Layout(workflow.results).usage)
    (workflow.results / PREDICTIONS).unlink()
    return workflow, f"results/{workflow.config['experiment']}/{PREDICTIONS}"


def test_a_job_is_accounted_for_although_accounting_was_away(
    accounting_cluster, reference, tmp_path
):
    cluster = accounting_cluster
    workflow, missing = without_predictions(reference, cluster, tmp_path, ACCOUNT)
    occupy = "--exclusive", "--output=/dev/null", "--wrap", "sleep 600"
    somebody = cluster.ask("sbatch", "--parsable", "--account", ACCOUNT, *occupy).strip()
    wait_for("a job that runs", lambda: cluster.runs(int(somebody)))

    with ThreadPoolExecutor() as pool:
        snakemake = pool.submit(call, workflow, missing)
        waiting = wait_for("a job that waits", lambda: predictions_of(cluster, "pending"))
        os.kill(cluster.pid_of("slurmdbd"), signal.SIGKILL)
        # For longer than Snakemake needs to ask for their states.
        time.sleep(5)
        cluster.start_slurmdbd()
        cluster.ask("scancel", somebody)
    done = snakemake.result()
    said = done.stdout
    assert done.returncode == 0, said
    # Of which one depends on whether Snakemake asked for the first time while accounting was away.
    assert re.search(r"Job states come from (sacct \(accounting answers|squeue \(sacct: )", said)
    assert (workflow.folder / missing).is_file()
    assert predictions_of(cluster, "completed") == waiting

    (file,) = (Layout(workflow.results).usage / "predict").rglob("*.json")
    own = Usage.model_validate_json(file.read_text())
    # What a job leaves that was killed, and to which squeue did not answer.
    at_start = own.model_dump(include={"job", "attempt", "start", "host", "slurm_job", "cores"})
    file.write_text(json.dumps(at_start))
    show_usage(workflow, cluster)
    (line,) = (workflow.results / "usage.jsonl").read_text().splitlines()
    found = Usage.model_validate_json(line)
    elapsed = cluster.ask("sacct", "-X", "-n", f"--jobs={own.slurm_job}", "--format=ElapsedRaw")
    assert found.held_seconds == int(elapsed)
    assert found.queued_seconds >= 5
    assert found.queued_seconds == own.queued_seconds
    assert found.gpus == 1
    # Slurm counts Snakemake's share in the job, too.
    assert found.cpu_seconds > own.cpu_seconds


def call(workflow: Workflow, target: str) -> CompletedProcess[str]:
    """Call Snakemake in a fork; its jobs are processes of their own, which Slurm accounts for."""
    words = workflow.command(target)[2:]
    return preloaded.run(words, workflow.folder, {**os.environ, **workflow.environment})


def predictions_of(cluster: Cluster, states: str) -> list[int]:
    """The jobs in such a state that predict."""
    return [job for job, said in cluster.jobs(states).items() if said.startswith("rule_predict")]


def show_usage(workflow: Workflow, cluster: Cluster) -> None:
    words = ["workflow_scripts", "usage", str(workflow.results)]
    done = preloaded.run(words, PROJECT, {**os.environ, **cluster.environment})
    assert done.returncode == 0, done.stdout


def test_the_check_knows_accounts(accounting_cluster, check, tmp_path):
    checked = {}
    for account in (ACCOUNT, "wrong"):
        own = site(tmp_path / "site.yaml", gpu_partition='"gpu"', account=f'"{account}"')
        checked[account] = check(accounting_cluster, PROJECT / "profiles/slurm", own)
    known, wrong = checked[ACCOUNT], checked["wrong"]
    assert known[0] == 0, known[1]
    assert "job states come from sacct (accounting answers)" in known[1]
    assert wrong[0] == 2
    (error,) = (line for line in wrong[1].splitlines() if "error: " in line)
    assert "error: other jobs, train, predict" in error
    assert "Invalid account" in error
    assert "set account; yours: sacctmgr" in error


def test_a_bad_account_ends_the_call(accounting_cluster, reference, tmp_path):
    workflow, missing = without_predictions(reference, accounting_cluster, tmp_path, "wrong")
    before = accounting_cluster.jobs()
    refused = call(workflow, missing)
    assert refused.returncode != 0
    line = "Slurm refuses the job: account wrong is not yours; yours: "
    assert refused.stdout.count(f"message: {line}") == 1
    assert ACCOUNT in refused.stdout.split(line, 1)[1].splitlines()[0]
    assert accounting_cluster.jobs() == before
