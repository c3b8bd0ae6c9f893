"""Rendering of a drawn head: colour and coverage of each pixel of a patch."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from natural_pii.replacement import Box

from .grid import BOTTOM, SIDE, TOP, Grid, at, smooth
from .portrait import DrawnHead
from .pose import Pose

_CORE, _RIM = 0.72, 0.98
"""Half widths of core and rim, as shares of the head's half width."""
_BROW = -1.15
"""v of the core's upper edge."""
_FEATURES = (
    (1.0, 0.0, 0.8, 0.5), (1.0, -0.62, 0.95, 0.4), (0.0, 0.9, 0.6, 0.75), (0.0, 2.25, 1.2, 0.65),
)  # fmt: skip
"""Ellipses on the right half: u and v of the centre, half width and half height."""


@dataclass(frozen=True, eq=False)
class Rendered:
    """Head rendered for a patch of the image.

    Attributes:
        rgb: (h, w, 3) float32 linear RGB, defined everywhere.
        shown: (h, w) float32, 1 where the head is visible.
        core: (h, w) float32, 1 on the inner face, brows to chin and cheek to cheek.
        head: (h, w) float32, 1 on all skin of the head, forehead to chin.
        painted: (h, w) float32, 1 on the area to paint, without forehead and outline.
        features: (h, w) float32, 1 around all possible positions of eyes, brows, nose and mouth.
        between: (h, w) float32, 1 between the old landmarks, where nothing may remain even if the
            new head does not cover it.
        unit: pixels per unit of face coordinates.
    """

    rgb: np.ndarray
    shown: np.ndarray
    core: np.ndarray
    head: np.ndarray
    painted: np.ndarray
    features: np.ndarray
    between: np.ndarray
    unit: float


def render(head: DrawnHead, pose: Pose, moved: Pose, box: Box) -> Rendered:
    """Render a head for a patch of the image.

    Args:
        head: head drawn for this pose.
        pose: position and rotation of the old head, which has to be covered.
        moved: position and rotation of the new head, nearly the same.
        box: the patch; may be partly outside the image.
    """
    u, v, shown = _looked_up(head, moved, box)
    rgb = at(head.rgb, head.grid.column(u), head.grid.row(v))
    u, v, covered = _looked_up(head, pose, box)
    right = head.grid.right
    masks = at(_masks(head, pose), right.column(np.abs(u)), right.row(v))
    core, skin, painted, features = cv2.split(cv2.multiply(masks, cv2.merge((covered,) * 4)))
    return Rendered(rgb, shown, core, skin, painted, features, _between(pose, box), pose.unit)


def _between(pose: Pose, box: Box) -> np.ndarray:
    """Convex hull of the landmarks, enlarged by a fifth, (h, w) float32."""
    points = pose.landmarks.mean(axis=0) + 1.2 * (pose.landmarks - pose.landmarks.mean(axis=0))
    bits = 4  # OpenCV's fixed point; its integer coordinates are centres of pixels
    corners = np.clip(np.round((points - box[:2] - 0.5) * 2**bits), -(2**20), 2**20)
    mask = np.zeros((box[3] - box[1], box[2] - box[0]), np.uint8)
    hull = cv2.convexHull(corners.astype(np.int32))
    return cv2.fillConvexPoly(mask, hull, 1, shift=bits).astype(np.float32)


def _masks(head: DrawnHead, pose: Pose) -> np.ndarray:
    """Core, skin, area to paint and features over the right half of the old head,
    (height, width, 4) float32.
    """
    grid = head.grid.right
    side = grid.u / head.half * (head.who.width / pose.width)
    low = grid.v - pose.chin
    # Wider at the eyes, to include the ends of the brows.
    wide = _CORE + 0.14 * np.exp(-(((grid.v + 0.45) / 0.7) ** 4))
    core = smooth(grid.v - _BROW, -0.15, 0.15) * smooth(-low, 0.25, 0.7)
    core = core * smooth(wide + 0.08 - side, 0, 0.16)
    skin = smooth(grid.v, -2.2, -1.7) * smooth(-low, -0.15, 0.10)
    skin = skin * smooth(_RIM - side, -0.01, 0.14)
    inner = smooth(grid.v, -1.6, -1.15) * smooth(-low, 0.1, 0.5) * smooth(0.97 - side, 0, 0.15)
    return cv2.merge((core, skin, inner, _around_features(grid)))


@lru_cache(maxsize=32)
def _around_features(grid: Grid) -> np.ndarray:
    features = np.zeros(grid.shape, np.float32)
    for u, v, across, down in _FEATURES:
        reach = np.square((grid.u - u) / across) + np.square((grid.v - v) / down)
        np.maximum(features, 1 - smooth(reach, 0.8, 1.2), out=features)
    return features


def _looked_up(head: DrawnHead, pose: Pose, box: Box) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """U and v of each pixel of a patch, and whether it shows the head (0 or 1), (h, w) each."""
    grid = head.grid.coarse
    x = np.arange(box[0], box[2], dtype=np.float32) + 0.5
    y = np.arange(box[1], box[3], dtype=np.float32)[:, None] + 0.5
    across, down = (
        np.float32(row[0]) * x + np.float32(row[1] * y + row[2]) for row in pose.inverse
    )
    columns = grid.column(across)
    c, s = float(np.cos(pose.pitch)), float(np.sin(pose.pitch))
    v = down * (1 / c)
    for _ in range(2):  # converges, since depth changes slowly with v
        v = (down - s * at(head.depth, columns, grid.row(v))) * (1 / c)
    rows = grid.row(v)
    inside = (np.abs(across) < SIDE) & (v > TOP) & (v < BOTTOM)
    return at(head.sideways, columns, rows), v, at(head.shown, columns, rows) * inside
