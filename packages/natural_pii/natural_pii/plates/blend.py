"""New characters rendered into the image with its own blur, contrast and noise."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from pii_measures.appearance import noise_level
from pii_measures.pixels import limited, rounded, scaled, three, times
from pii_measures.plates.ink import InkModel
from pii_measures.plates.rectify import PlateFrame, to_window

from natural_pii.grain import cut_out, feather, noise, white_noise
from natural_pii.replacement import Box

from .zone import Zone

_BLURS = np.array([0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0, 1.2, 1.45, 1.75, 2.1, 2.6, 3.2, 4.0, 5.0])
"""Candidate blurs: standard deviations in pixels of the image."""
_GROUND, _STROKE = 0.3, 0.75
"""Share of ink up to which a pixel may be ground, and from which it is inside of a stroke."""
_MOST_UNEVEN, _PATCH = 0.12, 0.12
"""Largest standard deviation of the ink along strokes, and the size of its patches relative to the
height of the line."""


@dataclass(frozen=True)
class Lettering:
    """New characters on a plate, in its rectified view."""

    frame: PlateFrame
    zone: Zone
    """Part of the view that is repainted."""
    model: InkModel
    """Ground, ink and light of the plate."""
    ink: np.ndarray
    """Share of ink of the new characters, (h * n, w * n) float32, 0 to 1."""
    marks: np.ndarray
    """Seals and separators, (h, w, 4) float32; see `marks.painted`."""
    old_marks: np.ndarray
    """Coverage by the marks of the original, (h, w) float32, 0 to 1; blur and contrast are measured
    without them."""
    legible: bool
    """Whether the characters of the original could be separated."""


def window_of(zone: Zone, frame: PlateFrame, box: Box) -> Box | None:
    """Box of the pixels inside `box` that a zone may touch; None if there are none."""
    y, x = np.flatnonzero(zone.mask.any(axis=1)), np.flatnonzero(zone.mask.any(axis=0))
    if not len(y):
        return None
    left, right, top, bottom = x[0], x[-1], y[0], y[-1]
    corners = np.array([[(left, top), (right, top), (right, bottom), (left, bottom)]], np.float64)
    corners = cv2.perspectiveTransform(corners, frame.to_image)[0]
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int), box[:2])
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, box[2:])
    if (high <= low).any():
        return None
    return (*low.tolist(), *high.tolist())


def compose(
    image: np.ndarray, window: Box, lettering: Lettering, rng: np.random.Generator
) -> np.ndarray:
    """New content of a window of an image.

    Args:
        image: (H, W, 3) uint8.
        window: the pixels to compose.
        lettering: the characters to draw.
        rng: random generator for the noise.

    Returns:
        (y1 - y0, x1 - x0, 3) uint8.
    """
    frame, zone, model, ink = lettering.frame, lettering.zone, lettering.model, lettering.ink
    x0, y0, x1, y1 = window
    original = image[y0:y1, x0:x1].astype(np.float32)
    samples = int(np.clip(round(frame.scale * ink.shape[1] / frame.size[0]), 2, 8))
    masks = [zone.mask.astype(np.float32), zone.text.astype(np.float32), lettering.old_marks]
    finer = max(min(round(frame.scale), 4), 1)
    field = to_window(model.field, frame, window, finer)
    cover, text, seals = cv2.split(to_window(cv2.merge(masks), frame, window, finer))
    core = cover > 0.99
    if not core.any():
        core = cover >= cover.max()
    rows = core & (text > 0.5)
    if not rows.any():
        rows = core
    written = rows & (seals < 0.01)
    if not written.any():
        written = rows
    drawn = to_window(ink, frame, window, samples)
    before = model.share_on(original, field)
    around = image[max(y0 - 8, 0) : y1 + 8, max(x0 - 8, 0) : x1 + 8]
    level = noise_level(around)
    share_noise = level / max(float(np.linalg.norm(model.ink)) / np.sqrt(3), 1)
    drawn = _blurred(drawn, *_match_blur(before, written, drawn, rows, share_noise))
    strength, offset = _match_contrast(before[written], drawn[rows], share_noise, lettering.legible)
    share = strength * drawn + offset
    share *= 1 + _unevenness(before, share, rows, share_noise, rng)
    new = times(scaled(model.gain(field), model.ink), share)
    if lettering.marks.any():
        marks = to_window(lettering.marks, frame, window, finer)
        new = times(new, 1 - marks[..., 3]) + marks[..., :3]
    new += field
    if lettering.legible:
        new += _ground_between(original - field, before, written)
    new += noise(cover.shape, level, rng)
    # Stay within the original's range, since bright grounds are clipped.
    new = np.clip(new, original[core].min(axis=0), original[core].max(axis=0))
    return rounded(original + three(feather(core, 0.5)) * (new - original))


def _blurred(ink: np.ndarray, sigma_x: float, sigma_y: float) -> np.ndarray:
    if max(sigma_x, sigma_y) <= 0:
        return ink
    return cv2.GaussianBlur(ink, (0, 0), sigmaX=max(sigma_x, 0.05), sigmaY=max(sigma_y, 0.05))


class _Edges:
    """Measurement of the steepness of edges inside a mask (h, w) bool."""

    def __init__(self, core: np.ndarray) -> None:
        masks = core, core[:, 1:] & core[:, :-1], core[1:] & core[:-1]
        self._masks = [mask.astype(np.float32) for mask in masks]
        self._counts = [float(mask.sum()) for mask in self._masks]

    def of(self, ink: np.ndarray, level: float) -> tuple[float, float] | None:
        """Mean squared step in x and y relative to the variance, minus the contribution of noise
        with the standard deviation `level`; None if the mask or the variance is empty.
        """
        if min(self._counts) == 0:
            return None
        mean = float(np.vdot(self._masks[0], ink)) / self._counts[0]
        parts = ink - mean, ink[:, 1:] - ink[:, :-1], ink[1:] - ink[:-1]
        variance, in_x, in_y = (
            max(float(np.vdot(part * part, mask)) / count - share * level**2, 1e-6)
            for part, mask, count, share in zip(
                parts, self._masks, self._counts, (1, 2, 2), strict=True
            )
        )
        return (in_x / variance, in_y / variance) if variance > 1e-6 else None


def _match_blur(
    before: np.ndarray, written: np.ndarray, drawn: np.ndarray, rows: np.ndarray, level: float
) -> tuple[float, float]:
    """Blur in x and y that makes the new edges as steep as the old ones.

    Steepness is relative to the variance and therefore independent of contrast. It decreases with
    blur, which allows bisection.

    Args:
        before: old ink, (h, w) float32.
        written: where its characters are, (h, w) bool.
        drawn: new ink, (h, w) float32.
        rows: where its characters may be, (h, w) bool.
        level: standard deviation of the noise in the old ink.
    """
    edges = _Edges(rows)
    wanted = _Edges(written).of(before, level)
    if wanted is None:
        return 0.5, 0.5

    def excess(x: float, y: float) -> tuple[float, float]:
        got = edges.of(_blurred(drawn, x, y), 0) or (1e-6, 1e-6)
        return float(np.log(got[0] / wanted[0])), float(np.log(got[1] / wanted[1]))

    both = _crossing(lambda s: sum(excess(s, s)), len(_BLURS))
    count = int(np.searchsorted(_BLURS, max(2.5 * both, 1.2), side="right"))
    x = _crossing(lambda s: excess(s, both)[0], count)
    return x, _crossing(lambda s: excess(x, s)[1], count)


def _crossing(excess: Callable[[float], float], count: int) -> float:
    """Blur among the first `count` whose `excess`, which decreases with blur, is closest to 0."""
    low, high = -1, count  # positive up to the first, negative from the second
    seen = {}
    while high - low > 1:
        middle = (low + high) // 2
        seen[middle] = excess(float(_BLURS[middle]))
        low, high = (middle, high) if seen[middle] > 0 else (low, middle)
    return float(_BLURS[min(seen, key=lambda index: abs(seen[index]))])


def _match_contrast(
    old: np.ndarray, new: np.ndarray, level: float, legible: bool
) -> tuple[float, float]:
    """Factor and offset that give the new ink the standard deviation and mean of the old ink.

    If the original is legible, its ink and its ground were measured: the correction is small, and
    there is no offset.
    """
    deviation = float(np.sqrt(max(old.var() - level**2, 0)))
    factor = deviation / max(float(new.std()), 1e-3)
    low, high = (0.75, 1.9) if legible else (0.15, 2.2)
    factor = float(np.clip(factor, low, high))
    return factor, 0.0 if legible else float(np.clip(old.mean() - factor * new.mean(), -0.5, 0.5))


def _unevenness(
    before: np.ndarray, share: np.ndarray, rows: np.ndarray, level: float, rng: np.random.Generator
) -> np.ndarray:
    """Smooth random change that makes strokes as uneven as the old ones, (h, w) float32.

    Embossed characters catch the light, and paint wears off.

    Args:
        before: old ink, (h, w) float32.
        share: new ink, (h, w) float32.
        rows: where characters may be, (h, w) bool.
        level: standard deviation of the noise in the old ink.
        rng: random generator that chooses the change.
    """
    strokes = (one[rows & (one > _STROKE)] for one in (before, share))
    variances = [float(one.var()) if one.size else 0.0 for one in strokes]
    deviation = np.sqrt(np.clip(variances[0] - variances[1] - level**2, 0, _MOST_UNEVEN**2))
    change = cut_out(white_noise()[..., :1], share.shape, rng)[..., 0]
    sigma = max(_PATCH * float(rows.any(axis=1).sum()), 1.0)
    change = cv2.GaussianBlur(change, (0, 0), sigma)
    return np.float32(deviation / max(float(change.std()), 1e-3)) * change


def _ground_between(rest: np.ndarray, before: np.ndarray, written: np.ndarray) -> np.ndarray:
    """Mean of what the field lacks of the ground between the old characters.

    The field is a smooth estimate, and a patch that is hardly darker than its surroundings shows.

    Args:
        rest: original minus field, (h, w, 3) float32.
        before: old ink, (h, w) float32.
        written: where its characters are, (h, w) bool.

    Returns:
        (3,) float32.
    """
    near_ink = cv2.dilate((before > _GROUND).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    between = written & ~near_ink
    between = between if between.any() else written
    trust = limited(1 - (before[between] * (1 / _GROUND)) ** 2, 0, 1) ** 2
    return trust @ rest[between] / np.maximum(trust.sum(), 1)
