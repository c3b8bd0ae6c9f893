"""Calibration of scores: their deviation from the share of correct predictions.

The detection expected calibration error (D-ECE) by score, of Küppers et al., Multivariate
confidence calibration for object detection (CVPR workshops 2020): the error of Guo et al., On
calibration of modern neural networks (ICML 2017), with precision instead of accuracy. Unlike LaECE
(Oksuz et al., CVPR 2023), it ignores how well a correct prediction is localised.
"""

from dataclasses import dataclass

import numpy as np

from .matches import Matches

BINS = 15
"""Bins of equal width from 0 to 1, as many as in Guo et al. Each includes its lower end; the last
one includes 1 as well."""
IOU = 0.5
"""IoU from which a prediction can be correct; the first threshold of `Matches`."""


@dataclass(frozen=True)
class Calibration:
    """Calibration of a class."""

    error: float | None
    """Mean over the predictions of |precision - mean score| of their bin, 0 to 1. None if the class
    has no objects, or no prediction counts."""
    predictions: int
    """Number of predictions that count."""


@dataclass(frozen=True)
class ScoreBin:
    """Predictions of all classes in a bin."""

    score: float
    """Mean score."""
    precision: float
    """Share of correct predictions."""
    predictions: int


@dataclass(frozen=True)
class _Binned:
    """Sums for K classes and `BINS` bins."""

    numbers: np.ndarray
    """(K, BINS), number of predictions that count."""
    scores: np.ndarray
    """(K, BINS), sum of their scores."""
    right: np.ndarray
    """(K, BINS), number of them that are correct."""


def calibration_of(matches: Matches) -> list[Calibration]:
    """Calibration of each class.

    As in the COCO protocol, the best 100 predictions of an image and class count, each object makes
    one of them correct, and predictions matched with a group (`iscrowd`) are ignored.

    Args:
        matches: predictions with scores from 0 to 1.
    """
    binned = _binned(matches)
    gaps = np.abs(binned.right - binned.scores).sum(axis=1)
    numbers, to_find = binned.numbers.sum(axis=1), matches.objects.sum(axis=0)
    return [
        Calibration(
            error=float(gap / number) if number and objects else None, predictions=int(number)
        )
        for gap, number, objects in zip(gaps, numbers, to_find, strict=True)
    ]


def reliability_of(matches: Matches) -> list[ScoreBin]:
    """Precision by score over the classes that have objects, for all bins with predictions."""
    binned, there = _binned(matches), matches.objects.sum(axis=0) > 0
    parts = (binned.scores, binned.right, binned.numbers)
    return [
        ScoreBin(float(score / number), float(right / number), int(number))
        for score, right, number in zip(*(part[there].sum(axis=0) for part in parts), strict=True)
        if number
    ]


def _binned(matches: Matches) -> _Binned:
    """Predictions that count, sorted into bins."""
    first = 1  # bit of the first threshold
    counts = matches.ignored & first == 0
    scores, category = matches.scores[counts], matches.category[counts]
    right = (matches.hits[counts] & first).astype(np.float64)
    bins = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    sums = np.zeros((3, len(matches.classes), BINS))
    for total, values in zip(sums, (np.ones_like(scores), scores, right), strict=True):
        np.add.at(total, (category, bins), values)
    return _Binned(*sums)
