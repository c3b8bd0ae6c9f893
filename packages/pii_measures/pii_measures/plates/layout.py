"""Positions of a plate's characters."""

from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import cv2
import numpy as np

from .components import USUAL, Part, characters, filled, rows_of, runs
from .rectify import PlateFrame

_NOT_ALL_BARS = 4
"""Number of characters of which more than half are hardly bars, such as a 1."""


@dataclass(frozen=True)
class Line:
    """A line of characters, in coordinates of the view."""

    y0: float
    y1: float
    """Top (y0) and bottom of the capitals."""
    boxes: tuple[tuple[float, float], ...]
    """x0, x1 of each character, from left to right."""
    groups: tuple[int, ...]
    """Number of characters in each group, from left to right."""
    width: float
    """Usual width of a character."""

    @property
    def cap(self) -> float:
        """Height of the capitals."""
        return self.y1 - self.y0


@dataclass(frozen=True)
class PlateLayout:
    """Lines of characters on a plate."""

    lines: tuple[Line, ...]
    legible: bool
    """Whether the characters could be separated; otherwise, number and positions are assumed."""


def find_rows(
    share: np.ndarray, colour: np.ndarray, frame: PlateFrame, sides: tuple[float, float]
) -> list[list[Part]]:
    """Characters of each line that are separate components; see `find_layout`."""
    return rows_of(characters(share, colour, frame, sides))


def find_layout(
    share: np.ndarray,
    colour: np.ndarray,
    frame: PlateFrame,
    sides: tuple[float, float],
    rows: list[list[Part]] | None = None,
) -> PlateLayout:
    """Layout of a plate.

    Args:
        share: share of ink, (h, w) float32, 0 to 1.
        colour: distance from ink and ground, (h, w) float32; see `InkModel.colour`.
        frame: frame of the view.
        sides: x between which characters may be.
        rows: result of `find_rows`, if it is already known.
    """
    rows = find_rows(share, colour, frame, sides) if rows is None else rows
    if sum(map(len, rows)) < 3:
        return assumed_layout(share, frame, sides)
    lines = tuple(_line(filled(row, share, colour, sides)) for row in rows)
    return PlateLayout(lines, True)


def slope(rows: list[list[Part]], frame: PlateFrame) -> tuple[float, float]:
    """Slopes of the characters' tops and bottoms: pixels down per pixel to the right.

    Returns:
        0, 0 if there are too few characters.
    """
    row = max(rows, key=len, default=[])
    if len(row) < 4:
        return 0.0, 0.0
    x = np.array([(part.x0 + part.x1) / 2 for part in row])
    if np.ptp(x) < 0.35 * frame.width:
        return 0.0, 0.0
    slopes = []
    for edge in ([part.y0 for part in row], [part.y1 for part in row]):
        line = np.polyfit(x, np.array(edge, np.float64), 1)
        if np.abs(np.polyval(line, x) - edge).max() > 0.15 * row[0].height:
            return 0.0, 0.0
        slopes.append(float(line[0]))
    return slopes[0], slopes[1]


