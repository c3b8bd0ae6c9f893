"""Features of a drawn head on the skin of the image, with the image's own blur and noise."""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from pii_measures.pixels import limited, mean_of, quantile, rounded, soft, three, times

from natural_pii.grain import cut_out, white_noise

from .estimate import Skin, display_tone, to_display
from .field import FLOOR, FieldPlane, SkinField, from_log, skin_field, to_log
from .glasses import without_frames
from .grid import smooth
from .render import Rendered

_LEAST_SKIN = 0.43
"""Least share of skin on a face, either on all of it or below the brows, where no fringe covers it.
A sign or a tree that was mistaken for a face has less."""
_BELOW_BROWS = -0.7, -0.3
"""v at which a part starts to count as below the brows, and from which it counts fully."""
_NEAR = 0.4
"""Range of influence of skin that stays visible, standard deviation in units."""
_TINT = 0.5
"""Scale of the tints of skin that are kept, standard deviation in units."""
_FINEST = 0.58
"""Blur of level n of a Gaussian pyramid divided by 2**n, standard deviation in pixels."""
_COARSEST = 1.2
"""Blur that the coarsest band is measured against, units: a quarter of the face's width."""
_FINE, _SHARPEST = 2, 2.2
"""Number of the finest bands that may be strengthened, relative to the coarsest one, and their
largest gain: donors' photographs may be softer than the old one."""
_SHARE = 0.95
"""Strength of new detail relative to that of the old face."""
_PALE = np.float32(0.3)
"""Reduction of detail that is brighter than the skin, as a share."""
_WHITE = (0.75, 0.18, 0.08, 0.04, 0.02, 0.01, 0.005, 0.0025)
"""Mean absolute value of white noise of unit variance in each band, from the finest."""
_GREYS = np.array([(1 / 3, 1 / 3, 1 / 3, 0), (0, 0, 0, 1)], np.float32)
"""Matrix from the three channels of new detail and the brightness of the old face to their
brightness.
"""
_COLOURFUL = 0.15
"""Logarithm of red over blue from which features on a skin get their full colour."""
_VIVID = 0.15
"""Deviation of a channel from the brightness of details that is taken for make-up, logarithm."""
_BLUISH = 0.04
"""Largest logarithm of blue over red of dark details, relative to skin."""
_CHEEKS = (-1.2, 1.35), (1.2, 1.35), (0.0, -1.25)
"""Positions of cheeks and forehead, (u, v)."""
_CHEEK_SIZE = 0.4
"""Half of the side of a square from which texture is taken, units."""
_LARGEST_CHEEK = 15
"""Limit of that half, pixels."""
_ROUGHEST = 0.02
"""Largest standard deviation of that texture, logarithms."""


@dataclass(frozen=True, eq=False)
class SmoothSkin:
    """Skin on which a head is drawn.

    Attributes:
        seen: logarithms of the patch without glasses, (h, w, 3).
        light: logarithms of smooth skin, (h, w, 3).
        field: the skin's field.
        alike: likeness of each pixel to skin, (h, w).
        alpha: 1 where the patch is repainted, (h, w).
        inside: 1 on the uncovered part of the inner face, (h, w).
    """

    seen: np.ndarray
    light: np.ndarray
    field: SkinField
    alike: np.ndarray
    alpha: np.ndarray
    inside: np.ndarray


def composite(
    window: np.ndarray,
    plane: FieldPlane,
    skin: Skin,
    noise: float,
    drawn: Rendered,
    *,
    rng: np.random.Generator,
) -> np.ndarray | None:
    """Patch (h, w, 3) uint8 with the features of a drawn head; None if there is too little skin.

    The skin of the photograph is continued smoothly over the head, and multiplied by the drawn
    head's deviations from its own smooth skin. The outline and everything that covers the face
    (hair, hands, masks) stay, except for the frame of glasses.

    Args:
        window: the original patch, (h, w, 3) uint8.
        plane: samples of the patch.
        skin: first estimate of the skin's colour.
        noise: standard deviation of the image's noise, grey levels.
        drawn: the head rendered for the same patch.
        rng: random generator for the noise.
    """
    bare = 1 - smooth(plane.down, 0.4, 0.75) if skin.masked else np.ones_like(drawn.head)
    off = drawn.head * (1 - drawn.features) * bare
    clean = without_frames(window, plane, drawn.unit) if skin.glasses else window
    seen = to_log(clean)
    tone = to_log(display_tone(skin)).ravel()
    samples = plane.small(seen)
    field = skin_field(plane, samples, plane.small(off), tone)
    if field.share < _LEAST_SKIN:
        below = plane.small(off * smooth(plane.down, *_BELOW_BROWS))
        if field.share_in(plane, samples, below) < _LEAST_SKIN:
            return None
    ground = _ground(seen, plane, field, drawn, bare)

    made = to_log(to_display(drawn.rgb))
    new = plane.fitted(plane.small(made), plane.small(off) + np.float32(1e-3))
    detail = times(made - plane.over(new), drawn.shown)
    old = to_log(window) if skin.glasses else seen  # with frames, which are detail of the old face
    colour = ground.light + _as_seen(detail, ground, old, noise, drawn)
    texture = _texture(ground, plane, drawn.unit, rng)
    if texture is None:
        height, width = bare.shape
        grain = np.float32(noise) * cut_out(_grain(), (height, width), rng)
        display = from_log(colour) + grain
    else:
        display = from_log(colour + texture)
    before = clean.astype(np.float32)
    return rounded(before + three(ground.alpha) * (display - before))


