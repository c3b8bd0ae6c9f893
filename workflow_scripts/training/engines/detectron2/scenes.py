"""detectron2's augmentation of an image, with the masks as crops.

The random choices and the pixels are detectron2's own; what it does to masks of the whole frame is
done here to their crops, for those changes that its mapper makes: resizing, mirroring, cropping.
"""

import functools
from dataclasses import dataclass

import numpy as np
from detectron2.data import transforms
from detectron2.data.transforms import Transform
from PIL import Image

from workflow_scripts.training.augment import Scene

SMALLEST_SIDE = 1e-5
"""detectron2 drops instances whose box is not larger (`filter_empty_instances`)."""


@dataclass(frozen=True)
class Mask:
    """A mask of a frame, as its crop."""

    crop: np.ndarray
    """(h, w) uint8 of 0 and 1; a side may be 0."""
    x: int
    """Column of the crop's left edge in the frame."""
    y: int
    """Row of its upper edge."""


def augmented_scene(
    scene: Scene, random: np.random.Generator, augmentations: list, image_format: str
) -> Scene:
    """What detectron2's mapper makes of an image and its instances.

    Args:
        scene: as it was read.
        random: seeds numpy's global generator, from which detectron2 draws.
        augmentations: detectron2's.
        image_format: `RGB` or `BGR`, the order of the result's channels.
    """
    np.random.seed(int(random.integers(2**32)))  # noqa: NPY002 - detectron2 draws from this one
    given = transforms.AugInput(scene.image)
    changes = _flat(transforms.AugmentationList(augmentations)(given))
    height, width = given.image.shape[:2]
    masks = [Mask(crop, *map(int, at)) for crop, at in zip(scene.crops, scene.corners, strict=True)]
    frame = scene.image.shape[:2]
    boxes = scene.boxes.astype(np.float64)
    for change in changes:
        masks = [changed(change, mask, frame) for mask in masks]
        frame = _frame_after(change, frame)
        boxes = change.apply_box(boxes) if len(boxes) else boxes
    if any(isinstance(change, transforms.CropTransform) for change in changes):
        # A part of an object has a smaller box than the part of the object's box.
        boxes = np.array([_tight_box(mask) for mask in masks], np.float64).reshape(-1, 4)
    boxes = np.clip(boxes, 0, [width, height, width, height]).astype(np.float32)
    sides = boxes[:, 2:] - boxes[:, :2]
    kept = [
        index
        for index, mask in enumerate(masks)
        if (sides[index] > SMALLEST_SIDE).all() and mask.crop.any()
    ]
    return Scene(
        image=in_channel_order(given.image, image_format),
        boxes=boxes[kept],
        labels=scene.labels[kept],
        crops=tuple(masks[index].crop for index in kept),
        corners=np.array([(masks[i].x, masks[i].y) for i in kept], np.int64).reshape(-1, 2),
    )


def in_channel_order(image: np.ndarray, image_format: str) -> np.ndarray:
    """An RGB image, (h, w, 3), in a model's order of channels."""
    return image[..., ::-1] if image_format == "BGR" else image


def resized_for_test(image: np.ndarray, shorter: int, longest: int) -> np.ndarray:
    """Resize as detectron2's `DefaultPredictor` does; (h, w, 3) uint8."""
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
def changed(change: Transform, mask: Mask, frame: tuple[int, int]) -> Mask:
    """The mask after a change of its frame; any change, by way of the whole frame.

    Args:
        change: detectron2's.
        mask: before it.
        frame: height and width before it.
    """
    whole = np.zeros(frame, np.uint8)
    height, width = mask.crop.shape
    whole[mask.y : mask.y + height, mask.x : mask.x + width] = mask.crop
    after = change.apply_segmentation(whole)
    rows, columns = np.flatnonzero(after.any(1)), np.flatnonzero(after.any(0))
    if not rows.size:
        return Mask(np.zeros((0, 0), np.uint8), 0, 0)
    y, x = int(rows[0]), int(columns[0])
    return Mask(after[y : rows[-1] + 1, x : columns[-1] + 1], x, y)


@changed.register
def _(change: transforms.NoOpTransform, mask: Mask, frame: tuple[int, int]) -> Mask:
    return mask


@changed.register
def _(change: transforms.HFlipTransform, mask: Mask, frame: tuple[int, int]) -> Mask:
    return Mask(mask.crop[:, ::-1], frame[1] - mask.x - mask.crop.shape[1], mask.y)


@changed.register
def _(change: transforms.VFlipTransform, mask: Mask, frame: tuple[int, int]) -> Mask:
    return Mask(mask.crop[::-1], mask.x, frame[0] - mask.y - mask.crop.shape[0])


@changed.register
def _(change: transforms.CropTransform, mask: Mask, frame: tuple[int, int]) -> Mask:
    left, upper = max(change.x0 - mask.x, 0), max(change.y0 - mask.y, 0)
    right = min(max(change.x0 + change.w - mask.x, 0), mask.crop.shape[1])
    lower = min(max(change.y0 + change.h - mask.y, 0), mask.crop.shape[0])
    crop = mask.crop[upper:lower, left:right]
    return Mask(crop, max(mask.x - change.x0, 0), max(mask.y - change.y0, 0))


@changed.register
def _(change: transforms.ResizeTransform, mask: Mask, frame: tuple[int, int]) -> Mask:
    x, columns = _nearest(mask.x, mask.crop.shape[1], change.w, change.new_w)
    y, rows = _nearest(mask.y, mask.crop.shape[0], change.h, change.new_h)
    return Mask(mask.crop[rows[:, None], columns], x, y)


def _nearest(start: int, length: int, old: int, new: int) -> tuple[int, np.ndarray]:
    """Where the pixels [start, start + length) go when `old` pixels of a side become `new`.

    Returns:
        The first target pixel, and for it and those after it the source pixel's offset from
        `start`; none where the pixels vanish.
    """
    sources = _sources(old, new)
    first, end = np.searchsorted(sources, (start, start + length))
    return int(first), sources[first:end] - start


@functools.lru_cache(maxsize=256)
def _sources(old: int, new: int) -> np.ndarray:
    """The source pixel of each target pixel, (new,), as PIL chooses the nearest."""
    ramp = Image.fromarray(np.arange(old, dtype=np.int32)[None])
    return np.asarray(ramp.resize((new, 1), Image.Resampling.NEAREST))[0]


def _tight_box(mask: Mask) -> tuple[float, float, float, float]:
    """Around the mask's pixels, xyxy; without any, nothing."""
    rows, columns = np.flatnonzero(mask.crop.any(1)), np.flatnonzero(mask.crop.any(0))
    if not rows.size:
        return 0, 0, 0, 0
    return (
        mask.x + columns[0],
        mask.y + rows[0],
        mask.x + columns[-1] + 1,
        mask.y + rows[-1] + 1,
    )
