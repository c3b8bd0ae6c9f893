"""The private cluster itself: it runs jobs and shares out its GPUs."""

import os
import signal
import tempfile
from pathlib import Path

from tests.slurm.cluster import Cluster, running, wait_for


def test_two_jobs_of_four_gpus_do_not_share_a_node(cluster):
    submit = "sbatch", "--parsable", "--gpus=4", "--nodes=1", "--output=/dev/null"
    nodes = len(cluster.nodes)
    jobs = [int(cluster.ask(*submit, "--wrap", "sleep 600")) for _ in range(nodes + 1)]
    wait_for("jobs on all nodes", lambda: len(cluster.jobs("running")) == nodes)
    assert sorted(cluster.details(job)["NodeList"] for job in jobs[:-1]) == cluster.nodes
    # There is no node left for the last one.
    assert list(cluster.jobs("pending")) == jobs[-1:]
    cluster.clear()


def test_nothing_is_left_of_a_cluster(cluster):
    with tempfile.TemporaryDirectory(prefix="slurm-") as folder:
        with running(Cluster(Path(folder), nodes=1)) as own:
            told = Path(folder) / "process"
            step = f"srun sh -c 'echo $$ >{told}; exec sleep 600'"
            own.ask("sbatch", "--output=/dev/null", "--wrap", step)
            wait_for("the job's process", lambda: told.is_file() and told.read_text())
            processes = own.processes()
            assert int(told.read_text()) in processes
            os.kill(own.pid_of("slurmd.n1"), signal.SIGKILL)
        assert not [number for number in processes if lives(number)]


def lives(process: int) -> bool:
    """Whether it works; one that has ended may stay in the table, without a command."""
    try:
        return bool(Path(f"/proc/{process}/cmdline").read_bytes())
    except OSError:
        return False