def _ground(
    seen: np.ndarray, plane: FieldPlane, field: SkinField, drawn: Rendered, bare: np.ndarray
) -> SmoothSkin:
    """Smooth skin of a patch, and the mask of the area to repaint.

    Args:
        seen: logarithms of the patch, (h, w, 3).
        plane: samples of the patch.
        field: the skin's field.
        drawn: the head.
        bare: 1 where no mask covers the face, (h, w).
    """
    unit = drawn.unit
    light = plane.over(field.coefficients)
    alike = field.likeness(seen - light)
    core, head = (np.maximum(part, drawn.between) * bare for part in (drawn.core, drawn.painted))
    other = soft(1 - alike, max(0.16 * unit, 0.5))
    kept = smooth(other, 0.45, 0.8) * (1 - np.maximum(drawn.features, drawn.between))
    kept = kept * _from_outside(kept > 0.1, head < 0.5)
    alpha = cv2.GaussianBlur(head * (1 - kept), (0, 0), max(0.10 * unit, 0.4))
    # Continue the deviations of visible skin from this light, so that no border is visible.
    light = light + _nearby(seen - light, (1 - alpha) * alike, _NEAR * unit)
    # Cheeks are redder than any smooth field; a tint at this scale identifies nobody.
    tint = _nearby(seen - light, alike * (1 - drawn.features), _TINT * unit)
    light = light + tint - three(mean_of(tint))
    return SmoothSkin(seen, light, field, alike, limited(alpha, 0, 1), core * (1 - kept))


def _nearby(deviations: np.ndarray, weights: np.ndarray, reach: float) -> np.ndarray:
    """Weighted mean of deviations (h, w, 3) around each pixel; 0 far from any weight.

    Args:
        deviations: (h, w, 3).
        weights: (h, w).
        reach: standard deviation of the surroundings, pixels.
    """
    weights = weights + np.float32(1e-4)
    *around, total = cv2.split(
        soft(cv2.merge((*cv2.split(times(deviations, weights)), weights)), reach)
    )
    return times(cv2.merge(around), 1 / (total + np.float32(0.05)))


def _as_seen(
    detail: np.ndarray, ground: SmoothSkin, old: np.ndarray, noise: float, drawn: Rendered
) -> np.ndarray:
    """New detail, (h, w, 3), in the colours, contrast and sharpness of the old face.

    Each band of detail takes one number from the old face. The positions of its features do not
    pass into the new face, nor does its light at less than the scale of the skin's field.

    Args:
        detail: deviations of the new head from its smooth skin, (h, w, 3) of logarithms.
        ground: skin on which it is drawn.
        old: logarithms of the original patch, (h, w, 3).
        noise: standard deviation of the image's noise, grey levels.
        drawn: the head.
    """
    inside = ground.inside
    detail = _plain(detail, _colourfulness(ground.field) * drawn.features)
    weights = inside * np.maximum(drawn.features, ground.alike) + np.float32(1e-3)
    white = noise / float(from_log(ground.light).mean() + FLOOR)
    bands = max(round(np.log2(_COARSEST * drawn.unit / _FINEST)), 1)
    both = cv2.merge((*cv2.split(detail), mean_of(old - ground.light)))
    result = _as_sharp(both, weights, [white * size for size in _WHITE[:bands]])
    # Bright edges beside dark lines would look like paint.
    result = result - three(_PALE * np.maximum(mean_of(result), 0))
    return result + three(_within(mean_of(old), mean_of(ground.light + result), inside))


