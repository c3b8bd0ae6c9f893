"""From image files to COCO results."""

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.settings.evaluation import Evaluation
from workflow_scripts.imaging.images import read_image
from workflow_scripts.training.cpu import set_up_torch
from workflow_scripts.training.engines import Detections, engine_for
from workflow_scripts.training.masks import encode_detection
from workflow_scripts.training.trained_model import TrainedModel

GPU_BATCH = 4
"""Images that pass through the model together on a GPU; on CPUs nothing is won by that."""


class Predictor:
    """A trained model, ready to look at images.

    Args:
        checkpoint: `model_final.pth`.
        evaluation: sizes and limits.
        threads: of the CPU.
        on_gpu: compute on the first GPU.

    Raises:
        UserError: the checkpoint is missing or no trained model.
    """

    def __init__(
        self, checkpoint: Path, evaluation: Evaluation, *, threads: int, on_gpu: bool
    ) -> None:
        set_up_torch(threads, deterministic=not on_gpu)
        trained = TrainedModel.read(checkpoint)
        self.classes = trained.classes
        self.engine = engine_for(trained.settings, len(trained.classes), trained.config)
        model = self.engine.trained_model(trained.model, evaluation)
        self.model = model.to("cuda" if on_gpu else "cpu")
        self.batch = GPU_BATCH if on_gpu else 1
        self.readers = min(threads, self.batch)

    def results(self, images: Iterable[tuple[CocoImage, Path]]) -> Iterator[dict[str, Any]]:
        """The COCO results of images: boxes xywh and masks in the image's own pixels.

        Args:
            images: with their files; taken as many at a time as pass through the model together.
        """
        with ThreadPoolExecutor(self.readers) as pool:
            for batch in _batches(images, self.batch):
                pixels = list(pool.map(read_image, (file for _, file in batch)))
                found = self.engine.detect(self.model, pixels)
                for (image, _), detections in zip(batch, found, strict=True):
                    yield from _results_of(image, detections)


def _batches(items: Iterable, size: int) -> Iterator[list]:
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, size)):
        yield batch


def _results_of(image: CocoImage, found: Detections) -> Iterator[dict[str, Any]]:
    detections = zip(found.boxes, found.scores, found.labels, found.masks, strict=True)
    for box, score, label, mask in detections:
        yield {
            "image_id": image.id,
            "category_id": int(label),
            "bbox": [round(float(x), 2) for x in (*box[:2], *(box[2:] - box[:2]))],
            "score": round(float(score), 6),
            "segmentation": encode_detection(mask, box, image.height, image.width),
        }
