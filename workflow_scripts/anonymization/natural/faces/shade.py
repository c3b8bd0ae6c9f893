"""Light on a face: sky and ground, a soft lamp with cast shadows, hollows, and a little shine."""

from dataclasses import dataclass

import cv2
import numpy as np

from .grid import Grid, blurred, smooth

_CONTRAST = 1.25
"""Real sockets and jaws are darker than this simple light makes them."""

_LEAST = 0.22
"""What skin throws onto skin."""


@dataclass(frozen=True)
class Light:
    """Light on a face, in the picture's directions.

    Attributes:
        towards: unit vector to the lamp: right, down, to the viewer.
        hardness: share of the light that comes from the lamp, 0 to 1.
    """

    towards: tuple[float, float, float]
    hardness: float


@dataclass(frozen=True, eq=False)
class Shading:
    """Attributes: `gain` times the skin's colour, and `shine` that comes on top, (height, width)
    float32; a surface that faces the lamp without a shadow has gain 1.
    """

    gain: np.ndarray
    shine: np.ndarray


def shading_of(grid: Grid, field: np.ndarray, light: Light, rotation: np.ndarray) -> Shading:
    """Light the height field `field`, (height, width) in units, of a head that was turned."""
    dv, du = np.gradient(field, 1 / grid.density)
    length = 1 / np.sqrt(du * du + dv * dv + 1)
    normal = -du * length, -dv * length, length
    lamp = rotation.T @ np.float64(light.towards)  # the lamp as the face sees it
    up = -sum(n * float(r) for n, r in zip(normal, rotation[1], strict=True))
    facing = sum(n * float(part) for n, part in zip(normal, lamp, strict=True))
    shadow = _shadow(grid, field, lamp)
    hollow = _hollow(grid, field)
    direct = np.clip(facing * 0.88 + 0.12, 0, 1) * shadow
    sky = (0.62 + 0.38 * up) * hollow
    gain = (light.hardness * direct + (1 - light.hardness) * sky) ** _CONTRAST
    gain = np.sqrt(gain * gain + _LEAST**2)
    half = lamp + rotation.T @ np.array([0, 0, 1.0])
    half /= np.linalg.norm(half)
    glance = np.clip(sum(n * float(part) for n, part in zip(normal, half, strict=True)), 0, 1)
    shine = (0.05 * glance**10 + 0.05 * glance**34) * shadow * hollow
    return Shading(gain.astype(np.float32), shine.astype(np.float32))


def _shadow(grid: Grid, field: np.ndarray, lamp: np.ndarray) -> np.ndarray:
    """How much of the lamp reaches each point, 0 to 1, by walking towards it."""
    slope = max(float(lamp[2]), 0.25)
    across, down = lamp[0] / slope, lamp[1] / slope
    if np.hypot(across, down) < 0.1:
        return np.ones_like(field)
    height, width = field.shape
    blocked = np.zeros_like(field)
    for rise in (0.12, 0.24, 0.4, 0.6, 0.85):
        move = np.float32(
            [[1, 0, across * rise * grid.density], [0, 1, down * rise * grid.density]]
        )
        ahead = cv2.warpAffine(field, move, (width, height), flags=cv2.INTER_LINEAR
                               | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
        np.maximum(blocked, ahead - field - np.float32(rise), out=blocked)
    return 1 - 0.65 * blurred(smooth(blocked, 0.0, 0.16), 0.09 * grid.density)


def _hollow(grid: Grid, field: np.ndarray) -> np.ndarray:
    """How open each point lies to the sky, about 1; less in sockets and below nose and lip."""
    wide = cv2.resize(field, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    wide = blurred(wide, 0.22 * grid.density)
    wide = cv2.resize(wide, field.shape[::-1], interpolation=cv2.INTER_LINEAR)
    near = blurred(field, 0.14 * grid.density)
    deep = 1.25 * (wide - field) + 1.6 * (near - field)
    return np.clip(1 - deep, 0.38, 1.15)
