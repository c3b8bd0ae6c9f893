"""The four corners of what was outlined with any number of them."""

import cv2
import numpy as np


def corners_of(polygon: np.ndarray) -> np.ndarray:
    """Corners of a plate, (4, 2): top left, top right, bottom right, bottom left.

    Four corners that were marked are taken as they are, since they know the perspective; of any
    other polygon the smallest rectangle around it, which may be rotated by less than 45°.

    Args:
        polygon: (n, 2) float32, x and y in pixels.
    """
    if len(polygon) != 4 or not cv2.isContourConvex(polygon):
        polygon = cv2.boxPoints(cv2.minAreaRect(polygon))
    around = polygon - polygon.mean(axis=0)
    clockwise = polygon[np.argsort(np.arctan2(around[:, 1], around[:, 0]), kind="stable")]
    first = int(np.argmin(clockwise.sum(axis=1)))
    corners: np.ndarray = np.roll(clockwise, -first, axis=0)
    return corners
