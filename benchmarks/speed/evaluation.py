"""Evaluation by the protocols of COCO and Cityscapes, compared with the original programs."""

import contextlib
import copy
import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from instance_ap import cityscapes, coco
from instance_ap.coco import IouType, PrecisionCurves
from instance_ap.predictions import Predictions
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from benchmarks.comparison import Comparison, comparison, interleaved
from benchmarks.frames import HEIGHT, WIDTH
from tests.evaluation import cityscapes_oracle
from workflow_scripts.contracts.cityscapes import LABEL_IDS
from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.contracts.settings import CLASSES
from workflow_scripts.dataset.cityscapes_reader import boxes_of, instances_of
from workflow_scripts.dataset.indexed_split import ReadImage
from workflow_scripts.imaging.masks import decode_mask, encode_mask

IMAGES, CITYSCAPES_IMAGES, OBJECTS = 100, 10, 20
PREDICTIONS = 20, 100
"""Predictions per image; one row for each."""
ROUNDS = 2
SAME = 1e-6
"""Largest allowed difference between the APs of both programs."""


def comparisons() -> Iterator[Comparison]:
    """Evaluations of synthetic predictions on images of 2048x1024.

    Raises:
        AssertionError: the programs do not agree.
    """
    for predictions in PREDICTIONS:
        yield _coco(predictions)
    for predictions in PREDICTIONS:
        yield _cityscapes(predictions)


def _coco(predictions: int) -> Comparison:
    """Masks and boxes, from parsed JSON to the APs of the classes."""
    split, results = made_up_job(IMAGES, OBJECTS, predictions)
    annotations = _annotations(split)
    found: dict[str, Any] = {}

    def ours() -> None:
        found["ours"] = coco.evaluate(split, Predictions.of_coco_results(results, split))

    def theirs() -> None:
        # pycocotools modifies its input.
        found["theirs"] = {
            kind: _pycocotools(annotations, copy.deepcopy(results), kind) for kind in IouType
        }

    times = interleaved({"ours": ours, "theirs": theirs}, ROUNDS)
    difference = max(_difference(found["ours"][kind], found["theirs"][kind]) for kind in IouType)
    assert difference < SAME, difference
    return comparison(
        f"COCO evaluation, {predictions} predictions an image",
        f"AP of masks and boxes, {OBJECTS} objects per image",
        times["ours"],
        peer=("pycocotools", times["theirs"]),
        unit="image",
        units=IMAGES,
        note=f"{IMAGES} images, largest difference between APs {difference:.0e}",
    )


def _cityscapes(predictions: int) -> Comparison:
    """Masks; ours from parsed JSON, theirs from the PNG files that it reads."""
    drawn, results = made_up_job(CITYSCAPES_IMAGES, OBJECTS, predictions)
    frames = [_ids(drawn, image.id) for image in drawn.images]
    read = [
        ReadImage(image, tuple(instances_of(ids, boxes_of(ids))))
        for image, ids in zip(drawn.images, frames, strict=True)
    ]
    split = cityscapes_oracle.split_of(read, drawn.classes)
    found: dict[str, Any] = {}

    def ours() -> None:
        found["ours"] = cityscapes.evaluate(split, Predictions.of_coco_results(results, split))

    with tempfile.TemporaryDirectory() as folder:
        job = cityscapes_oracle.write(
            Path(folder), frames, [_masks(split, results, image.id) for image in split.images]
        )

        def theirs() -> None:
            found["theirs"] = cityscapes_oracle.evaluate(job)

        times = interleaved({"ours": ours, "theirs": theirs}, ROUNDS)
    difference = max(abs(one.AP - found["theirs"][name][0]) for name, one in found["ours"].items())
    assert difference < SAME, difference
    return comparison(
        f"Cityscapes evaluation, {predictions} predictions an image",
        f"AP of masks, {OBJECTS} objects per image",
        times["ours"],
        peer=("cityscapesScripts", times["theirs"]),
        unit="image",
        units=CITYSCAPES_IMAGES,
        note=f"{CITYSCAPES_IMAGES} images, largest difference between APs {difference:.0e}",
    )


