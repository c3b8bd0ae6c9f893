"""The pinhole camera: metres on the street to pixels of the image."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

NEAREST = 0.35
"""Depth in metres to which nearer points are pushed, so that nothing lies behind the camera."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera at (0, eye, 0) that looks along +z; x points right, y up, all in metres.

    It is never tilted: instead its principal point (centre, horizon) is moved, so that whatever is
    vertical or parallel to the image stays so.

    Attributes:
        width: image width, pixels.
        height: image height, pixels.
        focal: focal length, pixels.
        horizon: row of the horizon, pixels from the top.
        centre: column of the vanishing point of the street, pixels from the left.
        eye: height of the camera above the ground, metres.
    """

    width: int
    height: int
    focal: float
    horizon: float
    centre: float
    eye: float

    def project(self, points: np.ndarray) -> np.ndarray:
        """Points (..., 3) in metres to (..., 2) pixels, where pixel i covers [i, i + 1)."""
        return self.pixels(points @ self.matrix + self.offset)

    @staticmethod
    def pixels(homogeneous: np.ndarray) -> np.ndarray:
        """Homogeneous image points (..., 3), depth last, to (..., 2) pixels."""
        return homogeneous[..., :2] / np.maximum(homogeneous[..., 2:], NEAREST)

    @cached_property
    def matrix(self) -> np.ndarray:
        """(3, 3): with `offset` takes street points, as rows, to homogeneous image points."""
        return np.array(
            [[self.focal, 0.0, 0.0], [0.0, -self.focal, 0.0], [self.centre, self.horizon, 1.0]]
        )

    @cached_property
    def offset(self) -> np.ndarray:
        """(3,): see `matrix`."""
        return np.array([0.0, self.focal * self.eye, 0.0])

    def ground(self, corners: np.ndarray) -> np.ndarray:
        """Points (..., 2) on the ground, (x, z) in metres, to (..., 2) pixels."""
        points = np.zeros((*corners.shape[:-1], 3))
        points[..., 0] = corners[..., 0]
        points[..., 2] = corners[..., 1]
        return self.project(points)

    def scale(self, depth: float) -> float:
        """Pixels per metre at a depth in metres."""
        return self.focal / max(depth, NEAREST)

    def half_view(self, depth: float) -> tuple[float, float]:
        """The leftmost and rightmost x in metres that the image shows at a depth."""
        scale = self.scale(depth)
        return -self.centre / scale, (self.width - self.centre) / scale
