"""Axis-aligned boxes: arrays (n, 4) as x0, y0, x1, y1 (xyxy) in pixels."""

import numpy as np

INSIDE = 0.7
"""A box with more than this share of it in a better one is a part of the same thing."""
PART = 0.4
"""Boxes of one object share more than this of the smaller one. On 22 photographs of groups and
streets, faces of different people share at most 0.26, and second finds of a face from 0.45 on."""


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


def shares_of_smaller(box: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Intersections (n,) of a box (4,) with others (n, 4), relative to the smaller of the two."""
    smaller = np.minimum(areas(others), np.prod(box[2:] - box[:2]))
    return intersections(box, others) / np.maximum(smaller, 1e-9)


def objects_of(boxes: np.ndarray, scores: np.ndarray, part: float = PART) -> list[list[int]]:
    """Groups of boxes that are finds of one object, by index.

    A find belongs to the best find that it overlaps by enough, not to what that overlaps in turn:
    a row of people stays a row of people.

    Args:
        boxes: (n, 4) xyxy.
        scores: (n,).
        part: two boxes are of one object if they share more than this of the smaller one.

    Returns:
        The groups, best first. Each begins with the find that fits best: the largest of those that
        score at least half as much as the best, since a face has smaller look-alikes inside it.
    """
    groups: list[list[int]] = []
    best_finds = np.empty_like(boxes)  # of the groups
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
    """Which of others (n, 4) suppress a box (4,); arguments of `non_maximum_suppression`."""
    overlap = ious(box, others) > max_iou
    return overlap | (shares_of_smaller(box, others) > max_inside)


def non_maximum_suppression(
    boxes: np.ndarray, scores: np.ndarray, max_iou: float, max_inside: float = INSIDE
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
    kept: list[int] = []
    for index in np.argsort(-scores, kind="stable"):
        if not suppresses(boxes[index], boxes[kept], max_iou, max_inside).any():
            kept.append(int(index))
    return np.array(kept, int)
