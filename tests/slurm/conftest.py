"""One private cluster for the tests of a module, started where Slurm is installed."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.slurm.cluster import Cluster, running_cluster

PROGRAMS = "slurmctld", "slurmd", "munged", "sbatch", "srun", "squeue", "scontrol"


@pytest.fixture(scope="module")
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
