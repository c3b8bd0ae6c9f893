"""The two sides of `benchmarks.training`, each run in a process of its own."""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import torch
from detectron2.data import DatasetCatalog, DatasetMapper
from detectron2.data.datasets import load_coco_json
from detectron2.engine import DefaultTrainer
from detectron2.utils.events import EventStorage

from benchmarks.training import WARM_UP
from workflow_scripts.coco import CocoSplit
from workflow_scripts.config.training import Detectron2Training
from workflow_scripts.gpus import visible_gpus
from workflow_scripts.training.data import TrainingSet
from workflow_scripts.training.devices import usable_cores
from workflow_scripts.training.engines.detectron2 import Engine
from workflow_scripts.training.job import Meeting, TrainingJob
from workflow_scripts.training.loop import train


def ours(folder: Path, settings: Detectron2Training) -> float:
    """Seconds an image, training with this project's loop."""
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
        train(job, 0, Meeting(Path(temporary)), lambda: False)
        lines = (job.output / "metrics.jsonl").read_text().splitlines()
    times = [json.loads(line)["seconds"] for line in lines]
    images = (len(times) - WARM_UP) * job.recipe.images_per_step
    return (times[-1] - times[WARM_UP - 1]) / images


def stock(folder: Path, settings: Detectron2Training) -> float:
    """Seconds an image, training with detectron2's own trainer and data path."""
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
    return (time.perf_counter() - started) / (iteration + 1 - WARM_UP) / cfg.SOLVER.IMS_PER_BATCH


def ours_data(folder: Path, settings: Detectron2Training) -> float:
    """Seconds an image, reading and augmenting."""
    split = CocoSplit.read(folder / "train.coco.json")
    samples = TrainingSet(split, folder, None, Engine(settings, 8).augment(), 0)
    samples._keeps = False  # as Cityscapes, which does not fit into the memory for that
    return _seconds_each(samples.__getitem__, len(samples))


def stock_data(folder: Path, settings: Detectron2Training) -> float:
    """The same with detectron2's mapper, masks as bitmaps."""
    cfg = _stock_config(folder, settings)
    descriptions, mapper = DatasetCatalog.get("train"), DatasetMapper(cfg, is_train=True)
    return _seconds_each(lambda number: mapper(descriptions[number]), len(descriptions))


def _seconds_each(read, images: int) -> float:
    torch.set_num_threads(1)
    read(0)
    started = time.perf_counter()
    for number in range(images):
        read(number)
    return (time.perf_counter() - started) / images


def _stock_config(folder: Path, settings: Detectron2Training):
    DatasetCatalog.register(
        "train", lambda: load_coco_json(str(folder / "train.coco.json"), str(folder), "train")
    )
    cfg = Engine(settings, 8).blueprint.cfg.clone()
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
    """Print seconds an image and the peak memory (MiB, of the GPU where there is one) as JSON."""
    what, (folder, settings) = "_".join((side, *rest[:-2])), rest[-2:]
    sides = {"ours": ours, "stock": stock, "ours_data": ours_data, "stock_data": stock_data}
    seconds = sides[what](Path(folder), Detectron2Training.model_validate_json(settings))
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if torch.cuda.is_available():
        mib = torch.cuda.max_memory_allocated() / 2**20
    print(json.dumps({"seconds": seconds, "mib": mib}))


if __name__ == "__main__":
    main(*sys.argv[1:])