def _line(row: list[Part]) -> Line:
    y0 = float(median([part.y0 for part in row]))
    y1 = float(median([part.y1 for part in row]))
    cap = y1 - y0
    wide = [part.width for part in row if part.width > 0.3 * cap]
    if 2 * len(wide) < len(row) >= _NOT_ALL_BARS:  # seen from the side
        wide = [part.width for part in row]
    width = float(median(wide)) if wide else USUAL * cap
    groups = [1]
    steps = [(part.x0 + part.x1 - before.x0 - before.x1) / 2 for before, part in pairwise(row)]
    usual = sorted(steps)[(len(steps) - 1) // 2] if len(steps) > 3 else 0.0
    for (before, part), step in zip(pairwise(row), steps, strict=True):
        if part.x0 - before.x1 > 0.42 * width and step > max(1.45 * width, 1.25 * usual):
            groups.append(1)
        else:
            groups[-1] += 1
    return Line(y0, y1, tuple((part.x0, part.x1) for part in row), tuple(groups), width)


def assumed_layout(share: np.ndarray, frame: PlateFrame, sides: tuple[float, float]) -> PlateLayout:
    """Layout of an illegible plate: usual positions for its size and aspect ratio."""
    x0, y0, x1, _ = frame.plate
    inset = 0.035 * frame.width
    left, right = max(sides[0], x0) + inset, min(sides[1], x1) - inset
    middle = np.clip(share[:, round(left) : round(right) + 1], 0, 1).mean(axis=1)
    profile = [float(middle[round(y0 + at * frame.height)]) for at in (0.28, 0.5, 0.72)]
    aspect = frame.width / frame.height
    in_two = aspect < 2.9 and profile[1] < 0.6 * min(profile[0], profile[2])
    if in_two or aspect < 1.7:
        heights = [(0.10, 0.46), (0.54, 0.90)]
        groups: list[tuple[int, ...]] = [(3,), (4,)]
    else:
        heights = [_extent(middle, frame)]
        n = 7 if aspect > 3.3 else 6
        groups = [(n // 2, n - n // 2)]
    lines = [
        _guessed(
            share, (y0 + top * frame.height, y0 + bottom * frame.height), (left, right), counts
        )
        for (top, bottom), counts in zip(heights, groups, strict=True)
    ]
    return PlateLayout(tuple(lines), False)


def _extent(profile: np.ndarray, frame: PlateFrame) -> tuple[float, float]:
    """Top and bottom of the only line, relative to the plate's height, estimated from its ink."""
    y0 = frame.plate[1]
    at = np.linspace(0, 1, 101)
    ink = np.interp(y0 + at * frame.height, np.arange(len(profile)), profile)
    limit = 0.45 * ink[35:66].max()
    above, below = np.flatnonzero(ink[:50] < limit), np.flatnonzero(ink[51:] < limit)
    top = float(at[above[-1]]) if len(above) else 0.16
    bottom = float(at[51 + below[0]]) if len(below) else 0.84
    if not 0.35 < bottom - top < 0.85:
        return 0.16, 0.84
    return top, bottom


def _guessed(
    share: np.ndarray,
    rows: tuple[float, float],
    columns: tuple[float, float],
    groups: tuple[int, ...],
) -> Line:
    """Line whose characters fill the columns, with gaps where there is least ink."""
    (y0, y1), (left, right) = rows, columns
    n = sum(groups)
    pitch = (right - left) / (n + 0.7)
    ink = np.clip(share[round(y0) : round(y1) + 1, round(left) : round(right) + 1], 0, 1)
    profile = cv2.GaussianBlur(ink.mean(axis=0)[None], (0, 0), 0.25 * pitch)[0]
    strong = profile > 0.55 * float(np.quantile(profile, 0.8))
    spans = [(a + left, b + left) for a, b in runs(strong) if b - a > 0.4 * pitch]
    if not 1 <= len(spans) <= 4 or spans[-1][1] - spans[0][0] < 0.5 * (right - left):
        gap = (left + groups[0] / n * (right - left), right)
        spans = [(left, gap[0] - 0.35 * pitch), (gap[0] + 0.35 * pitch, right)]
    boxes: list[tuple[float, float]] = []
    counts = []
    for start, end in spans:
        count = max(round((end - start) / pitch), 1)
        step = (end - start) / count
        boxes += [(start + (k + 0.06) * step, start + (k + 0.94) * step) for k in range(count)]
        counts.append(count)
    width = float(median([b - a for a, b in boxes]))
    return Line(y0, y1, tuple(boxes), tuple(counts), width)


def ink_of(share: np.ndarray, line: Line, box: tuple[float, float]) -> np.ndarray:
    """Part of the ink (h, w) inside one of a line's boxes."""
    y0, x0 = max(round(line.y0), 0), max(round(box[0]), 0)
    return share[y0 : round(line.y1) + 1, x0 : round(box[1]) + 1]
