"""Average precision by Cityscapes' protocol for instance-level semantic labelling.

The protocol is that of `evalInstanceLevelSemanticLabeling.py` in cityscapesScripts, without
distances: IoU strictly above each of 0.50:0.05:0.95. Objects below 100 px need not be found. A
prediction without a match is ignored if more than the threshold's share of it is on void, groups or
such small objects, and is wrong otherwise. The curve is integrated in steps.
"""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from hotcoco import mask as rle_codec

from .ground_truth import GroundTruth, InstanceTruth, Rle
from .predictions import Predictions

THRESHOLDS = np.arange(0.5, 1.0, 0.05)
SMALLEST_OBJECT = 100
"""Area below which an object need not be found, pixels."""


@dataclass(frozen=True)
class ClassAP:
    """AP of a class, 0 to 1; None if it has no objects to find."""

    AP: float | None
    """Mean over the IoU thresholds."""
    AP50: float | None
    """AP at IoU 0.50."""
    instances: int
    """Number of objects to find."""


@dataclass(frozen=True)
class Overlaps:
    """One class on all images: N predictions, M objects, P pairs of them that share pixels."""

    scores: np.ndarray
    """(N,) float64."""
    areas: np.ndarray
    """(N,) int64, pixels, above 0."""
    void: np.ndarray
    """(N,) int64, pixels of each prediction on void."""
    object_areas: np.ndarray
    """(M,) int64, pixels."""
    groups: np.ndarray
    """(M,) bool."""
    prediction: np.ndarray
    """(P,) int64, index of the prediction in each pair."""
    object: np.ndarray
    """(P,) int64, index of the object in each pair."""
    shared: np.ndarray
    """(P,) int64, pixels."""


def evaluate(truth: GroundTruth, predictions: Predictions) -> dict[str, ClassAP]:
    """Evaluate predicted masks, class by class.

    Args:
        truth: the images with their void pixels, classes, and instances; `iscrowd` marks groups.
        predictions: predictions on these images; empty masks do not count.
    """
    overlaps = measure(truth, predictions)
    return {name: average_precision(overlaps[name]) for name in truth.classes}


def measure(truth: GroundTruth, predictions: Predictions) -> dict[str, Overlaps]:
    """Shared pixels of predictions and instances, by class."""
    objects: dict[tuple[int, int], list[InstanceTruth]] = defaultdict(list)
    found: dict[tuple[int, int], list[int]] = defaultdict(list)
    for instance in truth.instances:
        objects[instance.image_id, instance.category_id].append(instance)
    for number in np.flatnonzero(predictions.areas):
        key = int(predictions.image_ids[number]), int(predictions.category_ids[number])
        found[key].append(int(number))
    result = {}
    for category_id, name in enumerate(truth.classes, start=1):
        parts = [
            _of_image(
                predictions,
                np.array(found[image.id, category_id], np.int64),
                objects[image.id, category_id],
                image.void,
            )
            for image in truth.images
        ]
        result[name] = _joined(parts)
    return result


def _of_image(
    predictions: Predictions, found: np.ndarray, objects: list[InstanceTruth], void: Rle | None
) -> Overlaps:
    """Overlaps of one class in one image; `found` are the indices of its predictions."""
    areas = predictions.areas[found].astype(np.int64)
    regions = [item.segmentation for item in objects] + ([] if void is None else [void])
    shared = np.zeros((found.size, len(regions)), np.int64)
    if shared.size:
        # For a crowd, hotcoco's IoU is the share of the prediction, which gives whole pixels.
        masks = [predictions.masks[number] for number in found]
        shares = np.asarray(rle_codec.iou(masks, regions, [True] * len(regions)))
        shared = np.rint(shares.reshape(shared.shape) * areas[:, None]).astype(np.int64)
    prediction, item = np.nonzero(shared[:, : len(objects)])
    return Overlaps(
        scores=predictions.scores[found],
        areas=areas,
        void=np.zeros_like(areas) if void is None else shared[:, -1],
        object_areas=np.array([item.area for item in objects], np.int64),
        groups=np.array([item.iscrowd for item in objects], bool),
        prediction=prediction,
        object=item,
        shared=shared[prediction, item],
    )


def _joined(parts: list[Overlaps]) -> Overlaps:
    """Overlaps of all images, numbered consecutively."""
    before = np.cumsum([0, *(part.scores.size for part in parts)])
    objects_before = np.cumsum([0, *(part.groups.size for part in parts)])
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts] or [np.zeros(0, np.int64)])
        for name in ("scores", "areas", "void", "object_areas", "groups", "shared")
    }
    for name, offsets in (("prediction", before), ("object", objects_before)):
        numbered = [getattr(part, name) + at for part, at in zip(parts, offsets, strict=False)]
        columns[name] = np.concatenate(numbered or [np.zeros(0, np.int64)])
    return Overlaps(**columns)


def average_precision(overlaps: Overlaps) -> ClassAP:
    """AP of a class, from the overlaps of its predictions and instances."""
    small = overlaps.object_areas < SMALLEST_OBJECT
    to_find = ~overlaps.groups.astype(bool) & ~small
    count = int(to_find.sum())
    if not count:
        return ClassAP(AP=None, AP50=None, instances=0)
    union = (
        overlaps.object_areas[overlaps.object]
        + overlaps.areas[overlaps.prediction]
        - overlaps.shared
    )
    iou = overlaps.shared / union
    # A small group counts twice, as in the original.
    weight = overlaps.groups.astype(np.int64) + small
    ignored = overlaps.void + np.bincount(
        overlaps.prediction,
        overlaps.shared * weight[overlaps.object],
        minlength=overlaps.scores.size,
    )
    ignored_share = ignored / overlaps.areas
    by_threshold = [
        _curve_area(*_ranked(overlaps, to_find, iou > threshold, ignored_share <= threshold), count)
        for threshold in THRESHOLDS
    ]
    return ClassAP(AP=float(np.mean(by_threshold)), AP50=by_threshold[0], instances=count)


def _ranked(
    overlaps: Overlaps, to_find: np.ndarray, meets: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Scores of correct and of wrong predictions at a threshold.

    Args:
        overlaps: overlaps of the class.
        to_find: (M,) bool, objects that count.
        meets: (P,) bool, pairs above the threshold.
        counts: (N,) bool, predictions that are wrong if they have no match.
    """
    prediction, item = overlaps.prediction[meets], overlaps.object[meets]
    missed = np.ones(overlaps.scores.size, bool)
    missed[prediction] = False
    wanted = to_find[item]
    scores, item = overlaps.scores[prediction[wanted]], item[wanted]
    # The best of several predictions of an object is correct, the others are wrong.
    order = np.lexsort((-scores, item))
    scores, item = scores[order], item[order]
    best = np.diff(item, prepend=-1) > 0
    return scores[best], np.concatenate((scores[~best], overlaps.scores[missed & counts]))


def _curve_area(right: np.ndarray, wrong: np.ndarray, count: int) -> float:
    """Area below precision over recall, in steps that extend halfway to the neighbouring points.

    Args:
        right: scores of the correct predictions.
        wrong: scores of the wrong predictions.
        count: number of objects to find.
    """
    thresholds = np.unique(np.concatenate((right, wrong)))
    true = right.size - np.searchsorted(np.sort(right), thresholds)
    false = wrong.size - np.searchsorted(np.sort(wrong), thresholds)
    precision = np.append(true / (true + false), 1.0)
    recall = np.append(true / count, 0.0)
    around = np.concatenate((recall[:1], recall, [0.0]))
    return float(precision @ (around[:-2] - around[2:]) / 2)
