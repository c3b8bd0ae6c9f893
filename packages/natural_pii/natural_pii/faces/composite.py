"""Features of a drawn head on the skin of the image, with the image's own blur and noise."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from pii_measures.pixels import limited, mean_of, quantile, rounded, soft, three, times

from natural_pii.grain import cut_out, white_noise

from .estimate import Skin, display_tone, to_display
from .field import FLOOR, FieldPlane, SkinField, from_log, skin_field, to_log
from .grid import smooth
from .render import Rendered

_BLURS = (0.3, 0.7, 1.1, 1.6, 2.3, 3.2, 4.5)
"""Blurs that are tried, standard deviations in pixels."""
_LEAST_SKIN = 0.43
"""Share of skin that a face has at least: a sign or a tree that was taken for one has less."""
_FINE, _COARSE = 1.0, 2.5
"""Blurs, in pixels, between which a face's detail tells how sharp it is."""
_NEAR = 0.4
"""How far skin that stays in sight has an effect, standard deviation in units."""
_CONTRASTS = np.float32(0.3), np.float32(2.6)
"""Limits of the gain in contrast."""
_SHIFTS = -0.25, 0.05
"""Limits of the gain of the whole inner face, logarithms."""
_CALM = np.float32(0.4)
"""Share of the drawn relief that skin between the features gets."""
_COLOURFUL = 0.15
"""Logarithm of red over blue from which a skin has its full colour."""
_BLUISH = 0.04
"""Logarithm of blue over red, relative to skin, that dark details have at most."""
_CHEEKS = (-1.2, 1.35), (1.2, 1.35), (0.0, -1.25)
"""Places of cheeks and forehead, (u, v)."""
_CHEEK_SIZE = 0.4
"""Half of the side of a part whose texture is taken, units."""
_ROUGHEST = 0.02
"""Largest standard deviation of that texture, logarithms."""


@dataclass(frozen=True, eq=False)
class SmoothSkin:
    """What a head is drawn on.

    Attributes:
        seen: logarithms of the patch as it was, (h, w, 3).
        light: logarithms of smooth skin, (h, w, 3).
        field: the skin's field.
        alike: likeness of each pixel to skin, (h, w).
        alpha: 1 where the patch is painted anew, (h, w).
        inside: 1 on the inner face, less what covers it, (h, w).
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
    bare = 1 - smooth(plane.down, 0.4, 0.75) if skin.masked else np.ones_like(drawn.head)
    off = drawn.head * (1 - drawn.features) * bare
    seen = to_log(window)
    tone = to_log(display_tone(skin)).ravel()
    field = skin_field(plane, plane.small(seen), plane.small(off), tone)
    if field.share < _LEAST_SKIN:
        return None
    ground = _ground(seen, plane, field, drawn, bare)

    made = to_log(to_display(drawn.rgb))
    new = plane.fitted(plane.small(made), plane.small(off) + np.float32(1e-3))
    detail = (made - plane.over(new)) * drawn.shown[..., None]
    colour = ground.light + _as_seen(detail, ground, plane, noise, drawn)
    texture = _texture(ground, plane, drawn.unit, rng)
    if texture is None:
        height, width = bare.shape
        grain = np.float32(noise) * cut_out(_grain(), (height, width), rng)
        display = from_log(colour) + grain
    else:
        display = from_log(colour + texture)
    before = window.astype(np.float32)
    return rounded(before + three(ground.alpha) * (display - before))


def _ground(
    seen: np.ndarray, plane: FieldPlane, field: SkinField, drawn: Rendered, bare: np.ndarray
) -> SmoothSkin:
    """Smooth skin, and where it is painted.

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
    core, head = (np.maximum(part, drawn.between) * bare for part in (drawn.core, drawn.head))
    other = soft(1 - alike, max(0.16 * unit, 0.5))
    kept = smooth(other, 0.45, 0.8) * (1 - np.maximum(drawn.features, drawn.between))
    kept = kept * _from_outside(kept > 0.1, head < 0.5)
    alpha = cv2.GaussianBlur(head * (1 - kept), (0, 0), max(0.10 * unit, 0.4))
    # Where skin stays in sight, what sets it apart from this light goes on: no border is seen.
    visible = (1 - alpha) * alike + np.float32(1e-4)
    near = _NEAR * unit
    light = light + soft(times(seen - light, visible), near) / three(soft(visible, near) + 0.05)
    return SmoothSkin(seen, light, field, alike, limited(alpha, 0, 1), core * (1 - kept))