def made_up_job(
    images: int, instances: int, predictions: int, seed: int = 0
) -> tuple[CocoSplit, list[dict[str, Any]]]:
    """Blobs as ground truth, and moved blobs with scores as COCO results, determined by a seed."""
    generator = np.random.default_rng(seed)
    objects: list[Instance] = []
    results: list[dict[str, Any]] = []
    for image_id in range(1, images + 1):
        here = [_place(generator) for _ in range(instances)]
        for (x, y, size, shape), category_id in here:
            objects.append(
                Instance(
                    id=len(objects) + 1,
                    image_id=image_id,
                    category_id=category_id,
                    bbox=(x, y, size, size),
                    area=int(shape.sum()),
                    segmentation=encode_mask(shape, x, y, HEIGHT, WIDTH),
                )
            )
        for _ in range(predictions):
            (x, y, size, shape), category_id = here[generator.integers(len(here))]
            x = int(np.clip(x + generator.normal(0, size / 8), 0, WIDTH - size))
            y = int(np.clip(y + generator.normal(0, size / 8), 0, HEIGHT - size))
            results.append(
                {
                    "image_id": image_id,
                    "category_id": category_id,
                    "segmentation": encode_mask(shape, x, y, HEIGHT, WIDTH),
                    "score": round(float(generator.uniform(0.05, 1)), 3),
                }
            )
    files = tuple(CocoImage(one, f"{one}.png", WIDTH, HEIGHT, "") for one in range(1, images + 1))
    return CocoSplit(CLASSES, files, tuple(objects)), results


def _place(generator: np.random.Generator) -> tuple[tuple[int, int, int, np.ndarray], int]:
    """Blob with a wavy outline (x, y, size in pixels, (size, size) bool), and its class."""
    size = int(np.clip(generator.lognormal(4, 0.8), 8, 600))
    x = int(generator.integers(WIDTH - size))
    y = int(generator.integers(HEIGHT - size))
    rows, columns = np.mgrid[:size, :size] - (size - 1) / 2
    waves = generator.integers(2, 7)
    outline = 0.8 + 0.2 * np.sin(np.arctan2(rows, columns) * waves + generator.uniform(0, 6))
    shape = np.hypot(rows, columns) <= outline * size / 2
    return (x, y, size, shape), int(generator.integers(1, len(CLASSES) + 1))


def _annotations(split: CocoSplit) -> dict[str, Any]:
    return {
        "info": {},
        "images": [vars(image) for image in split.images],
        "categories": [{"id": k, "name": name} for k, name in enumerate(split.classes, start=1)],
        "annotations": [
            {**vars(instance), "bbox": list(instance.bbox)} for instance in split.instances
        ],
    }


def _pycocotools(annotations: dict[str, Any], results: list[dict], kind: IouType) -> np.ndarray:
    """Precision of each class by pycocotools: (T, R, K, A)."""
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = annotations
        truth.createIndex()
        evaluator = COCOeval(truth, truth.loadRes(results), kind.value)
        evaluator.evaluate()
        evaluator.accumulate()
    return evaluator.eval["precision"][..., -1]


def _difference(ours: PrecisionCurves, theirs: np.ndarray) -> float:
    """Largest difference of the classes' APs."""
    return max(
        abs((ours.mean(class_index=index) or 0) - theirs[:, :, index, 0].mean())
        for index in range(theirs.shape[2])
    )


def _ids(split: CocoSplit, image_id: int) -> np.ndarray:
    """Instance id image of synthetic objects; later ones cover earlier ones."""
    ids = np.full((HEIGHT, WIDTH), 7, np.uint16)
    for place, instance in enumerate(split.instances_by_image[image_id]):
        ids[decode_mask(instance.segmentation)] = LABEL_IDS[split.class_of(instance)] * 1000 + place
    return ids


def _masks(
    split: CocoSplit, results: list[dict[str, Any]], image_id: int
) -> list[tuple[str, float, np.ndarray]]:
    """Class, score and (h, w) bool mask of the predictions for an image."""
    return [
        (split.classes[one["category_id"] - 1], one["score"], decode_mask(one["segmentation"]))
        for one in results
        if one["image_id"] == image_id
    ]
