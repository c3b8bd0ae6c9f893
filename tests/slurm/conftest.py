"""One private cluster for all tests, started where Slurm is installed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.slurm.cluster import Cluster, running_cluster
from tests.slurm.experiments import small_config
from tests.workflow import Workflow

PROGRAMS = "slurmctld", "slurmd", "munged", "sbatch", "srun", "squeue", "scontrol"


@pytest.fixture(scope="session")
def cluster(require_tool, require_root) -> Iterator[Cluster]:
    """Three nodes with four GPUs each. The folder is short: a socket's path may not be long."""
    for program in PROGRAMS:
        require_tool(program)
    require_root("starting a private Slurm")
    with (
        tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as folder,
        running_cluster(Path(folder), nodes=3) as cluster,
    ):
        yield cluster


@pytest.fixture
def idle_cluster(cluster) -> Iterator[Cluster]:
    """The cluster, on which nothing runs after the test."""
    yield cluster
    cluster.clear()


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Workflow:
    """The small experiment, finished on this machine without a cluster."""
    folder = tmp_path_factory.mktemp("reference") / "work"
    workflow = Workflow(folder, small_config(), profile="profiles/demo")
    workflow.run()
    return workflow
