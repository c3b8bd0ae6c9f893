"""Training samples: read, augmented, as tensors."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.coco import CocoSplit, Instance
from workflow_scripts.imaging.images import read_image
from workflow_scripts.imaging.masks import decode_crop
from workflow_scripts.training.augment import Augment, Scene
from workflow_scripts.training.sampling import image_at
from workflow_scripts.training.sources import locate, training_images

KEEP_DECODED_BYTES = 512 * 2**20
"""A data set whose decoded images are smaller than this is decoded once and kept in memory."""


@dataclass(frozen=True)
class Sample:
    """One image with its instances, ready for the model."""

    image: Tensor
    """(3, height, width) uint8, RGB."""
    boxes: Tensor
    """(n, 4) float32, xyxy, pixels."""
    labels: Tensor
    """(n,) int64, from 1 on; 0 is the background."""
    masks: Tensor
    """(n, h, w) uint8 of 0 and 1: each instance's mask, cropped to it, with one more
    pixel around (see `framed_crop`) and zeros up to the largest."""
    corners: Tensor
    """(n, 2) float32: x and y of each mask's upper left pixel in the image."""
    seed: int
    """Of what the model draws for this image: the anchors and proposals that it learns from."""

    def to(self, device: torch.device) -> "Sample":
        """This sample on a device."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> "Sample":
        """This sample in page-locked memory; `DataLoader` calls it."""
        return self._each(Tensor.pin_memory)

    def _each(self, change) -> "Sample":
        tensors = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(
            self,
            **{name: change(value) for name, value in tensors.items() if name != "seed"},
        )


class TrainingSet(Dataset[Sample]):
    """The endless sequence of training samples, by position (see `sampling`).

    A sample is a pure function of the seed and its position.

    Args:
        split: the training split.
        images: the folder that its file names are relative to.
        anonymized: a variant's folder, whose images replace those of `images`.
        augment: what happens to an image.
        seed: of the run.

    Raises:
        UserError: an image is missing, or no image has an instance.
    """

    def __init__(
        self,
        split: CocoSplit,
        images: Path,
        anonymized: Path | None,
        augment: Augment,
        seed: int,
    ) -> None:
        chosen = training_images(split)
        if not chosen:
            raise UserError("the training split has no image with an instance")
        self.instances = [split.instances_by_image[image.id] for image in chosen]
        self.files = locate(chosen, images, anonymized)
        self.sizes = [(image.height, image.width) for image in chosen]
        self.augment = augment
        self.seed = seed
        self._keeps = sum(3 * image.height * image.width for image in chosen) < KEEP_DECODED_BYTES
        self._kept: dict[int, Scene] = {}

    def __len__(self) -> int:
        """Different images."""
        return len(self.files)

    def __getitem__(self, position: int) -> Sample:
        """The sample at a position, from 0 on without end."""
        index = image_at(position, len(self.files), self.seed)
        random = np.random.default_rng([self.seed, position, 1])
        scene = self.augment(self._scene(index), random)
        return as_sample(scene, seed=int(random.integers(2**62)))

    def _scene(self, index: int) -> Scene:
        if index in self._kept:
            return self._kept[index]
        scene = read_scene(self.files[index], self.instances[index], *self.sizes[index])
        if self._keeps:
            self._kept[index] = scene
        return scene


def read_scene(path: Path, instances: tuple[Instance, ...], height: int, width: int) -> Scene:
    """Read an image and rasterise its instances; groups (`iscrowd`) are left out.

    Raises:
        UserError: the image cannot be read, or has another size than the annotations say.
    """
    image = read_image(path)
    if image.shape[:2] != (height, width):
        raise UserError(
            f"{path}: {image.shape[1]}x{image.shape[0]} pixels, "
            f"but {width}x{height} in the annotations"
        )
    crops, corners, boxes, labels = [], [], [], []
    for instance in instances:
        found = None if instance.iscrowd else decode_crop(instance.segmentation)
        if found is None:
            continue
        crop, x, y = found
        crops.append(crop)
        corners.append((x, y))
        boxes.append((x, y, x + crop.shape[1], y + crop.shape[0]))
        labels.append(instance.category_id)
    return Scene(
        image=image,
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        labels=np.array(labels, np.int64),
        crops=tuple(crops),
        corners=np.array(corners, np.int64).reshape(-1, 2),
    )


def as_sample(scene: Scene, seed: int) -> Sample:
    """The scene as tensors; masks of different sizes share one padded array."""
    height = 2 + max((crop.shape[0] for crop in scene.crops), default=0)
    width = 2 + max((crop.shape[1] for crop in scene.crops), default=0)
    masks = np.zeros((len(scene.crops), height, width), np.uint8)
    for mask, crop, corner in zip(masks, scene.crops, scene.corners, strict=True):
        framed = framed_crop(crop, *corner.tolist(), *scene.image.shape[:2])
        mask[: framed.shape[0], : framed.shape[1]] = framed
    return Sample(
        image=torch.from_numpy(np.ascontiguousarray(scene.image.transpose(2, 0, 1))),
        boxes=torch.from_numpy(scene.boxes.astype(np.float32)),
        labels=torch.from_numpy(scene.labels),
        masks=torch.from_numpy(masks),
        corners=torch.from_numpy(scene.corners.astype(np.float32) - 1),
        seed=seed,
    )


def framed_crop(crop: np.ndarray, x: int, y: int, height: int, width: int) -> np.ndarray:
    """The crop with one more pixel on each side: zero, or beyond the frame's edge its last pixel.

    So interpolation finds around a crop what it would find in the whole frame.

    Args:
        crop: (h, w) mask.
        x: column of its left edge in the frame.
        y: row of its upper edge in the frame.
        height: of the frame.
        width: of the frame.
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
