"""Pinhole camera, which maps metres on the street to pixels of the image."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

NEAREST = 0.35
"""Least depth in metres; nearer points are moved to it, so that none is behind the camera."""


@dataclass(frozen=True)
class Camera:
    """Pinhole camera at (0, eye, 0) that looks along +z; x points right, y up, all in metres.

    It is never tilted. Instead, its principal point (centre, horizon) is moved, which keeps
    vertical lines, and lines parallel to the image, as they are.

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
        """Map points (..., 3) in metres to (..., 2) pixels, where pixel i covers [i, i + 1)."""
        return self.pixels(points @ self.matrix + self.offset)

    @staticmethod
    def pixels(homogeneous: np.ndarray) -> np.ndarray:
        """Map homogeneous image points (..., 3), depth last, to (..., 2) pixels."""
        return homogeneous[..., :2] / np.maximum(homogeneous[..., 2:], NEAREST)

    @cached_property
    def matrix(self) -> np.ndarray:
        """Matrix (3, 3) that, with `offset`, maps street points (rows) to homogeneous points."""
        return np.array(
            [[self.focal, 0.0, 0.0], [0.0, -self.focal, 0.0], [self.centre, self.horizon, 1.0]]
        )

    @cached_property
    def offset(self) -> np.ndarray:
        """Offset (3,) of `matrix`."""
        return np.array([0.0, self.focal * self.eye, 0.0])

    def ground(self, corners: np.ndarray) -> np.ndarray:
        """Map points (..., 2) on the ground, (x, z) in metres, to (..., 2) pixels."""
        points = np.zeros((*corners.shape[:-1], 3))
        points[..., 0] = corners[..., 0]
        points[..., 2] = corners[..., 1]
        return self.project(points)

    def scale(self, depth: float) -> float:
        """Pixels per metre at a depth in metres."""
        return self.focal / max(depth, NEAREST)

    def half_view(self, depth: float) -> tuple[float, float]:
        """Leftmost and rightmost x in metres that the image shows at a depth."""
        scale = self.scale(depth)
        return -self.centre / scale, (self.width - self.centre) / scale
