"""Predictions matched with objects, image by image, as needed for resampling the images."""

from dataclasses import dataclass

import numpy as np

from .coco import IouType, index_truth, match
from .ground_truth import GroundTruth
from .predictions import Predictions

THRESHOLDS = 10
"""IoU thresholds, 0.50 to 0.95 in steps of 0.05; bit 0 represents the first."""
EVERY_AREA = (0.0, 1e10)
BITS = 1 << np.arange(THRESHOLDS)


@dataclass(frozen=True)
class Matches:
    """N predictions on I images of K classes, matched by the COCO protocol."""

    images: np.ndarray
    """(I,) str, file names."""
    classes: np.ndarray
    """(K,) str."""
    objects: np.ndarray
    """(I, K) int32, objects to find, without groups (`iscrowd`)."""
    image: np.ndarray
    """(N,) int32, index into `images`; predictions are sorted by it."""
    category: np.ndarray
    """(N,) int16, index into `classes`."""
    scores: np.ndarray
    """(N,) float64; equal scores are ranked in this order."""
    hits: np.ndarray
    """(N,) uint16, one bit per IoU threshold at which the prediction matches an object."""
    ignored: np.ndarray
    """(N,) uint16, one bit per threshold at which the prediction is ignored."""


def matches_of(
    truth: GroundTruth, predictions: Predictions, kind: IouType = IouType.SEGM
) -> Matches:
    """Match predictions to objects; the result determines the AP.

    Args:
        truth: the images, classes and instances.
        predictions: predictions on these images. The best 100 of an image and class count.
        kind: masks or boxes.
    """
    evaluator = match(index_truth(truth), predictions, kind, area_ranges={"all": EVERY_AREA})
    images = sorted(truth.images, key=lambda image: image.id)
    place = {image.id: index for index, image in enumerate(images)}
    objects = np.zeros((len(images), len(truth.classes)), np.int32)
    for item in truth.instances:
        objects[place[item.image_id], item.category_id - 1] += not item.iscrowd
    found = [entry for entry in evaluator.eval_imgs if entry is not None and entry["dtScores"]]
    found.sort(key=lambda entry: place[entry["image_id"]])
    counts = [len(entry["dtScores"]) for entry in found]
    return Matches(
        images=np.array([image.file_name for image in images], str),
        classes=np.array(truth.classes, str),
        objects=objects,
        image=np.repeat([place[entry["image_id"]] for entry in found], counts).astype(np.int32),
        category=np.repeat([entry["category_id"] - 1 for entry in found], counts).astype(np.int16),
        scores=np.array([score for entry in found for score in entry["dtScores"]], np.float64),
        hits=_bits([entry["dtMatched"] for entry in found]),
        ignored=_bits([entry["dtIgnore"] for entry in found]),
    )


def _bits(by_image: list[list[list[bool]]]) -> np.ndarray:
    """One number per prediction, with a bit for each threshold's flag."""
    flags = [np.asarray(flags, bool).reshape(THRESHOLDS, -1) for flags in by_image]
    joined = np.concatenate([np.zeros((THRESHOLDS, 0), bool), *flags], axis=1)
    return (BITS @ joined).astype(np.uint16)
