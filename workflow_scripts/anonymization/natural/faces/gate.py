"""How much a new face still has of the old one."""

import cv2
import numpy as np

from workflow_scripts.regions import Region

from .pose import Pose, pose_of, turned

MAX_SIMILARITY = 0.5
"""A face that correlates more with the one it replaces is not let through."""
SIDE = 32
_HALF, _TOP, _BOTTOM = 1.55, -0.85, 2.95
"""What is compared, in face coordinates: brows to chin, cheek to cheek, without hair and hats."""
_DEEP = -0.45
"""z of the cheeks there."""
_FINE, _COARSE = 0.6, 3.0
"""Sigmas of the band-pass, samples: finer is noise, coarser is light."""


def crop_of(image: np.ndarray, pose: Pose) -> np.ndarray:
    """The inner face, upright and of standard size, (32, 32) float32 grey."""
    edges = np.array([(-_HALF, _TOP, _DEEP), (_HALF, _BOTTOM, _DEEP)]) @ turned(pose.yaw, 0.0).T
    (x0, y0), (x1, y1) = edges[:, :2]
    step = np.array([[(x1 - x0) / SIDE, 0, x0], [0, (y1 - y0) / SIDE, y0], [0, 0, 1]])
    half = np.array([[1, 0, 0.5], [0, 1, 0.5], [0, 0, 1]])  # pixels have their centres at half
    matrix = np.vstack([pose.matrix, [0, 0, 1]]) @ step @ half
    matrix[:2, 2] -= 0.5
    corners = matrix[:2] @ np.array([[0, SIDE, 0, SIDE], [0, 0, SIDE, SIDE], [1, 1, 1, 1]])
    pad = 2
    left, top = (int(np.floor(value)) - pad for value in corners.min(axis=1))
    right, bottom = (int(np.ceil(value)) + pad + 1 for value in corners.max(axis=1))
    height, width = image.shape[:2]
    left, right = np.clip((left, right), 0, width)
    top, bottom = np.clip((top, bottom), 0, height)
    if right - left < 1 or bottom - top < 1:
        return np.zeros((SIDE, SIDE), np.float32)
    matrix[:2, 2] -= (left, top)
    grey = cv2.cvtColor(image[top:bottom, left:right], cv2.COLOR_RGB2GRAY).astype(np.float32)
    many = np.sqrt(abs(np.linalg.det(matrix[:2, :2])))
    if many > 1:  # several pixels a sample
        grey = cv2.GaussianBlur(grey, (0, 0), 0.5 * many)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(grey, matrix[:2], (SIDE, SIDE), flags=flags,
                          borderMode=cv2.BORDER_REPLICATE)  # fmt: skip


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Normalised correlation of two crops, -1 to 1, of what is neither noise nor light.

    The crops are band-passed and windowed, so that the middle of the face counts most.
    """
    along = np.linspace(-1, 1, SIDE)
    weight = np.exp(-0.5 * ((along[:, None] / 0.7) ** 4 + (along[None] / 0.7) ** 4))
    a, b = (_banded(crop) for crop in (first, second))
    a, b = (part - (weight * part).sum() / weight.sum() for part in (a, b))
    size = np.sqrt((weight * a * a).sum() * (weight * b * b).sum())
    return float((weight * a * b).sum() / size) if size > 1e-6 else 0.0


def _banded(crop: np.ndarray) -> np.ndarray:
    return cv2.GaussianBlur(crop, (0, 0), _FINE) - cv2.GaussianBlur(crop, (0, 0), _COARSE)


def similarity(original: np.ndarray, replaced: np.ndarray, region: Region) -> float:
    """How similar the inner face of a region is in two versions of an image, -1 to 1.

    Two people correlate as well, since all faces have eyes and mouths at the same places: see
    `between_people`.

    Args:
        original: (height, width, 3) uint8 RGB.
        replaced: the same size.
        region: a face.
    """
    pose = pose_of(region)
    return correlation(crop_of(original, pose), crop_of(replaced, pose))


def between_people(crops: list[np.ndarray]) -> np.ndarray:
    """Correlations of all pairs of different people's crops, (n (n - 1) / 2,)."""
    pairs = [correlation(a, b) for index, a in enumerate(crops) for b in crops[:index]]
    return np.array(pairs)
