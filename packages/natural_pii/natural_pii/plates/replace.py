"""Replacement of the characters of a license plate."""

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from pii_measures import PlateRegion, Reading, quad_of, read_plate, rectify
from pii_measures.plates.components import Part
from pii_measures.plates.ink import InkModel, has_stripe
from pii_measures.plates.layout import PlateLayout
from pii_measures.plates.outside import widened, with_outside, with_parts
from pii_measures.plates.rectify import PlateFrame, frame_of, seen

from natural_pii.replacement import Box, FallbackReason, Replacement, Route, check_image

from . import gate, recognise, write, zone
from .arrange import Room, rearranged, spread
from .blend import Lettering, compose, window_of
from .formats import PlateShape
from .marks import PlateMark, marks_of, painted, room_of, widths_of
from .text import choose, formats_of

_WIDER = 0.12
"""Margin around the region's box, relative to its height or width, whichever is smaller."""
_ATTEMPTS = 3
"""Number of texts to try."""
_EUROPEAN = 4.7
"""Width of a European plate relative to its height."""
_LONG = 3.5
"""The same from which one without a band may be British."""
_WIDE = 2.7
"""The same from which a plate may be a European or Brazilian one, also if it is seen at an angle.
Of 245 photographed US plates, 88 % are narrower; of 255 of the others, one."""
_MIDDLE_CAP = 0.42
"""Least cap height of a line in the middle of a quad, relative to the quad's height. It is lower on
plates with two lines."""
_LOWER = ((0.15, 0.15), (0.25, 0.05), (0.05, 0.25), (0.25, 0.25))
"""Shares of a quad's height at its top and bottom that are left out in further readings, without
frames and names of states."""
_HIGHER = ((-0.15, -0.15), (-0.3, 0.0), (0.0, -0.3), (-0.3, -0.3), (-0.5, -0.5))
"""The same for quads that cut characters: what is added to their height."""
_LARGEST_VIEW = 400_000
"""Pixels of a view above which it is read only once; a plate of 500 pixels has as many."""
_FARTHEST = 20.0
"""Largest distance of a quad's corners from the image, relative to the image's longer side."""
_OUT_OF_FOCUS = 0.3
"""Standard deviation of the blur of what is no plate, relative to the quad's height; an OCR reads
nothing from 0.2 upwards."""
_LARGE_CAP = 8.0
"""Cap height in the image, pixels, from which something that reads as no text is not a plate."""


def replace_plate(
    image: np.ndarray, region: PlateRegion, rng: np.random.Generator
) -> Replacement | None:
    """Replace the characters of a license plate, including those beyond a quad that is too narrow.

    Args:
        image: (H, W, 3) uint8 RGB; not modified.
        region: a plate; its quad may be exact, loose, or missing.
        rng: random generator for the new characters and the noise.

    Returns:
        None if no part of the region is inside the image.

    Raises:
        ValueError: the image is of another type or shape.
    """
    check_image(image)
    box = _visible(image, region)
    if box is None:
        return None
    with np.errstate(over="ignore"):  # corners that far away are checked below
        quad = quad_of(region)
    found = None
    far = _FARTHEST * max(image.shape)
    if quad is not None and np.abs(quad).max() < far and seen(frame_of(quad), box).any():
        found = _rewritten(image, quad, box, rng)
    if found is None:
        smear, reason = _smoothed(image, region, box), FallbackReason.TOO_SMALL
        found = replace(smear, reason=reason) if quad is None else smear
    return found


