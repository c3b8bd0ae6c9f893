"""A drawn head put into the image, with soft edges at hair and the image's own blur and noise."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from pii_measures.pixels import limited, mean_of, rounded, soft, three, times

from natural_pii.grain import cut_out, white_noise

from .estimate import Optics, Skin, to_display
from .grid import smooth
from .render import Rendered

_DRAWN_BLUR = 0.5
"""Blur of a head as it is drawn, standard deviation in pixels."""

_LEAST_BLUR = 0.7
"""Least blur of a face: no lens draws one sharper, though edges of clothes may be sharpened."""
_CONTRASTS = 0.85, 2.0
"""Limits of the gain in contrast."""
_LEVELS = 0.70, 1.12
"""Limits of the gain in brightness."""
_BRIGHTEST = 1.16
"""Limit of the brightening by contrast: faces differ in their shadows, not in their shine."""


@dataclass(frozen=True, eq=False)
class Backdrop:
    """Patch that a head is put into, with what does not depend on the head.

    Attributes:
        window: (h, w, 3) uint8, the patch as it was.
        optics: blur, noise and black of the image.
        sigma: standard deviation of the blur that a drawn head needs, pixels.
        unit: pixels per unit of face coordinates.
        like: (h, w) float32, near 1 where a pixel has about the colour of the skin.
        near_like: `like`, blurred.
        grey: (h, w) float32, mean of the channels.
        band: (h, w) float32, squared detail that is neither noise nor light.
    """

    window: np.ndarray
    optics: Optics
    sigma: float
    unit: float
    like: np.ndarray
    near_like: np.ndarray
    grey: np.ndarray
    band: np.ndarray


def backdrop_of(window: np.ndarray, skin: Skin, optics: Optics, unit: float) -> Backdrop:
    """Backdrop of a patch.

    Args:
        window: the patch, (h, w, 3) uint8.
        skin: colour of the skin, which separates skin from the rest.
        optics: blur, noise and black of the image.
        unit: pixels per unit of face coordinates.
    """
    sigma = float(np.sqrt(max(optics.blur, _LEAST_BLUR) ** 2 - _DRAWN_BLUR**2))
    like = skin_likeness(window, skin)
    grey = mean_of(window.astype(np.float32))
    low = soft(grey, 0.75 * unit)
    return Backdrop(
        window, optics, sigma, unit, like, cv2.GaussianBlur(like, (0, 0), max(0.6, sigma)),
        grey, np.square(cv2.GaussianBlur(grey, (0, 0), max(0.12 * unit, 0.5)) - low),
    )  # fmt: skip


def composite(backdrop: Backdrop, drawn: Rendered, rng: np.random.Generator) -> np.ndarray:
    """Patch with the head in it, (h, w, 3) uint8.

    Inside the core nothing of the old pixels is left. In the rim around it old and new mix where
    the old pixels have the colour of skin: hair, hats and background stay.

    Args:
        backdrop: the patch.
        drawn: the head over the same patch.
        rng: source of the noise.
    """
    colour: np.ndarray = cv2.GaussianBlur(to_display(drawn.rgb), (0, 0), backdrop.sigma)
    grey = mean_of(colour)
    gain = _contrast(grey, backdrop, drawn)
    # Raises the darkest pixels, hardly those of skin, and keeps hues.
    black = 0.8 * backdrop.optics.black / np.maximum(grey * gain, 1)
    colour = times(colour, gain * np.sqrt(1 + black * black))
    height, width = grey.shape
    colour += np.float32(backdrop.optics.noise) * cut_out(_grain(), (height, width), rng)
    ground = _without_old(backdrop, drawn)
    mixed = ground + three(_alpha(backdrop, drawn)) * (colour - ground)
    return rounded(mixed)


def _without_old(backdrop: Backdrop, drawn: Rendered) -> np.ndarray:
    """Patch in which the part of the old head that the new one does not cover is filled from around
    it: skin beside the new head, and everything between the old landmarks.
    """
    window, like = backdrop.window.astype(np.float32), backdrop.like
    gone = drawn.between
    if drawn.beside.any():
        skin = drawn.beside * cv2.GaussianBlur(like, (0, 0), max(0.08 * drawn.unit, 0.6))
        gone = np.minimum(np.maximum(1.5 * skin, gone), 1)
    if float((gone * (1 - drawn.core)).max()) <= 0.05:
        return window
    ground = (1 - like) * (drawn.beside > 0.02) * (1 - drawn.between) + np.float32(1e-3)
    wide = max(0.3 * drawn.unit, 1.0)
    fill = soft(times(window, ground), wide) / three(soft(ground, wide))
    gone = np.maximum(gone, cv2.GaussianBlur(gone, (0, 0), 0.7))
    return window + three(gone) * (fill - window)


def _alpha(backdrop: Backdrop, drawn: Rendered) -> np.ndarray:
    spread = max(0.6, backdrop.sigma)
    rim = cv2.GaussianBlur(drawn.rim * backdrop.near_like, (0, 0), spread * 0.7)
    core = cv2.GaussianBlur(drawn.core, (0, 0), max(0.5 * backdrop.sigma, 0.3))
    return limited(np.maximum(core, rim), 0, 1)


def skin_likeness(window: np.ndarray, skin: Skin) -> np.ndarray:
    """Likeness to skin of a patch (h, w, 3) uint8: (h, w) float32, near 1 at the colour of skin."""
    tone = to_display(np.array(skin.tone, np.float32))
    ratio = cv2.LUT(window, _logarithms()) - np.log(tone + np.float32(6))
    level = mean_of(ratio)
    red, green, blue = cv2.split(ratio)
    high, low = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    tint = cv2.max(high - level, level - low)
    level = np.abs(level + np.float32(0.05))
    return (1 - smooth(tint, 0.10, 0.26)) * (1 - smooth(level, 0.25, 0.55))


@lru_cache(maxsize=1)
def _logarithms() -> np.ndarray:
    return np.log(np.arange(256, dtype=np.float32) + 6)


def _contrast(after: np.ndarray, backdrop: Backdrop, drawn: Rendered) -> np.ndarray:
    """Gain (h, w) that gives the drawn head about the contrast and brightness of the old face,
    of which only these two numbers are used.

    Args:
        after: grey of the head, (h, w).
        backdrop: the patch.
        drawn: the head.
    """
    fine, coarse = max(0.12 * backdrop.unit, 0.5), 0.75 * backdrop.unit
    core = drawn.core
    # Over the head alone: the brightness of what lies beside it is arbitrary.
    shown = np.maximum(core, drawn.rim) + np.float32(1e-3)
    even = soft(after * shown, coarse) / soft(shown, coarse)
    inside = max(_sum(core, after), 1e-3)
    level = float(np.clip((_sum(core, backdrop.grey) / inside) ** 0.8, *_LEVELS))
    now = np.sqrt(_sum(core, np.square(cv2.GaussianBlur(after, (0, 0), fine) - even)))
    ratio = np.sqrt(_sum(core, backdrop.band)) / max(level * now, 1e-3)
    # Less towards the edge, where the old skin goes on.
    inner = limited(2 * soft(core, 0.4 * backdrop.unit) - 1, 0, 1)
    power = inner * np.float32(np.clip(ratio, *_CONTRASTS) - 1)
    # As a power, the same for all channels, so that dark places keep their hue.
    gain = cv2.exp(power * cv2.log((after + 2) / (even + 2)))
    return np.float32(level) * np.minimum(gain, np.float32(_BRIGHTEST))


def _sum(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.vdot(first, second))


@lru_cache(maxsize=1)
def _grain() -> np.ndarray:
    """Camera noise, mostly the same in all channels, (512, 512, 3) float32."""
    white = white_noise()
    return 0.85 * white[..., :1] + 0.4 * white[..., 1:]
