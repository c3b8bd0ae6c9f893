"""Features of a drawn head on the skin of the image, with the image's own blur and noise."""

from functools import lru_cache

import cv2
import numpy as np
from pii_measures.pixels import limited, mean_of, rounded, soft, three, times

from natural_pii.grain import cut_out, white_noise

from .estimate import Optics, Skin, to_display
from .field import Plane, from_log, likeness, skin_field, to_log
from .grid import smooth
from .render import Rendered

_DRAWN_BLUR = 0.5
"""Blur of a head as it is drawn, standard deviation in pixels."""
_LEAST_BLUR = 0.7
"""Least blur of a face: no lens draws one sharper, though edges of clothes may be sharpened."""
_CONTRASTS = 0.45, 1.25
"""Limits of the gain in contrast."""


def composite(
    window: np.ndarray,
    plane: Plane,
    skin: Skin,
    optics: Optics,
    drawn: Rendered,
    *,
    rng: np.random.Generator,
) -> np.ndarray:
    """Patch with the features of a drawn head, (h, w, 3) uint8.

    The skin of the photograph is continued smoothly over its inner face, and the drawn head's
    deviations from its own smooth skin are multiplied onto it. What covers the face stays: hair,
    hands, masks. So does everything around the inner face.

    Args:
        window: the patch as it was, (h, w, 3) uint8.
        plane: samples of the patch.
        skin: first estimate of the skin's colour.
        optics: blur, noise and black of the image.
        drawn: the head over the same patch.
        rng: source of the noise.
    """
    unit = drawn.unit
    seen = to_log(window)
    made = to_log(to_display(drawn.rgb))
    tone = to_log(to_display(np.array(skin.tone, np.float32))).ravel()
    off = drawn.head * (1 - drawn.features)
    old = skin_field(plane, plane.small(seen), plane.small(off), tone)
    new = plane.fitted(plane.small(made), plane.small(off) + np.float32(1e-3))
    light = plane.over(old)
    residual = seen - light
    alike = likeness(residual)

    core = np.maximum(drawn.core, drawn.between)
    other = soft(1 - alike, max(0.16 * unit, 0.5))
    kept = smooth(other, 0.45, 0.8) * (1 - np.maximum(drawn.features, drawn.between))
    alpha = cv2.GaussianBlur(core * (1 - kept), (0, 0), max(0.10 * unit, 0.4))

    # Where skin stays in sight its deviations from the field go on, so that no border is seen.
    visible = (1 - alpha) * drawn.head * alike + np.float32(1e-4)
    near = 0.45 * unit
    light = light + soft(times(residual, visible), near) / three(
        soft(visible, near) + np.float32(0.06)
    )

    detail = (made - plane.over(new)) * drawn.shown[..., None]
    gain = _contrast(residual, detail, core * (1 - kept), unit)
    colour = from_log(light + np.float32(gain) * detail)
    sigma = float(np.sqrt(max(optics.blur, _LEAST_BLUR) ** 2 - _DRAWN_BLUR**2))
    colour = cv2.GaussianBlur(colour, (0, 0), sigma)
    height, width = core.shape
    colour += np.float32(optics.noise) * cut_out(_grain(), (height, width), rng)
    ground = window.astype(np.float32)
    return rounded(ground + three(limited(alpha, 0, 1)) * (colour - ground))


def _contrast(old: np.ndarray, new: np.ndarray, inside: np.ndarray, unit: float) -> float:
    """Gain that gives new detail about the strength of the old one.

    Args:
        old: differences of the old face from its smooth skin, (h, w, 3).
        new: those of the drawn one.
        inside: the inner face, (h, w).
        unit: pixels per unit of face coordinates.
    """
    fine = max(0.12 * unit, 0.5)
    powers = [
        float(np.vdot(inside, np.square(cv2.GaussianBlur(mean_of(part), (0, 0), fine))))
        for part in (old, new)
    ]
    return float(np.clip(np.sqrt(powers[0] / max(powers[1], 1e-6)), *_CONTRASTS))


@lru_cache(maxsize=1)
def _grain() -> np.ndarray:
    """Camera noise, mostly the same in all channels, (512, 512, 3) float32."""
    white = white_noise()
    return 0.85 * white[..., :1] + 0.4 * white[..., 1:]
