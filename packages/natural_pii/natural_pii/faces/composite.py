"""Features of a drawn head on the skin of the image, with the image's own blur and noise."""

from functools import lru_cache

import cv2
import numpy as np
from pii_measures.pixels import limited, mean_of, rounded, soft, three, times

from natural_pii.grain import cut_out, white_noise

from .estimate import Skin, display_tone, to_display
from .field import FLOOR, Plane, SkinField, from_log, skin_field, to_log
from .grid import smooth
from .render import Rendered

_BLURS = (0.3, 0.7, 1.1, 1.6, 2.3, 3.2, 4.5)
"""Blurs that are tried, standard deviations in pixels."""
_LEAST_SKIN = 0.43
"""Share of skin that a face has at least: a sign or a tree that was taken for one has less."""
_FINE, _COARSE = 1.0, 2.5
"""Blurs, in pixels, between which a face's detail tells how sharp it is."""
_CONTRASTS = np.float32(0.45), np.float32(2.2)
"""Limits of the gain in contrast."""
_COLOURFUL = 0.15
"""Logarithm of red over blue from which a skin has its full colour."""
_BLUISH = 0.04
"""Logarithm of blue over red, relative to skin, that dark details have at most."""
_RANKS = (0.04, 0.25, 0.5, 0.75, 0.96)
"""Ranks of brightness that are made alike."""
_SHIFTS = -0.35, 0.35
"""Limits of that change, logarithms."""


def composite(
    window: np.ndarray,
    plane: Plane,
    skin: Skin,
    noise: float,
    drawn: Rendered,
    *,
    rng: np.random.Generator,
) -> np.ndarray | None:
    """Patch (h, w, 3) uint8 with the features of a drawn head; None where there is too little skin.

    The skin of the photograph is continued smoothly over the head, and the drawn head's deviations
    from its own smooth skin are multiplied onto it. What covers the face stays: hair, hands, masks.
    So does the outline.

    Args:
        window: the patch as it was, (h, w, 3) uint8.
        plane: samples of the patch.
        skin: first estimate of the skin's colour.
        noise: standard deviation of the image's noise, grey levels.
        drawn: the head over the same patch.
        rng: source of the noise.
    """
    unit = drawn.unit
    seen = to_log(window)
    made = to_log(to_display(drawn.rgb))
    tone = to_log(display_tone(skin)).ravel()
    bare = 1 - smooth(plane.down, 0.4, 0.75) if skin.masked else np.ones_like(drawn.head)
    off = drawn.head * (1 - drawn.features) * bare
    old = skin_field(plane, plane.small(seen), plane.small(off), tone)
    if old.share < _LEAST_SKIN:
        return None
    new = plane.fitted(plane.small(made), plane.small(off) + np.float32(1e-3))
    light = plane.over(old.coefficients)
    residual = seen - light
    alike = old.likeness(residual)

    core, head = (np.maximum(part, drawn.between) * bare for part in (drawn.core, drawn.head))
    other = soft(1 - alike, max(0.16 * unit, 0.5))
    kept = smooth(other, 0.45, 0.8) * (1 - np.maximum(drawn.features, drawn.between))
    alpha = cv2.GaussianBlur(head * (1 - kept), (0, 0), max(0.10 * unit, 0.4))

    # Where skin stays in sight its deviations from the field go on, so that no border is seen.
    visible = (1 - alpha) * alike + np.float32(1e-4)
    near = 0.45 * unit
    light = light + soft(times(residual, visible), near) / three(
        soft(visible, near) + np.float32(0.06)
    )

    inside = core * (1 - kept)
    detail = (made - plane.over(new)) * drawn.shown[..., None]
    grey = three(mean_of(detail))
    detail = grey + _colourfulness(old) * _unbluish(detail, grey)
    relative = noise / float(from_log(light).mean() + FLOOR)
    blur = _blur(mean_of(residual), mean_of(detail), inside * drawn.features, relative)
    detail = cv2.GaussianBlur(detail, (0, 0), blur)
    detail = _as_strong(
        residual, detail, inside, inside * drawn.features * (plane.down < 0.5), unit
    )
    beardless = (inside > 0.5) & (plane.down < 1.6)
    missing = _missing(mean_of(seen), mean_of(light + detail), beardless)
    detail += three(soft(inside, 0.3 * unit) * missing)
    height, width = core.shape
    grain = np.float32(noise) * cut_out(_grain(), (height, width), rng)
    ground = window.astype(np.float32)
    colour = from_log(light + detail) + grain
    return rounded(ground + three(limited(alpha, 0, 1)) * (colour - ground))


def _colourfulness(skin: SkinField) -> np.float32:
    """Share of their colour that features have on a skin: 0 where skin and image are grey."""
    red, _, blue = skin.coefficients[0]
    return np.minimum(np.abs(red - blue) / np.float32(_COLOURFUL), np.float32(1))


