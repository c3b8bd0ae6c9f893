"""A run launched by hand on a real Slurm: saved on a signal, queued again, finished, and done."""

import re
import subprocess
import sys

import pytest

from tests.slurm.cluster import Cluster, wait_for
from tests.slurm.experiments import on, wait_for_iteration, weights_of
from tests.small_experiment import copied
from tests.workflow import Workflow
from workflow_scripts.contracts.run_states import State
from workflow_scripts.operations.commands.status import look

pytestmark = pytest.mark.slow

RUN = "unmodified/seed~1"


def launch(workflow: Workflow) -> int:
    """Launch the run, and return the number of its Slurm job."""
    options = ["--variant", "unmodified", "--seed", "1", "--cluster", "slurm"]
    launched = subprocess.run(
        [
            sys.executable,
            "-m",
            "workflow_scripts",
            "launch",
            *options,
            "--",
            *workflow.command()[3:],
        ],
        cwd=workflow.project,
        env=workflow.surroundings()["env"],
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )
    assert launched.returncode == 0, launched.stderr
    return int(re.search(r"job (\d+);", launched.stderr)[1])


def test_saved_on_a_signal_queued_again_finished_and_done(idle_cluster, reference, tmp_path):
    workflow = copied(reference, on(idle_cluster, tmp_path / "work"), RUN)
    job = launch(workflow)
    asked = idle_cluster.details(job)
    assert (asked["NumTasks"], asked["TresPerJob"]) == ("1", "gres:gpu:4")
    assert (asked["MinMemoryNode"], asked["TimeLimit"]) == ("3000M", "00:30:00")

    wait_for_iteration(workflow, RUN, 5)
    # What Slurm sends some time before the walltime is over.
    idle_cluster.ask("scancel", "--signal=URG", str(job))
    wait_for("requeued job", lambda: idle_cluster.details(job)["Restarts"] == "1")
    wait_for("pending job", lambda: idle_cluster.details(job)["JobState"] == "PENDING")
    assert (workflow.results / "runs" / RUN / "checkpoints/state.pth").is_file()
    queued = {(run.variant, run.seed): run for run in look_at(workflow, idle_cluster)}
    assert queued["unmodified", 1].state is State.QUEUED
    assert queued["unmodified", 1].slurm_job == str(job)
    # Slurm would let it wait for two minutes. In the second of its end slurmd refuses it.
    idle_cluster.ask("scontrol", "update", f"jobid={job}", "starttime=now+5")

    ends = "COMPLETED", "FAILED", "CANCELLED"
    wait_for("end of the job", lambda: idle_cluster.details(job)["JobState"] in ends)
    messages = workflow.results / f"logs/launch/{RUN}/{job}_0_log.out"
    assert idle_cluster.details(job)["JobState"] == "COMPLETED", messages.read_text()
    assert weights_of(workflow, RUN) == weights_of(reference, RUN)
    assert "train" not in workflow.plan()


def look_at(workflow: Workflow, cluster: Cluster) -> list:
    """What `status` finds, asked on the cluster."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in cluster.environment.items():
            patch.setenv(name, value)
        return look(workflow.results)
