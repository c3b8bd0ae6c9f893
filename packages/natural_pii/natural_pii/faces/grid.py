"""Plane on which a face is drawn before it is turned, lit and put into an image.

Face coordinates are u to the viewer's right, v down and z towards the viewer, in half distances
between the pupils (about 31 mm). The pupils are at (-1, 0) and (1, 0), the mouth at v = 2.3, the
chin at about 3.7.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache

import cv2
import numpy as np

CHIN, HALF_WIDTH = 3.68, 2.12
"""v of an average chin, and |u| of the sides of an average face."""
_EYES = ((-1.0, 0.0, 0.0), (1.0, 0.0, 0.0))
_NOSE = (0.0, 1.12, 1.05)
_MOUTH = ((-0.82, 2.10, 0.40), (0.82, 2.10, 0.40))
LANDMARKS = np.array([*_EYES, _NOSE, *_MOUTH])
"""Positions of a detector's landmarks on an average face, (5, 3) as (u, v, z)."""
SIDE, TOP, BOTTOM = 2.6, -2.5, 4.5
"""Extent of the plane: |u| at its sides, v at its upper and lower edge."""


@dataclass(frozen=True, eq=False)
class Grid:
    """Sample points over a face.

    Attributes:
        density: samples per unit.
        u: (1, width) float32.
        v: (height, 1) float32.
    """

    density: float
    u: np.ndarray
    v: np.ndarray

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, samples."""
        return self.v.shape[0], self.u.shape[1]

    @cached_property
    def _origin(self) -> tuple[float, float]:
        return float(self.u[0, 0]), float(self.v[0, 0])

    def column(self, u: np.ndarray) -> np.ndarray:
        """Column, in samples, of u."""
        return (u - self._origin[0]) * self.density

    def row(self, v: np.ndarray) -> np.ndarray:
        """Row, in samples, of v."""
        return (v - self._origin[1]) * self.density

    def window(self, u0: float, v0: float, u1: float, v1: float) -> tuple[slice, slice]:
        """Rows and columns that a box covers."""
        (height, width), (left, top) = self.shape, self._origin
        x0, x1 = (int((u - left) * self.density) for u in (u0, u1))
        y0, y1 = (int((v - top) * self.density) for v in (v0, v1))
        return slice(max(y0, 0), min(y1 + 2, height)), slice(max(x0, 0), min(x1 + 2, width))

    def crop(self, window: tuple[slice, slice]) -> "Grid":
        """The sample points in a window."""
        return Grid(self.density, self.u[:, window[1]], self.v[window[0]])

    @cached_property
    def right(self) -> "Grid":
        """Half on the viewer's right; the sides of a face differ only in light and gaze."""
        return Grid(self.density, self.u[:, self.shape[1] // 2 :], self.v)

    @cached_property
    def coarse(self) -> "Grid":
        """Grid of the same plane with half as many samples in each direction."""
        u, v = (self.u[:, ::2] + self.u[:, 1::2]) / 2, (self.v[::2] + self.v[1::2]) / 2
        return Grid(self.density / 2, u, v)

    def bumps(self, spots: np.ndarray, heights: np.ndarray) -> np.ndarray:
        """Sum of Gaussian spots on both sides of the face.

        Args:
            spots: (n, 4): u, v, width and height of each spot, which is mirrored to -u.
            heights: (..., n), peak heights.

        Returns:
            (..., height, width) float32.
        """
        u, v, wide, high = spots.astype(np.float32).T
        down = np.exp(-np.square((self.v - v) / high))
        columns = self.u.T
        across = np.exp(-np.square((columns - u) / wide))
        across += np.exp(-np.square((columns + u) / wide))
        heights = heights.astype(np.float32) * np.where(u == 0, np.float32(0.5), np.float32(1))
        return (heights[..., None, :] * down) @ across.T


@lru_cache(maxsize=32)
def grid_of(density: int) -> Grid:
    """Grid with a density in samples per unit, an even number."""
    half = int(np.ceil(SIDE * density))
    u = (np.arange(2 * half, dtype=np.float32) + 0.5 - half) / density
    rows = round((BOTTOM - TOP) * density)
    v = TOP + (np.arange(rows, dtype=np.float32) + 0.5) / density
    return Grid(density, u[None].astype(np.float32), v[:, None].astype(np.float32))


def mirrored(plane: np.ndarray) -> np.ndarray:
    """Whole plane whose right half is `plane`, (..., height, width)."""
    return np.concatenate([plane[..., ::-1], plane], axis=-1)


def smooth(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """Smoothstep: 0 up to `low`, 1 from `high`."""
    t = ((value - low) * (1 / (high - low))).clip(0, 1)
    return t * t * (3 - 2 * t)


def blurred(field: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur with mirrored borders, sigma in samples; unchanged below 0.3."""
    if sigma < 0.3:
        return field
    return cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)


def at(plane: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Values of a plane at columns and rows, interpolated linearly; the edge is continued."""
    return cv2.remap(plane, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


_TILE = (360, 300)
"""Rows and columns of the noise that parts are cut from, more than the largest grid has. At these
sizes nobody is recognised by skin texture, and new noise would take longer than all other steps."""


def noise(rng: np.random.Generator, grid: Grid, size: float) -> np.ndarray:
    """Smooth noise of unit variance, (height, width) float32; read-only.

    Args:
        rng: random generator that chooses a part of one of a few fixed textures.
        grid: the sample points.
        size: size of the spots, units.
    """
    number = int(rng.integers(2**32))
    height, width = grid.shape
    texture = _texture(round(4 * np.log2(size * grid.density)))
    y, x = number % (_TILE[0] - height + 1), (number >> 12) % (_TILE[1] - width + 1)
    part = texture[y : y + height, x : x + width]
    return part[:: 1 - 2 * (number >> 30 & 1), :: 1 - 2 * (number >> 31)]


@lru_cache(maxsize=64)
def _texture(level: int) -> np.ndarray:
    """Noise with spots of 2 ** (level / 4) samples, shape `_TILE`, float32."""
    rng, size = np.random.default_rng(level + 100), 2 ** (level / 4)
    rows, columns = (int(np.ceil(length / size)) + 2 for length in _TILE)
    coarse = rng.standard_normal((rows, columns), np.float32)
    if size < 1.4:  # spots smaller than a sample average out
        return cv2.resize(coarse, _TILE[::-1], interpolation=cv2.INTER_AREA)
    return cv2.resize(coarse, _TILE[::-1], interpolation=cv2.INTER_CUBIC) * np.float32(1.25)
