"""Where the characters of a plate are."""

from dataclasses import dataclass

import cv2
import numpy as np

from .read import likeness
from .rectify import Frame

_INK = (0.45, 0.6, 0.75)
"""Shares of ink from which a pixel may belong to a character."""
_LEAST_CAP = 4.0
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
    rows = _rows(_characters(share, frame, sides))
    if sum(map(len, rows)) < 3:
        return assumed_layout(share, frame, sides)
    lines = tuple(_line(_filled(row, share, sides)) for row in rows)
    return Layout(lines, True)


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
    slopes = []
    for edge in ([part.y0 for part in row], [part.y1 for part in row]):
        line = np.polyfit(x, np.float64(edge), 1)
        if np.abs(np.polyval(line, x) - edge).max() > 0.15 * row[0].height:
            return 0.0, 0.0
        slopes.append(float(line[0]))
    return slopes[0], slopes[1]


def _characters(share: np.ndarray, frame: Frame, sides: tuple[float, float]) -> list[_Part]:
    """The components of ink that are characters, at the threshold that shows most of them."""
    found = [_components(share > threshold, frame, sides) for threshold in _INK]
    return max(found, key=lambda parts: sum(_likely(share, part) for part in parts))


def _likely(share: np.ndarray, part: _Part) -> float:
    """How much a component looks like a character; below 0, like none."""
    ink = share[round(part.y0) : round(part.y1), round(part.x0) : round(part.x1)]
    return max(likeness(ink).values()) - 0.5


def _components(ink: np.ndarray, frame: Frame, sides: tuple[float, float]) -> list[_Part]:
    """The components that have about the size of most others."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=4)
    x0, y0, x1, y1 = frame.plate
    h, w = ink.shape
    parts = []
    for left, top, width, height, area in stats[1:].tolist():
        part = _Part(left, top, left + width, top + height)
        at_border = left == 0 or top == 0 or part.x1 == w or part.y1 == h
        x = (part.x0 + part.x1) / 2
        if at_border or not (sides[0] - 2 < x < sides[1] + 2 and y0 < part.middle < y1):
            continue
        if width > 4.6 * height:  # the frame, or a line grown together with it
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
    rows = sorted(rows, key=len)[-2:]
    if len(rows) == 2:
        other, longest = rows
        distance = abs(np.mean([p.middle for p in other]) - np.mean([p.middle for p in longest]))
        if distance < 0.95 * np.median([p.height for p in longest]):
            rows = [longest]
    return [
        sorted(row, key=lambda part: part.x0)
        for row in sorted(rows, key=lambda row: row[0].middle)
    ]


def _filled(
    row: list[_Part], share: np.ndarray, sides: tuple[float, float]
) -> list[_Part]:
    """A line with the characters that are no components of their own, but ink all the same."""
    y0 = float(np.median([part.y0 for part in row]))
    y1 = float(np.median([part.y1 for part in row]))
    wide = [part.width for part in row if part.width > 0.3 * (y1 - y0)]
    usual = float(np.median(wide)) if wide else _USUAL * (y1 - y0)
    left, right = sides
    ink = np.clip(share[max(round(y0), 0) : round(y1) + 1], 0, 1)
    profile = ink.mean(axis=0)
    quarter = max(len(ink) // 4, 1)
    ends = np.minimum(ink[:quarter].mean(axis=0), ink[-quarter:].mean(axis=0))
    covered = np.zeros(len(profile), bool)
    for part in row:
        covered[round(part.x0) : round(part.x1) + 1] = True
    strong = profile > 0.5 * float(profile[covered].mean())
    strong[: max(round(left), 0)] = strong[round(right) + 1 :] = False
    # Bridge what a character leaves open inside.
    bridge = np.ones((1, max(round(0.2 * usual), 1)), np.uint8)
    strong = cv2.morphologyEx(strong[None].astype(np.uint8), cv2.MORPH_CLOSE, bridge)[0] > 0
    result = list(row)
    for start, end in runs(strong & ~covered):
        if end - start < 0.35 * usual or ends[start:end].max() < 0.25:
            continue
        n = max(round((end - start) / (1.15 * usual)), 1)
        step = (end - start) / n
        result += [_Part(start + k * step, y0, start + (k + 0.9) * step, y1) for k in range(n)]
    return sorted(result, key=lambda part: part.x0)


def runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """First index and the one after the last of each run of True."""
    steps = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    return list(zip(np.flatnonzero(steps > 0).tolist(), np.flatnonzero(steps < 0).tolist(), strict=True))


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
        _guessed(share, y0 + top * frame.height, y0 + bottom * frame.height, left, right, counts)
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


def _guessed(
    share: np.ndarray, y0: float, y1: float, left: float, right: float, groups: tuple[int, ...]
) -> Line:
    """Characters that fill a width, with gaps where there is least ink."""
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
    width = float(np.median([b - a for a, b in boxes]))
    return Line(y0, y1, tuple(boxes), tuple(counts), width)
