"""Characters as connected components of ink."""

from dataclasses import dataclass
from statistics import fmean, median

import cv2
import numpy as np

from .characters import best_likeness
from .rectify import PlateFrame

INK = (0.45, 0.6, 0.75)
"""Candidate thresholds: share of ink from which a pixel belongs to a character."""
SEAL = 0.1
"""Mean of `InkModel.colour` from which a component is a seal or a sticker, not a character."""
_USUAL_COLOUR = 0.07
"""Mean of `InkModel.colour` up to which most characters are plain."""
_EDGE = 0.7
"""Mean share of ink in a column between characters from which it is an edge of the plate."""
_LEAST_CAP = 4.0
"""Cap height in the image, pixels, below which characters are not separated."""
_SHORTEST, _TALLEST = 0.24, 0.96
"""Limits of a character's height relative to the plate's."""
_FEWEST = 4
"""Fewest components that show what is usual."""
USUAL = 0.62
"""Usual ratio of width to height of a character, seen from the front."""


@dataclass(frozen=True)
class Part:
    """Box of a connected component of ink, pixels of the view."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def height(self) -> float:
        """Height, pixels."""
        return self.y1 - self.y0

    @property
    def width(self) -> float:
        """Width, pixels."""
        return self.x1 - self.x0

    @property
    def middle(self) -> float:
        """Y coordinate of the centre."""
        return (self.y0 + self.y1) / 2


def characters(
    share: np.ndarray, colour: np.ndarray, frame: PlateFrame, sides: tuple[float, float]
) -> list[Part]:
    """Components of ink that are characters, at the threshold that shows most of them."""
    found = [_components(share > threshold, colour, frame, sides) for threshold in INK]
    return max(found, key=lambda parts: sum(_likely(share, part) for part in parts))


def plainness(share: np.ndarray, colour: np.ndarray, frame: PlateFrame) -> float:
    """Factor with which most components that are as large as characters are plain, up to 1.

    Args:
        share: share of ink, (h, w) float32.
        colour: distance from ink and ground, (h, w) float32; see `InkModel.colour`.
        frame: frame of the view.
    """
    x0, y0, x1, y1 = frame.plate
    ink = (share > INK[0]).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=4)
    colours = np.bincount(labels.ravel(), colour.ravel())
    found = [
        float(colours[number] / area)
        for number, (x, y, w, h, area) in enumerate(stats[1:].tolist(), 1)
        if x0 < x + w / 2 < x1 and y0 < y + h / 2 < y1 and 0.25 * h < w < 1.1 * h
        and _SHORTEST * frame.height <= h <= _TALLEST * frame.height
    ]  # fmt: skip
    return min(_USUAL_COLOUR / max(median(found), 1e-6), 1.0) if len(found) >= _FEWEST else 1.0


def _likely(share: np.ndarray, part: Part) -> float:
    """Likeness of a component to a character; negative if it resembles none."""
    ink = share[round(part.y0) : round(part.y1), round(part.x0) : round(part.x1)]
    return best_likeness(ink) - 0.5


def _components(
    ink: np.ndarray, colour: np.ndarray, frame: PlateFrame, sides: tuple[float, float]
) -> list[Part]:
    """Components of about the usual size."""
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink.astype(np.uint8), connectivity=4)
    colours = np.bincount(labels.ravel(), colour.ravel())
    x0, y0, x1, y1 = frame.plate
    h, w = ink.shape
    parts = []
    for number, (left, top, width, height, area) in enumerate(stats[1:].tolist(), 1):
        part = Part(left, top, left + width, top + height)
        at_border = left == 0 or top == 0 or part.x1 == w or part.y1 == h
        x = (part.x0 + part.x1) / 2
        if at_border or not (sides[0] - 2 < x < sides[1] + 2 and y0 < part.middle < y1):
            continue
        if width > 4.6 * height:  # the frame, or a line merged with it
            continue
        if colours[number] > SEAL * area:
            continue
        tall = _SHORTEST * frame.height <= height <= _TALLEST * frame.height
        if tall and height >= _LEAST_CAP * frame.scale and area >= 0.12 * width * height:
            parts.append(part)
    slack = 0.03 * frame.width
    parts = [
        part
        for part in parts
        # A bar at the side is the plate's frame; a character has a distance from it.
        if part.width > 0.25 * part.height or (x0 + slack < part.x0 and part.x1 < x1 - slack)
    ]
    if not parts:
        return []

    def like(part: Part) -> list[Part]:
        return [other for other in parts if abs(other.height - part.height) < 0.2 * part.height]

    best = like(max(parts, key=lambda part: len(like(part)) * part.height**2))
    return _separated(best) + _separated(_other_line(parts, best))


def _other_line(parts: list[Part], line: list[Part]) -> list[Part]:
    """Characters of a second line, which may be larger or smaller than those of the first."""
    top, bottom = (float(median(edge)) for edge in zip(*((p.y0, p.y1) for p in line), strict=True))
    slack, cap = 0.15 * (bottom - top), bottom - top
    beside = [
        part
        for part in parts
        if part not in line
        and (part.y1 < top + slack or part.y0 > bottom - slack)
        and 0.6 * cap < part.height < 1.7 * cap
    ]
    if not beside:
        return []

    def like(part: Part) -> list[Part]:
        return [other for other in beside if abs(other.y1 - part.y1) < 0.2 * part.height]

    return max((like(part) for part in beside), key=len)


def _separated(parts: list[Part]) -> list[Part]:
    """Components, with touching characters cut apart."""
    if not parts:
        return []
    cap = float(median([part.height for part in parts]))
    single = [part.width for part in parts if 0.3 * cap < part.width < 1.05 * cap]
    usual = float(median(single)) if len(single) >= 2 else USUAL * cap
    result = []
    for part in parts:
        n = max(round((part.width + 0.15 * usual) / (1.15 * usual)), 1)
        n = 1 if part.width < 1.55 * usual else n
        step = part.width / n
        result += [
            Part(part.x0 + k * step, part.y0, part.x0 + (k + 0.94) * step, part.y1)
            for k in range(n)
        ]
    return result


def rows_of(parts: list[Part]) -> list[list[Part]]:
    """Lines of characters from top to bottom; at most the two longest."""
    rows: list[list[Part]] = []
    for part in sorted(parts, key=lambda part: part.middle):
        cap = part.height
        if rows and part.middle - fmean([p.middle for p in rows[-1]]) < 0.55 * cap:
            rows[-1].append(part)
        else:
            rows.append([part])
    rows = sorted(rows, key=len)[-2:]
    if len(rows) == 2:
        other, longest = rows
        distance = abs(fmean([p.middle for p in other]) - fmean([p.middle for p in longest]))
        if distance < 0.95 * median([p.height for p in longest]):
            rows = [longest]
    return [
        sorted(row, key=lambda part: part.x0) for row in sorted(rows, key=lambda row: row[0].middle)
    ]


def filled(
    row: list[Part], share: np.ndarray, colour: np.ndarray, sides: tuple[float, float]
) -> list[Part]:
    """Line with additional characters where ink does not form a component of its own."""
    y0 = float(median([part.y0 for part in row]))
    y1 = float(median([part.y1 for part in row]))
    wide = [part.width for part in row if part.width > 0.3 * (y1 - y0)]
    usual = float(median(wide)) if wide else USUAL * (y1 - y0)
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
    # Closes the gaps inside characters.
    bridge = np.ones((1, max(round(0.2 * usual), 1)), np.uint8)
    strong = cv2.morphologyEx(strong[None].astype(np.uint8), cv2.MORPH_CLOSE, bridge)[0] > 0
    result = list(row)
    for start, end in runs(strong & ~covered):
        if end - start < 0.35 * usual or ends[start:end].max() < 0.25:
            continue
        if colour[max(round(y0), 0) : round(y1) + 1, start:end].mean() > SEAL:
            continue
        n = max(round((end - start) / (1.15 * usual)), 1)
        step = (end - start) / n
        result += [Part(start + k * step, y0, start + (k + 0.9) * step, y1) for k in range(n)]
    return sorted(result, key=lambda part: part.x0)


def is_ground(rows: np.ndarray, start: float, end: float) -> bool:
    """Whether there is no edge of the plate between two x.

    Args:
        rows: mean share of ink in the rows of a line, per column.
        start: x where the part on the left ends.
        end: x where the part on the right starts.
    """
    between = rows[max(round(start) + 2, 0) : max(round(end) - 1, 0)]
    return not between.size or float(between.max()) < _EDGE


def runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """First index of each run of True, and the index after its last."""
    steps = np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))
    return list(
        zip(np.flatnonzero(steps > 0).tolist(), np.flatnonzero(steps < 0).tolist(), strict=True)
    )
