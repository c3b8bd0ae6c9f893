"""Speed of training and prediction: this project's loop, and detectron2's own.

`python -m benchmarks.measured_training WHAT FOLDER SETTINGS SECONDS OUTPUT` runs one measurement in
a process of its own, since a framework's global settings would affect the other:

- `ours`, `stock`: training on the frames in FOLDER for some seconds, after a few steps;
- `predict_ours`, `predict_stock`: prediction for FOLDER's validation frames, with random weights;
- `data_ours`, `data_stock`: reading and augmenting FOLDER's training frames, on one core.

SETTINGS is a section `training:` as JSON. On a GPU, time is wall-clock time until the GPU has
finished; on a CPU it is CPU time with one thread, which other programs hardly affect.
"""

import itertools
import json
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from cluster_jobs.gpus import GpuMeter, visible_gpus
from invariant_mask_rcnn.workers import set_up_torch
from plain_commands.files import write_json
from plain_commands.section import validate

from workflow_scripts.common.gpus import usable_cores
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.imaging.images import read_image
from workflow_scripts.imaging.masks import decode_crop
from workflow_scripts.training import data as training_data
from workflow_scripts.training.data import TrainingSet
from workflow_scripts.training.engine import EngineSettings
from workflow_scripts.training.job import Rendezvous, TrainingJob
from workflow_scripts.training.loop import train
from workflow_scripts.training.predictor import GPU_BATCH, Predictor, in_batches
from workflow_scripts.training.settings import Training

WARM_UP = 20 if torch.cuda.is_available() else 2
"""Number of uncounted steps; on a GPU, they choose algorithms and compile parts."""
SAMPLES_SECONDS = 0.25
"""Interval between samples of the GPU's usage."""
READERS = 8
"""Number of reader processes on a GPU, the maximum of this project's loop."""


@dataclass
class Meter:
    """Time of the steps after the first ones."""

    images_per_step: int
    limit: float
    """Seconds to measure."""
    warm_up: int = WARM_UP
    steps: int = 0
    """Number of completed steps."""
    _started: float = 0.0
    _gpu: GpuMeter | None = None
    numbers: dict[str, Any] = field(default_factory=dict)
    """Results, available after the end."""

    def is_over(self) -> bool:
        """Count the start of a step; returns whether the time is over."""
        if self.steps == self.warm_up:
            self._started = _now()
            gpus = visible_gpus()[:1]
            self._gpu = GpuMeter(gpus, SAMPLES_SECONDS) if gpus else None
        if self.steps > self.warm_up and not self.numbers and self._is_late():
            self._end()
        self.steps += 1
        return bool(self.numbers)

    def _is_late(self) -> bool:
        clock = time.perf_counter if torch.cuda.is_available() else time.process_time
        return clock() - self._started >= self.limit

    def _end(self) -> None:
        seconds = _now() - self._started
        images = (self.steps - self.warm_up) * self.images_per_step
        self.numbers = {"images": images, "seconds": seconds, "images_per_s": images / seconds}
        if self._gpu:
            usage = self._gpu.read()
            self.numbers |= {"gpu_busy": usage.utilisation, "gpu_mib": usage.memory_mib}
            if usage.energy_j is not None:
                self.numbers["joules_an_image"] = usage.energy_j / images
            self.numbers["torch_mib"] = torch.cuda.max_memory_allocated() / 2**20
        else:
            self.numbers["rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _now() -> float:
    """Seconds: wall-clock time after the GPU has finished, or CPU time if there is no GPU."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
        return time.perf_counter()
    return time.process_time()


def ours(folder: Path, settings: EngineSettings, seconds: float) -> dict[str, Any]:
    """Training with this project's loop."""
    training_data.KEEP_DECODED_BYTES = 0  # as for Cityscapes, which exceeds the limit
    gpus = visible_gpus()[:1]
    meter = Meter(settings.recipe().images_per_step, seconds)
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
            gpus=gpus,
            threads=usable_cores() if gpus else 1,
            checkpoint_seconds=1e9,
        )
        train(job, 0, Rendezvous(Path(temporary)), meter.is_over)
    return meter.numbers


