"""Glasses of the old face, which the new face does not wear."""

import cv2
import numpy as np

from .field import FieldPlane, to_log
from .grid import smooth
from .pose import Pose

_BRIDGE = np.array([
    [(u, v, 0.45) for u in np.linspace(-0.3, 0.3, 5)] for v in np.linspace(-0.9, 0.9, 19)
])  # fmt: skip
"""Points between the eyes, (19, 5, 3) as (u, v, z), from top to bottom."""
_ROWS, _AROUND = slice(3, 14), 9
"""Rows of these that the bridge of glasses may cross, and number of rows they are compared with."""
_DARKER = 0.25
"""Darkness of that bridge relative to the skin above and below it, logarithm."""
_TURNED = 0.45
"""Yaw from which the far eye lies behind the bridge, radians."""
_THICK, _LINE = 0.4, 0.12
"""Largest thickness of a frame, units, and its darkness relative to its surroundings, logarithm."""


def has_glasses(image: np.ndarray, pose: Pose) -> bool:
    """Whether a dark line crosses the bridge of the nose.

    Args:
        image: (height, width, 3) uint8 RGB.
        pose: pose of the face.
    """
    if abs(pose.yaw) > _TURNED:
        return False
    columns, rows = np.floor(pose.pixels(_BRIDGE.reshape(-1, 3))).T.astype(int)
    height, width = image.shape[:2]
    seen = image[rows.clip(0, height - 1), columns.clip(0, width - 1)]
    profile = to_log(seen.reshape(*_BRIDGE.shape[:2], 3)).mean(axis=(1, 2))
    return bool(darkness_of_lines(profile, _AROUND)[_ROWS].max() > _DARKER)


def darkness_of_lines(profile: np.ndarray, around: int) -> np.ndarray:
    """Darkness of each row between the eyes relative to the rows around it, (n,).

    Args:
        profile: logarithm of the brightness of each row, (n,).
        around: number of rows that each is compared with.
    """
    mean = cv2.blur(profile, (1, around), borderType=cv2.BORDER_REPLICATE)
    return mean.ravel() - profile


def without_frames(window: np.ndarray, plane: FieldPlane, unit: float) -> np.ndarray:
    """Patch, (h, w, 3) uint8, whose dark lines at the height of the eyes are painted over.

    Args:
        window: the patch.
        plane: samples of the patch.
        unit: pixels per unit of face coordinates.
    """
    grey = to_log(window).mean(axis=-1)
    side = max(round(_THICK * unit), 2)
    kernel = np.ones((side, 1), np.uint8)
    lines = cv2.morphologyEx(grey, cv2.MORPH_BLACKHAT, kernel)
    band = smooth(plane.down, -0.8, -0.6) * (1 - smooth(plane.down, 0.4, 0.6))
    mask = ((lines > _LINE) & (band > 0.5)).astype(np.uint8)
    mask = cv2.dilate(mask, np.ones((3, 3), np.uint8))
    return cv2.inpaint(window, mask, max(0.2 * unit, 1.0), cv2.INPAINT_TELEA)
