"""How much a new face still has of the old one."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from workflow_scripts.regions import Region

from .boxes import enlarged
from .pose import Pose, pose_of, turned

MAX_SIMILARITY = 0.5
"""No face that replaces another one may be more alike."""
SIDE = 32
_HALF, _TOP, _BOTTOM = 1.55, -0.85, 2.95
"""What is compared, in face coordinates: brows to chin, cheek to cheek, without hair and hats."""
_DEEP = -0.45
"""z of the cheeks there."""
_FINE, _COARSE = 0.6, 3.0
"""Sigmas of the band-pass, samples: finer is noise, coarser is light."""
_MARGIN = 0.2
"""Of the detector's box, at each side, that is not compared."""


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


def plain_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Normalised correlation of two crops as they are, -1 to 1; 0 where one is even."""
    a, b = first - first.mean(), second - second.mean()
    size = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / size if size > 1e-3 else 0.0


@dataclass(frozen=True, eq=False)
class Look:
    """What is compared of a face.

    Attributes:
        aligned: (32, 32) float32 grey, the inner face upright.
        boxed: (32, 32) float32 grey, the middle of the detector's box as it is.
    """

    aligned: np.ndarray
    boxed: np.ndarray


def look_of(image: np.ndarray, region: Region, pose: Pose) -> Look:
    """What of an image is compared, for a region and the pose that was found of it."""
    return Look(crop_of(image, pose), _middle(image, region))


def _middle(image: np.ndarray, region: Region) -> np.ndarray:
    """The inner 60 % of a box, in whole pixels."""
    (x0, y0), (x1, y1) = np.rint(enlarged(region, -_MARGIN)).astype(int)
    height, width = image.shape[:2]
    x0, y0 = int(np.clip(x0, 0, width - 1)), int(np.clip(y0, 0, height - 1))
    part = image[y0 : max(y1, y0 + 1), x0 : max(x1, x0 + 1)]
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return cv2.resize(grey, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def alikeness(first: Look, second: Look) -> float:
    """The highest of the correlations of two looks: of details, and of all that is seen, aligned
    and in the box.
    """
    return max(
        correlation(first.aligned, second.aligned),
        plain_correlation(first.aligned, second.aligned),
        plain_correlation(first.boxed, second.boxed),
    )


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
    return alikeness(*(look_of(image, region, pose) for image in (original, replaced)))


def between_people(looks: Sequence[Look]) -> np.ndarray:
    """`alikeness` of all pairs of different people, (n (n - 1) / 2,)."""
    pairs = [alikeness(a, b) for index, a in enumerate(looks) for b in looks[:index]]
    return np.array(pairs)