def stock(folder: Path, settings: EngineSettings, seconds: float) -> dict[str, Any]:
    """Training with detectron2's own trainer and data path."""
    from detectron2.engine import DefaultTrainer  # noqa: PLC0415 - may not be installed
    from detectron2.utils.events import EventStorage  # noqa: PLC0415

    if not torch.cuda.is_available():
        torch.set_num_threads(1)
    cfg = stock_config(folder, settings)
    meter = Meter(cfg.SOLVER.IMS_PER_BATCH, seconds)
    trainer = DefaultTrainer(cfg)
    with EventStorage() as storage:
        for iteration in itertools.count():
            if meter.is_over():
                break
            trainer.iter = trainer._trainer.iter = storage.iter = iteration
            trainer.run_step()
            trainer.scheduler.step()
    return meter.numbers


def predict_ours(folder: Path, settings: EngineSettings, seconds: float) -> dict[str, Any]:
    """Prediction with this project, from files to COCO results."""
    split = CocoSplit.read(folder / "val.coco.json")
    engine = settings.make_engine(len(split.classes))
    torch.manual_seed(0)
    state = engine.initial_model(settings.initial_weights()).state_dict()
    height, width = split.images[0].height, split.images[0].width
    model = engine.trained_model(state, Evaluation(shorter_side=height, longest_side=width))
    on_gpu = torch.cuda.is_available()
    set_up_torch(usable_cores() if on_gpu else 1, deterministic=not on_gpu)
    predictor = Predictor(engine, model.to("cuda" if on_gpu else "cpu"), GPU_BATCH)
    size = GPU_BATCH if on_gpu else 1
    meter, found = Meter(size, seconds), 0
    for batch in in_batches(itertools.cycle(split.images), size):
        if meter.is_over():
            break
        found += len(list(predictor.results(batch, folder)))
    return meter.numbers | {"results": found}


def predict_stock(folder: Path, settings: EngineSettings, seconds: float) -> dict[str, Any]:
    """Prediction with detectron2's `DefaultPredictor`, from files to COCO results."""
    from detectron2.data.detection_utils import read_image as read  # noqa: PLC0415
    from detectron2.engine import DefaultPredictor  # noqa: PLC0415
    from detectron2.evaluation.coco_evaluation import instances_to_coco_json  # noqa: PLC0415

    split = CocoSplit.read(folder / "val.coco.json")
    cfg = stock_config(folder, settings)
    cfg.INPUT.MIN_SIZE_TEST, cfg.INPUT.MAX_SIZE_TEST = split.images[0].height, split.images[0].width
    torch.manual_seed(0)
    predictor = DefaultPredictor(cfg)
    meter, results = Meter(1, seconds), 0
    for image in itertools.cycle(split.images):
        if meter.is_over():
            break
        found = predictor(read(str(folder / image.file_name), format=cfg.INPUT.FORMAT))
        results += len(instances_to_coco_json(found["instances"].to("cpu"), image.id))
    return meter.numbers | {"results": results}


def data_ours(folder: Path, settings: EngineSettings, seconds: float) -> dict[str, Any]:
    """Reading and augmenting with this project."""
    training_data.KEEP_DECODED_BYTES = 0
    split = CocoSplit.read(folder / "train.coco.json")
    engine = settings.make_engine(len(split.classes))
    samples = TrainingSet(split, folder, None, engine.augmentation(), 0)
    paths = [folder / image.file_name for image in samples.images]
    return _stages(read_image, paths, samples.__getitem__, seconds)


