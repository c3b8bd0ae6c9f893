"""Positions of the new characters of a plate.

The positions and number of the old characters would identify a plate as well as its text does.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from pii_measures.plates.layout import Line

_SIZE = (0.95, 1.03)
"""Width and height of new characters relative to the old ones."""
_SPACING = (0.95, 1.03)
"""Spacing of new characters relative to the old spacing."""
_GAP = (0.75, 1.3)
"""Additional space between groups relative to the old one."""
_USUAL_GAP = 0.55
"""Additional space between groups, relative to a character's width, if the number of groups
changes."""
_SHIFT = (0.12, 0.04)
"""Largest shift of a line: across, relative to a character's width; down, to the cap height."""
_ROOM = 0.12
"""Free space around a seal and beside the first and last character, relative to a character's
width."""
_OVERHANG = 0.15
"""Distance by which a line may extend beyond the old one, relative to a character's width: plates
leave little more space, and their edges are not always found."""


@dataclass(frozen=True)
class Room:
    """Space for the characters of a line."""

    free: tuple[float, float]
    """First and last x available for characters."""
    used: tuple[float, float]
    """First and last x of the old ones, including any that could not be read."""
    seals: tuple[float, ...] = ()
    """Width of the mark in each gap between the new groups; 0 if there is none."""


def rearranged(
    line: Line,
    groups: tuple[int, ...],
    room: Room,
    rng: np.random.Generator,
) -> Line:
    """Line with new positions for other characters.

    Args:
        line: the old line.
        groups: number of characters in each new group.
        room: space for the new characters.
        rng: random generator for size, spacing and position.
    """
    count = sum(groups)
    size, spacing, gap, across, down = rng.random(5)
    width = line.width * _between(_SIZE, size)
    cap = line.cap * _between(_SIZE, size)
    pitch = max(_pitch(line) * _between(_SPACING, spacing), 1.06 * width)
    gaps = [
        max(wide * _between(_GAP, gap), seal + (1 + 2 * _ROOM) * width - pitch)
        for wide, seal in zip(_gaps(line, len(groups)), room.seals, strict=True)
    ]
    first, last = room.used
    low = max(first - _OVERHANG * width, min(room.free[0] + _ROOM * width, first))
    high = min(last + _OVERHANG * width, max(room.free[1] - _ROOM * width, last))
    length = (count - 1) * pitch + sum(gaps) + width
    shrink = min(1.0, (high - low) / length)
    width, pitch, gaps = width * shrink, pitch * shrink, [one * shrink for one in gaps]
    length *= shrink
    middle = (first + last) / 2 + (2 * across - 1) * _SHIFT[0] * width
    left = float(np.clip(middle - length / 2, low, max(high - length, low)))
    boxes = []
    for number, members in enumerate(groups):
        for _ in range(members):
            boxes.append((left, left + width))
            left += pitch
        left += gaps[number] if number < len(gaps) else 0
    centre = (line.y0 + line.y1) / 2 + (2 * down - 1) * _SHIFT[1] * line.cap
    return Line(centre - cap / 2, centre + cap / 2, tuple(boxes), groups, width)


def _between(limits: tuple[float, float], share: float) -> float:
    return limits[0] + share * (limits[1] - limits[0])


def _pitch(line: Line) -> float:
    """Typical distance between centres of neighbours; pairs with a 1 or an I may be closer."""
    distances, start = [], 0
    for count in line.groups:
        centres = [sum(box) / 2 for box in line.boxes[start : start + count]]
        distances += [after - before for before, after in pairwise(centres)]
        start += count
    if not distances:
        return 1.16 * line.width
    usual = sorted(distances)[round(0.6 * (len(distances) - 1))]
    return min(max(usual, 1.06 * line.width), 1.6 * line.width)


def _gaps(line: Line, groups: int) -> list[float]:
    """Additional space at each gap between groups, beyond the usual spacing."""
    if groups != len(line.groups):
        return [_USUAL_GAP * line.width] * (groups - 1)
    pitch, ends = _pitch(line), np.cumsum(line.groups)[:-1]
    wide = [line.boxes[end][0] - line.boxes[end - 1][1] + line.width - pitch for end in ends]
    return [float(np.clip(one, 0.2 * line.width, 2.5 * line.width)) for one in wide]


def spread(line: Line, groups: tuple[int, ...], rng: np.random.Generator) -> Line:
    """Line whose characters fill the old line, which is illegible.

    Blobs of ink at the old positions would reveal as much as the characters themselves.

    Args:
        line: the old line.
        groups: number of characters in each new group.
        rng: random generator for the gaps and the position.
    """
    start, end = line.boxes[0][0], line.boxes[-1][1]
    gap = float(rng.uniform(0.3, 0.9))
    pitch = (end - start) / (sum(groups) + gap * (len(groups) - 1) + 0.4)
    start += float(rng.uniform(0, 0.4)) * pitch
    boxes = []
    for count in groups:
        lefts = [start + k * pitch for k in range(count)]
        boxes += [(left + 0.06 * pitch, left + 0.94 * pitch) for left in lefts]
        start += (count + gap) * pitch
    return Line(line.y0, line.y1, tuple(boxes), groups, 0.88 * pitch)
