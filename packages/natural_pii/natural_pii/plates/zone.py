"""Part of a plate that is repainted, and the ground below it."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from pii_measures import Reading
from pii_measures.appearance import grey
from pii_measures.pixels import dot, limited, three
from pii_measures.plates.characters import best_likeness
from pii_measures.plates.components import INK, SEAL, is_ground, runs
from pii_measures.plates.ink import blurred, smooth
from pii_measures.plates.layout import Line

BEYOND = 0.15
"""Width of the area beyond the quad on each side that has to be illegible, relative to its
width."""
_AROUND = 0.6
"""Width of the area beside the first and last character, relative to a character's width."""
_LEAST, _BESIDE = 0.3, 0.5
"""Height relative to the cap height, and likeness, from which ink beside a line may be a
character."""
_INK_BESIDE, _QUIET = 0.3, 0.1
"""Share of ink, and share of such pixels of a column, from which there is a mark beside a line."""
_SPACE, _FILLED = 0.6, 0.2
"""Width relative to a character's, and mean share of ink, from which a character may be between a
line and the side of the plate."""
_TALL = 0.7
"""Height relative to the cap height from which it may be one, whatever it looks like."""
_CHARACTER = 0.55
"""Likeness from which a component that the quad cuts counts as a character."""
_LEAST_HEIGHT = 5.5
"""Height of a quad, pixels of the image, from which strokes at its edges can be seen."""
_CUT = 3
"""Number of strokes in a row beyond the quad from which it cuts characters."""
_CONTINUED = 0.3
"""Share of ground in a column from which the column still belongs to an illegible plate."""
_STROKES = 0.75
"""Largest width without ground that may be a character, relative to a plate's height."""
_LEAST_CAP = 6.0
"""Cap height in the image, pixels, from which objects in front of a plate can be distinguished from
characters."""
_FAR = 0.35
"""Distance from the ground, relative to that of ink, from which a pixel is not ground."""
_EVEN = 0.25
"""Steepness of edges, relative to that of strokes, up to which a component counts as smooth."""
_WIDE = 0.45
"""Width relative to the cap height above which a component is not a stroke."""


@dataclass(frozen=True)
class Zone:
    """Part of a view that is repainted."""

    mask: np.ndarray
    """The whole part, (h, w) bool."""
    text: np.ndarray
    """The rows of the characters only, (h, w) bool."""
    hidden: np.ndarray
    """Objects in front of the plate or beside it, which are not repainted, (h, w) bool."""

    def columns(self, sides: tuple[float, float]) -> tuple[float, float]:
        """First and last x between the sides of a ground that are repainted."""
        painted = np.flatnonzero(self.text.any(axis=0))
        if not len(painted):
            return sides
        return max(sides[0], float(painted[0])), min(sides[1], float(painted[-1]))


def text_zone(reading: Reading, certain: bool) -> Zone:
    """Zone in the rows of the characters and their blurred edges.

    Args:
        reading: reading of the plate.
        certain: whether the reading is certain; otherwise, the zone extends to the plate's sides.
    """
    frame, sides = reading.frame, _sides(reading, certain)
    mask, text = np.zeros(frame.size[::-1], bool), np.zeros(frame.size[::-1], bool)
    for line in reading.layout.lines:
        pad = max(2.2 * reading.blur, 0.10 * line.cap, 1.3 * frame.scale)
        x0 = min(sides[0], line.boxes[0][0] - min(pad, 0.3 * line.cap))
        x1 = max(sides[1], line.boxes[-1][1] + min(pad, 0.3 * line.cap))
        columns = slice(max(round(x0), 0), round(x1) + 1)
        mask[max(round(line.y0 - pad), 0) : round(line.y1 + pad) + 1, columns] = True
        inner = min(reading.blur, 0.06 * line.cap)
        text[max(round(line.y0 - inner), 0) : round(line.y1 + inner) + 1, columns] = True
    mask |= _leaving(reading, text, certain)
    hidden = _hidden(reading)
    return Zone(mask & ~hidden, text & ~hidden, hidden)