def data_stock(folder: Path, settings: EngineSettings, seconds: float) -> dict[str, Any]:
    """Reading and augmenting with detectron2's mapper."""
    from detectron2.data import DatasetCatalog, DatasetMapper  # noqa: PLC0415
    from detectron2.data.detection_utils import read_image as read  # noqa: PLC0415

    cfg = stock_config(folder, settings)
    descriptions, mapper = DatasetCatalog.get("train"), DatasetMapper(cfg, is_train=True)
    files = [description["file_name"] for description in descriptions]
    decode = partial(read, format=cfg.INPUT.FORMAT)
    return _stages(decode, files, lambda number: mapper(descriptions[number]), seconds)


def _stages(
    read: Callable[[Any], Any],
    files: Sequence[Path | str],
    prepare: Callable[[int], Any],
    seconds: float,
) -> dict[str, Any]:
    """CPU time per frame on one core: total, and decoding alone."""
    torch.set_num_threads(1)
    found = {}
    for name, work, items in (
        ("images_per_s", prepare, range(len(files))),
        ("decoded_per_s", read, files),
    ):
        meter = Meter(1, seconds / 2)
        for item in itertools.cycle(items):
            if meter.is_over():
                break
            work(item)
        found[name] = meter.numbers["images_per_s"]
    return found


def stock_config(folder: Path, settings: EngineSettings) -> Any:
    """detectron2's config for the settings, with its own mask format and data loader."""
    from detectron2.data import DatasetCatalog  # noqa: PLC0415

    split = CocoSplit.read(folder / "train.coco.json")
    DatasetCatalog.register("train", lambda: descriptions(split, folder))
    engine: Any = settings.make_engine(len(split.classes))
    cfg = engine.model_config.cfg.clone()
    cfg.INPUT.MASK_FORMAT = "polygon"
    cfg.SOLVER.REFERENCE_WORLD_SIZE = 0  # otherwise, one GPU would get a quarter of the images
    cfg.MODEL.DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
    cfg.DATASETS.TEST = ()
    cfg.OUTPUT_DIR = tempfile.gettempdir()
    # As in this project: on a CPU, reader processes would only compete with the model.
    cfg.DATALOADER.NUM_WORKERS = min(READERS, usable_cores()) if torch.cuda.is_available() else 0
    return cfg


def descriptions(split: CocoSplit, folder: Path) -> list[dict[str, Any]]:
    """Data set in detectron2's format: for each image its objects, with polygons as masks."""
    found = []
    for image in split.images:
        objects = []
        for one in split.instances_by_image[image.id]:
            polygons = outlines(one.segmentation)
            if polygons and not one.iscrowd:
                objects.append(
                    {
                        "bbox": list(one.bbox),
                        "bbox_mode": 1,  # BoxMode.XYWH_ABS
                        "category_id": one.category_id - 1,
                        "iscrowd": 0,
                        "segmentation": polygons,
                    }
                )
        found.append(
            {
                "file_name": str(folder / image.file_name),
                "image_id": image.id,
                "height": image.height,
                "width": image.width,
                "annotations": objects,
            }
        )
    return found


def outlines(rle: Any) -> list[list[float]]:
    """Outer contours of a mask, as flat lists of x and y in pixels."""
    found = decode_crop(rle)
    if found is None:
        return []
    crop, x, y = found
    contours, _ = cv2.findContours(
        crop.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE
    )
    return [
        np.add(contour.reshape(-1, 2), (x + 0.5, y + 0.5)).ravel().tolist()
        for contour in contours
        if len(contour) >= 3
    ]


WORKS: dict[str, Callable[[Path, EngineSettings, float], dict[str, Any]]] = {
    work.__name__: work
    for work in (ours, stock, predict_ours, predict_stock, data_ours, data_stock)
}


def main(what: str, folder: str, settings: str, seconds: str, output: str) -> None:
    """Run one measurement, and write its numbers as JSON."""
    section = validate(Training, json.loads(settings), "SETTINGS")
    write_json(Path(output), WORKS[what](Path(folder), section, float(seconds)))


if __name__ == "__main__":
    main(*sys.argv[1:])
