"""Outlines as (n, 2) arrays; pure geometry without drawing."""

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=64)
def _circle(count: int) -> np.ndarray:
    angles = np.arange(count) * (2 * np.pi / count)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points.setflags(write=False)
    return points


@lru_cache(maxsize=64)
def _half_circle(count: int) -> np.ndarray:
    angles = np.linspace(-np.pi / 2, np.pi / 2, count)
    points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points.setflags(write=False)
    return points


def ellipse(
    x: float, y: float, rx: float, ry: float, turn: float = 0.0, *, count: int = 16
) -> np.ndarray:
    """Ellipse around (x, y) with half axes rx and ry, rotated by `turn` radians."""
    points = _circle(count) * (rx, ry)
    if turn:
        c, s = np.cos(turn), np.sin(turn)
        points = points @ np.array([[c, s], [-s, c]])
    return points + np.array((x, y))


def capsule(
    start: tuple[float, float], end: tuple[float, float], r0: float, r1: float, count: int = 5
) -> np.ndarray:
    """Limb with round ends of radius r0 at `start` and r1 at `end`; convex."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = max((dx * dx + dy * dy) ** 0.5, 1e-9)
    dx, dy = dx / length, dy / length
    turn = np.array([[dx, dy], [-dy, dx]])
    arc = _half_circle(count) @ turn
    return np.concatenate([arc * r1 + end, arc * -r0 + start])


def box(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    """Upright rectangle, counter-clockwise from (x0, y0) if y points up."""
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)])


def boxes(corners: np.ndarray | list) -> np.ndarray:
    """Outlines (n, 4, 2) of upright rectangles (n, 4) given as x0, y0, x1, y1."""
    rows = np.asarray(corners, dtype=np.float64).reshape(-1, 4)
    return rows[:, [[0, 1], [2, 1], [2, 3], [0, 3]]]


def rounded(x0: float, y0: float, x1: float, y1: float, radius: float) -> np.ndarray:
    """Rectangle with cut corners, convex."""
    r = min(radius, (x1 - x0) / 2, (y1 - y0) / 2)
    return np.array(
        [
            (x0 + r, y0), (x1 - r, y0), (x1, y0 + r), (x1, y1 - r),
            (x1 - r, y1), (x0 + r, y1), (x0, y1 - r), (x0, y0 + r),
        ]
    )  # fmt: skip


def stroke(points: np.ndarray, width: float) -> np.ndarray:
    """Quads (n - 1, 4, 2) of a line with a width through n points."""
    points = np.asarray(points, dtype=np.float64)
    along = np.diff(points, axis=0)
    length = np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    side = along[:, ::-1] / length * (-width / 2, width / 2)
    start, end = points[:-1], points[1:]
    return np.stack([start + side, end + side, end - side, start - side], axis=1)


def convex_hull(points: np.ndarray) -> np.ndarray:
    """Corners of the convex hull of (n, 2) points, in order."""
    order = points[np.lexsort((points[:, 1], points[:, 0]))]

    def chain(ordered: np.ndarray) -> list[np.ndarray]:
        hull: list[np.ndarray] = []
        for point in ordered:
            while len(hull) > 1:
                (ax, ay), (bx, by) = hull[-2], hull[-1]
                if (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax) > 0:
                    break
                hull.pop()
            hull.append(point)
        return hull[:-1]

    return np.array(chain(order) + chain(order[::-1]))
