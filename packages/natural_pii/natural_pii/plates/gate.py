"""Check whether anything on a replaced plate is still legible."""

import cv2
import numpy as np
from pii_measures import Reading, reads_alike
from pii_measures.pixels import quantile
from pii_measures.plates.characters import best_likeness
from pii_measures.plates.components import INK, Part, is_ground
from pii_measures.plates.layout import Line

from .zone import Zone

IDENTICAL = 0.9
"""Correlation from which two pictures count as the same character, however it reads."""
LEGIBLE_CAP = 6.0
"""Cap height in the image, pixels, from which a person may be able to read."""
_UNLIKE = 0.3
"""Correlation below which two pictures do not count as the same character."""
_CHARACTER = 0.55
"""Likeness from which a component counts as a character."""
_LEFT = 0.08
"""Share of the original's strokes that may stay unpainted: specks of dirt, and edges."""
_APART = 0.55
"""Height relative to the cap height below which ink outside of the lines is not a character."""
_EVEN = 0.2
"""Largest distance of a character's top and bottom from those of the line, relative to the cap
height."""


def cap_of(reading: Reading) -> float:
    """Cap height of the lower of a plate's lines, pixels of the image."""
    return min(line.cap for line in reading.layout.lines) / reading.frame.scale


def readable(reading: Reading) -> bool:
    """Whether single characters are large enough to be compared."""
    return reading.layout.legible and cap_of(reading) >= LEGIBLE_CAP


def is_covered(reading: Reading, zone: Zone) -> bool:
    """Whether a zone covers the strokes in the middle of a plate.

    Any edge there may belong to a stroke, regardless of which pixels were classified as ink and
    where characters were found.
    """
    frame, before = reading.frame, reading.share
    x0, y0, x1, y1 = frame.plate
    soft = cv2.GaussianBlur(before, (0, 0), 0.4 * frame.scale)
    steps = cv2.magnitude(cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1))
    inside = zone.text & zone.mask
    fine = steps > 0.4 * quantile(steps[inside], 0.97) if inside.any() else steps > 0
    middle = np.zeros(before.shape, bool)
    middle[
        round(y0 + 0.22 * frame.height) : round(y1 - 0.22 * frame.height) + 1,
        round(max(x0 + 0.105 * frame.width, reading.band + 0.04 * frame.width + frame.scale)) :
        round(x1 - 0.105 * frame.width) + 1,
    ] = True  # fmt: skip
    around = 4 * round(frame.scale) + 1
    hidden = cv2.dilate(zone.hidden.astype(np.uint8), np.ones((around, around), np.uint8)) > 0
    strokes = fine & middle & ~hidden & ~_lettering_apart(reading, zone)
    return float((strokes & ~zone.mask).sum()) < _LEFT * max(float(strokes.sum()), 1.0)


def _lettering_apart(reading: Reading, zone: Zone) -> np.ndarray:
    """Names of states and other lettering outside of the lines that is too small for characters,
    (h, w) bool; nothing if the lines cannot be read.
    """
    if not readable(reading):
        return np.zeros(reading.share.shape, bool)
    cap = min(line.cap for line in reading.layout.lines)
    ink = (reading.share > INK[0]).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    small = stats[:, cv2.CC_STAT_HEIGHT] < _APART * cap
    small &= np.bincount(labels[zone.text], minlength=count) == 0
    small[0] = False
    around = 2 * round(reading.frame.scale) + 1
    return cv2.dilate(small[labels].astype(np.uint8), np.ones((around, around), np.uint8)) > 0


def still_read(before: np.ndarray, after: np.ndarray, reading: Reading) -> list[Part]:
    """Parts of the view where characters of the original still look or read as before.

    They may be anywhere in the rows of the plate's lines.

    Args:
        before: share of ink in the view of the original, (h, w) float32.
        after: share of ink in the same view of the result, by the ink and ground of the original.
        reading: the reading of the original.
    """
    if not readable(reading):
        return []
    places = [
        Part(x0, line.y0, x1, line.y1) for line in reading.layout.lines for x0, x1 in line.boxes
    ]
    for line in reading.layout.lines:
        places += _in_rows(before, after, line)
    return [place for place in places if _reads_alike(_cut(before, place), _cut(after, place))]


def _in_rows(before: np.ndarray, after: np.ndarray, line: Line) -> list[Part]:
    """Characters visible in the result at the height of a line, in it and beside it up to the
    edges of the original plate, whether or not they were found in the original.
    """
    slack, found = _EVEN * line.cap, []
    _, _, stats, _ = cv2.connectedComponentsWithStats(
        (after > INK[1]).astype(np.uint8), connectivity=4
    )
    for x, y, w, h, _ in stats[1:].tolist():
        part = Part(x, y, x + w, y + h)
        even = abs(y - line.y0) < slack and abs(y + h - line.y1) < slack
        if even and 0.3 * h < w < 1.2 * h and best_likeness(_cut(after, part)) > _CHARACTER:
            found.append(part)
    rows = before[max(round(line.y0), 0) : round(line.y1) + 1].mean(axis=0)
    start, end = line.boxes[0][0], line.boxes[-1][1]
    on_plate = []
    for part in sorted(found, key=lambda part: part.x0):
        if part.x0 > start and (part.x0 < end or is_ground(rows, end, part.x0)):
            on_plate.append(part)
            end = max(end, part.x1)
    for part in sorted(found, key=lambda part: -part.x1):
        if part.x0 <= start and (part.x1 > start or is_ground(rows, part.x1, start)):
            on_plate.append(part)
            start = min(start, part.x0)
    return on_plate


def _cut(share: np.ndarray, part: Part) -> np.ndarray:
    return share[
        max(round(part.y0), 0) : round(part.y1) + 1, max(round(part.x0), 0) : round(part.x1) + 1
    ]


def _reads_alike(before: np.ndarray, after: np.ndarray) -> bool:
    """Whether both are the same character by correlation or reading; False for narrow parts."""
    if min(before.shape) < 2 or before.shape[1] < 0.3 * before.shape[0]:
        return False
    x, y = before.ravel() - before.mean(), after.ravel() - after.mean()
    norm = (float(x @ x) * float(y @ y)) ** 0.5
    alike = float(x @ y) / norm if norm > 1e-9 else 0.0
    return alike > IDENTICAL or (alike > _UNLIKE and reads_alike(before, after))
