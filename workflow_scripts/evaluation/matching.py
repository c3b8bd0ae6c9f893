"""Which predicted masks met an object, kept image by image."""

import numpy as np

from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.matches import THRESHOLDS, Matches
from workflow_scripts.evaluation import coco_ap
from workflow_scripts.evaluation.predictions import Predictions

EVERY_AREA = (0.0, 1e10)
BITS = 1 << np.arange(THRESHOLDS)


def matches_of(split: CocoSplit, predictions: Predictions) -> Matches:
    """Match predicted masks to objects; the AP follows from the result.

    Args:
        split: the images, classes and ground truth.
        predictions: on these images. The best 100 of an image and class count.
    """
    evaluator = coco_ap.match(
        coco_ap.ground_truth(split),
        predictions,
        coco_ap.IouType.SEGM,
        area_ranges={"all": EVERY_AREA},
    )
    images = sorted(split.images, key=lambda image: image.id)
    place = {image.id: index for index, image in enumerate(images)}
    objects = np.zeros((len(images), len(split.classes)), np.int32)
    for item in split.instances:
        objects[place[item.image_id], item.category_id - 1] += not item.iscrowd
    found = [entry for entry in evaluator.eval_imgs if entry is not None and entry["dtScores"]]
    found.sort(key=lambda entry: place[entry["image_id"]])
    counts = [len(entry["dtScores"]) for entry in found]
    return Matches(
        images=np.array([image.file_name for image in images], str),
        classes=np.array(split.classes, str),
        objects=objects,
        image=np.repeat([place[entry["image_id"]] for entry in found], counts).astype(np.int32),
        category=np.repeat([entry["category_id"] - 1 for entry in found], counts).astype(np.int16),
        scores=np.array([score for entry in found for score in entry["dtScores"]], np.float64),
        hits=_bits([entry["dtMatched"] for entry in found]),
        ignored=_bits([entry["dtIgnore"] for entry in found]),
    )


def _bits(by_image: list[list[list[bool]]]) -> np.ndarray:
    """One number a prediction from a flag for each threshold."""
    flags = [np.asarray(flags, bool).reshape(THRESHOLDS, -1) for flags in by_image]
    joined = np.concatenate([np.zeros((THRESHOLDS, 0), bool), *flags], axis=1)
    return (BITS @ joined).astype(np.uint16)