def _rewritten(
    image: np.ndarray, quad: np.ndarray, box: Box, rng: np.random.Generator
) -> Replacement | None:
    """Plate with new characters, or without any if there were none or the new ones cannot be made;
    None if the original would remain legible.
    """
    reading = _read(image, quad, box)
    beyond = zone.BEYOND * reading.frame.width - reading.frame.plate[0]
    reading = widened(image, reading, math.ceil(beyond))
    reading = replace(reading, layout=_without_edges(reading)[0])
    work = _Work.on(image, quad, box, reading)
    for _ in range(_ATTEMPTS):
        if work is None:
            return None
        if not work.has_text:
            break
        result = work.replacement(image, work.lettering(rng), work.route, rng)
        left = work.still_read(image, result)
        if not left:
            return result
        work = _Work.on(image, quad, box, with_parts(work.reading, left))
    if work is None or not gate.is_covered(work.reading, work.area):
        return None
    result = work.replacement(image, work.bare(), Route.FALLBACK, rng)
    reason = None if work.has_text else FallbackReason.NO_TEXT
    return None if work.still_read(image, result) else replace(result, reason=reason)


def _read(image: np.ndarray, quad: np.ndarray, box: Box) -> Reading:
    """Reading of a plate; with a lower or higher quad if it is uncertain otherwise."""
    best = with_outside(image, read_plate(image, quad, box))
    certainty = _certainty(best)
    if certainty > recognise.CERTAIN or best.share.size > _LARGEST_VIEW:
        return best
    heights = (_LOWER if _is_large(best) else ()) + (_HIGHER if zone.is_cut(best) else ())
    certainty = max(certainty, recognise.CERTAIN)
    lines = len(best.layout.lines)
    least = _MIDDLE_CAP * best.frame.height / best.frame.scale
    left, right = quad[3] - quad[0], quad[2] - quad[1]
    for above, below in heights:
        shifts = np.array([above * left, above * right, -below * right, -below * left])
        if not seen(frame_of(quad + shifts), box).any():
            continue
        other = with_outside(image, read_plate(image, quad + shifts, box))
        # A line of two, or of a name, is not enough.
        whole = len(other.layout.lines) >= lines and gate.cap_of(other) > least
        if whole and _is_large(other) and _certainty(other) > certainty:
            best, certainty = other, _certainty(other)
    return best


def _certainty(reading: Reading) -> float:
    """Certainty of a reading without edges; see `recognise.certainty`."""
    return recognise.certainty(*_without_edges(reading))


def _without_edges(reading: Reading) -> tuple[PlateLayout, list[list[recognise.Scores]]]:
    """Layout without edges in place of characters; see `recognise.without_edges`."""
    scores = recognise.read(reading.share, reading.layout)
    return recognise.without_edges(reading.layout, scores, _shape_of(reading))


