"""A small experiment, and the means to run it, or a part of it, on a cluster."""

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from tests import preloaded
from tests.slurm.cluster import Cluster, wait_for
from tests.small_experiment import ITERATIONS, small_config
from tests.training.running import hash_of_weights
from tests.workflow import PROJECT, Workflow

SITE = PROJECT / "tests/slurm/site.yaml"


def on(cluster: Cluster, folder: Path, site: Path = SITE) -> Workflow:
    """The experiment in a folder, by the Slurm profile."""
    return Workflow(folder, small_config(), "profiles/slurm", PROJECT, cluster.environment, site)


def forked_on(cluster: Cluster, folder: Path, site: Path = SITE) -> Workflow:
    """The same, faster, where no signal is sent to a job: its processes are forks."""
    own = cluster.environment
    environment = {**own, **preloaded.forked(own["PATH"])}
    return Workflow(folder, small_config(), "profiles/slurm", PROJECT, environment, site)


def shortened(workflow: Workflow, iterations: int) -> Workflow:
    """The same experiment with trainings of a few iterations."""
    settings = workflow.config["training"]
    settings.update(iterations=iterations, warmup_iterations=1, milestones=[iterations - 1])
    return workflow


def site_with(path: Path, **changes: Any) -> Path:
    """The tests' site file, with some entries of the trainings' resources changed."""
    site = yaml.safe_load(SITE.read_text())
    site["set-resources"]["train"].update(changes)
    path.write_text(yaml.safe_dump(site))
    return path


def model(workflow: Workflow, run: str) -> str:
    """A run's weights as a target of Snakemake."""
    return f"results/{workflow.config['experiment']}/runs/{run}/model_final.pth"


def weights_of(workflow: Workflow, run: str) -> str:
    """SHA-256 of a run's final weights."""
    return hash_of_weights(workflow.results / "runs" / run)


def evaluation_of(workflow: Workflow, run: str) -> bytes:
    """A run's average precisions in full precision, with its fingerprint."""
    return (workflow.results / "runs" / run / "eval.json").read_bytes()


def iterations_of(workflow: Workflow, run: str) -> int:
    """How far a training is that has not ended."""
    metrics = workflow.results / "runs" / run / "checkpoints/metrics.jsonl"
    return metrics.read_text().count("\n") if metrics.is_file() else 0


def wait_for_iteration(workflow: Workflow, run: str, iteration: int) -> None:
    """Wait until a training is that far."""
    far = f"{run} at iteration {iteration}"
    wait_for(far, lambda: iterations_of(workflow, run) >= iteration, every=0.02)


def training_jobs(cluster: Cluster, states: str = "all") -> list[int]:
    """The Slurm jobs that train, in the order of their submission."""
    jobs = cluster.jobs(states)
    return sorted(job for job, comment in jobs.items() if comment.startswith("rule_train"))


def running_job(cluster: Cluster, run: str) -> int:
    """The Slurm job that trains a run."""
    name = f"rule_train_wildcards_{run.replace('/seed~', '_')}"
    (job,) = (job for job, comment in cluster.jobs("running").items() if comment == name)
    return job


def training_processes(workflow: Workflow, run: str) -> list[int]:
    """The commands that train a run in the workflow's folder, without their workers."""
    return [
        process
        for process, words in _processes_in(workflow.folder)
        if words[2:5] == ["workflow_scripts", "training", "train"]
        and words[words.index("--output") + 1].endswith(run)
    ]


def workers(workflow: Workflow, run: str) -> list[int]:
    """The processes that compute a run."""
    return [
        process
        for process, words in _processes_in(workflow.folder)
        if "submitit.core._submit" in words
        and any(word.endswith(f"{run}/checkpoints/launch") for word in words)
    ]


def _processes_in(folder: Path) -> Iterator[tuple[int, list[str]]]:
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (process / "cmdline").read_text().split("\0")
            if (process / "cwd").resolve() == folder.resolve():
                yield int(process.name), words


def hold(workflow: Workflow, *runs: str, iteration: int = 2) -> dict[str, int]:
    """Wait until trainings are that far, and let each stand still there, on whatever machine.

    Returns:
        The worker of each run. The command that started it lives, and says so in the run's folder.
    """
    held: dict[str, int] = {}

    def all_stand() -> bool:
        for run in runs:
            if run not in held and iterations_of(workflow, run) >= iteration:
                for worker in workers(workflow, run):
                    os.kill(worker, signal.SIGSTOP)
                    held[run] = worker
        return len(held) == len(runs)

    wait_for(f"trainings at iteration {iteration}", all_stand, every=0.02)
    assert all(iterations_of(workflow, run) < ITERATIONS for run in runs)
    return held


def release(worker: int) -> None:
    """Let it go on, if it is still there."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker, signal.SIGCONT)


def resumed(workflow: Workflow, run: str) -> bool:
    """Whether a finished training went on from a saved state."""
    return bool(
        json.loads((workflow.results / "runs" / run / "run.json").read_text())["resumed_from"]
    )


@contextlib.contextmanager
def started(workflow: Workflow, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Snakemake while it runs; it does not outlive the block."""
    process = workflow.start(*arguments)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=60)
            process.kill()


def ended(process: subprocess.Popen[str], seconds: float = 3600) -> tuple[int, str]:
    """The exit code and what was said."""
    said, _ = process.communicate(timeout=seconds)
    return process.returncode, said


def environment_of(process: int) -> dict[str, str]:
    """The environment that a process was started with."""
    parts = Path(f"/proc/{process}/environ").read_bytes().decode().split("\0")
    return dict(part.split("=", 1) for part in parts if "=" in part)
