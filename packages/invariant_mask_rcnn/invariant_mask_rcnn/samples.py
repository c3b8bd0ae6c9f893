"""Labelled images, and the samples of tensors with which a model is trained."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .masks import MaskStacks, framed_crop


@dataclass(frozen=True)
class LabelledImage:
    """Image and its instances, in pixels of that image."""

    image: np.ndarray
    """(height, width, 3) uint8, RGB."""
    boxes: np.ndarray
    """(n, 4) float32, xyxy."""
    labels: np.ndarray
    """(n,) int64, from 1; 0 is the background."""
    crops: tuple[np.ndarray, ...] = ()
    """Mask of each instance, (h, w) uint8 of 0 and 1, cropped to its bounding box; empty if only
    boxes are labelled."""
    corners: np.ndarray = field(default_factory=lambda: np.zeros((0, 2), np.int64))
    """(n, 2) int64: column and row of each crop's upper left pixel."""

    @property
    def has_masks(self) -> bool:
        """Whether the instances have masks besides their boxes."""
        return len(self.crops) == len(self.labels)


@dataclass(frozen=True)
class TrainingSample:
    """Image with its instances, ready for the model."""

    image: Tensor
    """(3, height, width) uint8, RGB."""
    boxes: Tensor
    """(n, 4) float32, xyxy, pixels."""
    labels: Tensor
    """(n,) int64, from 1; 0 is the background."""
    masks: MaskStacks
    """Crop of each instance's mask, framed (see `framed_crop`); empty if there are only boxes."""
    corners: Tensor
    """(n, 2) float32: x and y of each mask's upper left pixel in the image; as many as masks."""
    seed: int
    """Seed of the anchors and proposals that the model samples for this image."""

    def to(self, device: torch.device) -> "TrainingSample":
        """The sample on a device."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def used_on(self, stream: Any) -> None:
        """Tell a GPU's allocator that a stream uses the sample, which another stream copied."""
        for tensor in (self.image, self.boxes, self.labels, self.corners, *self.masks.tensors):
            if tensor.is_cuda:
                tensor.record_stream(stream)

    def pin_memory(self) -> "TrainingSample":
        """The sample in page-locked memory; `DataLoader` calls this."""
        return self._each(Tensor.pin_memory)

    def _each(self, change: Callable[[Tensor], Tensor]) -> "TrainingSample":
        return TrainingSample(
            image=change(self.image),
            boxes=change(self.boxes),
            labels=change(self.labels),
            masks=self.masks.each(change),
            corners=change(self.corners),
            seed=self.seed,
        )


def as_sample(labelled: LabelledImage, seed: int) -> TrainingSample:
    """Image and instances as tensors."""
    frame = labelled.image.shape[:2]
    framed = [
        framed_crop(crop, *corner.tolist(), *frame)
        for crop, corner in zip(labelled.crops, labelled.corners, strict=True)
    ]
    return TrainingSample(
        image=torch.from_numpy(np.ascontiguousarray(labelled.image.transpose(2, 0, 1))),
        boxes=torch.from_numpy(labelled.boxes.astype(np.float32)),
        labels=torch.from_numpy(labelled.labels),
        masks=MaskStacks.of(framed),
        corners=torch.from_numpy(labelled.corners.astype(np.float32) - 1),
        seed=seed,
    )


def of_one_size(images: Sequence[Tensor]) -> list[list[int]]:
    """Indices of the images, grouped by shape.

    Images of a group can share a forward pass without padding. The features of a padded image
    differ near the padding, where anchors are sampled, so padding would change the trained model.
    """
    groups: defaultdict[torch.Size, list[int]] = defaultdict(list)
    for index, image in enumerate(images):
        groups[image.shape].append(index)
    return list(groups.values())
