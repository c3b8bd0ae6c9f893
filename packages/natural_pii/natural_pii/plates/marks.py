"""Seals, stickers, hyphens and dots between or beside characters; they stay on the plate."""

from dataclasses import dataclass

import cv2
import numpy as np
from pii_measures import Reading
from pii_measures.pixels import dot
from pii_measures.plates.characters import best_likeness
from pii_measures.plates.components import SEAL
from pii_measures.plates.layout import Line, PlateLayout

_VISIBLE = 0.3
"""Distance from the ground, relative to that of ink, from which a pixel may belong to a mark."""
_SMALL, _TINY = 0.68, 0.1
"""Heights relative to the cap height: a mark without colour is at most `_SMALL` high, and anything
below `_TINY` is dirt."""
_COLOURED = (2 * SEAL, SEAL)
"""Mean colour from which a mark counts as a seal, even if it is as high as characters; the second
value is for marks between groups."""
_CHARACTER = (0.6, 0.8)
"""Likeness above which a mark may be a character and is removed; the second value is for seals."""
_DOT = 0.35
"""Height relative to the cap height up to which a mark between groups is a dot or a hyphen, if its
middle is within half of that from the line's."""
_SLIVER = 0.25
"""Width relative to the cap height up to which ink that touches a character belongs to it."""


@dataclass(frozen=True)
class PlateMark:
    """Mark between or beside characters."""

    x0: int
    y0: int
    """Top left corner in the view, pixels."""
    change: np.ndarray
    """Difference from the ground, (h, w, 3) float32."""
    cover: np.ndarray
    """Coverage of each pixel, (h, w) float32, 0 to 1."""
    line: int
    """Number of its line."""
    gap: int | None
    """Number of the gap between groups; None for a mark beside the first or last character."""

    @property
    def x1(self) -> int:
        """Right edge."""
        return self.x0 + self.cover.shape[1]

    @property
    def middle(self) -> float:
        """X of its centre."""
        return (self.x0 + self.x1) / 2


def marks_of(reading: Reading, field: np.ndarray) -> tuple[PlateMark, ...]:
    """Marks on a plate, without any that may be a character.

    Args:
        reading: reading of the plate.
        field: ground of the plate, (h, w, 3) float32.
    """
    if not reading.layout.legible:
        return ()
    change = reading.view - field
    distance = np.sqrt(dot(change, change)) / max(float(np.linalg.norm(reading.model.ink)), 1)
    colour = reading.model.colour(reading.view, reading.share)
    found: list[PlateMark] = []
    for number, line in enumerate(reading.layout.lines):
        rows = slice(max(round(line.y0 - 0.1 * line.cap), 0), round(line.y1 + 0.1 * line.cap) + 1)
        for x0, x1, gap in _strips(line, reading):
            strip = rows, slice(x0, x1)
            parts = distance[strip], colour[strip], reading.share[strip]
            for y, x, cover in _in_strip(*parts, line.cap, gap is not None):
                h, w = cover.shape
                part = change[rows.start + y : rows.start + y + h, x0 + x : x0 + x + w]
                found.append(PlateMark(x0 + x, rows.start + y, part, cover, number, gap))
    return tuple(found)


def _strips(line: Line, reading: Reading) -> list[tuple[int, int, int | None]]:
    """First and last x beside the line and between its groups, with the number of the gap."""
    space = max(1.3 * reading.blur, 0.05 * line.cap)
    left, right = reading.sides
    strips: list[tuple[float, float, int | None]] = [
        (left - space, line.boxes[0][0], None),
        (line.boxes[-1][1], right + space, None),
    ]
    for gap, end in enumerate(np.cumsum(line.groups)[:-1].tolist()):
        strips.append((line.boxes[end - 1][1], line.boxes[end][0], gap))
    whole = [(max(round(a + space), 0), round(b - space), gap) for a, b, gap in strips]
    return [(a, b, gap) for a, b, gap in whole if b - a >= 3]


