"""Pose of a head, from five landmarks."""

import cmath
import math
from dataclasses import dataclass, replace
from functools import cached_property

import cv2
import numpy as np
from pii_measures import FaceRegion, faces

from .grid import CHIN, HALF_WIDTH, LANDMARKS

MAX_YAW = np.deg2rad(62)
"""Largest yaw of a drawn head, radians; the back of the head is not modelled."""
MAX_LEAD = 0.95
"""Largest distance of the nose from the middle, in half distances of the eyes. It is 1 in profile,
where the outline of nose, lips and chin would remain."""
MAX_ROLL = np.deg2rad(65)
"""Largest roll of a drawn head, radians."""
_MOVES = np.array((0.10, 0.20, 0.05, 0.08))
"""Largest moves of new features: right and down, units; rotation, radians; and scaling."""
_USUAL = np.array([(0.29, 0.36), (0.71, 0.36), (0.50, 0.56), (0.32, 0.745), (0.68, 0.745)])
"""Positions of landmarks in CenterFace's boxes of upright frontal faces, as shares of the box."""


@dataclass(frozen=True, eq=False)
class Pose:
    """Position and rotation of a head.

    Attributes:
        yaw: rotation to the viewer's right, radians.
        pitch: downward rotation, radians.
        roll: clockwise rotation in the picture, radians.
        matrix: affine map (2, 3) from turned face coordinates to pixels.
        drawable: whether a drawn head looks real in this pose; false for extreme rotations.
        landmarks: (5, 2), pixels.
        chin: v of the lower edge of the box, about that of the chin.
        width: half of the width of the box in face coordinates, about that of a frontal face.
    """

    yaw: float
    pitch: float
    roll: float
    matrix: np.ndarray
    drawable: bool
    landmarks: np.ndarray
    chin: float = CHIN
    width: float = HALF_WIDTH

    @cached_property
    def unit(self) -> float:
        """Pixels per unit of face coordinates."""
        (a, b, _), (c, d, _) = self.matrix.tolist()
        return abs(a * d - b * c) ** 0.5

    @cached_property
    def inverse(self) -> np.ndarray:
        """Affine map (2, 3) from pixels to turned face coordinates."""
        return cv2.invertAffineTransform(self.matrix)

    @cached_property
    def rotation(self) -> np.ndarray:
        """Rotation (3, 3) from face coordinates to the turned ones that the image shows."""
        return turned(self.yaw, self.pitch)

    def moved(self, rng: np.random.Generator) -> "Pose":
        """Pose with randomly moved features, since their exact position identifies a person."""
        right, down, turn, size = rng.uniform(-1, 1, 4) * _MOVES
        c, s = np.cos(turn) * (1 + size), np.sin(turn) * (1 + size)
        middle = np.array([0.0, 1.0])
        linear = self.matrix[:, :2] @ np.array([[c, -s], [s, c]])
        fixed = self.matrix[:, :2] @ (middle + np.array([right, down])) + self.matrix[:, 2]
        shift = fixed - linear @ middle
        return replace(self, matrix=np.column_stack([linear, shift]), roll=self.roll + turn)

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Pixels (n, 2) of points (n, 3) in face coordinates."""
        flat = (points @ self.rotation.T)[:, :2]
        return flat @ self.matrix[:, :2].T + self.matrix[:, 2]


def turned(yaw: float, pitch: float) -> np.ndarray:
    """Rotation matrix (3, 3) of yaw and pitch, radians."""
    c, s = np.cos(yaw), np.sin(yaw)
    around = np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])
    c, s = np.cos(pitch), np.sin(pitch)
    return np.array([[1, 0, 0], [0, c, s], [0, -s, c]]) @ around


def landmarks_of(region: FaceRegion) -> np.ndarray:
    """Landmarks (5, 2), pixels; the usual positions if there are none inside the box."""
    points = faces.landmarks_of(region)
    if points is not None:
        return points
    return np.array([region.x0, region.y0]) + _USUAL * (region.width, region.height)


def pose_of(region: FaceRegion) -> Pose:
    """Pose of a face.

    Angles are shrunk a little towards zero, since landmarks of small faces are noisy.
    """
    points = landmarks_of(region)
    # As complex numbers, which are faster than arrays for so few points.
    left, right, nose, *mouth = (complex(x, y) for x, y in points.tolist())
    eyes, lips = (left + right) / 2, (mouth[0] + mouth[1]) / 2
    across = right - left + 0.5 * (mouth[1] - mouth[0])
    down = lips - eyes
    tall = max(abs(down), 1e-6)
    # On a turned head, the distance across is short and noisy; the one down is not.
    axis = down / tall + across * 1j / (2.6 * tall) * 0.9
    roll = math.atan2(-axis.real, axis.imag)
    turn = cmath.rect(1, roll)
    span, tip = ((right - left) / turn).real, (nose - eyes) / turn
    lead = (tip - 0.5 * down / turn).real / max(tall / 2.28, 1e-6)  # about 0.85 sin(yaw)
    low = tip.imag / tall
    drawable = (
        abs(lead) <= MAX_LEAD and abs(roll) <= MAX_ROLL and 0.12 < span / tall < 1.9
        and 0.1 < low < 1.1
    )  # fmt: skip
    yaw = math.asin(min(max(lead / 0.85, -1), 1))
    yaw = min(max(yaw, -MAX_YAW), MAX_YAW) * 0.86
    pitch = min(max(2.4 * (low - 0.53), -0.35), 0.35) * 0.6
    pose = Pose(yaw, pitch, roll, _fitted(points, turned(yaw, pitch), roll), drawable, points)
    return _with_outline(pose, region) if drawable and abs(roll) < 0.3 else pose


def _with_outline(pose: Pose, region: FaceRegion) -> Pose:
    """Pose with chin and width from the box, within human limits."""
    (a, _, _), (c, d, shift) = pose.inverse.tolist()
    chin = (c * (region.x0 + region.x1) / 2 + d * region.y1 + shift) / math.cos(pose.pitch)
    width = abs(a) * region.width / 2 * 0.95 if abs(pose.yaw) < 0.35 else HALF_WIDTH
    return replace(pose, chin=min(max(chin, 3.4), 4.1), width=min(max(width, 1.9), 2.3))


def _fitted(points: np.ndarray, rotation: np.ndarray, roll: float) -> np.ndarray:
    """Affine map (2, 3) of shift, roll and one scale per direction, which are nearly equal."""
    model = (LANDMARKS @ rotation.T)[:, :2]
    c, s = math.cos(roll), math.sin(roll)
    turn = np.array([[c, -s], [s, c]])
    upright = points @ turn
    mean_model, mean_points = _WEIGHTS @ model, _WEIGHTS @ upright
    centred = model - mean_model
    both, square = _WEIGHTS @ (centred * (upright - mean_points)), _WEIGHTS @ (centred * centred)
    common = max(float(both.sum() / square.sum()), 1e-3)
    # Mostly a common scale, since the ratio of a face's length to its width identifies a person.
    scale = ((both + 2 * common) / (square + 2)).clip(0.92 * common, 1.09 * common)
    linear = turn * scale
    return np.column_stack([linear, turn @ mean_points - linear @ mean_model])


_WEIGHTS = np.array([1.0, 1.0, 0.5, 0.8, 0.8]) / 4.1
"""Weights of the landmarks."""
