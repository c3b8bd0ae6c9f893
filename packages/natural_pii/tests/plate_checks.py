"""Comparison of plates before and after their characters were replaced."""

import cv2
import numpy as np
from natural_pii import Replacement, replace_plate
from pii_measures.appearance import grey
from plate_pictures import PlatePhoto

IDENTICAL = 0.9
"""Correlation of a character with itself; two different ones of 9 pixels hardly reach it."""


def treat(picture: PlatePhoto, seed: int = 0, **region) -> tuple[np.ndarray, Replacement]:
    original = picture.image.copy()
    result = replace_plate(picture.image, picture.region(**region), np.random.default_rng(seed))
    assert (picture.image == original).all()
    result.paste(original)
    return original, result


def characters(picture: PlatePhoto, image: np.ndarray) -> list[np.ndarray]:
    """Each character's place in an image, seen straight on, without its mean."""
    return [view - view.mean() for view in seen(picture, grey(image))]


def seen(picture: PlatePhoto, plane: np.ndarray) -> list[np.ndarray]:
    """Each character's place in a plane (h, w) float32, seen straight on."""
    shift = np.float64([[1, 0, -0.5], [0, 1, -0.5], [0, 0, 1]])
    result = []
    for x0, y0, x1, y1 in picture.characters:
        cell = np.float64([[(x1 - x0) / 24, 0, x0], [0, (y1 - y0) / 40, y0], [0, 0, 1]])
        matrix = shift @ picture.to_image @ cell @ np.linalg.inv(shift)
        flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
        result.append(cv2.warpPerspective(plane, matrix, (24, 40), flags=flags))
    return result


def correlations(picture: PlatePhoto, one: np.ndarray, other: np.ndarray) -> list[float]:
    pairs = zip(characters(picture, one), characters(picture, other), strict=True)
    return [float((a * b).sum() / np.sqrt((a * a).sum() * (b * b).sum())) for a, b in pairs]


def inner(picture: PlatePhoto) -> np.ndarray:
    """Pixels of the plate without its edge, (h, w) bool."""
    mask = np.zeros(picture.image.shape[:2], np.uint8)
    cv2.fillConvexPoly(mask, np.int32(np.round(picture.quad - 0.5)), 1)
    return cv2.erode(mask, np.ones((3, 3), np.uint8)) > 0
