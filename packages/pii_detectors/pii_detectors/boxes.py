"""Axis-aligned boxes: arrays (n, 4) as x0, y0, x1, y1 (xyxy) in pixels."""

import numpy as np

INSIDE = 0.7
"""Share of a box inside a better one above which both count as the same object."""
PART = 0.4
"""Share of the smaller of two boxes above which both belong to the same object. On 22 photographs
of groups and streets, faces of different people share at most 0.26, repeated detections of a face
at least 0.45."""


def boxes_around(points: np.ndarray) -> np.ndarray:
    """Smallest boxes (n, 4) around n groups of points (n, k, 2)."""
    return np.concatenate((points.min(axis=1), points.max(axis=1)), axis=1)


def areas(boxes: np.ndarray) -> np.ndarray:
    """Areas (n,) of boxes (n, 4), square pixels."""
    return np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)


def intersections(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Areas (n,) of the intersections of a box (4,) with others (n, 4), square pixels."""
    low, high = np.maximum(others[:, :2], box[:2]), np.minimum(others[:, 2:], box[2:])
    return np.prod(np.clip(high - low, 0, None), axis=1)


def ious(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """IoU (n,) of a box (4,) with others (n, 4), 0 to 1."""
    shared = intersections(box, others)
    sizes = areas(others) + np.prod(box[2:] - box[:2])
    return shared / np.maximum(sizes - shared, 1e-9)


def shares_of_smaller(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersections (n,) of a box (4,) with others (n, 4), relative to the smaller of the two."""
    smaller = np.minimum(areas(others), np.prod(box[2:] - box[:2]))
    return intersections(box, others) / np.maximum(smaller, 1e-9)


def objects_of(boxes: np.ndarray, scores: np.ndarray, part: float = PART) -> list[list[int]]:
    """Groups of boxes that are detections of the same object, by index.

    A detection belongs to the best detection that it overlaps enough. Overlaps are not transitive,
    so that people in a row are not merged.

    Args:
        boxes: (n, 4) xyxy.
        scores: (n,).
        part: share of the smaller of two boxes above which both belong to the same object.

    Returns:
        The groups, best first. The first index of each is the best fit: the largest box that scores
        at least half as much as the best one, since faces contain smaller look-alikes.
    """
    groups: list[list[int]] = []
    best_finds = np.empty_like(boxes)  # best detection of each group
    sizes = areas(boxes)
    for index in np.lexsort((-sizes, -scores)).tolist():
        shared = shares_of_smaller(boxes[index], best_finds[: len(groups)])
        if shared.max(initial=0) > part:
            groups[int(shared.argmax())].append(index)
        else:
            best_finds[len(groups)] = boxes[index]
            groups.append([index])
    return [
        sorted(group, key=lambda one: (scores[one] < scores[group[0]] / 2, -sizes[one]))
        for group in groups
    ]


def suppresses(
    box: np.ndarray, others: np.ndarray, max_iou: float, max_inside: float = INSIDE
) -> np.ndarray:
    """Whether each of others (n, 4) suppresses a box (4,); see `non_maximum_suppression`."""
    overlap = ious(box, others) > max_iou
    return overlap | (shares_of_smaller(box, others) > max_inside)


def non_maximum_suppression(
    boxes: np.ndarray, scores: np.ndarray, max_iou: float, max_inside: float = INSIDE
) -> np.ndarray:
    """Indices of the boxes that no better box suppresses, best first.

    Unlike plain NMS, it also suppresses boxes that are mostly inside a better one, at any IoU:
    parts of objects, such as halves at the border of a tile.

    Args:
        boxes: (n, 4) xyxy.
        scores: (n,).
        max_iou: IoU with a better box above which a box is suppressed.
        max_inside: largest share of the smaller of two boxes that may be inside the larger one.
    """
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if not suppresses(boxes[index], boxes[kept], max_iou, max_inside).any():
            kept.append(int(index))
    return np.array(kept, int)
