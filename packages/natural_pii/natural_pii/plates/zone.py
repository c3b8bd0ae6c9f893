"""Part of a plate that is painted anew, and the ground below it."""

from dataclasses import dataclass

import numpy as np
from pii_measures import Reading
from pii_measures.pixels import limited, three
from pii_measures.plates.ink import blurred, smooth


@dataclass(frozen=True)
class Zone:
    """Part of a view that is painted anew."""

    mask: np.ndarray
    """All of it, (h, w) bool."""
    text: np.ndarray
    """Rows of the characters only, (h, w) bool."""


def text_zone(reading: Reading) -> Zone:
    """Zone between the plate's sides in the rows of the characters and their blurred edges."""
    frame, sides = reading.frame, reading.sides
    mask, text = np.zeros(frame.size[::-1], bool), np.zeros(frame.size[::-1], bool)
    for line in reading.layout.lines:
        pad = max(2.2 * reading.blur, 0.10 * line.cap, 1.3 * frame.scale)
        x0 = min(sides[0], line.boxes[0][0] - min(pad, 0.3 * line.cap))
        x1 = max(sides[1], line.boxes[-1][1] + min(pad, 0.3 * line.cap))
        columns = slice(max(round(x0), 0), round(x1) + 1)
        mask[max(round(line.y0 - pad), 0) : round(line.y1 + pad) + 1, columns] = True
        inner = min(reading.blur, 0.06 * line.cap)
        text[max(round(line.y0 - inner), 0) : round(line.y1 + inner) + 1, columns] = True
    return Zone(mask, text)


def whole_zone(reading: Reading) -> Zone:
    """Zone of the whole quad between the country bands, and of all characters."""
    frame = reading.frame
    mask = text_zone(reading).mask
    x0, y0, x1, y1 = frame.plate
    columns = slice(round(max(x0, reading.sides[0])), round(min(x1, reading.sides[1])) + 1)
    mask[max(round(y0), 0) : round(y1) + 1, columns] = True
    text = np.zeros_like(mask)
    for line in reading.layout.lines:
        text[max(round(line.y0), 0) : round(line.y1) + 1, columns] = True
    return Zone(mask, text)


def ground(reading: Reading, zone: Zone) -> np.ndarray:
    """Plate without characters, (h, w, 3) float32.

    What lies above and below the characters (the plate's border, its shadow) is continued across
    their rows; between characters, only pixels without ink count.
    """
    view, share, seen = reading.view, reading.share, reading.seen
    layout, frame = reading.layout, reading.frame
    cap = max(line.cap for line in layout.lines)
    pure = (np.abs(share) < 0.28) & seen
    columns = np.asarray(zone.mask.any(axis=0))
    beside = ~zone.text & seen
    weight = np.where(beside, np.where(share < 0.3, 1.0, 0.12), np.where(pure, 1.0, 0.0))
    weight = np.where(columns[None, :], weight, 0).astype(np.float32)
    if not layout.legible:
        # Ink and ground cannot be separated here: the light comes from the surroundings.
        weight[zone.text] *= 0.25
    coarse = smooth(view, weight * zone.mask, 0.5 * cap, 0.4 * cap)
    narrow = max(0.05 * cap, 0.45 * frame.scale)
    fine = smooth(view, weight, 0.6 * cap, narrow)
    trust = three(limited(blurred(weight, 0.6 * cap, narrow) * (1 / 0.15), 0, 1))
    return coarse + trust * (fine - coarse)
