"""Shading of a face: sky and ground, a soft lamp with cast shadows, hollows, and slight gloss."""

from dataclasses import dataclass

import cv2
import numpy as np
from pii_measures.pixels import limited

from .grid import Grid, blurred, smooth

_CONTRAST = 0.8
"""Exponent of the gain; below 1, it weakens the contrast of this simple light."""
_LEAST = 0.22
"""Light that skin reflects onto skin."""


@dataclass(frozen=True)
class Lighting:
    """Light on a face, in image directions.

    Attributes:
        towards: unit vector to the lamp (right, down, towards the viewer).
        hardness: share of the light that comes from the lamp, 0 to 1.
    """

    towards: tuple[float, float, float]
    hardness: float


@dataclass(frozen=True, eq=False)
class Shading:
    """Shading over a grid.

    Attributes:
        gain: factor of the skin's colour, (height, width) float32; 1 on a surface that faces the
            lamp and is not in shadow.
        shine: white to add, (height, width) float32.
    """

    gain: np.ndarray
    shine: np.ndarray


def shading_of(grid: Grid, field: np.ndarray, light: Lighting, rotation: np.ndarray) -> Shading:
    """Shading of a head.

    Args:
        grid: the sample points.
        field: height of the head, (height, width), units.
        light: the light.
        rotation: rotation of the head, (3, 3).
    """
    lamp = rotation.T @ np.array(light.towards)  # in face coordinates
    half = lamp + rotation.T @ (0, 0, 1.0)
    towards = np.array([lamp, -rotation[1], half / np.linalg.norm(half)])
    # Cosines between these and the normal, which is (-slope across, -slope down, 1).
    slopes = [
        cv2.Sobel(field, cv2.CV_32F, *axis, ksize=1, scale=grid.density / 2,
                  borderType=cv2.BORDER_REPLICATE)
        for axis in ((1, 0), (0, 1))
    ]  # fmt: skip
    matrix = (towards * (-1, -1, 1)).astype(np.float32)
    facing, up, glance = cv2.split(cv2.transform(cv2.merge(slopes), matrix))
    across, down = slopes
    length = 1 / np.sqrt(across * across + down * down + 1)
    open_to = _open_to(grid, field, lamp)
    shadow, hollow = cv2.split(cv2.resize(open_to, field.shape[::-1]))
    direct = limited(facing * length * 0.88 + 0.12, 0, 1) * shadow
    sky = (0.62 + 0.38 * (up * length)) * hollow
    gain = cv2.pow(light.hardness * direct + (1 - light.hardness) * sky, 2 * _CONTRAST)
    glance = limited(glance * length, 0, 1)
    shine = (cv2.pow(glance, 10) + cv2.pow(glance, 34)) * shadow * hollow
    return Shading(np.sqrt(gain + _LEAST**2), 0.05 * shine)


def _open_to(grid: Grid, field: np.ndarray, lamp: np.ndarray) -> np.ndarray:
    """Openness of each point to the lamp and to the sky, (height / 2, width / 2, 2)."""
    small = cv2.resize(field, grid.coarse.shape[::-1], interpolation=cv2.INTER_AREA)
    return cv2.merge((_shadow(grid.coarse, small, lamp), _hollow(grid.coarse, small)))


def _shadow(grid: Grid, field: np.ndarray, lamp: np.ndarray) -> np.ndarray:
    """Share of the lamp's light that reaches each point, by ray marching towards the lamp."""
    slope = max(float(lamp[2]), 0.25)
    across, down = lamp[0] / slope, lamp[1] / slope
    if np.hypot(across, down) < 0.1:
        return np.ones_like(field)
    height, width = field.shape
    blocked = np.zeros_like(field)
    for rise in (0.12, 0.24, 0.4, 0.6, 0.85):
        move = np.array(
            [[1, 0, across * rise * grid.density], [0, 1, down * rise * grid.density]], np.float32
        )
        ahead = cv2.warpAffine(field, move, (width, height), flags=cv2.INTER_LINEAR
                               | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE)  # fmt: skip
        np.maximum(blocked, ahead - field - np.float32(rise), out=blocked)
    return 1 - 0.65 * blurred(smooth(blocked, 0.0, 0.16), 0.09 * grid.density)


def _hollow(grid: Grid, field: np.ndarray) -> np.ndarray:
    """Openness of each point to the sky: about 1, less in sockets and below nose and lip."""
    wide, near = (blurred(field, reach * grid.density) for reach in (0.44, 0.14))
    return limited(1 + 2.85 * field - 1.25 * wide - 1.6 * near, 0.38, 1.15)
