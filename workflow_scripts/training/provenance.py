"""Origin of a trained model, for its `run.json`."""

import resource
import socket

import torch

from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.training.checkpoint import Progress
from workflow_scripts.training.job import TrainingJob
from workflow_scripts.training.origin import git_commit, now, versions


def versions_and_cuda() -> dict[str, str | None]:
    """Versions of Python, of the numerical packages, and of CUDA; None if not installed."""
    return {**versions(), "cuda": torch.version.cuda if torch.cuda.is_available() else None}


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

    `loss` is the last step's, by term; `devices` and `memory` (peak, MiB) are per worker.
    """
    return TrainingRecord(
        version=1,
        variant=job.variant,
        seed=job.seed,
        training_seed=job.training_seed,
        initialisation_seed=job.initialisation_seed,
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
        versions=versions_and_cuda(),
        git_commit=git_commit(),
    )
