"""Light and colour of skin over a patch, as a smooth field.

The field is a second-degree polynomial in the image plane, fitted to the logarithm of each channel
where skin is visible. It distinguishes skin from hair, hands and other things that cover a face.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from pii_measures.pixels import limited, mean_of

from .pose import Pose

FLOOR = np.float32(8)
"""Added to grey levels before the logarithm, which would otherwise amplify noise of dark pixels."""
_STEP = 0.3
"""Distance between the samples that are fitted, units."""
_ROUNDS = 4
_SPREADS = 0.2, 0.45
"""Limits of the spread of skin's brightness, logarithms."""
_RIDGE = np.diag((1e-4, 0.02, 0.02, 0.12, 0.12, 0.12))
"""Weight of the prior (zero) for each coefficient, relative to that of all skin."""


def to_log(display: np.ndarray) -> np.ndarray:
    """Logarithms, float32, of display RGB from 0 to 255."""
    if display.dtype == np.uint8:
        return cv2.LUT(display, _LOGARITHMS)
    return cv2.log(np.maximum(display, 0) + FLOOR)


_LOGARITHMS = np.log(np.arange(256, dtype=np.float32) + FLOOR)


def from_log(values: np.ndarray) -> np.ndarray:
    """Display RGB, float32, of logarithms."""
    return cv2.exp(values) - FLOOR


@dataclass(frozen=True, eq=False)
class FieldPlane:
    """Sample points of a patch, on which fields are fitted.

    Attributes:
        size: width and height of the reduced patch.
        basis: (n, 6) float32 at its pixels.
        full: (h, w, 6) float32 at the pixels of the full patch.
        matrix: affine map (2, 3) from turned face coordinates to pixels of the patch.
    """

    size: tuple[int, int]
    basis: np.ndarray
    full: np.ndarray
    matrix: np.ndarray

    def pixel(self, u: float, v: float) -> tuple[int, int]:
        """Row and column of a position, which may be outside the patch."""
        x, y = (self.matrix @ (u, v, 1)).tolist()
        return math.floor(y), math.floor(x)

    def small(self, image: np.ndarray) -> np.ndarray:
        """Samples, (n,) or (n, c), of a patch (h, w) or (h, w, c)."""
        small = cv2.resize(image, self.size, interpolation=cv2.INTER_AREA)
        return small.reshape(-1, *image.shape[2:])

    def fitted(self, values: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Coefficients (6, c) fitted to samples (n, c)."""
        weighted = self.basis * weights[:, None]
        normal = weighted.T @ self.basis + _RIDGE * max(float(weights.sum()), 1e-3)
        return np.linalg.solve(normal, weighted.T @ values).astype(np.float32)

    @property
    def down(self) -> np.ndarray:
        """Distance below the eyes, (h, w), units."""
        return 2.5 * self.full[..., 2] + 1

    def over(self, coefficients: np.ndarray) -> np.ndarray:
        """Field (h, w, c) with the given coefficients."""
        height, width = self.full.shape[:2]
        return (self.full.reshape(-1, 6) @ coefficients).reshape(height, width, -1)


def plane_of(pose: Pose, left: int, top: int, shape: tuple[int, int]) -> FieldPlane:
    """Plane of a patch (height, width) whose corner is at left, top."""
    step = max(int(_STEP * pose.unit), 1)
    height, width = shape
    size = -(-width // step), -(-height // step)
    full = _basis(pose, left, top, shape, (width, height))
    basis = _basis(pose, left, top, shape, size).reshape(-1, 6)
    return FieldPlane(size, basis, full, pose.matrix - [(0, 0, left), (0, 0, top)])


def _basis(
    pose: Pose, left: int, top: int, shape: tuple[int, int], size: tuple[int, int]
) -> np.ndarray:
    x = left + (np.arange(size[0], dtype=np.float32) + 0.5) * (shape[1] / size[0])
    y = top + (np.arange(size[1], dtype=np.float32) + 0.5)[:, None] * (shape[0] / size[1])
    across, down = (
        np.float32(row[0]) * x + np.float32(row[1]) * y + np.float32(row[2]) for row in pose.inverse
    )
    a, b = limited(across / 2, -1.3, 1.3), limited((down - 1) / 2.5, -1.3, 1.3)
    return cv2.merge((np.ones_like(a), a, b, a * a - 0.25, a * b, b * b - 0.25))


@dataclass(frozen=True, eq=False)
class SkinField:
    """Light of skin.

    Attributes:
        coefficients: (6, 3), for a plane's basis.
        spread: usual deviation of the logarithm of skin's brightness from the field; large in hard
            light.
        share: share of the positions where skin may be that look like it.
    """

    coefficients: np.ndarray
    spread: float
    share: float

    def likeness(self, residual: np.ndarray) -> np.ndarray:
        """Likeness to skin, (...), given differences from the field, (..., 3) of logarithms."""
        return _likeness(residual, self.spread)

    def share_in(self, plane: FieldPlane, seen: np.ndarray, zone: np.ndarray) -> float:
        """Share of the positions in a zone that look like skin; see `skin_field`."""
        alike = self.likeness(seen - plane.basis @ self.coefficients)
        return float(alike @ zone) / max(float(zone.sum()), 1e-3)


def skin_field(
    plane: FieldPlane, seen: np.ndarray, zone: np.ndarray, tone: np.ndarray
) -> SkinField:
    """Light of the skin in a patch.

    Args:
        plane: the samples.
        seen: (n, 3) logarithms.
        zone: (n,) 0 to 1, where skin may be: on the head, outside its features.
        tone: (3,) logarithm of the skin's colour in the middle.
    """
    start = np.zeros((6, 3), np.float32)
    start[0] = tone
    coefficients, spread, total = start, _SPREADS[1], 0.0
    for number in range(_ROUNDS):
        residual = seen - plane.basis @ coefficients
        weights = zone * _likeness(residual, spread, 2.0 if number == 0 else 1.0)
        total = float(weights.sum())
        if total < 3:
            break
        level = mean_of(residual[:, None]).ravel()
        low, high = _SPREADS
        spread = min(max(1.6 * float(weights @ (level * level) / total) ** 0.5, low), high)
        coefficients = start + plane.fitted(seen - tone, weights)
    return SkinField(coefficients, spread, total / max(float(zone.sum()), 1e-3))


def _likeness(residual: np.ndarray, spread: float, loose: float = 1.0) -> np.ndarray:
    pixels = residual.reshape(-1, 1, 3) if residual.ndim == 2 else residual
    level = mean_of(pixels)
    red, green, blue = cv2.split(pixels)
    high, low = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    tint = cv2.max(high - level, level - low) * np.float32(1 / (0.11 * loose))
    off = np.maximum(np.abs(level) - np.float32(0.12), 0) * np.float32(1 / spread)
    return cv2.exp(-(tint * tint + off * off)).reshape(residual.shape[:-1])
