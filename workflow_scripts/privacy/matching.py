"""Matching of regions from two detections that are the same face or plate."""

from collections.abc import Sequence

import numpy as np
from pii_detectors.boxes import ious

from workflow_scripts.contracts.regions import Region

MIN_IOU = 0.3
"""Minimum IoU of two boxes of one region; boxes that contain each other's centre match as well."""


def is_same(first: Region, second: Region) -> bool:
    """Whether two boxes belong to one face or plate."""
    _, same = _compared(first, _boxes([second]))
    return bool(same[0])


def matched(first: Sequence[Region], second: Sequence[Region]) -> list[tuple[int, int]]:
    """Positions of the regions found by both detections; each region has at most one partner.

    The matching is maximum; among such matchings, the one with the highest sum of IoUs.
    """
    # The audit, which only needs `is_same`, starts in half the time without it.
    from scipy.optimize import linear_sum_assignment  # noqa: PLC0415

    if not first or not second:
        return []
    boxes = _boxes(second)
    most = min(len(first), len(second))
    worth = np.array(
        [same * (most + iou) for iou, same in (_compared(one, boxes) for one in first)]
    )
    rows, columns = linear_sum_assignment(worth, maximize=True)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(row, column) for row, column in pairs if worth[row, column] > 0]


def _boxes(regions: Sequence[Region]) -> np.ndarray:
    return np.array([one.box for one in regions])


def _compared(region: Region, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """IoU (n,) of a region with boxes (n, 4), and whether they match, (n,)."""
    (box,) = _boxes([region])
    overlaps = ious(box, others)
    close = _hold(box, others) & _hold(others, box)
    return overlaps, (overlaps >= MIN_IOU) | close


def _hold(outer: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """Whether boxes contain the centres of others; xyxy in the last axis."""
    centre = (inner[..., :2] + inner[..., 2:]) / 2
    return ((outer[..., :2] <= centre) & (centre <= outer[..., 2:])).all(axis=-1)
