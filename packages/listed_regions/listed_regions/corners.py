"""Reduction of an outline with any number of corners to four."""

import cv2
import numpy as np


def corners_of(polygon: np.ndarray) -> np.ndarray:
    """Corners of a plate, (4, 2): top left, top right, bottom right, bottom left.

    Four marked corners are kept, since they contain the perspective. Any other polygon is replaced
    by the smallest rectangle around it, rotated by less than 45°.

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