def _leaving(reading: Reading, text: np.ndarray, certain: bool) -> np.ndarray:
    """Characters that extend beyond the rows of a tilted line, or that the quad's top or bottom
    cuts, with a margin, (h, w) bool.
    """
    share = reading.share
    whole = np.zeros(share.shape, np.uint8)
    cap = max(line.cap for line in reading.layout.lines)
    ink = (share > INK[1]).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=4)
    x0, y0, x1, y1 = (round(value) for value in reading.frame.plate)
    in_rows = np.bincount(labels[text], minlength=count)
    in_quad = np.bincount(labels[y0 : y1 + 1, x0 : x1 + 1].ravel(), minlength=count)
    for label, (x, y, w, h, area) in enumerate(stats[1:].tolist(), 1):
        if not (0.25 * cap < w < 1.3 * cap and 0.6 * cap < h < 1.6 * cap):
            continue
        leaves = area / 2 < in_rows[label] < area
        cut = area / 5 < in_quad[label] < area and (y < y0 or y + h > y1 + 1)
        if certain and cut:
            cut = best_likeness(share[y : y + h, x : x + w]) > _CHARACTER
        if leaves or cut:
            whole[labels == label] = 1
    around = 2 * round(max(2.2 * reading.blur, 1.3 * reading.frame.scale)) + 1
    return cv2.dilate(whole, np.ones((around, around), np.uint8)) > 0


def _sides(reading: Reading, certain: bool) -> tuple[float, float]:
    """First and last x of the ground, or around the characters if the reading is certain: a quad
    may be wider than its plate.

    If the characters could not be separated, the ground is followed as far as possible, since
    characters may be anywhere on it.
    """
    left, right = reading.sides
    if reading.layout.legible:
        return _around(reading) if certain else (left, right)
    frame = reading.frame
    x0, y0, x1, y1 = (round(value) for value in frame.plate)
    reach, gap = round(BEYOND * frame.width), round(_STROKES * frame.height)
    ground = (np.abs(reading.share[max(y0, 0) : y1 + 1]) < _FAR).mean(axis=0) >= _CONTINUED
    if reading.band <= x0 + 1:
        left = _end(ground[::-1], len(ground) - 1 - left, len(ground) - 1 - x0 + reach, gap)
        left = len(ground) - 1 - left
    return left, _end(ground, right, x1 + reach, gap)


def _around(reading: Reading) -> tuple[float, float]:
    """First and last x around the characters, and around other ink beside them that may be some.

    A coat of arms or a sticker beside a line stays whole.
    """
    (first, last), lines = reading.sides, reading.layout.lines
    left, right, pad = math.inf, -math.inf, 1.3 * reading.frame.scale
    for line in lines:
        start, end = with_ink_beside(reading, line)
        left = min(left, _up_to_ink(reading, line, -1), start - pad)
        right = max(right, _up_to_ink(reading, line, 1), end + pad)
    return max(left, first), min(right, last)


def _up_to_ink(reading: Reading, line: Line, step: int) -> float:
    """Last x beside a line before other ink; as far as its surroundings if there is none, or if
    there is no space before it.

    Args:
        reading: reading of the plate.
        line: one of its lines.
        step: -1 on the left of the line, 1 on its right.
    """
    end = line.boxes[0][0] if step < 0 else line.boxes[-1][1]
    farthest = end + step * _AROUND * line.width
    rows = reading.share[max(round(line.y0), 0) : round(line.y1) + 1]
    is_quiet = (np.abs(rows) > _INK_BESIDE).mean(axis=0) < _QUIET
    near = round(end + step * max(2.2 * reading.blur, 1.3 * reading.frame.scale))
    for passed, x in enumerate(range(near, round(farthest) + step, step)):
        if 0 <= x < len(is_quiet) and not is_quiet[x]:
            return float(x - step) if passed > 1 else farthest
    return farthest


