"""Origin of a trained model, for its `run.json`."""

import platform
import resource
import socket
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import torch

from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.training.checkpoint import Progress
from workflow_scripts.training.job import TrainingJob

PACKAGES = (
    "anonymization-impact",
    "torch",
    "torchvision",
    "detectron2",
    "numpy",
    "opencv-python-headless",
    "pillow",
)


def now() -> str:
    """Present time, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str | None]:
    """Versions of Python, of the packages that compute, and of CUDA; None if not installed."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    found["cuda"] = torch.version.cuda if torch.cuda.is_available() else None
    return found


def git_commit() -> str | None:
    """Commit of this code's checkout, with `-dirty` if it has changes; None without a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--abbrev=40"]
    try:
        result = subprocess.run(
            [*command, "--dirty", "--exclude=*"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return result.stdout.strip() or None


def peak_memory() -> dict[str, int]:
    """Peak memory of this process, MiB: `rss`, and on GPUs `gpu`, as torch allocated it."""
    # ru_maxrss is in KiB on Linux.
    peak = {"rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}
    if torch.cuda.is_available():
        peak["gpu"] = torch.cuda.max_memory_allocated() // 2**20
    return peak


def provenance(
    job: TrainingJob,
    progress: Progress,
    loss: dict[str, float],
    devices: list[str],
    memory: list[dict[str, int]],
) -> TrainingRecord:
    """Content of `run.json`.

    `loss` is that of the last step, by term; `devices` and `memory` (peak, MiB) are each worker's.
    """
    return TrainingRecord(
        version=1,
        variant=job.variant,
        seed=job.seed,
        training_seed=job.training_seed,
        fingerprint=job.fingerprint,
        engine=job.settings.engine,
        settings=job.settings.model_dump(mode="json"),
        start=progress.first_start,
        end=now(),
        seconds=round(progress.seconds, 3),
        resumed_from=tuple(progress.resumed_from),
        iterations=progress.iteration,
        images_seen=progress.iteration * job.recipe.images_per_step,
        final_loss={"total": sum(loss.values()), **loss},
        host=socket.gethostname(),
        world_size=job.workers,
        devices=tuple(devices),
        micro_batch=job.micro_batch,
        threads=job.threads,
        peak_memory_mib=tuple(memory),
        versions=versions(),
        git_commit=git_commit(),
    )