def _as_seen(
    detail: np.ndarray, ground: SmoothSkin, plane: FieldPlane, noise: float, drawn: Rendered
) -> np.ndarray:
    """Drawn detail, (h, w, 3), as sharp, strong, colourful and dark as that of the old face.

    Args:
        detail: deviations of the drawn head from its smooth skin, (h, w, 3) of logarithms.
        ground: what it is drawn on.
        plane: samples of the patch.
        noise: standard deviation of the image's noise, grey levels.
        drawn: the head.
    """
    unit, inside = drawn.unit, ground.inside
    grey = three(mean_of(detail))
    detail = grey + _colourfulness(ground.field) * _unbluish(detail, grey)
    old = ground.seen - ground.light
    relative = noise / float(from_log(ground.light).mean() + FLOOR)
    blur = _blur(mean_of(old), mean_of(detail), inside * drawn.features, relative)
    detail = cv2.GaussianBlur(detail, (0, 0), blur)
    eyes = inside * drawn.features * (plane.down < 0.5)
    gain = _contrast(mean_of(old), mean_of(detail), eyes, unit)
    # Skin has its texture from the photograph.
    calm = min(float(gain), 1.0) * _CALM
    detail *= three(calm + (gain - calm) * soft(drawn.features, 0.15 * unit))
    # The light that skin reflects is that of the photograph; only eyes may be brighter.
    shine = 0.5 * np.maximum(mean_of(detail), 0) * (1 - soft(eyes, 0.2 * unit))
    detail -= three(shine - np.float32(np.vdot(shine, inside) / max(float(inside.sum()), 1e-3)))
    detail += three(soft(inside, 0.3 * unit)) * _shift(old, detail, inside)
    return detail + three(_lift(mean_of(ground.seen), mean_of(ground.light + detail), inside))


def _from_outside(covered: np.ndarray, outside: np.ndarray) -> np.ndarray:
    """Parts of what covers a face that reach beyond the head, (h, w) bool; a shadow does not."""
    _, labels = cv2.connectedComponents((covered | outside).astype(np.uint8))
    return np.isin(labels, np.unique(labels[outside])) & covered


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


def _shift(old: np.ndarray, new: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """Logarithm of the gain (3,) with which the new inner face is about as bright as the old one.

    Args:
        old: differences of the old face from its smooth skin, (h, w, 3).
        new: those of the new one.
        inside: the inner face, (h, w).
    """
    missing = np.tensordot(inside, old - new, axes=2) / max(float(inside.sum()), 1e-3)
    return np.clip(missing, *_SHIFTS).astype(np.float32)


def _lift(old: np.ndarray, new: np.ndarray, inside: np.ndarray) -> np.ndarray:
    """What the darkest pixels of a new face lack to be as bright as the darkest of the old one.

    Args:
        old: logarithm of the old face's brightness, (h, w).
        new: that of the new one.
        inside: the inner face, (h, w).
    """
    known = old[inside > 0.5]
    if not known.size:
        return np.zeros_like(new)
    return np.maximum(quantile(known, 0.01) - new, 0)


def _texture(
    ground: SmoothSkin, plane: FieldPlane, unit: float, rng: np.random.Generator
) -> np.ndarray | None:
    """Grain, pores and coding of a cheek, repeated over the patch, (h, w, 3) of logarithms.

    Args:
        ground: the patch.
        plane: samples of the patch.
        unit: pixels per unit of face coordinates.
        rng: chooses where the repetition begins.

    Returns:
        None where no cheek is in sight, or where it has too few pixels.
    """
    seen, alike = ground.seen, ground.alike
    half = int(_CHEEK_SIZE * unit)
    if half < 2:
        return None
    parts = []
    for across, down in _CHEEKS:
        off = np.square(2 * plane.full[..., 1] - across) + np.square(plane.down - down)
        y, x = np.unravel_index(int(off.argmin()), off.shape)
        part = slice(y - half, y + half + 1), slice(x - half, x + half + 1)
        whole = y >= half and x >= half and alike[part].shape == (2 * half + 1,) * 2
        if whole and float(alike[part].min()) > 0.6:
            cheek = seen[part]
            parts.append(cheek - cv2.GaussianBlur(cheek, (0, 0), max(0.12 * unit, 1.0)))
    if not parts:
        return None
    fine = min(parts, key=lambda part: float(part.std()))  # no folds, no frames of glasses
    level = max(float(fine.std()), 1e-6)
    fine = limited(fine, -2.5 * level, 2.5 * level) * np.float32(min(1.0, _ROUGHEST / level))
    rows, columns = (
        _back_and_forth(length, 2 * half + 1, int(rng.integers(4 * half + 2)))
        for length in seen.shape[:2]
    )
    return fine[np.ix_(rows, columns)]


def _back_and_forth(length: int, count: int, start: int) -> np.ndarray:
    """Indices 0 to `count` - 1 and back again, (length,)."""
    places = (start + np.arange(length)) % (2 * count)
    return np.minimum(places, 2 * count - 1 - places)


def _contrast(old: np.ndarray, new: np.ndarray, inside: np.ndarray, unit: float) -> np.float32:
    """Gain that gives new detail about the strength of the old one.

    Args:
        old: differences of the old face from its smooth skin, (h, w).
        new: those of the drawn one.
        inside: where they are compared, (h, w).
        unit: pixels per unit of face coordinates.
    """
    # Of small faces, what is left of the old lines after the blur is mostly noise and shade.
    share = np.float32(np.interp(unit, (3, 7), (0.7, 1.0)))
    fine = max(0.12 * unit, 0.5)
    bands = (cv2.GaussianBlur(part, (0, 0), fine) - soft(part, 0.6 * unit) for part in (old, new))
    powers = [_power(band, inside) for band in bands]
    return np.clip(share * np.sqrt(powers[0] / powers[1]), *_CONTRASTS)


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
