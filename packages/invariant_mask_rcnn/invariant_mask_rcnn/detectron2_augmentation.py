"""detectron2's augmentation of an image, with the masks as crops.

The random choices and the pixels are detectron2's own. Its changes of whole-frame masks are applied
here to crops, for those that its mapper makes: resizing, mirroring, cropping.
"""

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from detectron2.data import transforms
from detectron2.data.transforms import Transform
from PIL import Image

from .samples import LabelledImage

SMALLEST_SIDE = 1e-5
"""Side of a box, in pixels, up to which detectron2 drops an instance (`filter_empty_instances`)."""


@dataclass(frozen=True)
class CroppedMask:
    """A mask in a frame, stored as a crop."""

    crop: np.ndarray
    """(h, w) uint8 of 0 and 1; a side may be 0."""
    x: int
    """Column of the crop's left edge in the frame, pixels."""
    y: int
    """Row of the crop's upper edge in the frame, pixels."""


@dataclass(frozen=True)
class Detectron2Augmentation:
    """Augmentation of an image and its instances, as in detectron2's mapper."""

    augmentations: list[Any]
    """Augmentations in order: detectron2's `Augmentation`."""
    image_format: str
    """`RGB` or `BGR`: order of the result's channels."""

    def __call__(self, given: LabelledImage, random: np.random.Generator) -> LabelledImage:
        """Change an image at random.

        Args:
            given: the original image.
            random: seeds NumPy's global generator, from which detectron2 draws.
        """
        np.random.seed(int(random.integers(2**32)))  # noqa: NPY002 - detectron2 draws from this one
        augmented = transforms.AugInput(given.image)
        changes = _flat(transforms.AugmentationList(self.augmentations)(augmented))
        height, width = augmented.image.shape[:2]
        masks = [
            CroppedMask(crop, *map(int, corner))
            for crop, corner in zip(given.crops, given.corners, strict=True)
        ]
        frame = given.image.shape[:2]
        boxes = given.boxes.astype(np.float64)
        for change in changes:
            masks = [changed(change, mask, frame) for mask in masks]
            frame = _frame_after(change, frame)
            boxes = change.apply_box(boxes) if len(boxes) else boxes
        is_cropped = any(isinstance(change, transforms.CropTransform) for change in changes)
        if given.has_masks and is_cropped:
            # The visible part of an object can be smaller than the cropped box of the object.
            boxes = np.array([_tight_box(mask) for mask in masks], np.float64).reshape(-1, 4)
        boxes = np.clip(boxes, 0, [width, height, width, height]).astype(np.float32)
        sides = boxes[:, 2:] - boxes[:, :2]
        is_kept = (sides > SMALLEST_SIDE).all(axis=1)
        if given.has_masks:
            is_kept &= np.array([mask.crop.any() for mask in masks], bool)
            masks = [mask for mask, kept in zip(masks, is_kept, strict=True) if kept]
        return LabelledImage(
            image=in_channel_order(augmented.image, self.image_format),
            boxes=boxes[is_kept],
            labels=given.labels[is_kept],
            crops=tuple(mask.crop for mask in masks),
            corners=np.array([(mask.x, mask.y) for mask in masks], np.int64).reshape(-1, 2),
        )


def in_channel_order(image: np.ndarray, image_format: str) -> np.ndarray:
    """RGB image, (h, w, 3), in the order of channels that a model expects."""
    return image[..., ::-1] if image_format == "BGR" else image


def resized_for_test(image: np.ndarray, shorter: int, longest: int) -> np.ndarray:
    """Image resized as detectron2's `DefaultPredictor` does, (h, w, 3) uint8."""
    resize = transforms.ResizeShortestEdge([shorter, shorter], longest)
    return resize.get_transform(image).apply_image(image)


def _flat(change: Transform) -> list[Transform]:
    if isinstance(change, transforms.TransformList):
        return [part for one in change.transforms for part in _flat(one)]
    return [change]


