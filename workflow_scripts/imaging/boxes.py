"""Boxes (n, 4) as x0, y0, x1, y1 in pixels."""

import numpy as np


def without_doubles(
    boxes: np.ndarray, scores: np.ndarray, max_iou: float, max_inside: float = 0.7
) -> np.ndarray:
    """Indices, best first, of boxes that overlap no better one too much.

    A box that lies mostly inside a better one is a double as well, whatever their IoU: half of
    something at the border of a tile, or a part of it.

    Args:
        boxes: (n, 4).
        scores: (n,).
        max_iou: of two boxes that overlap more, the lower one is left out.
        max_inside: share of the smaller box that may lie in the larger one.
    """
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        box = boxes[index]
        better = boxes[kept]
        low = np.maximum(better[:, :2], box[:2])
        high = np.minimum(better[:, 2:], box[2:])
        shared = np.prod(np.clip(high - low, 0, None), axis=1)
        joint = areas[kept] + areas[index] - shared
        smaller = np.minimum(areas[kept], areas[index])
        double = (shared > max_iou * joint) | (shared > max_inside * smaller)
        if not double.any():
            kept.append(int(index))
    return np.array(kept, int)


def ious(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """IoU (n,) of a box (4,) with others (n, 4), 0 to 1."""
    low, high = np.maximum(others[:, :2], box[:2]), np.minimum(others[:, 2:], box[2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    sizes = np.prod(others[:, 2:] - others[:, :2], axis=1) + np.prod(box[2:] - box[:2])
    return shared / np.maximum(sizes - shared, 1e-9)
