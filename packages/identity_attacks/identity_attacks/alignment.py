"""Face alignment: pictures of faces with their landmarks where a recognition network expects them.

A face is aligned by the landmarks of its region. A region without landmarks, such as a treated one
(`cutouts.without_landmarks`), is aligned by its box.

Aligned pictures show only the circle inside the square. The corners would show hair and background,
which methods do not change: two pictures with the same surroundings would be found similar,
whatever happened to the face.
"""

import cv2
import numpy as np
from pii_measures import FaceRegion
from pii_measures.faces import landmarks_of, similarity_transform

from .cutouts import FaceCutout

IN_BOX = np.array([(0.26, 0.39), (0.72, 0.39), (0.49, 0.58), (0.3, 0.74), (0.69, 0.74)])
"""Typical landmarks of a face as shares of its box, for faces without landmarks: medians of 522
faces found by CenterFace, (5, 2)."""
ARCFACE_SIDE = 112
ARCFACE_POINTS = np.array(
    [
        (38.2946, 51.6963),
        (73.5318, 51.5014),
        (56.0252, 71.7366),
        (41.5493, 92.3655),
        (70.7299, 92.2041),
    ]
)
"""Landmarks in the picture that ArcFace and SFace expect, in pixels, (5, 2). Source: InsightFace,
https://github.com/deepinsight/insightface, `face_align.py`."""
DLIB_SIDE = 150
DLIB_PADDING = 0.25
DLIB_POINTS = (
    (
        np.array(
            [(0.2255, 0.216), (0.7547, 0.216), (0.4901, 0.5156), (0.2541, 0.7802), (0.7261, 0.7802)]
        )
        + DLIB_PADDING
    )
    / (1 + 2 * DLIB_PADDING)
    * DLIB_SIDE
)
"""Landmarks in the picture that dlib's network expects, in pixels, (5, 2). Source: the mean face of
dlib's `image_transforms/interpolation.h`, whose points around each eye are averaged."""


def arcface_picture(cutout: FaceCutout) -> np.ndarray:
    """Face aligned for ArcFace and SFace, (112, 112, 3) uint8 RGB."""
    points = landmarks_of(cutout.place)
    return aligned(cutout.pixels, cutout.place, points, ARCFACE_POINTS, ARCFACE_SIDE)


def aligned(
    image: np.ndarray, face: FaceRegion, points: np.ndarray | None, places: np.ndarray, side: int
) -> np.ndarray:
    """Face with its landmarks at given positions, as closely as a similarity transform allows.

    Args:
        image: (h, w, 3) uint8.
        face: region whose box replaces missing or coinciding landmarks.
        points: landmarks, (5, 2) pixels of the image.
        places: positions of the landmarks in the result, (5, 2) pixels.
        side: side of the result, pixels.

    Returns:
        (side, side, 3) uint8, grey outside the inscribed circle.
    """
    matrix = None if points is None else similarity_transform(places, points)
    if matrix is None:
        typical = (face.x0, face.y0) + IN_BOX * (face.width, face.height)
        matrix = similarity_transform(places, typical)
    if matrix is None:  # a box of a few pixels
        return np.zeros((side, side, 3), np.uint8)
    matrix[:, 2] += matrix[:, :2] @ (0.5, 0.5) - 0.5  # OpenCV's origin is the centre of a pixel
    picture = cv2.warpAffine(
        image,
        matrix,
        (side, side),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return within_circle(picture)


def within_circle(picture: np.ndarray) -> np.ndarray:
    """Square picture, (side, side, 3) uint8, grey outside the inscribed circle."""
    side = len(picture)
    along = np.arange(side) + 0.5 - side / 2
    outside = along[:, None] ** 2 + along**2 > (side / 2) ** 2
    return np.where(outside[..., None], np.uint8(128), picture)
