"""Checks of a program's results."""

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from coco_labels.masks import mask_of
from hotcoco import mask as rle_codec
from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import read_json

from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.predictions import CocoResult
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.contracts.tasks import Task

BEYOND = 0.02
"""Share of an image's side by which a box may exceed the image, to be clipped."""
BOXES = "COCO's boxes are x and y of the upper left corner, width, height, in pixels"
OVERLAP, FEWEST, SHARE = 0.5, 20, 0.8
"""Thresholds for swapped classes: smallest share of a class's predictions that lie on objects of
the other class, and vice versa; smallest number of predictions; smallest IoU of a prediction with
an object."""


def read_results(
    path: Path, split: CocoSplit, evaluation: Evaluation, task: Task = Task.MASKS
) -> list[CocoResult]:
    """Read and check a program's COCO results.

    As in other engines, predictions below the score threshold or beyond the limit per image are
    dropped, and boxes are clipped to their image; the numbers are logged.

    Args:
        path: the file.
        split: the images with their labels, which reveal swapped classes.
        evaluation: threshold and limit.
        task: `masks`, which each result must have, or `boxes`, for which masks are ignored.

    Raises:
        UserError: one line per finding, up to a limit.
    """
    found = read_json(path)
    if not isinstance(found, list):
        raise UserError("{output} is not a COCO results file: expected a list of predictions")
    images = {image.id: image for image in split.images}
    results, findings, clipped = [], [], 0
    for number, item in enumerate(found):
        try:
            result = _result(item, images, split.classes, task)
            clipped += result["bbox"] != item["bbox"]
            results.append(result)
        except ValueError as error:
            findings.append(f"prediction {number}: {error}")
    if findings:
        raise UserError.of(findings)
    if results and all(max(result["bbox"]) <= 1 for result in results):
        raise UserError(f"no value of any bbox is above 1; are these shares of the image? {BOXES}")
    if clipped:
        log.info("%d of %d boxes were clipped to their image", clipped, len(found))
    refuse_swapped_classes(results, split)
    kept = _within_limits(results, evaluation)
    _say_what_is_missing(kept, split)
    return kept


def _result(
    item: Any, images: dict[int, CocoImage], classes: Sequence[str], task: Task
) -> CocoResult:
    """A prediction, checked.

    Raises:
        ValueError: what is wrong with it.
    """
    of_mask = ("segmentation",) if task is Task.MASKS else ()
    needed = ("image_id", "category_id", "bbox", "score", *of_mask)
    if not isinstance(item, dict) or (lacking := [key for key in needed if key not in item]):
        keys = ", ".join(lacking if isinstance(item, dict) else needed)
        hint = "; for a model without masks set task: boxes" if keys == "segmentation" else ""
        raise ValueError(f"{keys} is missing; a COCO result has {', '.join(needed)}{hint}")
    image = images.get(item["image_id"]) if type(item["image_id"]) is int else None
    if image is None:
        raise ValueError(
            f"image_id {item['image_id']!r} is not one of the {len(images)} images in "
            "{annotations}; use the ids from there"
        )
    category, score = item["category_id"], item["score"]
    if type(category) is not int or not 1 <= category <= len(classes):
        raise ValueError(
            f"category_id {category!r} is not in 1 to {len(classes)}, the classes in "
            "{annotations}; the first class has number 1"
        )
    if not _is_number(score) or not 0 <= score <= 1:
        raise ValueError(f"score {score!r} is not a number from 0 to 1")
    result: CocoResult = {
        "image_id": image.id,
        "category_id": category,
        "bbox": _box(item["bbox"], image),
        "score": float(score),
    }
    if task is Task.MASKS:
        result["segmentation"], _ = mask_of(item["segmentation"], image.width, image.height)
    return result


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _box(box: Any, image: CocoImage) -> list[float]:
    """The box (x, y, width, height) inside its image.

    Raises:
        ValueError: it is not a box, or reaches far beyond the image.
    """
    if not isinstance(box, list) or len(box) != 4 or not all(map(_is_number, box)):
        raise ValueError(f"bbox {box!r} is not four finite numbers: x, y, width, height")
    x, y, width, height = box
    if width < 0 or height < 0:
        raise ValueError(f"bbox {box!r} has a negative width or height")
    low, high = np.array([x, y]), np.array([x + width, y + height])
    size = np.array([image.width, image.height])
    if (low < -BEYOND * size).any() or (high > (1 + BEYOND) * size).any():
        corners = bool(x <= width <= size[0] and y <= height <= size[1])
        hint = "are these corners? " if corners else ""
        raise ValueError(
            f"bbox {box!r} reaches beyond its image of {image.width}x{image.height}; {hint}{BOXES}"
        )
    if (low >= 0).all() and (high <= size).all():
        return box
    low, high = low.clip(0, size), high.clip(0, size)
    return [float(value) for value in (*low, *(high - low))]


