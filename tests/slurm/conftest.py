"""Private clusters and finished experiments, each made once and shared by all tests."""

import contextlib
import dataclasses
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.commands import cluster as cluster_command
from tests.slurm.accounting import AccountingCluster
from tests.slurm.cluster import Cluster, running
from tests.slurm.experiments import model
from tests.small_experiment import copied
from tests.workflow import Workflow

PROGRAMS = "slurmctld", "slurmd", "munged", "sbatch", "srun", "squeue", "scontrol"
ACCOUNTING_PROGRAMS = "slurmdbd", "mariadbd", "mariadb-install-db", "sacctmgr", "sacct"


@pytest.fixture(scope="session")
def cluster(require_tool, require_root) -> Iterator[Cluster]:
    """Six nodes with four GPUs each."""
    for program in PROGRAMS:
        require_tool(program)
    require_root("starting a private Slurm")
    with _private_cluster(6) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def accounting_cluster(require_tool, require_root) -> Iterator[Cluster]:
    """A node on which jobs need an account that slurmdbd knows."""
    for program in (*PROGRAMS, *ACCOUNTING_PROGRAMS):
        require_tool(program)
    require_root("starting a private Slurm")
    with _private_cluster(1, AccountingCluster) as cluster:
        yield cluster


@contextlib.contextmanager
def _private_cluster(nodes: int, kind: type[Cluster] = Cluster) -> Iterator[Cluster]:
    # The folder is short: a socket's path may not be long.
    with (
        tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True) as folder,
        running(kind(Path(folder), nodes)) as cluster,
    ):
        yield cluster


@pytest.fixture
def check(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    """`cluster check` in this process: the exit code, and what it prints."""

    def run(cluster: Cluster, *profiles: Path, **environment: str) -> tuple[int, str]:
        for name, value in {**cluster.environment, **environment}.items():
            monkeypatch.setenv(name, value)
        options = [word for profile in profiles for word in ("--profile", str(profile))]
        code = cluster_command(["check", *options])
        printed = capfd.readouterr()
        return code, printed.out + printed.err

    return run


@pytest.fixture
def idle_cluster(cluster) -> Iterator[Cluster]:
    """The cluster, on which nothing runs after the test."""
    yield cluster
    cluster.clear()


@pytest.fixture(scope="session")
def reference(small_experiment: tuple[Workflow, str]) -> Workflow:
    """The small experiment, finished on this machine without a cluster."""
    return small_experiment[0]


@pytest.fixture(scope="session")
def more_runs(tmp_path_factory: pytest.TempPathFactory, reference: Workflow) -> Workflow:
    """The same with the trainings of two more seeds."""
    folder = tmp_path_factory.mktemp("more") / "work"
    workflow = copied(reference, dataclasses.replace(reference, folder=folder))
    workflow.run(*(model(workflow, f"unmodified/seed~{seed}") for seed in (3, 4)))
    return workflow