@dataclass(frozen=True, eq=False)
class _Work:
    """State of the replacement of a plate, independent of the new text."""

    reading: Reading
    """Reading of the original; determines what has to be checked."""
    has_text: bool
    """Whether there are characters, or the plate is too small to know."""
    area: zone.Zone
    """Part of the view that is repainted."""
    window: Box
    """Box of the image that contains the area, pixels."""
    route: Route
    """Route of the replacement if the result passes the check."""
    model: InkModel
    """Ground without characters, ink and light."""
    before: np.ndarray
    """Share of ink in the original, (h, w) float32."""
    scores: list[list[recognise.Scores]]
    """Likeness of the old characters; see `recognise.read`."""
    pen: write.PlatePen
    """Strokes like the old ones."""
    marks: tuple[PlateMark, ...]
    """Marks between and beside the characters."""

    @classmethod
    def on(cls, image: np.ndarray, quad: np.ndarray, box: Box, reading: Reading) -> "_Work | None":
        """State for a plate that has been read.

        Returns:
            None if no part of it may be painted.
        """
        large = _is_large(reading)
        scores = recognise.read(reading.share, reading.layout)
        certain = large and recognise.certainty(reading.layout, scores) > recognise.CERTAIN
        has_text = not large or recognise.has_text(reading.layout, scores)
        area, route = zone.text_zone(reading, certain), Route.NATURAL
        unsure = not certain and (large or zone.is_cut(reading))
        if unsure or not gate.is_covered(reading, area):
            area, route = zone.whole_zone(reading, certain), Route.NATURAL_WIDE
        window = window_of(area, reading.frame, _reach(image, quad, box, reading.frame, area))
        if window is None:
            return None
        model = replace(reading.model, field=zone.ground(reading, area))
        before = model.share(reading.view)
        scores = recognise.read(before, reading.layout)
        pen = write.pen_of(before, scores, reading.layout, foreshortening_of(reading))
        marks = marks_of(reading, model.field) if gate.readable(reading) else ()
        return cls(reading, has_text, area, window, route, model, before, scores, pen, marks)

    def lettering(self, rng: np.random.Generator) -> Lettering:
        """New characters."""
        frame, old = self.reading.frame, self.reading.layout
        readable = gate.readable(self.reading)
        texts = formats_of(self.scores, old, _shape_of(self.reading), readable, rng)
        if readable:
            lines = tuple(
                rearranged(line, text.groups, self._room(number, len(text.groups)), rng)
                for number, (line, text) in enumerate(zip(old.lines, texts, strict=True))
            )
        else:
            lines = tuple(
                spread(line, text.groups, rng) for line, text in zip(old.lines, texts, strict=True)
            )
        new = replace(old, lines=lines)
        chars = choose(texts, self.scores, old, new, rng)
        ink = write.draw(chars, new, frame, self.pen, 2 if frame.scale < 4 else 1)
        return self._with_ink(ink, painted(self.marks, old, new, self.before.shape))

    def _room(self, number: int, groups: int) -> Room:
        """Space for the new characters of a line with this many groups."""
        line = self.reading.layout.lines[number]
        sides = self.area.columns(self.reading.sides)
        left, right = room_of(self.marks, number, line, sides)
        start, end = zone.with_ink_beside(self.reading, line)
        used = max(start, left), min(end, right)
        return Room((left, right), used, widths_of(self.marks, number, groups - 1))

    def bare(self) -> Lettering:
        """The plate without characters; anything that is none, out of focus."""
        none = np.zeros_like(self.before)
        lettering = self._with_ink(none, np.zeros((*none.shape, 4), np.float32))
        if self.has_text:
            return lettering
        view, sigma = self.reading.view, _OUT_OF_FOCUS * self.reading.frame.height
        model = replace(self.model, field=cv2.GaussianBlur(view, (0, 0), sigma))
        return replace(lettering, model=model, legible=False)

    def _with_ink(self, ink: np.ndarray, layer: np.ndarray) -> Lettering:
        """Lettering of this ink and this layer of marks."""
        frame, old = self.reading.frame, self.reading.layout
        seals = painted(self.marks, old, old, self.before.shape)[..., 3]
        return Lettering(frame, self.area, self.model, ink, layer, seals, old.legible)

    def replacement(
        self, image: np.ndarray, lettering: Lettering, route: Route, rng: np.random.Generator
    ) -> Replacement:
        """The plate with a lettering, unchecked."""
        return Replacement(compose(image, self.window, lettering, rng), self.window, route)

    def still_read(self, image: np.ndarray, result: Replacement) -> list[Part]:
        """Parts of a result where characters of the original are still legible."""
        after = self.model.share(_view_after(image, result, self.reading.frame))
        return gate.still_read(self.before, after, self.reading)


def _shape_of(reading: Reading) -> PlateShape:
    """Shape of a plate with one line.

    A plate that is not wide is American, and what is blue on it is a picture.
    """
    frame = reading.frame
    if frame.width < _WIDE * frame.height:
        return PlateShape.AMERICAN
    if _has_band(reading):
        return PlateShape.BAND
    if has_stripe(reading.view, frame):
        return PlateShape.STRIPE
    return PlateShape.SHORT if frame.width < _LONG * frame.height else PlateShape.PLAIN


def _has_band(reading: Reading) -> bool:
    """Whether the plate has a country band on the left."""
    return reading.band > reading.frame.plate[0] + 1