def _within_limits(results: Sequence[CocoResult], evaluation: Evaluation) -> list[CocoResult]:
    """Results above the score threshold, up to the limit per image, in the order of the file."""
    counts: Counter[int] = Counter()
    kept = set()
    for at in sorted(range(len(results)), key=lambda at: -results[at]["score"]):
        image = results[at]["image_id"]
        low = results[at]["score"] < evaluation.score_threshold
        if not low and counts[image] < evaluation.detections_per_image:
            counts[image] += 1
            kept.add(at)
    if left_out := len(results) - len(kept):
        log.info(
            "%d of %d predictions are dropped: evaluation.score_threshold is %g, "
            "evaluation.detections_per_image %d",
            *(left_out, len(results)),
            *(evaluation.score_threshold, evaluation.detections_per_image),
        )
    return [result for at, result in enumerate(results) if at in kept]


def _say_what_is_missing(results: Sequence[CocoResult], split: CocoSplit) -> None:
    covered = len({result["image_id"] for result in results})
    tell = log.info if 2 * covered >= len(split.images) else log.warning
    tell(
        "%d predictions in %d of %d images; nothing was found in the others",
        *(len(results), covered, len(split.images)),
    )


def refuse_swapped_classes(results: Sequence[CocoResult], split: CocoSplit) -> None:
    """Check that classes are not swapped.

    Raises:
        UserError: predictions of two classes lie on each other's objects, or those of more classes
            in a cycle.
    """
    meant = _classes_meant(results, split)
    for start in meant:
        chain = [start]
        while (following := meant.get(chain[-1])) is not None and following not in chain:
            chain.append(following)
        if following == start and len(chain) > 1:
            names = [split.classes[category - 1] for category in (*chain, start)]
            raise UserError(
                "the classes look swapped: predictions of "
                + ", and those of ".join(
                    f"{one} lie on objects of class {other}"
                    for one, other in itertools.pairwise(names)
                )
                + "; category_id is the line number in {classes}, starting at 1"
            )


def _classes_meant(results: Sequence[CocoResult], split: CocoSplit) -> dict[int, int]:
    """For each class, the object class that most of its predictions lie on."""
    met: Counter[tuple[int, int]] = Counter()
    by_image: dict[int, list[CocoResult]] = {}
    for result in results:
        by_image.setdefault(result["image_id"], []).append(result)
    for image, of_image in by_image.items():
        objects = [one for one in split.instances_by_image[image] if not one.iscrowd]
        if not objects:
            continue
        overlaps = rle_codec.bbox_iou(
            np.array([result["bbox"] for result in of_image], np.float64),
            np.array([one.bbox for one in objects], np.float64),
            [False] * len(objects),
        )
        for result, row in zip(of_image, np.asarray(overlaps), strict=True):
            if row.max() >= OVERLAP:
                met[result["category_id"], objects[int(row.argmax())].category_id] += 1
    totals: Counter[int] = Counter()
    for (predicted, _), count in met.items():
        totals[predicted] += count
    return {
        predicted: labelled
        for (predicted, labelled), count in met.items()
        if totals[predicted] >= FEWEST and count >= SHARE * totals[predicted]
    }