def _unbluish(detail: np.ndarray, grey: np.ndarray) -> np.ndarray:
    """Colours of details, less their brightness, (h, w, 3): hair and shade are not bluer than skin.

    Hair is drawn in a colour of its own, which would look blue in warm light.
    """
    tint = detail - grey
    bluer = np.maximum(tint[..., 2] - tint[..., 0], np.float32(1e-3))
    allowed = np.float32(_BLUISH) + np.maximum(grey[..., 0], 0)
    return tint * three(np.minimum(allowed / bluer, np.float32(1)))


def _missing(old: np.ndarray, new: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """What has to be added to the logarithm of brightness, (h, w), for a new inner face that is as
    bright, as dark and as bright in the middle as the old one.

    Args:
        old: logarithm of the old face's brightness, (h, w).
        new: that of the new one.
        inside: the inner face that is compared, (h, w) bool.
    """
    if np.count_nonzero(inside) < len(_RANKS):
        return np.zeros_like(new)
    parts = [np.sort(part[inside]) for part in (old, new)]
    places = np.round(np.array(_RANKS) * (len(parts[0]) - 1)).astype(int)
    wanted, found = (part[places] for part in parts)
    return np.interp(new, found, np.clip(wanted - found, *_SHIFTS)).astype(np.float32)


def _as_strong(
    old: np.ndarray, new: np.ndarray, inside: np.ndarray, eyes: np.ndarray, unit: float
) -> np.ndarray:
    """New detail about as strong as the old: the lines and the shades each by a gain.

    Args:
        old: differences of the old face from its smooth skin, (h, w, 3).
        new: those of the drawn one.
        inside: the inner face, (h, w), where shades are compared.
        eyes: where lines are compared, (h, w).
        unit: pixels per unit of face coordinates.
    """
    level = mean_of(new)
    (old_lines, old_shades), (lines, shades) = (
        _lines_and_shades(part, unit) for part in (mean_of(old), level)
    )
    finer = np.clip(np.sqrt(_power(old_lines, eyes) / _power(lines, eyes)), *_CONTRASTS)
    wider = np.clip(np.sqrt(_power(old_shades, inside) / _power(shades, inside)), *_CONTRASTS)
    return finer * (new - three(level)) + three(finer * (level - shades) + wider * shades)


def _lines_and_shades(detail: np.ndarray, unit: float) -> tuple[np.ndarray, np.ndarray]:
    shades = soft(detail, 0.4 * unit)
    return cv2.GaussianBlur(detail, (0, 0), max(0.12 * unit, 0.5)) - shades, shades


def _power(values: np.ndarray, weights: np.ndarray) -> np.float32:
    return np.maximum(np.float32(np.vdot(weights, np.square(values))), np.float32(1e-6))


def _blur(old: np.ndarray, new: np.ndarray, inside: np.ndarray, noise: float) -> float:
    """Blur, pixels, after which the drawn detail is as sharp as that of the old face.

    Sharpness is the power of detail finer than `_FINE` relative to that from there to `_COARSE`.

    Args:
        old: differences of the old face from smooth skin, (h, w).
        new: those of the drawn one.
        inside: weights, (h, w).
        noise: standard deviation of the image's noise, in the same units.
    """
    rows, columns = _around(inside)
    old, new, inside = (part[rows, columns] for part in (old, new, inside))
    wanted = _sharpness(old, 0.0, inside, noise)
    low, high = 0, len(_BLURS) - 1
    ends = [_sharpness(new, _BLURS[number], inside, 0.0) for number in (low, high)]
    while high - low > 1:
        middle = (low + high) // 2
        found = _sharpness(new, _BLURS[middle], inside, 0.0)
        if found > wanted:
            low, ends[0] = middle, found
        else:
            high, ends[1] = middle, found
    share = np.clip((ends[0] - wanted) / max(ends[0] - ends[1], 1e-3), 0, 1)
    return float(_BLURS[low] + share * (_BLURS[high] - _BLURS[low]))


def _around(mask: np.ndarray) -> tuple[slice, slice]:
    """Rows and columns that hold a mask, with a border as wide as the blurs reach."""
    left, top, width, height = cv2.boundingRect((mask > 0.05).astype(np.uint8))
    border = round(2 * _COARSE)
    return (
        slice(max(top - border, 0), top + height + border),
        slice(max(left - border, 0), left + width + border),
    )


def _sharpness(detail: np.ndarray, blur: float, inside: np.ndarray, noise: float) -> float:
    first, fine, coarse = (
        cv2.GaussianBlur(detail, (0, 0), sigma) if sigma else detail
        for sigma in (blur, np.hypot(blur, _FINE), np.hypot(blur, _COARSE))
    )
    total = max(float(inside.sum()), 1e-3)
    high, middle = (
        float(np.vdot(inside, np.square(band))) / total for band in (first - fine, fine - coarse)
    )
    # The share of white noise that each band holds.
    high, middle = high - 0.76 * noise**2, middle - 0.055 * noise**2
    return float(np.log(max(high, 1e-9) / max(middle, 1e-9)))


@lru_cache(maxsize=1)
def _grain() -> np.ndarray:
    """Camera noise, mostly the same in all channels, (512, 512, 3) float32."""
    white = white_noise()
    return 0.85 * white[..., :1] + 0.4 * white[..., 1:]
