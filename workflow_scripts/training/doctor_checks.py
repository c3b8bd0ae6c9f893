"""Checks of `doctor`: each returns a description of what it found, or raises."""

import os
import tempfile
from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing
from invariant_mask_rcnn.samples import LabelledImage, TrainingSample, as_sample
from torchvision.ops import nms, roi_align

from workflow_scripts.training.engine import EngineSettings

HEIGHT, WIDTH = 128, 256


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
        return f"gloo adds up over {workers} processes"
    return f"NCCL {'.'.join(map(str, torch.cuda.nccl.version()))} adds up over {workers} GPUs"


def _add_up(rank: int, workers: int, backend: str, folder: Path) -> None:
    device = torch.device("cpu")
    if backend == "nccl":
        # As in a training, each process sees its own GPU only.
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
    """Numbers of the recipe, as the engine understands the settings."""
    found = settings.recipe()
    return (
        f"{settings.engine}: {found.iterations} iterations of {found.images_per_step} images, "
        f"{'half' if found.mixed_precision else 'full'} precision"
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
        raise RuntimeError(f"NMS keeps {kept} instead of [0, 2], RoIAlign says {mean} for 3.5")
    return "as expected"


def step(settings: EngineSettings, classes: int, gpus: int) -> str:
    """Loss of a drawn image, and its gradient, with random weights."""
    device = _device(gpus)
    engine = settings.make_engine(classes)
    torch.manual_seed(0)
    model = engine.initial_model(None).to(device)
    terms = engine.losses(engine.loss_module(model), [drawn_sample().to(device)])
    loss = torch.stack([term.total / max(1, term.count) for term in terms.values()]).sum()
    loss.backward()
    learning = [part for part in model.parameters() if part.requires_grad]
    lacking = sum(part.grad is None for part in learning)
    wrong = sum(part.grad is not None and not part.grad.isfinite().all() for part in learning)
    if not loss.isfinite() or wrong or lacking:
        raise RuntimeError(
            f"loss {loss.item():.3g}; of {len(learning)} weights {lacking} get no gradient, "
            f"{wrong} one that is not finite"
        )
    memory = f", {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB" if gpus else ""
    return f"loss {loss.item():.2f} on {WIDTH}x{HEIGHT}{memory}"


def drawn_sample() -> TrainingSample:
    """Sample of two rectangles on noise."""
    random = np.random.default_rng(0)
    image = random.integers(0, 255, (HEIGHT, WIDTH, 3), np.uint8)
    boxes = np.array([[20, 30, 90, 100], [130, 20, 230, 60]], np.float32)
    crops = [np.ones((int(y1 - y0), int(x1 - x0)), np.uint8) for x0, y0, x1, y1 in boxes]
    corners = boxes[:, :2].astype(np.int64)
    return as_sample(LabelledImage(image, boxes, np.array([1, 2]), tuple(crops), corners), seed=0)


def _device(gpus: int) -> torch.device:
    return torch.device("cuda" if gpus else "cpu")
