"""Calibration of scores: how far they are from the share of predictions that are right.

The detection expected calibration error (D-ECE) by score, of Küppers et al., Multivariate
confidence calibration for object detection (CVPR workshops 2020): the error of Guo et al., On
calibration of modern neural networks (ICML 2017), with precision in the place of accuracy. It does
not ask how well a right prediction lies on its object, as LaECE does (Oksuz et al., CVPR 2023).
"""

from dataclasses import dataclass

import numpy as np

from .matches import Matches

BINS = 15
"""Bins of equal width from 0 to 1, as many as Guo et al. have. Each holds its lower end; the last
one holds 1 as well."""
IOU = 0.5
"""IoU from which on a prediction can be right; the first threshold of `Matches`."""


@dataclass(frozen=True)
class Calibration:
    """Calibration of one class."""

    error: float | None
    """Mean over the predictions of |precision - mean score| of their bin, 0 to 1. None where the
    class has no object to find, or no prediction counts."""
    predictions: int
    """Predictions that count."""


def calibration_of(matches: Matches) -> list[Calibration]:
    """Calibration of each class.

    As in the COCO protocol, the best 100 predictions of an image and class count, an object makes
    one of them right, and those that meet a group (`iscrowd`) count neither way.

    Args:
        matches: predictions with scores from 0 to 1.
    """
    first = 1  # bit of the first threshold
    counts = matches.ignored & first == 0
    scores, category = matches.scores[counts], matches.category[counts]
    right = (matches.hits[counts] & first).astype(np.float64)
    bins = np.minimum((scores * BINS).astype(np.int64), BINS - 1)
    gaps = np.zeros((len(matches.classes), BINS))
    np.add.at(gaps, (category, bins), right - scores)
    numbers = np.bincount(category, minlength=len(matches.classes))
    to_find = matches.objects.sum(axis=0)
    return [
        Calibration(
            error=float(np.abs(of_class).sum() / number) if number and objects else None,
            predictions=int(number),
        )
        for of_class, number, objects in zip(gaps, numbers, to_find, strict=True)
    ]
