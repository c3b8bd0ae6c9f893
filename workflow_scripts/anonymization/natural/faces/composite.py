"""Putting a drawn head into the picture: soft edges at hair, the picture's blur and noise."""

import cv2
import numpy as np

from .estimate import Optics, Skin, to_display
from .grid import smooth
from .render import Rendered

_DRAWN_BLUR = 0.5
"""Of a drawn head before anything is done to it, pixels."""

_LEAST_BLUR = 0.7
"""No lens draws a face sharper; edges of clothes, sharpened by cameras, say otherwise."""
_CONTRASTS = 0.85, 2.0
_LEVELS = 0.70, 1.12
_BRIGHTEST = 1.16
"""How far contrast lifts what is bright already: faces differ in their shadows, not in shine."""


def composite(
    window: np.ndarray, drawn: Rendered, skin: Skin, optics: Optics, rng: np.random.Generator
) -> np.ndarray:
    """The window with the head, (h, w, 3) uint8.

    Inside the core nothing of the old pixels is left. In the rim around it old and new mix, and
    only what has the colour of skin is replaced: hair, hats and background stay.

    Args:
        window: (h, w, 3) uint8, the patch as it was.
        drawn: the head over the same patch.
        skin: its colour, by which skin is told from the rest.
        optics: of the picture.
        rng: for the noise.
    """
    colour = to_display(drawn.rgb)
    sigma = float(np.sqrt(max(optics.blur, _LEAST_BLUR) ** 2 - _DRAWN_BLUR**2))
    colour = cv2.GaussianBlur(colour, (0, 0), sigma)
    colour = _as_contrasty(colour, window, drawn)
    grey = colour.mean(axis=2, keepdims=True)
    # Raises the darkest, hardly skin, and keeps hues.
    colour *= np.sqrt(1 + (0.8 * optics.black / np.maximum(grey, 1)) ** 2)
    colour += _grain(colour.shape, optics, rng)
    like = skin_likeness(window, skin)
    ground = _without_old(window, drawn, like)
    alpha = _alpha(like, drawn, sigma)[..., None]
    mixed = ground + alpha * (colour - ground)
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def _without_old(window: np.ndarray, drawn: Rendered, like: np.ndarray) -> np.ndarray:
    """The window with what the new head does not cover of the old one filled from around it:
    what has the colour of skin beside it, and all that lies between the old landmarks.
    """
    skin = drawn.beside * cv2.GaussianBlur(like, (0, 0), max(0.08 * drawn.unit, 0.6))
    gone = np.clip(np.maximum(1.5 * skin, drawn.between), 0, 1)
    if not (gone * (1 - drawn.core) > 0.05).any():
        return np.float32(window)
    ground = (1 - like) * (drawn.beside > 0.02) * (1 - drawn.between) + 1e-3
    wide = max(0.3 * drawn.unit, 1.0)
    weight = cv2.GaussianBlur(ground, (0, 0), wide)[..., None]
    fill = cv2.GaussianBlur(window * ground[..., None].astype(np.float32), (0, 0), wide) / weight
    soft = np.maximum(gone, cv2.GaussianBlur(gone, (0, 0), 0.7))
    return window + soft[..., None] * (fill - window)


def _alpha(like: np.ndarray, drawn: Rendered, sigma: float) -> np.ndarray:
    spread = max(0.6, sigma)
    like = cv2.GaussianBlur(like, (0, 0), spread)
    rim = cv2.GaussianBlur(drawn.rim * like, (0, 0), spread * 0.7)
    core = cv2.GaussianBlur(drawn.core, (0, 0), max(0.5 * sigma, 0.3))
    return np.clip(np.maximum(core, rim), 0, 1)


def skin_likeness(window: np.ndarray, skin: Skin) -> np.ndarray:
    """(h, w) float32, near 1 where a pixel has about the colour of the skin."""
    tone = to_display(np.float32(skin.tone))
    ratio = np.log((np.float32(window) + 6) / (tone + 6))
    level = ratio.mean(axis=2)
    tint = np.abs(ratio - level[..., None]).max(axis=2)
    return (1 - smooth(tint, 0.10, 0.26)) * (1 - smooth(np.abs(level + 0.05), 0.25, 0.55))


def _as_contrasty(colour: np.ndarray, window: np.ndarray, drawn: Rendered) -> np.ndarray:
    """The drawn head with about the contrast and brightness of the old face, a number each."""
    fine, coarse = max(0.12 * drawn.unit, 0.5), 0.75 * drawn.unit
    before, after = (np.float32(pixels).mean(axis=2) for pixels in (window, colour))
    # Of the head alone: what lies beside it is as dark as it happens to be.
    shown = np.maximum(drawn.core, drawn.rim) + np.float32(1e-3)
    even = cv2.GaussianBlur(after * shown, (0, 0), coarse) / cv2.GaussianBlur(shown, (0, 0), coarse)

    def spread(grey: np.ndarray, low: np.ndarray) -> float:
        band = cv2.GaussianBlur(grey, (0, 0), fine) - low
        return float(np.sqrt((drawn.core * band**2).sum()))

    inside = max(float((drawn.core * after).sum()), 1e-3)
    level = (float((drawn.core * before).sum()) / inside) ** 0.8
    level = float(np.clip(level, *_LEVELS))
    wanted = spread(before, cv2.GaussianBlur(before, (0, 0), coarse))
    ratio = wanted / max(level * spread(after, even), 1e-3)
    # Less towards the edge, where the old skin goes on.
    inner = np.clip(2 * cv2.GaussianBlur(drawn.core, (0, 0), 0.4 * drawn.unit) - 1, 0, 1)
    power = np.float32(np.clip(ratio, *_CONTRASTS) - 1) * inner
    # As a power and the same for all channels, so that dark places keep their hue.
    gain = level * np.minimum(((after + 2) / (even + 2)) ** power, _BRIGHTEST)
    return colour * gain[..., None].astype(np.float32)


def _grain(shape: tuple[int, ...], optics: Optics, rng: np.random.Generator) -> np.ndarray:
    """Noise as cameras leave it: a bit soft, mostly the same in all channels."""
    height, width = shape[:2]
    common = rng.standard_normal((height, width, 1), np.float32)
    own = rng.standard_normal((height, width, 3), np.float32)
    return optics.noise * (0.85 * common + 0.4 * own)
