"""Changed parts of a twin, assigned to boxes of its original."""

from collections.abc import Sequence

import cv2
import numpy as np

from .boxes import Box, window_of
from .changes import parts_of

COVERED = 0.2
"""Least changed share of a changed box; a smaller share comes from a change beside it."""


def parts_on(
    mask: np.ndarray, boxes: Sequence[Box]
) -> list[tuple[int | None, tuple[int, int, int, int]]]:
    """Changed parts of an image, and the boxes that they cover.

    Args:
        mask: (h, w) bool, the changed pixels.
        boxes: areas that may have been changed.

    Returns:
        One item for each changed box, in their order: its index, and a box around all parts that
        touch it. Then None and its box for each part that touches none of these.
    """
    labels, around = parts_of(mask)
    # A few pixels may keep their value by chance, or be between the characters of a plate.
    filled = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    found: list[tuple[int | None, tuple[int, int, int, int]]] = []
    told: set[int] = set()
    for number, box in enumerate(boxes):
        window = window_of(box, (mask.shape[0], mask.shape[1]))
        if window is None or filled[window].mean() < COVERED:
            continue
        parts = [int(part) for part in np.unique(labels[window]) if part]
        if parts:
            told.update(parts)
            touching = around[np.array(parts) - 1]
            x0, y0 = touching[:, :2].min(axis=0).tolist()
            x1, y1 = touching[:, 2:].max(axis=0).tolist()
            found.append((number, (x0, y0, x1, y1)))
    rest = [box.tolist() for part, box in enumerate(around, start=1) if part not in told]
    return [*found, *((None, (x0, y0, x1, y1)) for x0, y0, x1, y1 in rest)]