def _as_sharp(both: np.ndarray, weights: np.ndarray, noise: list[float]) -> np.ndarray:
    """New detail, (h, w, 3), as strong as the old one in each band of a Laplacian pyramid.

    The coarsest band is only made weaker, and so are the others relative to it, except for the
    finest ones of a new face that is blurred.

    Args:
        both: new detail, and brightness of the old face, (h, w, 4).
        weights: weights of the inner face, (h, w).
        noise: mean size of the image's noise in each band, from the finest. Anything coarser than
            the last band is left out.
    """
    bands, ratios = [], []
    for grain in noise:
        smaller = cv2.pyrDown(both)
        band = both - cv2.pyrUp(smaller, dstsize=both.shape[1::-1])
        new, old = (
            cv2.mean(np.abs(part) * weights)[0] / cv2.mean(weights)[0]
            for part in cv2.split(cv2.transform(band, _GREYS))
        )
        bands.append(band[..., :3])
        ratios.append(_SHARE * math.sqrt(max(old * old - grain * grain, 0)) / max(new, 1e-6))
        both, weights = smaller, cv2.pyrDown(weights)
    contrast = min(ratios[-1], 1.0)
    result = np.zeros_like(both[..., :3])
    for level in reversed(range(len(bands))):
        most = contrast * (_SHARPEST if level < _FINE else 1)
        gain = min(ratios[level], most)
        weaker = np.float32(min(gain, contrast))
        band = bands[level]
        result = cv2.pyrUp(result, dstsize=band.shape[1::-1]) + weaker * band
        # Only brightness is strengthened: colours beside lips would get a fringe.
        result = result + three(np.float32(gain - weaker) * mean_of(band))
    return result


def _from_outside(covered: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """Covered parts of a face that continue outside the head, (h, w) bool; shadows do not."""
    count, labels = cv2.connectedComponents((covered | outside).astype(np.uint8))
    reaching = np.zeros(count, bool)
    reaching[labels[outside]] = True
    return reaching[labels] & covered


def _colourfulness(skin: SkinField) -> np.float32:
    """Share of their colour that features get on a skin: 0 if skin and image are grey."""
    red, _, blue = skin.coefficients[0]
    return np.minimum(np.abs(red - blue) / np.float32(_COLOURFUL), np.float32(1))


def _plain(detail: np.ndarray, colourful: np.ndarray) -> np.ndarray:
    """Detail, (h, w, 3), without make-up and in the colours of the image.

    Lipstick and eye shadow are made weaker, since a man or a child would not wear them. Hair is
    drawn in a colour of its own, which would look blue in warm light.

    Args:
        detail: deviations from smooth skin, (h, w, 3) of logarithms.
        colourful: share of its colour that detail gets, (h, w); none between the features, where
            the skin's own tint is kept.
    """
    grey = mean_of(detail)
    tint = detail - three(grey)
    made_up = np.abs(tint).max(axis=-1) * np.float32(1 / _VIVID)
    bluer = np.maximum(tint[..., 2] - tint[..., 0], np.float32(1e-3))
    allowed = np.float32(_BLUISH) + np.maximum(grey, 0)
    tint = times(tint, colourful * np.minimum(allowed / bluer, np.float32(1)))
    return times(three(grey) + tint, 1 / np.maximum(made_up, np.float32(1)))


def _within(old: np.ndarray, new: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Correction that keeps a new face within the brightness range of the old one.

    Args:
        old: logarithm of the old face's brightness, (h, w).
        new: logarithm of the new face's brightness, (h, w).
        inside: the inner face, (h, w).
    """
    known = old[inside > 0.5]
    if not known.size:
        return np.zeros_like(new)
    return limited(new, quantile(known, 0.01), quantile(known, 0.97)) - new


def _texture(
    ground: SmoothSkin, plane: FieldPlane, unit: float, rng: np.random.Generator
) -> np.ndarray | None:
    """Noise with the grain, pores and coding artefacts of a cheek, (h, w, 3) of logarithms.

    It has the spectrum of the cheek but random phases: a part of it that was repeated would show as
    a pattern. Source: Galerne, Gousseau and Morel 2011, "Random Phase Textures".

    Args:
        ground: the patch.
        plane: samples of the patch.
        unit: pixels per unit of face coordinates.
        rng: random generator for the phases.

    Returns:
        None if no cheek is visible, or has too few pixels.
    """
    seen, alike = ground.seen, ground.alike
    half = min(int(_CHEEK_SIZE * unit), _LARGEST_CHEEK)
    if half < 2:
        return None
    parts = []
    for across, down in _CHEEKS:
        y, x = plane.pixel(across, down)
        part = slice(y - half, y + half + 1), slice(x - half, x + half + 1)
        whole = y >= half and x >= half and alike[part].shape == (2 * half + 1,) * 2
        if whole and float(alike[part].min()) > 0.6:
            cheek = seen[part]
            parts.append(cheek - cv2.GaussianBlur(cheek, (0, 0), max(0.12 * unit, 1.0)))
    if not parts:
        return None
    fine = min(parts, key=lambda part: float(part.std()))  # without folds or frames of glasses
    level = max(float(fine.std()), 1e-6)
    fine = limited(fine, -2.5 * level, 2.5 * level) * np.float32(min(1.0, _ROUGHEST / level))
    white = rng.standard_normal(seen.shape[:2], np.float32) / np.float32(2 * half + 1)
    return cv2.merge([cv2.filter2D(white, -1, channel) for channel in cv2.split(fine)])


@lru_cache(maxsize=1)
def _grain() -> np.ndarray:
    """Camera noise, mostly the same in all channels, (512, 512, 3) float32."""
    white = white_noise()
    return 0.85 * white[..., :1] + 0.4 * white[..., 1:]