def with_ink_beside(reading: Reading, line: Line) -> tuple[float, float]:
    """First and last x of a line with ink beside it that may be characters, also smaller ones.

    Ink beyond an edge of the plate is none.
    """
    share, (first, last) = reading.share, reading.sides
    start, end = line.boxes[0][0], line.boxes[-1][1]
    ink = (share > INK[0]).astype(np.uint8)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=4)
    colour = reading.model.colour(reading.view, share)
    colours = np.bincount(labels.ravel(), colour.ravel())
    found = []
    for number, (x, y, w, h, area) in enumerate(stats[1:].tolist(), 1):
        beyond = abs(2 * y + h - line.y0 - line.y1) + h > 2 * line.cap
        if beyond or h < _LEAST * line.cap or colours[number] > SEAL * area:
            continue
        if not first < x + w / 2 < last:
            continue
        if h > _TALL * line.cap or best_likeness(share[y : y + h, x : x + w]) > _BESIDE:
            found.append((x, x + w))
    rows = share[max(round(line.y0), 0) : round(line.y1) + 1].mean(axis=0)
    found += _touching_a_frame(reading, line, colour)
    for x0, x1 in sorted(found):
        if x0 >= end and is_ground(rows, end, x0):
            end = x1
    for x0, x1 in sorted(found, reverse=True):
        if x1 <= start and is_ground(rows, x1, start):
            start = x0
    return start, end


def _touching_a_frame(reading: Reading, line: Line, colour: np.ndarray) -> list[tuple[int, int]]:
    """Ink that fills the space for a character beside a line, which has no component of its own if
    it touches a frame.

    Args:
        reading: reading of the plate.
        line: one of its lines.
        colour: distance from ink and ground, (h, w) float32.
    """
    rows = slice(max(round(line.y0), 0), round(line.y1) + 1)
    ink, colour = np.clip(reading.share[rows], 0, 1), colour[rows]
    (first, last), pad = reading.sides, 1.3 * reading.frame.scale
    spaces = (first, line.boxes[0][0] - pad), (line.boxes[-1][1] + pad, last)
    found = []
    for x0, x1 in ((max(round(a), 0), round(b)) for a, b in spaces):
        if x1 - x0 < _SPACE * line.width:
            continue
        if ink[:, x0:x1].mean() > _FILLED and colour[:, x0:x1].mean() < SEAL:
            there = np.flatnonzero(ink[:, x0:x1].mean(axis=0) > _FILLED) + x0
            found.append((int(there[0]), int(there[-1]) + 1))
    return found


def _end(ground: np.ndarray, start: float, limit: int, gap: int) -> float:
    """Last x up to `limit` with ground (w,) bool, at most `gap` away from other ground."""
    end = start
    for x in np.flatnonzero(ground[: limit + 1]):
        if end < x <= end + gap:
            end = float(x)
    return end


def whole_zone(reading: Reading, certain: bool) -> Zone:
    """Zone of the whole quad, including all characters.

    Args:
        reading: reading of the plate.
        certain: whether the reading is certain; otherwise, even a country band may be a character.
    """
    frame, lines = reading.frame, text_zone(reading, certain=False)
    mask = lines.mask.copy()
    x0, y0, x1, y1 = frame.plate
    first, last = reading.sides if certain else (x0, x1)
    columns = slice(round(max(x0, first)), round(min(x1, last)) + 1)
    top, bottom = max(round(y0), 0), round(y1)
    if not certain:
        strokes = np.abs(reading.share[:, columns]) > INK[0]
        top, bottom = _uncut(strokes, top, -1), _uncut(strokes, bottom, 1)
    mask[top : bottom + 1, columns] = True
    text = np.zeros_like(mask)
    for line in reading.layout.lines:
        text[max(round(line.y0), 0) : round(line.y1) + 1, columns] = True
    return Zone(mask & ~lines.hidden, text & ~lines.hidden, lines.hidden)


