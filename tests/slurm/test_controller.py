"""The controlling Snakemake as a Slurm job that queues itself again."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import preloaded
from tests.slurm.cluster import Cluster, wait_for
from tests.slurm.experiments import evaluation_of, forked_on
from tests.small_experiment import copied
from tests.workflow import PROJECT, Workflow

pytestmark = pytest.mark.slow

RUN = "unmodified/seed~1"
SNAKEMAKE = f"""\
#!{sys.executable}
# A process of its own, which hears signals; its jobs are forks.
import os, sys
sys.path.insert(0, {str(PROJECT)!r})
sys.executable = os.environ[{preloaded.PYTHON!r}]
from snakemake.cli import main
main()
"""


def test_it_is_queued_again_before_its_walltime_and_cleans_up(idle_cluster, reference, tmp_path):
    cluster = idle_cluster
    workflow = copied(reference, forked_on(cluster, tmp_path / "work"))
    evaluation = workflow.results / "runs" / RUN / "eval.json"
    evaluation.unlink()
    with cluster.closed("gpu"):
        job = submitted(workflow, tmp_path, str(evaluation.relative_to(workflow.folder)))
        (first,) = wait_for("a job that waits", lambda: evaluations(cluster, "pending"))
        # What Slurm sends before the walltime is over.
        cluster.ask("scancel", "--batch", "--signal=USR1", str(job))
        wait_for("a requeued job", lambda: cluster.details(job)["Restarts"] == "1")
        assert evaluations(cluster, "cancelled") == [first]
        # What a start leaves whose node was lost.
        left = cluster.ask(
            *("sbatch", "--parsable", "--hold", "--output=/dev/null"),
            *(f"--job-name=controller-{job}_before", "--wrap", "true"),
        )
        locks = workflow.folder / ".snakemake/locks"
        locks.mkdir(parents=True, exist_ok=True)
        (locks / "0.output.lock").write_text(f"{evaluation.relative_to(workflow.folder)}\n")
    wait_for("pending job", lambda: cluster.details(job)["JobState"] == "PENDING")
    # Slurm would let it wait for some time. In the second of its end slurmd refuses it.
    cluster.ask("scontrol", "update", f"jobid={job}", "starttime=now+5")
    ends = "COMPLETED", "FAILED", "CANCELLED"
    wait_for("end of the job", lambda: cluster.details(job)["JobState"] in ends)
    said = (workflow.folder / f"controller-{job}.log").read_text()
    assert cluster.details(job)["JobState"] == "COMPLETED", said
    assert cluster.details(int(left))["JobState"] == "CANCELLED"
    assert evaluation_of(workflow, RUN) == evaluation_of(reference, RUN)


def submitted(workflow: Workflow, folder: Path, target: str) -> int:
    """Submit the script with a target of Snakemake; returns the number of its job."""
    own = folder / "bin"
    own.mkdir()
    (own / "snakemake").write_text(SNAKEMAKE)
    (own / "snakemake").chmod(0o755)
    surroundings = workflow.surroundings()
    environment = surroundings["env"]
    environment["PATH"] = f"{own}{os.pathsep}{environment['PATH']}"
    submit = "sbatch", "--parsable", "--partition=urgent"
    script = PROJECT / "profiles/slurm/controller.sh"
    done = subprocess.run(
        [*submit, str(script), target, *workflow.command()[3:]],
        **surroundings,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return int(done.stdout)


def evaluations(cluster: Cluster, states: str) -> list[int]:
    """The jobs in such a state that evaluate."""
    return [job for job, said in cluster.jobs(states).items() if said.startswith("rule_evaluate")]
