"""A drawn head in front of the camera: colour and coverage for each pixel of a patch."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from .boxes import Box
from .grid import BOTTOM, SIDE, TOP, at, smooth
from .identity import HALF_WIDTH
from .portrait import Head
from .pose import Pose


@dataclass(frozen=True, eq=False)
class Rendered:
    """A head in a patch of the image.

    Attributes:
        rgb: (h, w, 3) float32 linear RGB, everywhere.
        core: (h, w) float32, 1 where the old face has to go, brows to chin and cheek to cheek.
        rim: (h, w) float32, 1 where skin may be replaced around it.
        beside: (h, w) float32, 1 just beyond the far side of a head that is turned, where the old
            one may have stood out further.
        between: (h, w) float32, 1 between the old landmarks, where nothing may be left even if the
            new head does not reach there.
        unit: pixels a unit of face coordinates.
    """

    rgb: np.ndarray
    core: np.ndarray
    rim: np.ndarray
    beside: np.ndarray
    between: np.ndarray
    unit: float


@dataclass(frozen=True)
class Extent:
    """How much of the head is shown: shares of its half width, v of the core's upper edge, and how
    far the core reaches below the chin.
    """

    core: float = 0.84
    rim: float = 0.98
    brow: float = -1.0
    chin: float = 0.0

    def covering(self, u: float, v: float) -> "Extent":
        """So much that a head moved by u and v units still covers the old brows from end to end,
        or the old chin where it is moved up.
        """
        return replace(
            self,
            core=min(self.core + abs(u) / HALF_WIDTH, 0.95),
            brow=self.brow - 0.08 - max(v, 0.0),
            chin=0.7 * max(-v, 0.0),
        )


def render(head: Head, pose: Pose, box: Box, extent: Extent) -> Rendered:
    """Put a head into a patch of the picture.

    Args:
        head: drawn for this pose, or for one that differs in its place and size only.
        pose: where it is.
        box: x0, y0, x1, y1 of the patch, pixels; may lie partly outside of the frame.
        extent: how much of it is wanted.
    """
    u, v, covered = _looked_up(head, pose, box)
    rgb = at(head.rgb, head.grid.column(u), head.grid.row(v))
    right = head.grid.right
    masks = at(_masks(head, extent), right.column(np.abs(u)), right.row(v))
    core, rim = cv2.split(cv2.multiply(masks, cv2.merge((covered, covered))))
    return Rendered(rgb, core, rim, _beyond(core, pose), _between(pose, box), pose.unit)


def _between(pose: Pose, box: Box) -> np.ndarray:
    """The hull of the landmarks, a fifth larger."""
    points = pose.landmarks.mean(axis=0) + 1.2 * (pose.landmarks - pose.landmarks.mean(axis=0))
    bits = 4  # OpenCV's fixed point; its integer coordinates are the pixels' centres
    corners = np.int32(np.clip(np.round((points - box[:2] - 0.5) * 2**bits), -(2**20), 2**20))
    mask = np.zeros((box[3] - box[1], box[2] - box[0]), np.uint8)
    return np.float32(cv2.fillConvexPoly(mask, cv2.convexHull(corners), 1, shift=bits))


def _beyond(core: np.ndarray, pose: Pose) -> np.ndarray:
    """What lies within half a unit of the core on the side that the head turns to."""
    if abs(pose.yaw) < 0.3:
        return np.zeros_like(core)
    reach = 0.55 * np.sign(pose.yaw) * np.array(pose.matrix[:, 0])
    height, width = core.shape
    beyond = np.zeros_like(core)
    for share in (0.33, 0.67, 1.0):
        move = np.float32([[1, 0, reach[0] * share], [0, 1, reach[1] * share]])
        np.maximum(beyond, cv2.warpAffine(core, move, (width, height)), out=beyond)
    return beyond * (1 - np.clip(core, 0, 1))


def _masks(head: Head, extent: Extent) -> np.ndarray:
    """Core and rim over the right half of the head, (height, width, 2) float32."""
    grid, who = head.grid.right, head.who
    side = grid.u / head.half
    low = grid.v - who.chin - extent.chin
    # Wider at the eyes, for the ends of brows and the hinges of glasses.
    wide = extent.core + 0.07 * np.exp(-(((grid.v + 0.35) / 0.7) ** 4))
    core = smooth(grid.v - extent.brow, -0.15, 0.15) * smooth(-0.12 - low, -0.12, 0.16)
    core = core * smooth(wide + 0.08 - side, 0, 0.13)
    rim = smooth(grid.v, -2.3, -1.5) * smooth(-low, -0.06, 0.20)
    return cv2.merge((core, rim * smooth(extent.rim - side, -0.01, 0.14)))


def _looked_up(head: Head, pose: Pose, box: Box) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """U and v that each pixel of a patch shows, and whether it shows the head at all."""
    grid = head.grid.coarse
    x = np.arange(box[0], box[2], dtype=np.float32) + 0.5
    y = np.arange(box[1], box[3], dtype=np.float32)[:, None] + 0.5
    across, down = (
        np.float32(row[0]) * x + np.float32(row[1] * y + row[2]) for row in pose.inverse
    )
    columns = grid.column(across)
    c, s = float(np.cos(pose.pitch)), float(np.sin(pose.pitch))
    v = down * (1 / c)
    for _ in range(2):  # depth changes slowly with v, so that this converges
        v = (down - s * at(head.depth, columns, grid.row(v))) * (1 / c)
    rows = grid.row(v)
    inside = (np.abs(across) < SIDE) & (v > TOP) & (v < BOTTOM)
    return at(head.sideways, columns, rows), v, at(head.shown, columns, rows) * inside