def is_cut(reading: Reading) -> bool:
    """Whether the upper or lower edge of the quad seems to cut characters."""
    frame = reading.frame
    if frame.height < _LEAST_HEIGHT * frame.scale:
        return False
    x0, y0, x1, y1 = (round(value) for value in frame.plate)
    strokes = np.abs(reading.share[:, max(x0, 0) : x1 + 1]) > INK[0]
    edges = max(y0, 0), min(y1, len(strokes) - 1)
    return any(_uncut(strokes, y, step) != y for y, step in zip(edges, (-1, 1), strict=True))


def _uncut(strokes: np.ndarray, y: int, step: int) -> int:
    """Row up to which the characters continue that an edge of the quad cuts.

    Args:
        strokes: ink, or what would be ink if the ground were dark, (h, w) bool.
        y: row of the edge.
        step: 1 or -1, the direction.
    """
    while 0 < y < len(strokes) - 1 and len(runs(strokes[y])) >= _CUT:
        y += step
    return y


def _hidden(reading: Reading) -> np.ndarray:
    """Objects in front of the plate and beside it, (h, w) bool.

    They are wider than strokes, lack the edges of characters, and extend into the quad from
    outside.
    """
    layout, frame = reading.layout, reading.frame
    none = np.zeros(reading.share.shape, bool)
    cap = max(line.cap for line in layout.lines)
    if not layout.legible or cap < _LEAST_CAP * frame.scale:
        return none
    change = reading.view - reading.model.field
    far = np.sqrt(dot(change, change)) > _FAR * float(np.linalg.norm(reading.model.ink))
    luma = cv2.GaussianBlur(grey(reading.view), (0, 0), 0.4 * frame.scale)
    edge = cv2.magnitude(cv2.Sobel(luma, cv2.CV_32F, 1, 0), cv2.Sobel(luma, cv2.CV_32F, 0, 1))
    contrast = abs(float(grey(reading.model.ink[None, None])[0, 0]))
    even = far & (edge < _EVEN * 8 * contrast / max(2 * reading.blur, frame.scale))
    side = max(round(_WIDE * cap), 3)
    wide = cv2.morphologyEx(even.astype(np.uint8), cv2.MORPH_OPEN, np.ones((side, side), np.uint8))
    count, labels = cv2.connectedComponents(wide, connectivity=4)
    x0, y0, x1, y1 = (round(value) for value in frame.plate)
    outside = np.ones(none.shape, bool)
    outside[max(y0, 0) : y1 + 1, max(x0, 0) : x1 + 1] = False
    entering = np.zeros(count, bool)
    entering[np.unique(labels[outside])] = True
    entering[0] = False
    around = 2 * round(frame.scale) + 1
    return cv2.dilate(entering[labels].astype(np.uint8), np.ones((around, around), np.uint8)) > 0


def ground(reading: Reading, zone: Zone) -> np.ndarray:
    """Plate without characters, (h, w, 3) float32.

    The plate's border and its shadow, above and below the characters, are continued across the
    rows of the characters. Between characters, only pixels without ink count.
    """
    view, share, seen = reading.view, reading.share, reading.seen
    layout, frame = reading.layout, reading.frame
    cap = max(line.cap for line in layout.lines)
    pure = (np.abs(share) < 0.28) & seen
    columns = np.asarray(zone.mask.any(axis=0))
    seen = seen & ~zone.hidden
    pure &= seen
    beside = ~zone.text & seen
    weight = np.where(beside, np.where(share < 0.3, np.float32(1), np.float32(0.12)), pure)
    weight *= columns
    if not layout.legible:
        # Ink and ground cannot be separated here, so the surroundings provide the light.
        weight[zone.text] *= 0.25
    coarse = smooth(view, weight * zone.mask, 0.5 * cap, 0.4 * cap)
    narrow = max(0.05 * cap, 0.45 * frame.scale)
    fine = smooth(view, weight, 0.6 * cap, narrow)
    trust = three(limited(blurred(weight, 0.6 * cap, narrow) * (1 / 0.15), 0, 1))
    return coarse + trust * (fine - coarse)