def _in_strip(
    distance: np.ndarray, colour: np.ndarray, share: np.ndarray, cap: float, between: bool
) -> list[tuple[int, int, np.ndarray]]:
    """Top, left and coverage of the marks in a part of a view.

    Components that extend beyond the part are not marks, but characters, the plate's edge or
    objects in front of the plate. Seals, dots, and wide marks between groups may nearly touch
    characters.
    """
    visible = (distance > _VISIBLE).astype(np.uint8)
    reach = max(round(0.06 * cap), 1)
    joined = cv2.dilate(visible, np.ones((reach, reach), np.uint8))  # joins the halves of a seal
    _, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    height, width = visible.shape
    found = []
    for label, (x, y, w, h, _) in enumerate(stats[1:].tolist(), 1):
        box = slice(y, y + h), slice(x, x + w)
        own = (labels[box] == label) & (visible[box] > 0)
        seal = bool(own.any()) and float(colour[box][own].mean()) > _COLOURED[between]
        is_dot = between and h <= _DOT * cap and abs(2 * y + h - height) < _DOT * cap
        inside = y > 0 and y + h < height
        near = seal or (between and w > _SLIVER * cap) or (is_dot and w > _TINY * cap)
        apart = near or (x > 0 and x + w < width)
        if not (inside and apart) or max(w, h) < _TINY * cap or (w > 1.6 * h and w > 1.2 * cap):
            continue
        is_character = not is_dot and best_likeness(share[box]) > _CHARACTER[seal]
        if is_character or not (seal or h <= _SMALL * cap):
            continue
        cover = (labels[box] == label).astype(np.float32)
        found.append((y, x, cv2.GaussianBlur(cover, (0, 0), 0.5)))
    return found


def room_of(
    marks: tuple[PlateMark, ...], number: int, line: Line, sides: tuple[float, float]
) -> tuple[float, float]:
    """First and last x available for a line's characters, between the plate's sides and stickers.

    Args:
        marks: marks of the plate.
        number: number of the line.
        line: the old line; its own positions are always allowed.
        sides: ends of the plate's ground.
    """
    beside = [mark for mark in marks if mark.line == number and mark.gap is None]
    low = [mark.x1 for mark in beside if mark.middle < line.boxes[0][0]]
    high = [mark.x0 for mark in beside if mark.middle > line.boxes[-1][1]]
    left, right = max([sides[0], *low]), min([sides[1], *high])
    return min(left, line.boxes[0][0]), max(right, line.boxes[-1][1])


def widths_of(marks: tuple[PlateMark, ...], number: int, gaps: int) -> tuple[float, ...]:
    """Width of the widest mark in each gap of a line; 0 if there is none."""
    return tuple(
        max(
            (mark.x1 - mark.x0 for mark in marks if (mark.line, mark.gap) == (number, gap)),
            default=0,
        )
        for gap in range(gaps)
    )


def painted(
    marks: tuple[PlateMark, ...], old: PlateLayout, new: PlateLayout, shape: tuple[int, int]
) -> np.ndarray:
    """Layer with the marks, moved with their gaps; marks whose gap no longer exists are left out.

    Args:
        marks: marks of the plate.
        old: layout of the plate.
        new: layout of the new characters.
        shape: height and width of the view.

    Returns:
        (h, w, 4) float32: difference from the ground times the coverage, and the coverage.
    """
    layer = np.zeros((*shape, 4), np.float32)
    for mark in marks:
        before, after = (layout.lines[mark.line] for layout in (old, new))
        move = 0
        if mark.gap is not None:
            if len(before.groups) != len(after.groups):
                continue
            move = round(_middle(after, mark.gap) - _middle(before, mark.gap))
        h, w = mark.cover.shape
        x0 = min(max(mark.x0 + move, 0), shape[1] - w)
        part = layer[mark.y0 : mark.y0 + h, x0 : x0 + w]
        part[..., :3] = mark.change * mark.cover[..., None]
        part[..., 3] = mark.cover
    return layer


def _middle(line: Line, gap: int) -> float:
    """X of the middle of a gap."""
    end = sum(line.groups[: gap + 1])
    return (line.boxes[end - 1][1] + line.boxes[end][0]) / 2
