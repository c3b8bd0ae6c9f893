"""Axis-aligned boxes: arrays (n, 4) as x0, y0, x1, y1 (xyxy) in pixels."""

import numpy as np


def boxes_around(points: np.ndarray) -> np.ndarray:
    """The smallest boxes (n, 4) around n groups of points (n, k, 2)."""
    return np.concatenate((points.min(axis=1), points.max(axis=1)), axis=1)


def areas(boxes: np.ndarray) -> np.ndarray:
    """Areas (n,) of boxes (n, 4), square pixels."""
    return np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)


def intersections(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Areas (n,) that a box (4,) shares with others (n, 4), square pixels."""
    low, high = np.maximum(others[:, :2], box[:2]), np.minimum(others[:, 2:], box[2:])
    return np.prod(np.clip(high - low, 0, None), axis=1)


def ious(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """IoU (n,) of a box (4,) with others (n, 4), 0 to 1."""
    shared = intersections(box, others)
    sizes = areas(others) + np.prod(box[2:] - box[:2])
    return shared / np.maximum(sizes - shared, 1e-9)


def non_maximum_suppression(
    boxes: np.ndarray, scores: np.ndarray, max_iou: float, max_inside: float = 0.7
) -> np.ndarray:
    """Indices of the boxes that no better box suppresses, best first.

    Unlike plain NMS, it also suppresses boxes that lie mostly inside a better one, whatever their
    IoU: halves of objects at the border of a tile, and parts of objects.

    Args:
        boxes: (n, 4) xyxy.
        scores: (n,).
        max_iou: a box with a higher IoU with a better one is suppressed.
        max_inside: largest share of the smaller of two boxes that may lie in the larger one.
    """
    sizes = areas(boxes)
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        shared = intersections(boxes[index], boxes[kept])
        union = sizes[kept] + sizes[index] - shared
        smaller = np.minimum(sizes[kept], sizes[index])
        suppressed = (shared > max_iou * union) | (shared > max_inside * smaller)
        if not suppressed.any():
            kept.append(int(index))
    return np.array(kept, int)
