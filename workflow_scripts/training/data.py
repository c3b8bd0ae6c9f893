"""Training samples: images and instances, read and augmented."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from invariant_mask_rcnn.samples import LabelledImage, TrainingSample, as_sample
from torch.utils.data import Dataset

from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.imaging.images import load
from workflow_scripts.imaging.masks import decode_crop
from workflow_scripts.training.loading import image_at
from workflow_scripts.training.sources import located, training_images

KEEP_DECODED_BYTES = 512 * 2**20
"""Maximum memory for decoded images that are kept after the first read, over all processes."""


Augment = Callable[[LabelledImage, np.random.Generator], LabelledImage]
"""Random change of an image and its instances; all randomness is from the generator."""


class TrainingSet(Dataset[TrainingSample]):
    """The endless sequence of training samples, by position (see `loading`).

    A sample is a pure function of the seed and its position.

    Args:
        split: annotations of the training images.
        images: folder that the split's file names are relative to.
        anonymized: folder of a variant, whose images replace those of `images`, without dropped
            ones; None for originals.
        augment: augmentation of each image.
        seed: seed of the training.
        masks: whether samples have the instances' masks besides their boxes.
        processes: number of processes on this machine that read samples, each with its own copy.

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
        *,
        masks: bool = True,
        processes: int = 1,
    ) -> None:
        self.masks = masks
        self.images, self.root = located(training_images(split), images, anonymized)
        self.instances = [split.instances_by_image[image.id] for image in self.images]
        self.augment = augment
        self.seed = seed
        pixels = sum(image.height * image.width for image in self.images)
        self._keeps = processes * 3 * pixels < KEEP_DECODED_BYTES
        self._kept: dict[int, LabelledImage] = {}

    def __len__(self) -> int:
        """Number of different images."""
        return len(self.images)

    def __getitem__(self, position: int) -> TrainingSample:
        """Sample at a position from 0 to infinity."""
        index = image_at(position, len(self.images), self.seed)
        random = np.random.default_rng([self.seed, position, 1])
        labelled = self.augment(self._image(index), random)
        return as_sample(labelled, seed=int(random.integers(2**62)))

    def _image(self, index: int) -> LabelledImage:
        if index in self._kept:
            return self._kept[index]
        labelled = read_labelled_image(
            self.images[index], self.root, self.instances[index], masks=self.masks
        )
        if self._keeps:
            self._kept[index] = labelled
        return labelled


def read_labelled_image(
    record: CocoImage, root: Path, instances: tuple[Instance, ...], *, masks: bool = True
) -> LabelledImage:
    """An image and its instances, without groups (`iscrowd`).

    Args:
        record: the image.
        root: folder that its file name is relative to.
        instances: instances of the image.
        masks: whether to decode masks; otherwise the result has boxes only.

    Raises:
        UserError: the file is missing or damaged, or differs from the recorded one in content or
            size.
    """
    image = load(record, root)
    if not masks:
        return _boxed(image, instances)
    crops: list[np.ndarray] = []
    corners, boxes, labels = [], [], []
    for instance in instances:
        found = None if instance.iscrowd else decode_crop(instance.segmentation)
        if found is None:
            continue
        crop, x, y = found
        crops.append(crop)
        corners.append((x, y))
        boxes.append((x, y, x + crop.shape[1], y + crop.shape[0]))
        labels.append(instance.category_id)
    return LabelledImage(
        image=image,
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        labels=np.array(labels, np.int64),
        crops=tuple(crops),
        corners=np.array(corners, np.int64).reshape(-1, 2),
    )


def _boxed(image: np.ndarray, instances: tuple[Instance, ...]) -> LabelledImage:
    """An image with the boxes of its instances, without groups."""
    found = [instance for instance in instances if not instance.iscrowd]
    boxes = np.array([instance.bbox for instance in found], np.float32).reshape(-1, 4)
    return LabelledImage(
        image=image,
        boxes=np.concatenate((boxes[:, :2], boxes[:, :2] + boxes[:, 2:]), axis=1),
        labels=np.array([instance.category_id for instance in found], np.int64),
    )
