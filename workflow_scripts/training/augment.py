"""Resizing and mirroring of an image together with its instances."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from workflow_scripts.contracts.settings.training import Augmentation


@dataclass(frozen=True)
class Scene:
    """An image and its instances, in pixels of that image."""

    image: np.ndarray
    """(height, width, 3) uint8, RGB."""
    boxes: np.ndarray
    """(n, 4) float32, xyxy."""
    labels: np.ndarray
    """(n,) int64, from 1 on; 0 is the background."""
    crops: tuple[np.ndarray, ...]
    """Per instance its mask, (h, w) uint8 of 0 and 1, cropped to the mask's bounding box."""
    corners: np.ndarray
    """(n, 2) int64: column and row of each crop's upper left pixel."""


Augment = Callable[[Scene, np.random.Generator], Scene]
"""Changes a scene at random; everything random follows from the generator. It can be pickled."""


def augmented(scene: Scene, random: np.random.Generator, settings: Augmentation) -> Scene:
    """Resize to a shorter side drawn from the settings, and mirror at random."""
    shorter = int(random.choice(settings.shorter_sides))
    mirror = random.random() < settings.flip_probability
    scene = resized_scene(scene, shorter, settings.longest_side)
    return mirrored(scene) if mirror else scene


def target_size(height: int, width: int, shorter: int, longest: int) -> tuple[int, int]:
    """Height and width after resizing the shorter side, held by the longest (pixels)."""
    scale = min(shorter / min(height, width), longest / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def resized(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize an (h, w, 3) uint8 image: averaging to shrink, bilinear to grow."""
    if image.shape[:2] == (height, width):
        return image
    shrinks = height < image.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (width, height), interpolation=method)


def resized_scene(scene: Scene, shorter: int, longest: int) -> Scene:
    """Resize a scene; masks take the nearest pixel, on the grid of the whole image."""
    old_height, old_width = scene.image.shape[:2]
    height, width = target_size(old_height, old_width, shorter, longest)
    if (height, width) == (old_height, old_width):
        return scene
    scale = np.array((width / old_width, height / old_height), np.float32)
    crops, corners = [], np.empty_like(scene.corners)
    for index, (crop, corner) in enumerate(zip(scene.crops, scene.corners, strict=True)):
        first_column, columns = _nearest(int(corner[0]), crop.shape[1], old_width, width)
        first_row, rows = _nearest(int(corner[1]), crop.shape[0], old_height, height)
        crops.append(crop[rows[:, None], columns])
        corners[index] = first_column, first_row
    return Scene(
        image=resized(scene.image, height, width),
        boxes=scene.boxes * np.tile(scale, 2),
        labels=scene.labels,
        crops=tuple(crops),
        corners=corners,
    )


def _nearest(start: int, length: int, old: int, new: int) -> tuple[int, np.ndarray]:
    """Where the pixels [start, start + length) of a side go when `old` pixels become `new`.

    A target pixel shows the source pixel that its centre falls into.

    Returns:
        The first target pixel, and for it and those after it the source pixel's offset from
        `start`; at least one.
    """
    # Pixel u shows (2u + 1) old / (2 new), rounded down; in whole numbers, for exactness.
    first = min(_ceil_div(2 * new * start - old, 2 * old), new - 1)
    end = max(first + 1, _ceil_div(2 * new * (start + length) - old, 2 * old))
    sources = (2 * np.arange(first, end) + 1) * old // (2 * new) - start
    return first, sources.clip(0, length - 1)


def _ceil_div(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)


def mirrored(scene: Scene) -> Scene:
    """Mirror left to right."""
    width = scene.image.shape[1]
    corners = scene.corners.copy()
    corners[:, 0] = width - corners[:, 0] - [crop.shape[1] for crop in scene.crops]
    x0, y0, x1, y1 = scene.boxes.T
    return Scene(
        image=scene.image[:, ::-1],
        boxes=np.stack((width - x1, y0, width - x0, y1), axis=1),
        labels=scene.labels,
        crops=tuple(crop[:, ::-1] for crop in scene.crops),
        corners=corners,
    )
