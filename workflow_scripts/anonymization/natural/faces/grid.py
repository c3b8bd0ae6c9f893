"""The plane that a face is drawn on before it is turned, lit and put into an image.

Face coordinates: u to the viewer's right, v down, z towards the viewer, all in half distances
between the pupils (about 31 mm). The pupils are at (-1, 0) and (1, 0), the mouth at v = 2.3, the
chin at about 3.7.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

LEFT, RIGHT = -2.6, 2.6
TOP, BOTTOM = -2.5, 4.5


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

    def column(self, u: np.ndarray) -> np.ndarray:
        """Where u lies, in samples."""
        return (u - LEFT) * self.density - 0.5

    def row(self, v: np.ndarray) -> np.ndarray:
        """Where v lies, in samples."""
        return (v - TOP) * self.density - 0.5

    def bump(self, u: float, v: float, wide: float, high: float) -> np.ndarray:
        """A Gaussian with its top 1 at (u, v), (height, width) float32."""
        return np.exp(-(((self.v - v) / high) ** 2)) * np.exp(-(((self.u - u) / wide) ** 2))

    def window(self, u0: float, v0: float, u1: float, v1: float) -> tuple[slice, slice]:
        """Rows and columns that a box covers."""
        height, width = self.shape
        rows = slice(max(int(self.row(v0)), 0), min(int(self.row(v1)) + 2, height))
        return rows, slice(max(int(self.column(u0)), 0), min(int(self.column(u1)) + 2, width))

    def crop(self, window: tuple[slice, slice]) -> "Grid":
        """The sample points in a window."""
        return Grid(self.density, self.u[:, window[1]], self.v[window[0]])


@lru_cache(maxsize=16)
def grid_of(density: int) -> Grid:
    """The grid with so many samples per unit."""
    columns = int(np.ceil((RIGHT - LEFT) * density))
    rows = int(np.ceil((BOTTOM - TOP) * density))
    u = LEFT + (np.arange(columns, dtype=np.float32) + 0.5) / density
    v = TOP + (np.arange(rows, dtype=np.float32) + 0.5) / density
    return Grid(density, u[None].astype(np.float32), v[:, None].astype(np.float32))


def smooth(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 up to `low`, 1 from `high`, a smooth step between."""
    # Not np.clip, which takes several times as long for small arrays.
    t = np.minimum(np.maximum((value - low) * (1 / (high - low)), 0), 1)
    return t * t * (3 - 2 * t)


def blurred(field: np.ndarray, sigma: float) -> np.ndarray:
    """A Gaussian blur, sigma in samples; below 0.3 the field as it is."""
    if sigma < 0.3:
        return field
    return cv2.GaussianBlur(field, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


def at(plate: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """What a plate shows at these samples, linearly interpolated; beyond it, its edge."""
    return cv2.remap(plate, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


_TEXTURES = 16
"""Of each kind; turned and mirrored each looks like four. Skin tells nobody apart at these sizes,
and drawing noise takes longer than all the rest.
"""


def noise(rng: np.random.Generator, grid: Grid, size: float, stretch: float = 1.0) -> np.ndarray:
    """Smooth noise of unit variance, (height, width) float32; must not be written to.

    Args:
        rng: chooses it.
        grid: where; a whole one of `grid_of`.
        size: of its spots, units.
        stretch: how much wider than high the spots are.
    """
    number = int(rng.integers(4 * _TEXTURES))
    texture = _texture(int(grid.density), size, stretch, number // 4)
    return texture[:: 1 - 2 * (number & 1), :: 1 - (number & 2)]


@lru_cache(maxsize=512)
def _texture(density: int, size: float, stretch: float, number: int) -> np.ndarray:
    rng = np.random.default_rng((number, round(1000 * size), round(1000 * stretch)))
    rows = int(np.ceil((BOTTOM - TOP) / size)) + 2
    columns = int(np.ceil((RIGHT - LEFT) / (size * stretch))) + 2
    coarse = rng.standard_normal((rows, columns), np.float32)
    height, width = grid_of(density).shape
    if height < rows * 0.7:  # spots below a sample average out
        return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_AREA)
    return cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC) * np.float32(1.25)
