"""Where the characters of a plate are."""

from dataclasses import dataclass

import cv2
import numpy as np

from .rectify import Frame

_INK = 0.45
"""Share of ink from which a pixel belongs to a character."""
_LEAST_CAP = 5.5
"""Cap height in the image, pixels, below which characters are not told apart."""
_USUAL = 0.62
"""Width of a character relative to its height, straight on."""


@dataclass(frozen=True)
class Line:
    """A line of characters; coordinates of the view."""

    y0: float
    y1: float
    """Top and bottom of the capitals."""
    boxes: tuple[tuple[float, float], ...]
    """x0, x1 of each character, from left to right."""
    groups: tuple[int, ...]
    """How many characters stand together, from left to right."""
    width: float
    """Of a usual character."""

    @property
    def cap(self) -> float:
        """Height of the capitals."""
        return self.y1 - self.y0


@dataclass(frozen=True)
class Layout:
    """The lines of a plate."""

    lines: tuple[Line, ...]
    legible: bool
    """The characters were told apart; else their number and places are assumed."""


@dataclass(frozen=True)
class _Part:
    """A connected component of ink."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def height(self) -> float:
        return self.y1 - self.y0

    @property
    def width(self) -> float:
        return self.x1 - self.x0

    @property
    def middle(self) -> float:
        return (self.y0 + self.y1) / 2


def find_layout(share: np.ndarray, frame: Frame, sides: tuple[float, float]) -> Layout:
    """Read the layout of a plate.

    Args:
        share: (h, w) float32 of ink, 0 to 1.
        frame: of this view.
        sides: x between which characters may stand.
    """
    parts = _characters(share, frame, sides)
    lines = [_line(row) for row in _rows(parts)]
    if sum(len(line.boxes) for line in lines) >= 3:
        return Layout(tuple(lines), True)
    return assumed_layout(share, frame, sides)


def slope(share: np.ndarray, frame: Frame, sides: tuple[float, float]) -> tuple[float, float]:
    """How far the tops and the bottoms of the characters fall per pixel to the right.

    Returns:
        0, 0 where there are too few characters to tell.
    """
    rows = _rows(_characters(share, frame, sides))
    row = max(rows, key=len, default=[])
    if len(row) < 4:
        return 0.0, 0.0
    x = np.float64([(part.x0 + part.x1) / 2 for part in row])
    if np.ptp(x) < 0.35 * frame.width:
        return 0.0, 0.0
    edges = [[part.y0 for part in row], [part.y1 for part in row]]
    top, bottom = (float(np.polyfit(x, np.float64(edge), 1)[0]) for edge in edges)
    return top, bottom


def _characters(share: np.ndarray, frame: Frame, sides: tuple[float, float]) -> list[_Part]:
    """The components that have about the size of most characters."""
    ink = (share > _INK).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=4)
    x0, y0, x1, y1 = frame.plate
    h, w = share.shape
    parts = []
    for left, top, width, height, area in stats[1:].tolist():
        part = _Part(left, top, left + width, top + height)
        at_border = left == 0 or top == 0 or part.x1 == w or part.y1 == h
        x = (part.x0 + part.x1) / 2
        if at_border or not (sides[0] - 2 < x < sides[1] + 2 and y0 < part.middle < y1):
            continue
        tall = 0.24 * frame.height <= height <= 0.96 * frame.height
        if tall and height >= _LEAST_CAP * frame.scale and area >= 0.12 * width * height:
            parts.append(part)
    slack = 0.03 * frame.width
    parts = [
        part
        for part in parts
        # A bar at the side is the plate's frame; a character keeps a distance.
        if part.width > 0.25 * part.height or (x0 + slack < part.x0 and part.x1 < x1 - slack)
    ]
    if not parts:
        return []

    def like(part: _Part) -> list[_Part]:
        return [other for other in parts if abs(other.height - part.height) < 0.2 * part.height]

    best = max(parts, key=lambda part: len(like(part)) * part.height**2)
    return _separated(like(best))


def _separated(parts: list[_Part]) -> list[_Part]:
    """Cut components that are several characters grown together."""
    cap = float(np.median([part.height for part in parts]))
    single = [part.width for part in parts if 0.3 * cap < part.width < 1.05 * cap]
    usual = float(np.median(single)) if len(single) >= 2 else _USUAL * cap
    result = []
    for part in parts:
        n = max(round((part.width + 0.15 * usual) / (1.15 * usual)), 1)
        n = 1 if part.width < 1.55 * usual else n
        step = part.width / n
        result += [
            _Part(part.x0 + k * step, part.y0, part.x0 + (k + 0.94) * step, part.y1)
            for k in range(n)
        ]
    return result


def _rows(parts: list[_Part]) -> list[list[_Part]]:
    """Lines of characters, from top to bottom; at most the two longest."""
    rows: list[list[_Part]] = []
    for part in sorted(parts, key=lambda part: part.middle):
        cap = part.height
        if rows and part.middle - np.mean([p.middle for p in rows[-1]]) < 0.55 * cap:
            rows[-1].append(part)
        else:
            rows.append([part])
    longest = sorted(rows, key=len)[-2:]
    return [sorted(row, key=lambda part: part.x0) for row in rows if row in longest]


def _line(row: list[_Part]) -> Line:
    y0 = float(np.median([part.y0 for part in row]))
    y1 = float(np.median([part.y1 for part in row]))
    cap = y1 - y0
    wide = [part.width for part in row if part.width > 0.3 * cap]
    width = float(np.median(wide)) if wide else _USUAL * cap
    groups = [1]
    for before, part in zip(row, row[1:], strict=False):
        centres = (part.x0 + part.x1 - before.x0 - before.x1) / 2
        if part.x0 - before.x1 > 0.42 * width and centres > 1.45 * width:
            groups.append(1)
        else:
            groups[-1] += 1
    return Line(y0, y1, tuple((part.x0, part.x1) for part in row), tuple(groups), width)


def assumed_layout(share: np.ndarray, frame: Frame, sides: tuple[float, float]) -> Layout:
    """The layout of a plate that cannot be read: usual places for its size and aspect."""
    x0, y0, x1, y1 = frame.plate
    inset = 0.035 * frame.width
    left, right = max(sides[0], x0) + inset, min(sides[1], x1) - inset
    middle = np.clip(share[:, round(left) : round(right) + 1], 0, 1).mean(axis=1)
    profile = [
        float(middle[round(y0 + at * frame.height)]) for at in (0.28, 0.5, 0.72)
    ]
    aspect = frame.width / frame.height
    in_two = aspect < 2.9 and profile[1] < 0.6 * min(profile[0], profile[2])
    if in_two or aspect < 1.7:
        heights, groups = ((0.10, 0.46), (0.54, 0.90)), ((3,), (4,))
    else:
        heights = (_extent(middle, frame),)
        n = 7 if aspect > 3.3 else 6
        groups = ((n // 2, n - n // 2),)
    lines = [
        _spread(y0 + top * frame.height, y0 + bottom * frame.height, left, right, counts)
        for (top, bottom), counts in zip(heights, groups, strict=True)
    ]
    return Layout(tuple(lines), False)


def _extent(profile: np.ndarray, frame: Frame) -> tuple[float, float]:
    """Top and bottom of the only line relative to the plate, as far as its ink tells."""
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


def _spread(y0: float, y1: float, left: float, right: float, groups: tuple[int, ...]) -> Line:
    """Characters that fill a width."""
    n = sum(groups)
    pitch = (right - left) / (n + 0.7 * (len(groups) - 1))
    boxes, x = [], left
    for count in groups:
        boxes += [(x + (k + 0.1) * pitch, x + (k + 0.9) * pitch) for k in range(count)]
        x += (count + 0.7) * pitch
    return Line(y0, y1, tuple(boxes), groups, 0.8 * pitch)
