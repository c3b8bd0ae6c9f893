"""`run.json`: where a trained model comes from."""

import platform
import resource
import socket
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

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
    """The time, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def versions() -> dict[str, str | None]:
    """Python, the packages that compute, and CUDA; None for what is not installed."""
    found: dict[str, str | None] = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = None
    found["cuda"] = torch.version.cuda if torch.cuda.is_available() else None
    return found


def git_commit() -> str | None:
    """The commit of the checkout that this code lies in, `-dirty` with changes; None outside."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--abbrev=40"]
    try:
        result = subprocess.run(
            [*command, "--dirty", "--exclude=*"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return result.stdout.strip() or None


def peak_memory() -> dict[str, int]:
    """The most memory that this process held, MiB: `rss`, and `gpu` as torch allocated it."""
    # ru_maxrss is in KiB on Linux.
    peak = {"rss": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024}
    if torch.cuda.is_available():
        peak["gpu"] = torch.cuda.max_memory_allocated() // 2**20
    return peak


def device_name(device: torch.device) -> str:
    """What a worker computes on."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"


def provenance(
    job: TrainingJob,
    progress: Progress,
    loss: dict[str, float],
    devices: list[str],
    memory: list[dict[str, int]],
) -> dict[str, Any]:
    """The content of `run.json`.

    Args:
        job: the run.
        progress: at its end.
        loss: of the last step, by part.
        devices: a worker's each.
        memory: a worker's peak each, MiB.
    """
    return {
        "schema": 1,
        "variant": job.variant,
        "seed": job.seed,
        "training_seed": job.training_seed,
        "fingerprint": job.fingerprint,
        "engine": job.settings.engine,
        "settings": job.settings.model_dump(mode="json"),
        "start": progress.first_start,
        "end": now(),
        "seconds": round(progress.seconds, 3),
        "resumed_from": progress.resumed_from,
        "iterations": progress.iteration,
        "images_seen": progress.iteration * job.recipe.images_per_step,
        "final_loss": {"total": sum(loss.values()), **loss},
        "host": socket.gethostname(),
        "world_size": job.workers,
        "devices": devices,
        "images_at_once": job.images_at_once,
        "threads": job.threads,
        "peak_memory_mib": memory,
        "versions": versions(),
        "git_commit": git_commit(),
    }