def _frame_after(change: Transform, frame: tuple[int, int]) -> tuple[int, int]:
    match change:
        case transforms.ResizeTransform():
            return change.new_h, change.new_w
        case transforms.CropTransform():
            return min(change.h, frame[0] - change.y0), min(change.w, frame[1] - change.x0)
        case transforms.NoOpTransform() | transforms.HFlipTransform() | transforms.VFlipTransform():
            return frame
    return change.apply_segmentation(np.zeros(frame, np.uint8)).shape[:2]


@functools.singledispatch
def changed(change: Transform, mask: CroppedMask, frame: tuple[int, int]) -> CroppedMask:
    """Mask after a change of its frame; other changes are applied to a mask of the whole frame.

    Args:
        change: detectron2's transform.
        mask: the mask before the change.
        frame: height and width before the change, pixels.
    """
    whole = np.zeros(frame, np.uint8)
    height, width = mask.crop.shape
    whole[mask.y : mask.y + height, mask.x : mask.x + width] = mask.crop
    after = change.apply_segmentation(whole)
    rows, columns = np.flatnonzero(after.any(1)), np.flatnonzero(after.any(0))
    if not rows.size:
        return CroppedMask(np.zeros((0, 0), np.uint8), 0, 0)
    y, x = int(rows[0]), int(columns[0])
    return CroppedMask(after[y : rows[-1] + 1, x : columns[-1] + 1], x, y)


@changed.register
def _(change: transforms.NoOpTransform, mask: CroppedMask, frame: tuple[int, int]) -> CroppedMask:
    return mask


@changed.register
def _(change: transforms.HFlipTransform, mask: CroppedMask, frame: tuple[int, int]) -> CroppedMask:
    return CroppedMask(mask.crop[:, ::-1], frame[1] - mask.x - mask.crop.shape[1], mask.y)


@changed.register
def _(change: transforms.VFlipTransform, mask: CroppedMask, frame: tuple[int, int]) -> CroppedMask:
    return CroppedMask(mask.crop[::-1], mask.x, frame[0] - mask.y - mask.crop.shape[0])


@changed.register
def _(change: transforms.CropTransform, mask: CroppedMask, frame: tuple[int, int]) -> CroppedMask:
    left, upper = max(change.x0 - mask.x, 0), max(change.y0 - mask.y, 0)
    right = min(max(change.x0 + change.w - mask.x, 0), mask.crop.shape[1])
    lower = min(max(change.y0 + change.h - mask.y, 0), mask.crop.shape[0])
    crop = mask.crop[upper:lower, left:right]
    return CroppedMask(crop, max(mask.x - change.x0, 0), max(mask.y - change.y0, 0))


@changed.register
def _(change: transforms.ResizeTransform, mask: CroppedMask, frame: tuple[int, int]) -> CroppedMask:
    x, columns = _nearest(mask.x, mask.crop.shape[1], change.w, change.new_w)
    y, rows = _nearest(mask.y, mask.crop.shape[0], change.h, change.new_h)
    return CroppedMask(mask.crop[rows[:, None], columns], x, y)


def _nearest(start: int, length: int, old: int, new: int) -> tuple[int, np.ndarray]:
    """Target pixels of the pixels [start, start + length) when a side of `old` becomes `new`.

    Returns:
        The first target pixel, and the source pixel's offset from `start` for it and each pixel
        after it; empty if the pixels vanish.
    """
    sources = _sources(old, new)
    first, end = np.searchsorted(sources, (start, start + length))
    return int(first), sources[first:end] - start


@functools.lru_cache(maxsize=256)
def _sources(old: int, new: int) -> np.ndarray:
    """Source pixel of each target pixel, (new,), as in PIL's nearest-neighbour resizing."""
    ramp = Image.fromarray(np.arange(old, dtype=np.int32)[None])
    return np.asarray(ramp.resize((new, 1), Image.Resampling.NEAREST))[0]


def _tight_box(mask: CroppedMask) -> tuple[float, float, float, float]:
    """Bounding box of the mask's pixels, xyxy; zeros for an empty mask."""
    rows, columns = np.flatnonzero(mask.crop.any(1)), np.flatnonzero(mask.crop.any(0))
    if not rows.size:
        return 0, 0, 0, 0
    return (
        mask.x + columns[0],
        mask.y + rows[0],
        mask.x + columns[-1] + 1,
        mask.y + rows[-1] + 1,
    )
