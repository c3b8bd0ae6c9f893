"""Random resizing and mirroring of an image together with its instances."""

from collections.abc import Sequence

import cv2
import numpy as np

from .samples import LabelledImage


def augmented(
    given: LabelledImage,
    random: np.random.Generator,
    *,
    shorter_sides: Sequence[int],
    longest_side: int,
    flip_probability: float,
) -> LabelledImage:
    """Image resized to a randomly chosen shorter side, and mirrored at random.

    Args:
        given: the image and its instances.
        random: random generator for the changes.
        shorter_sides: candidate lengths of the shorter side, pixels.
        longest_side: limit of the longer side, pixels.
        flip_probability: probability that the image is mirrored left to right.
    """
    shorter = int(random.choice(shorter_sides))
    mirror = random.random() < flip_probability
    small = resized_with_labels(given, shorter, longest_side)
    return mirrored(small) if mirror else small


def target_size(height: int, width: int, shorter: int, longest: int) -> tuple[int, int]:
    """Height and width (pixels) after resizing to a shorter side, within the longest side."""
    scale = min(shorter / min(height, width), longest / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resized (h, w, 3) uint8 image: area average to shrink, bilinear to enlarge."""
    if image.shape[:2] == (height, width):
        return image
    shrinks = height < image.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (width, height), interpolation=method)


def resized_with_labels(given: LabelledImage, shorter: int, longest: int) -> LabelledImage:
    """Image and instances in another size; masks by nearest pixel on the whole image's grid."""
    old_height, old_width = given.image.shape[:2]
    height, width = target_size(old_height, old_width, shorter, longest)
    if (height, width) == (old_height, old_width):
        return given
    scale = np.array((width / old_width, height / old_height), np.float32)
    crops, corners = [], np.empty_like(given.corners)
    for index, (crop, corner) in enumerate(zip(given.crops, given.corners, strict=True)):
        first_column, columns = _nearest(int(corner[0]), crop.shape[1], old_width, width)
        first_row, rows = _nearest(int(corner[1]), crop.shape[0], old_height, height)
        crops.append(crop[rows[:, None], columns])
        corners[index] = first_column, first_row
    return LabelledImage(
        image=resized(given.image, height, width),
        boxes=given.boxes * np.tile(scale, 2),
        labels=given.labels,
        crops=tuple(crops),
        corners=corners,
    )


def _nearest(start: int, length: int, old: int, new: int) -> tuple[int, np.ndarray]:
    """Target pixels of the pixels [start, start + length) when a side of `old` becomes `new`.

    A target pixel shows the source pixel that contains its centre.

    Returns:
        The first target pixel, and the source pixel's offset from `start` for it and each pixel
        after it; at least one.
    """
    # Pixel u shows (2u + 1) old / (2 new), rounded down; in integers, for exactness.
    first = min(_ceil_div(2 * new * start - old, 2 * old), new - 1)
    end = max(first + 1, _ceil_div(2 * new * (start + length) - old, 2 * old))
    sources = (2 * np.arange(first, end) + 1) * old // (2 * new) - start
    return first, sources.clip(0, length - 1)


def _ceil_div(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)


def mirrored(given: LabelledImage) -> LabelledImage:
    """Image and instances mirrored left to right."""
    width = given.image.shape[1]
    corners = given.corners.copy()
    widths = np.array([crop.shape[1] for crop in given.crops], np.int64)
    corners[:, 0] = width - corners[:, 0] - widths
    x0, y0, x1, y1 = given.boxes.T
    return LabelledImage(
        image=given.image[:, ::-1],
        boxes=np.stack((width - x1, y0, width - x0, y1), axis=1),
        labels=given.labels,
        crops=tuple(crop[:, ::-1] for crop in given.crops),
        corners=corners,
    )
