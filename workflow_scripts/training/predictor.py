"""Predictions of a trained model, from image files to COCO results."""

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from invariant_mask_rcnn.masks import pasted_mask
from invariant_mask_rcnn.workers import set_up_torch
from plain_commands.errors import UserError
from torch import nn

from workflow_scripts.contracts.advice import trained_again
from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.predictions import CocoResult
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.imaging.images import load
from workflow_scripts.imaging.masks import encode_mask
from workflow_scripts.training.checkpoint import TrainedModel
from workflow_scripts.training.engine import Detections, Engine

Item = TypeVar("Item")

GPU_BATCH = 4
"""Images per forward pass on a GPU; on CPUs, batches bring no gain."""


@dataclass(frozen=True)
class Predictor:
    """An engine's model, ready to predict.

    Args:
        engine: engine of the model.
        model: result of `Engine.trained_model`, on its device.
        threads: CPU threads.
    """

    engine: Engine
    model: nn.Module
    threads: int

    def results(self, images: Iterable[CocoImage], root: Path) -> Iterator[CocoResult]:
        """COCO results of images: boxes xywh, and masks if the model has them, in pixels.

        Args:
            images: records of the images, read batch by batch.
            root: folder that their file names are relative to.

        Raises:
            UserError: a file is missing or damaged, or differs from the recorded one in content or
                size.
        """
        on_gpu = next(self.model.parameters()).is_cuda
        size = GPU_BATCH if on_gpu else 1
        with ThreadPoolExecutor(min(self.threads, size)) as pool:
            for batch in in_batches(images, size):
                pixels = list(pool.map(partial(load, root=root), batch))
                found = self.engine.detect(self.model, pixels)
                for image, detections in zip(batch, found, strict=True):
                    yield from _results_of(image, detections)


def load_predictor(
    checkpoint: Path, evaluation: Evaluation, *, threads: int, on_gpu: bool
) -> tuple[Predictor, TrainedModel]:
    """The model of a checkpoint, and the checkpoint's metadata.

    Args:
        checkpoint: `model_final.pth`.
        evaluation: image sizes and limits on detections.
        threads: CPU threads.
        on_gpu: compute on the first GPU.

    Raises:
        UserError: the checkpoint is missing, or is not a trained model.
    """
    set_up_torch(threads, deterministic=not on_gpu)
    trained = TrainedModel.read(checkpoint)
    engine = trained.settings.make_engine(len(trained.classes), trained.config)
    try:
        model = engine.trained_model(trained.model, evaluation)
    except RuntimeError as error:
        reason = str(error).split("\n")[-1].strip()[:150]
        raise UserError(
            f"{checkpoint}: its weights do not fit its settings ({reason}); "
            f"{trained_again(checkpoint.parent)}"
        ) from None
    return Predictor(engine, model.to("cuda" if on_gpu else "cpu"), threads), trained


def in_batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Items in lists of a given size; the last may be shorter."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def _results_of(image: CocoImage, found: Detections) -> Iterator[CocoResult]:
    detections = zip(found.boxes, found.scores, found.labels, strict=True)
    for number, (box, score, label) in enumerate(detections):
        result: CocoResult = {
            "image_id": image.id,
            "category_id": int(label),
            "bbox": [round(float(x), 2) for x in (*box[:2], *(box[2:] - box[:2]))],
            "score": round(float(score), 6),
        }
        if found.masks is not None:
            pasted = pasted_mask(found.masks[number], box, image.height, image.width)
            result["segmentation"] = encode_mask(*pasted, image.height, image.width)
        yield result