def _is_large(reading: Reading) -> bool:
    """Whether characters are so large that they would be recognised."""
    return gate.cap_of(reading) >= _LARGE_CAP


def foreshortening_of(reading: Reading) -> float:
    """Width of the plate in the image relative to that seen from the front, 0 to 1.

    It is known only for plates with a country band and a single line, which have one size.
    """
    if _shape_of(reading) is not PlateShape.BAND or len(reading.layout.lines) > 1:
        return 1.0
    return min(reading.frame.width / reading.frame.height / _EUROPEAN, 1.0)


def _visible(image: np.ndarray, region: PlateRegion) -> Box | None:
    """Slightly enlarged box of the region inside the image; beyond it, the plate is hidden."""
    height, width = image.shape[:2]
    values = (region.x0, region.y0, region.x1, region.y1)
    if not all(map(math.isfinite, values)) or region.width <= 0 or region.height <= 0:
        return None
    more = min(_WIDER * region.height, _WIDER * region.width) + 1
    x0, y0 = max(math.floor(region.x0 - more), 0), max(math.floor(region.y0 - more), 0)
    x1, y1 = min(math.ceil(region.x1 + more), width), min(math.ceil(region.y1 + more), height)
    outside = region.x0 >= width or region.y0 >= height or region.x1 <= 0 or region.y1 <= 0
    return None if outside else (x0, y0, x1, y1)


def _reach(
    image: np.ndarray, quad: np.ndarray, box: Box, frame: PlateFrame, area: zone.Zone
) -> Box:
    """Box in which a plate may be painted.

    It extends as far as the area to be repainted on sides where the quad is inside the region's
    box. Where the quad extends beyond the box, an object hides the plate, and the box is the limit.
    """
    whole = window_of(area, frame, (0, 0, image.shape[1], image.shape[0]))
    if whole is None:
        return box
    low, high = np.array(box[:2]), np.array(box[2:])
    low = np.where(quad.min(axis=0) >= low - 1, np.minimum(low, whole[:2]), low)
    high = np.where(quad.max(axis=0) <= high, np.maximum(high, whole[2:]), high)
    x0, y0 = (int(value) for value in low)
    x1, y1 = (int(value) for value in high)
    return x0, y0, x1, y1


def _view_after(image: np.ndarray, result: Replacement, frame: PlateFrame) -> np.ndarray:
    """View with the patch pasted; copies only the part of the image that the view shows."""
    w, h = frame.size
    corners = np.array([[(0, 0), (w, 0), (w, h), (0, h)]], np.float64)
    corners = cv2.perspectiveTransform(corners, frame.to_image)[0]
    # A corner beyond the horizon of an oblique view lies on its other side.
    left, top, right, bottom = result.box
    low = np.clip(np.floor(corners.min(axis=0)) - 4, 0, (left, top))
    high = np.clip(np.ceil(corners.max(axis=0)) + 4, (right, bottom), image.shape[1::-1])
    x0, y0, x1, y1 = (int(value) for value in (*low, *high))
    crop = image[y0:y1, x0:x1].copy()
    crop[top - y0 : bottom - y0, left - x0 : right - x0] = result.patch
    shift = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1]], np.float64)
    return rectify(crop, replace(frame, to_image=shift @ frame.to_image))


def _smoothed(image: np.ndarray, region: PlateRegion, box: Box) -> Replacement:
    """Smooth area in place of the plate: two blocks per height keep only the light."""
    x0, y0, x1, y1 = box
    side = max(region.height / 2, 2)
    blocks = (max(round((x1 - x0) / side), 1), max(min(round((y1 - y0) / side), 2), 1))
    means = cv2.resize(image[y0:y1, x0:x1], blocks, interpolation=cv2.INTER_AREA)
    patch = cv2.resize(means, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    return Replacement(patch, box, Route.FALLBACK)
