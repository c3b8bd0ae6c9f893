"""Checks of `doctor`: each returns a description of its result, or raises."""

import os
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing
from plain_commands.files import sha256_of_file
from torchvision.ops import nms, roi_align

from workflow_scripts.common.gpus import usable_cores
from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.contracts.settings import CLASSES, Evaluation
from workflow_scripts.imaging.images import write_png
from workflow_scripts.imaging.masks import encode_mask
from workflow_scripts.training.checkpoint import SavedState
from workflow_scripts.training.engine import EngineSettings
from workflow_scripts.training.job import Ending, TrainingJob
from workflow_scripts.training.launcher import launch


def devices(gpus: int) -> str:
    """Names and memory of the devices."""
    if not gpus:
        return f"CPU, {torch.get_num_threads()} threads"
    if torch.cuda.device_count() != gpus:
        raise RuntimeError(
            f"torch {torch.__version__} (CUDA {torch.version.cuda}) sees "
            f"{torch.cuda.device_count()} of {gpus} GPUs"
        )
    found = [torch.cuda.get_device_properties(number) for number in range(gpus)]
    return ", ".join(f"{one.name} {one.total_memory / 2**30:.0f} GiB" for one in found)


def connection(gpus: int) -> str:
    """A sum over processes: one per GPU with NCCL, or two on the CPU with gloo."""
    workers = gpus or 2
    with tempfile.TemporaryDirectory() as folder:
        torch.multiprocessing.spawn(
            _add_up, (workers, "nccl" if gpus else "gloo", Path(folder)), nprocs=workers
        )
    if not gpus:
        return f"gloo computes a sum over {workers} processes"
    return (
        f"NCCL {'.'.join(map(str, torch.cuda.nccl.version()))} computes a sum over {workers} GPUs"
    )


def _add_up(rank: int, workers: int, backend: str, folder: Path) -> None:
    device = torch.device("cpu")
    if backend == "nccl":
        # As in training, each process sees only its own GPU.
        os.environ["CUDA_VISIBLE_DEVICES"] = os.environ["CUDA_VISIBLE_DEVICES"].split(",")[rank]
        device = torch.device("cuda", 0)
    dist.init_process_group(
        backend, init_method=f"file://{folder / 'rendezvous'}", rank=rank, world_size=workers
    )
    number = torch.tensor([rank + 1.0], device=device)
    dist.all_reduce(number)
    dist.destroy_process_group()
    if number.item() != workers * (workers + 1) / 2:
        raise RuntimeError(f"the sum over {workers} processes is wrong: {number.item()}")


def recipe(settings: EngineSettings) -> str:
    """Numbers of the recipe that the engine derives from the settings."""
    found = settings.recipe()
    return (
        f"{settings.engine}: {found.iterations} iterations of {found.images_per_step} images, "
        f"speed {settings.speed}"
    )


def operators(gpus: int) -> str:
    """Results of the compiled operators of every detector, against values computed by hand."""
    device = _device(gpus)
    boxes = torch.tensor([[0, 0, 4, 4], [0, 0, 4, 3.9], [8, 8, 12, 12]], device=device)
    kept = nms(boxes, torch.tensor([0.9, 0.8, 0.7], device=device), 0.5).tolist()
    ramp = torch.arange(16.0, device=device).expand(1, 1, 16, 16)
    whole = torch.tensor([[0.0, 2, 2, 6, 6]], device=device)
    mean = roi_align(ramp, whole, (1, 1), aligned=True).item()
    if kept != [0, 2] or abs(mean - 3.5) > 1e-4:
        raise RuntimeError(
            f"NMS keeps {kept} instead of [0, 2], RoIAlign gives {mean} instead of 3.5"
        )
    return "as expected"


def training(settings: EngineSettings, gpus: int) -> str:
    """One real training step on drawn frames, its saved state, and a prediction from that state.

    The workers, their connection, precision, readers and memory are those of a training; the
    weights are random. On GPUs, the frames have the size of Cityscapes images.
    """
    height, width = (1024, 2048) if gpus else (128, 256)
    with tempfile.TemporaryDirectory(prefix="doctor-") as folder:
        job = _job(settings, gpus, Path(folder), height, width)
        outcome = launch(job)
        if outcome.ending is not Ending.SAVED:
            raise RuntimeError(outcome.message)
        state = SavedState.of(job, job.state)
    wrong = [name for name, value in state.model.items() if not value.isfinite().all()]
    if wrong:
        raise RuntimeError(f"{wrong[0]} is not finite after the first step")
    engine = settings.make_engine(len(CLASSES))
    model = engine.trained_model(state.model, Evaluation(shorter_side=height, longest_side=width))
    model.to(_device(gpus))
    (found,) = engine.detect(model, [_drawn_frame(0, height, width)])
    if not np.isfinite(found.boxes).all() or not np.isfinite(found.scores).all():
        raise RuntimeError("the model's predictions are not finite")
    return (
        f"a step of {job.recipe.images_per_step} images of {width}x{height} with {job.workers} "
        f"worker{'s' * (job.workers > 1)}, its state, and a prediction"
    )


def _job(settings: EngineSettings, gpus: int, folder: Path, height: int, width: int) -> TrainingJob:
    """A training job that stops after its first step."""
    images: list[CocoImage] = []
    instances: list[Instance] = []
    for number in range(1, settings.recipe().images_per_step + 1):
        name = f"{number}.png"
        write_png(folder / name, _drawn_frame(number, height, width))
        images.append(CocoImage(number, name, width, height, sha256_of_file(folder / name)))
        for side in (height // 2, height // 4):
            mask = encode_mask(np.ones((side, side), bool), 8, 8, height, width)
            box = (8.0, 8.0, float(side), float(side))
            instances.append(Instance(len(instances) + 1, number, 1, box, side**2, mask))
    annotations = folder / "annotations.json"
    CocoSplit(CLASSES, tuple(images), tuple(instances)).write(annotations)
    return TrainingJob(
        settings=settings.model_copy(update={"initialisation": "none"}),
        annotations=annotations,
        images=folder,
        anonymized=None,
        variant="doctor",
        seed=0,
        seed_offset=0,
        fingerprint="doctor",
        output=folder / "run",
        workers=gpus or 1,
        gpus=tuple(os.environ["CUDA_VISIBLE_DEVICES"].split(",")) if gpus else (),
        threads=usable_cores(),
        checkpoint_seconds=3600,
        stop_at=time.time(),
    )


def _drawn_frame(seed: int, height: int, width: int) -> np.ndarray:
    # Near the mean pixel that models subtract: random weights amplify the remainder, and too large
    # a loss counts as divergence.
    return np.random.default_rng(seed).integers(100, 140, (height, width, 3), np.uint8)


def _device(gpus: int) -> torch.device:
    return torch.device("cuda" if gpus else "cpu")
