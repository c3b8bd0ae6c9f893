"""The two sides of `benchmarks.training`, each run in a process of its own."""

import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from cluster_jobs.gpus import visible_gpus
from detectron2.data import DatasetCatalog, DatasetMapper
from detectron2.data.datasets import load_coco_json
from detectron2.data.detection_utils import read_image as detectron2_reads_image
from detectron2.data.transforms import AugInput, AugmentationList
from detectron2.engine import DefaultTrainer
from detectron2.utils.events import EventStorage

from benchmarks.training import WARM_UP
from workflow_scripts.common.gpus import usable_cores
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.imaging.images import read_image
from workflow_scripts.training.data import TrainingSet
from workflow_scripts.training.engines.detectron2 import Detectron2Training
from workflow_scripts.training.engines.detectron2.engine import Detectron2Engine
from workflow_scripts.training.job import Rendezvous, TrainingJob
from workflow_scripts.training.loop import train

Stages = dict[str, float]
"""Seconds an image: `seconds` of everything, and those of its parts by name."""


def ours(folder: Path, settings: Detectron2Training) -> Stages:
    """Training with this project's loop."""
    with tempfile.TemporaryDirectory() as temporary:
        job = TrainingJob(
            settings=settings,
            annotations=folder / "train.coco.json",
            images=folder,
            anonymized=None,
            variant="unmodified",
            seed=0,
            seed_offset=0,
            fingerprint="",
            output=Path(temporary),
            workers=1,
            gpus=visible_gpus()[:1],
            threads=usable_cores(),
            checkpoint_seconds=1e9,
        )
        train(job, 0, Rendezvous(Path(temporary)), lambda: False)
        lines = (job.output / "metrics.jsonl").read_text().splitlines()
    times = [json.loads(line)["seconds"] for line in lines]
    images = (len(times) - WARM_UP) * job.recipe.images_per_step
    return {"seconds": (times[-1] - times[WARM_UP - 1]) / images}


def stock(folder: Path, settings: Detectron2Training) -> Stages:
    """Training with detectron2's own trainer and data path."""
    torch.set_num_threads(usable_cores())
    cfg = _stock_config(folder, settings)
    trainer = DefaultTrainer(cfg)
    with EventStorage() as storage:
        for iteration in range(cfg.SOLVER.MAX_ITER):
            if iteration == WARM_UP:
                _synchronise()
                started = time.perf_counter()
            trainer.iter = trainer._trainer.iter = storage.iter = iteration
            trainer.run_step()
            trainer.scheduler.step()
        _synchronise()
    images = (iteration + 1 - WARM_UP) * cfg.SOLVER.IMS_PER_BATCH
    return {"seconds": (time.perf_counter() - started) / images}


def ours_data(folder: Path, settings: Detectron2Training) -> Stages:
    """Reading and augmenting."""
    split = CocoSplit.read(folder / "train.coco.json")
    engine = Detectron2Engine(settings, 8)
    samples = TrainingSet(split, folder, None, engine.augmentation(), 0)
    samples._keeps = False  # as Cityscapes, which does not fit into the memory for that
    augmentations = engine.model_config.augmentations()
    return _stages(
        read_image,
        [samples.root / image.file_name for image in samples.images],
        augmentations,
        samples.__getitem__,
    )


def stock_data(folder: Path, settings: Detectron2Training) -> Stages:
    """The same with detectron2's mapper, masks as bitmaps."""
    cfg = _stock_config(folder, settings)
    descriptions, mapper = DatasetCatalog.get("train"), DatasetMapper(cfg, is_train=True)
    return _stages(
        partial(detectron2_reads_image, format=cfg.INPUT.FORMAT),
        [description["file_name"] for description in descriptions],
        mapper.augmentations.augs,
        lambda number: mapper(descriptions[number]),
    )


def _stages(
    read: Callable[[Any], np.ndarray],
    files: Sequence[Path | str],
    augmentations: list,
    prepare: Callable[[int], Any],
) -> Stages:
    """Time one core: decoding, resizing and mirroring, and what remains of the whole for masks."""
    torch.set_num_threads(1)
    image, augment = read(files[0]), AugmentationList(augmentations)
    numbers = range(len(files))
    seconds = _seconds_each(prepare, numbers)
    decoding = _seconds_each(read, files)
    resizing = _seconds_each(lambda _: augment(AugInput(image)), numbers)
    masks = seconds - decoding - resizing
    return {"seconds": seconds, "decoding": decoding, "resizing": resizing, "masks": masks}


def _seconds_each(do: Callable[[Any], Any], items: Sequence) -> float:
    do(items[0])
    started = time.perf_counter()
    for item in items:
        do(item)
    return (time.perf_counter() - started) / len(items)


def _stock_config(folder: Path, settings: Detectron2Training):
    DatasetCatalog.register(
        "train", lambda: load_coco_json(str(folder / "train.coco.json"), str(folder), "train")
    )
    cfg = Detectron2Engine(settings, 8).model_config.cfg.clone()
    cfg.MODEL.DEVICE = "cuda" if visible_gpus() else "cpu"
    cfg.DATASETS.TEST = ()
    cfg.OUTPUT_DIR = tempfile.gettempdir()
    if not visible_gpus():
        # As ours: on a CPU, processes that read ahead only take turns with the model.
        cfg.DATALOADER.NUM_WORKERS = 0
    return cfg


def _synchronise() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()


def main(side: str, *rest: str) -> None:
    """Print the times and the peak memory (MiB, of the GPU where there is one) as JSON."""
    what, (folder, settings) = "_".join((side, *rest[:-2])), rest[-2:]
    sides = {"ours": ours, "stock": stock, "ours_data": ours_data, "stock_data": stock_data}
    stages = sides[what](Path(folder), Detectron2Training.model_validate_json(settings))
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if torch.cuda.is_available():
        mib = torch.cuda.max_memory_allocated() / 2**20
    print(json.dumps({**stages, "mib": mib}))


if __name__ == "__main__":
    main(*sys.argv[1:])
