"""Reading of a plate: its rectified view, ink, ground and characters."""

from dataclasses import dataclass, replace
from statistics import fmean

import cv2
import numpy as np

from pii_measures.appearance import blur_sigma

from . import ink
from .characters import best_likeness
from .components import Part, plainness
from .layout import PlateLayout, find_layout, find_rows, ink_of, slope
from .rectify import PlateFrame, frame_of, rectify, seen

_ASKEW = 0.035
"""Rise of the characters from the middle of a plate to its end, relative to its height, up to which
the quad is not corrected."""
_LIGHT = 0.62
"""Share of light pixels from which the ground is assumed to be light without further evidence."""
_RARE = 1.0
"""Evidence (logit) that a dark ground needs beyond that for a light one, which most plates have."""


@dataclass(frozen=True)
class Reading:
    """Rectified plate with the results of reading it."""

    frame: PlateFrame
    view: np.ndarray
    """Rectified plate with its surroundings, (h, w, 3) float32, 0 to 255."""
    seen: np.ndarray
    """Pixels of the view that are inside the image, (h, w) bool."""
    model: ink.InkModel
    share: np.ndarray
    """Share of ink, (h, w) float32."""
    sides: tuple[float, float]
    """First and last x of the ground."""
    band: float
    """Right edge x of the country band on the left, or left edge of the plate."""
    rows: list[list[Part]]
    """Characters that are components of ink, by line."""
    layout: PlateLayout
    blur: float
    """Standard deviation of the image's blur, pixels of the view."""


def read_plate(image: np.ndarray, quad: np.ndarray, box: tuple[int, int, int, int]) -> Reading:
    """Reading of a plate; a quad that is tilted relative to the characters is corrected.

    Args:
        image: (H, W, 3) uint8.
        quad: (4, 2) in OpenCV's coordinates, clockwise from top left.
        box: x0, y0, x1, y1 inside the image; beyond it, the plate is hidden.
    """
    reading = _read(image, quad, box)
    frame = reading.frame
    top, bottom = slope(reading.rows, frame)
    x0, y0, x1, y1 = frame.plate
    half = frame.width / 2
    if max(abs(top), abs(bottom)) * half < _ASKEW * frame.height:
        return reading
    corners = np.array([[
        (x0, y0 - top * half), (x1, y0 + top * half),
        (x1, y1 + bottom * half), (x0, y1 - bottom * half),
    ]])  # fmt: skip
    straight = _read(image, cv2.perspectiveTransform(corners, frame.to_image)[0], box)
    better = _readability(straight.share, straight.layout) > 0.15 + _readability(
        reading.share, reading.layout
    )
    return straight if better else reading


def _read(image: np.ndarray, quad: np.ndarray, box: tuple[int, int, int, int]) -> Reading:
    frame = frame_of(quad)
    view, inside = rectify(image, frame), seen(frame, box)
    low = np.maximum(np.floor(quad.min(axis=0)), 0).astype(int)
    high = np.maximum(np.ceil(quad.max(axis=0)) + 1, 0).astype(int)
    blur = blur_sigma(image[low[1] : high[1], low[0] : high[0]]) * frame.scale
    blue = ink.bands(view, frame)

    def as_ground(dark: bool) -> Reading:
        model = ink.take_apart(view, inside, frame, dark)
        share = model.share(view)
        # Stems of blue characters at the ends of a line look like bands.
        inner = (frame.plate[0], frame.plate[2]) if model.is_blue else blue
        sides = ink.limits(view, model, frame, inner)
        colour = model.colour(view, share)
        factor = plainness(share, colour, frame)
        if factor < 1:
            model, colour = replace(model, plainness=factor), factor * colour
        rows = find_rows(share, colour, frame, sides)
        layout = find_layout(share, colour, frame, sides, rows)
        return Reading(frame, view, inside, model, share, sides, inner[0], rows, layout, blur)

    light = as_ground(dark=False)
    if ink.light_share(view, inside, frame) >= _LIGHT:
        return light
    dark = as_ground(dark=True)
    return dark if _darkness(dark, light) > _RARE else light


def _darkness(dark: Reading, light: Reading) -> float:
    """Evidence (logit) for a dark ground, from both readings of a plate.

    The ground above and below the characters is lighter or darker than their rows, and components
    look like characters only for the right choice of ground. The weights come from a logistic
    regression on drawn plates of 16 to 140 pixels.
    """
    read = [
        _readability(one.share, one.layout) / sum(len(line.boxes) for line in one.layout.lines)
        for one in (dark, light)
    ]
    evidence = float(np.clip(_evidence(dark) - _evidence(light), -4, 4))
    rim = ink.rim(light.view, light.frame)
    return 0.23 - 5.69 * rim + 4.32 * (read[0] - read[1]) + 0.63 * evidence


def _evidence(reading: Reading) -> float:
    """Evidence (logit) for this choice of ink and ground.

    It consists of components that look like characters, no ink above and below them and, on a dark
    ground, lighter surroundings. The weights come from a logistic regression on drawn plates.
    """
    layout, share, frame = reading.layout, reading.share, reading.frame
    count = sum(len(line.boxes) for line in layout.lines)
    cap = min(line.cap for line in layout.lines) / frame.scale
    score = -1.1  # if nothing looks like characters
    if layout.legible:
        # Small gaps between strokes look like small characters.
        trust = float(np.clip((cap - 4.5) / 3, 0, 1))
        score += trust * (
            3.6 * _readability(share, layout) / count + 1.1 + 0.17 * min(count, 16 - count)
        )
    strips = []
    for line in layout.lines:
        columns = slice(max(round(line.boxes[0][0]), 0), round(line.boxes[-1][1]) + 1)
        for top in (line.y0 - 0.2 * line.cap, line.y1 + 0.05 * line.cap):
            rows = slice(max(round(top), 0), max(round(top + 0.15 * line.cap), 0) + 1)
            if (strip := share[rows, columns]).size:  # a line may end at the border of the view
                strips.append(float(np.clip(strip, 0, 1).mean()))
    score -= 3.2 * fmean(strips or [0.0])
    contrast = ink.against_surroundings(reading.view, reading.model, frame)
    return score - (3.6 if reading.model.dark_ground else -1.25) * float(np.log(contrast))


def _readability(share: np.ndarray, layout: PlateLayout) -> float:
    """Total likeness of a layout's boxes to characters, above that expected without characters."""
    if not layout.legible:
        return 0.0
    return sum(
        best_likeness(ink_of(share, line, box)) - 0.55
        for line in layout.lines
        for box in line.boxes
    )
