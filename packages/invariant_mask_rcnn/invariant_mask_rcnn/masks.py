"""Instance masks: crops in training data, targets of mask heads, predicted masks in their frame."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torchvision.ops import roi_align

STACKED_UP_TO = (64, 256, 1024)
"""Longer sides, pixels, up to which crops share a stack; each larger crop has its own."""
THRESHOLD = 0.5
"""Probability from which a pixel belongs to a predicted mask."""


def framed_crop(crop: np.ndarray, x: int, y: int, height: int, width: int) -> np.ndarray:
    """Crop with an additional pixel on each side: zero, or the last pixel at the frame's edge.

    Interpolation around the crop then gives the same values as in the whole frame.

    The crop, (h, w), has its upper left pixel at (x, y) of the frame, which is `height` by `width`
    pixels.
    """
    framed = np.pad(crop, 1)
    if y == 0:
        framed[0] = framed[1]
    if y + crop.shape[0] == height:
        framed[-1] = framed[-2]
    if x == 0:
        framed[:, 0] = framed[:, 1]
    if x + crop.shape[1] == width:
        framed[:, -1] = framed[:, -2]
    return framed


@dataclass(frozen=True)
class MaskStacks:
    """Masks of an image's instances as crops, in a few stacks by size.

    In a single stack, every crop would be padded to the largest: a hundred megabytes for a street
    scene with a car at close range and dozens of distant people.
    """

    stacks: tuple[Tensor, ...]
    """(n, h, w) uint8 of 0 and 1 each: crops, padded with zeros to the largest of the stack."""
    stack: Tensor
    """(instances,) int64: stack of each instance's crop."""
    place: Tensor
    """(instances,) int64: position in that stack."""

    @classmethod
    def of(cls, crops: Sequence[np.ndarray]) -> "MaskStacks":
        """Stacks of crops, (h, w) uint8 of 0 and 1 each."""
        kinds = np.searchsorted(STACKED_UP_TO, [max(crop.shape) for crop in crops])
        stacks, stack, place = [], np.zeros(len(crops), np.int64), np.zeros(len(crops), np.int64)
        for number, kind in enumerate(np.unique(kinds)):
            members = np.flatnonzero(kinds == kind).tolist()
            sides = np.max([crops[member].shape for member in members], axis=0)
            stacked = np.zeros((len(members), *sides), np.uint8)
            for index, member in enumerate(members):
                height, width = crops[member].shape
                stacked[index, :height, :width] = crops[member]
            stacks.append(torch.from_numpy(stacked))
            stack[members], place[members] = number, np.arange(len(members))
        none = torch.zeros((0, 2, 2), dtype=torch.uint8)
        return cls(tuple(stacks) or (none,), torch.from_numpy(stack), torch.from_numpy(place))

    def __len__(self) -> int:
        """Number of instances."""
        return len(self.stack)

    def __getitem__(self, instance: int) -> Tensor:
        """Crop of an instance with the padding of its stack, (h, w) uint8."""
        return self.stacks[int(self.stack[instance])][int(self.place[instance])]

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All tensors."""
        return (*self.stacks, self.stack, self.place)

    def each(self, change: Callable[[Tensor], Tensor]) -> "MaskStacks":
        """Copy with each tensor changed, such as copied to a device."""
        return MaskStacks(tuple(map(change, self.stacks)), change(self.stack), change(self.place))


def mask_targets(
    masks: MaskStacks, corners: Tensor, boxes: Tensor, instances: Tensor, side: int
) -> Tensor:
    """Targets of a mask head: the part of each box's instance inside the box, (boxes, side, side)
    float32.

    Pixels are squares with their centres at halves, as in detectron2 (`aligned`). torchvision's
    default treats them as points, which shifts every mask by half a pixel.

    Args:
        masks: crops of n instances, framed (`framed_crop`).
        corners: (n, 2) float32, x and y of each crop's upper left pixel in the image.
        boxes: (boxes, 4) xyxy in the image.
        instances: (boxes,) int64, index of each box's instance.
        side: side of a predicted mask, pixels.
    """
    shifted = boxes - corners[instances].repeat(1, 2)
    targets = boxes.new_zeros((len(boxes), side, side))
    # Each stack is sampled for all boxes, since selecting them would require waiting for a GPU.
    for number, stack in enumerate(masks.stacks):
        inside = masks.stack[instances] == number
        place = masks.place[instances].where(inside, 0)
        regions = torch.cat((place[:, None].to(boxes), shifted), dim=1)
        found = roi_align(stack[:, None].to(boxes), regions, (side, side), 1.0, aligned=True)
        targets = torch.where(inside[:, None, None], found[:, 0], targets)
    return targets


def pasted_mask(
    probabilities: np.ndarray, box: np.ndarray, height: int, width: int
) -> tuple[np.ndarray, int, int]:
    """Predicted mask, interpolated within its box and thresholded.

    The geometry is that of detectron2's `paste_masks_in_image`: bilinear at the pixels' centres,
    zero outside. (torchvision first rounds boxes to whole pixels, which shifts small masks.) Only
    the pixels of the box are computed.

    Args:
        probabilities: (m, m) float32 in [0, 1].
        box: (4,) float32, xyxy in the frame's pixels.
        height: height of the frame, pixels.
        width: width of the frame, pixels.

    Returns:
        A crop of the frame, (h, w) bool, and the column and row of its upper left pixel.
    """
    x0, y0, x1, y1 = box.astype(np.float64)
    left, columns = _interpolation(x0, x1, width, probabilities.shape[1])
    upper, rows = _interpolation(y0, y1, height, probabilities.shape[0])
    return rows @ probabilities @ columns.T >= THRESHOLD, left, upper


def _interpolation(start: float, end: float, limit: int, cells: int) -> tuple[int, np.ndarray]:
    """Linear interpolation of mask cells along one side of a box, from `start` to `end`.

    Returns:
        The first of the frame's `limit` pixels that the box may cover, and the weight of each cell
        for it and each pixel after it, (pixels, cells).
    """
    # The outermost cells fade out over half a cell beyond the box.
    fade = (end - start) / cells / 2
    first = min(max(int(np.floor(start - fade)), 0), limit - 1)
    last = min(max(int(np.ceil(end + fade)), first + 1), limit)
    centres = np.arange(first, last) + 0.5
    places = (centres - start) / max(end - start, 1e-6) * cells - 0.5
    return first, np.maximum(0, 1 - np.abs(places[:, None] - np.arange(cells)))
