"""Replacement of the characters of a license plate."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from pii_measures import PlateRegion, Reading, quad_of, read_plate, rectify
from pii_measures.plates.ink import InkModel
from pii_measures.plates.layout import shuffled
from pii_measures.plates.rectify import PlateFrame, frame_of, seen

from natural_pii.replacement import Box, Replacement, Route

from . import gate, write, zone
from .blend import Lettering, compose, window_of

_WIDER = 0.12
"""Reach of the last attempt beyond the plate, relative to its height."""
_UNRELATED = 3
"""Number of unrelated texts that the gate compares with."""
_ATTEMPTS = 6
"""Number of texts that are tried before the margins are widened."""


def replace_plate(
    image: np.ndarray, region: PlateRegion, rng: np.random.Generator
) -> Replacement | None:
    """Replace the characters of a license plate.

    Args:
        image: (H, W, 3) uint8 RGB; is not changed.
        region: a plate; its quad may be exact, loose, or missing.
        rng: source of the new characters and of the noise.

    Returns:
        None where no part of the region lies inside the image.
    """
    quad, box = quad_of(region), _visible(image, region)
    if box is None:
        return None
    if quad is None or not seen(frame_of(quad), box).any():
        return _smoothed(image, region, box)
    reading = read_plate(image, quad, box)
    for area, routes in (
        (zone.text_zone(reading), (Route.NATURAL,) * _ATTEMPTS),
        (zone.whole_zone(reading, _WIDER), (Route.NATURAL_WIDE, Route.FALLBACK)),
    ):
        window = window_of(area, reading.frame, box)
        if window is None:
            continue
        work = _Work(reading, area, window)
        for route in routes:
            result = _attempt(image, work, rng, route)
            if result is not None:
                return result
    return _smoothed(image, region, box)


@dataclass(frozen=True, eq=False)
class _Work:
    """Work on a plate: what stays the same whatever is written on it."""

    reading: Reading
    area: zone.Zone
    """Part of the view that is painted anew."""
    window: Box
    """Pixels of the image that it covers."""

    @cached_property
    def model(self) -> InkModel:
        """Ground, ink and light."""
        return replace(self.reading.model, field=zone.ground(self.reading, self.area))

    @cached_property
    def before(self) -> np.ndarray:
        """Share of ink in the original, (h, w) float32."""
        return self.model.share(self.reading.view)

    @cached_property
    def _drawn(self) -> dict[tuple[tuple[str, ...], float], np.ndarray]:
        return {}

    def other(self, texts: tuple[str, ...], weight: float, number: int) -> np.ndarray:
        """Share of ink of an unrelated plate, which the gate compares with, (h, w) float32."""
        layout = self.reading.layout
        if not gate.readable(self.reading):
            layout = shuffled(layout, np.random.default_rng(number))
            texts = tuple("A" * len(line.boxes) for line in layout.lines)
        texts = write.unrelated(texts, number)
        if (texts, weight) not in self._drawn:
            ink = write.draw(texts, layout, self.reading.frame, weight, 1)
            ink = cv2.GaussianBlur(ink, (0, 0), max(self.reading.blur, 0.3))
            self._drawn[texts, weight] = ink
        return self._drawn[texts, weight]


def _visible(image: np.ndarray, region: PlateRegion) -> Box | None:
    """Box of the region, a little enlarged, inside the image; what lies beyond hides the plate."""
    height, width = image.shape[:2]
    values = (region.x0, region.y0, region.x1, region.y1)
    if not all(map(math.isfinite, values)) or region.width <= 0 or region.height <= 0:
        return None
    more = min(_WIDER * region.height, _WIDER * region.width) + 1
    x0, y0 = max(math.floor(region.x0 - more), 0), max(math.floor(region.y0 - more), 0)
    x1, y1 = min(math.ceil(region.x1 + more), width), min(math.ceil(region.y1 + more), height)
    outside = region.x0 >= width or region.y0 >= height or region.x1 <= 0 or region.y1 <= 0
    return None if outside else (x0, y0, x1, y1)


def _attempt(
    image: np.ndarray, work: _Work, rng: np.random.Generator, route: Route
) -> Replacement | None:
    """New characters, or none as the fallback; None where the gate refuses the result."""
    reading, frame, lines = work.reading, work.reading.frame, work.reading.layout
    if not gate.readable(reading):
        lines = shuffled(lines, rng)
    texts = write.choose(work.before, lines, rng)
    weight = write.stroke_weight(work.before, texts, lines, frame)
    ink = write.draw(texts, lines, frame, weight, 2 if frame.scale < 4 else 1)
    if route is Route.FALLBACK:
        ink[:] = 0
    lettering = Lettering(frame, work.area, work.model, ink, lines.legible)
    patch = compose(image, work.window, lettering, rng)
    result = Replacement(patch, work.window, route)
    after = work.model.share(_view_after(image, result, frame))
    others = (work.other(texts, weight, number) for number in range(_UNRELATED))
    found = gate.compare(work.before, after, others, reading, work.area)
    passed = found.covered if route is Route.FALLBACK else found.passed
    return result if passed else None


def _view_after(image: np.ndarray, result: Replacement, frame: PlateFrame) -> np.ndarray:
    """View with the patch pasted; only the part of the image that it shows is copied."""
    w, h = frame.size
    corners = np.array([[(0, 0), (w, 0), (w, h), (0, h)]], np.float64)
    corners = cv2.perspectiveTransform(corners, frame.to_image)[0]
    x0, y0 = (max(math.floor(value) - 4, 0) for value in corners.min(axis=0))
    x1, y1 = (math.ceil(value) + 4 for value in corners.max(axis=0))
    crop = image[y0:y1, x0:x1].copy()
    left, top, right, bottom = result.box
    crop[top - y0 : bottom - y0, left - x0 : right - x0] = result.patch
    shift = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], np.float64)
    return rectify(crop, replace(frame, to_image=shift @ frame.to_image))


def _smoothed(image: np.ndarray, region: PlateRegion, box: Box) -> Replacement:
    """Smooth area in place of the plate: two blocks per height show nothing but the light."""
    x0, y0, x1, y1 = box
    side = max(region.height / 2, 2)
    blocks = (max(round((x1 - x0) / side), 1), max(min(round((y1 - y0) / side), 2), 1))
    means = cv2.resize(image[y0:y1, x0:x1], blocks, interpolation=cv2.INTER_AREA)
    patch = cv2.resize(means, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    return Replacement(patch, box, Route.FALLBACK)
