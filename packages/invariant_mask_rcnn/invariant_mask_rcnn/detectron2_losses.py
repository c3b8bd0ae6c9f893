"""detectron2's losses per image, independent of which worker processes which image."""

import random
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from detectron2.modeling import GeneralizedRCNN
from detectron2.modeling.meta_arch.dense_detector import DenseDetector
from detectron2.structures import Boxes, ImageList, Instances
from detectron2.utils.events import EventStorage
from torch import Tensor, nn

from .loss_term import LossTerm, added
from .masks import MaskStacks, mask_targets
from .samples import TrainingSample, of_one_size


class PerImageLosses(nn.Module):
    """Losses of each image, as detectron2 computes them on a GPU with that image alone.

    detectron2 averages a loss over the images of one GPU, so that 4 GPUs with one image each (its
    Cityscapes recipe) train a different model than 1 GPU with 4. Here each image has its own
    average on any hardware, and its anchors and proposals are sampled with its own seed. Images of
    the same size share the backbone's forward pass.
    """

    def __init__(self, detector: GeneralizedRCNN) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, inputs: list[dict[str, Any]], seeds: list[int]) -> dict[str, Tensor]:
        """Losses by name, (images,) each.

        Args:
            inputs: dicts as made by detectron2's mapper.
            seeds: seed of each image.
        """
        losses: dict[int, dict[str, Tensor]] = {}
        with EventStorage():
            for group in of_one_size([one["image"] for one in inputs]):
                images = self.detector.preprocess_image([inputs[index] for index in group])
                features = self.detector.backbone(images.tensor)
                for place, index in enumerate(group):
                    seed_everything(seeds[index])
                    alone = ImageList(images.tensor[place : place + 1], [images.image_sizes[place]])
                    # In float32, since detectron2 rounds boxes to the precision of the features
                    # that it crops, and bfloat16 has steps of 4 pixels beyond pixel 1024.
                    of_image = {
                        name: maps[place : place + 1].float() for name, maps in features.items()
                    }
                    losses[index] = self._of_one(alone, of_image, [inputs[index]["instances"]])
        return {
            name: torch.stack([losses[index][name] for index in range(len(inputs))])
            for name in losses[0]
        }

    def _of_one(
        self, image: ImageList, features: dict[str, Tensor], truth: list[Instances]
    ) -> dict[str, Tensor]:
        proposals, of_proposals = self.detector.proposal_generator(image, features, truth)
        _, of_heads = self.detector.roi_heads(image, features, proposals, truth)
        return {**of_heads, **of_proposals}


class SummedDenseLosses(nn.Module):
    """Losses of a dense detector (RetinaNet, FCOS) as sums over images, with their counts.

    detectron2 divides by a moving average of the positive anchors of one GPU, which depends on the
    number of GPUs and restarts after an interruption. These losses are for a training loop that
    divides by the positive anchors of all images of a step, as in the papers. Nothing is sampled.
    """

    def __init__(self, detector: DenseDetector) -> None:
        super().__init__()
        self.detector = detector
        detector._ema_update = _undivided

    def forward(self, inputs: list[dict[str, Any]]) -> dict[str, LossTerm]:
        """Terms by name; each counts the positive anchors.

        Args:
            inputs: dicts as made by detectron2's mapper. Images of the same size share a pass.
        """
        detector, parts = self.detector, []
        for group in of_one_size([one["image"] for one in inputs]):
            chosen = [inputs[index] for index in group]
            images, features, found = dense_predictions(detector, chosen)
            truth = [one["instances"].to(detector.device) for one in chosen]
            with EventStorage() as storage:
                losses = detector.forward_training(images, features, found, truth)
                positives, _ = storage.latest()["num_pos_anchors"]
            count = round(positives * len(group))
            parts.append({name: LossTerm(value, count) for name, value in losses.items()})
        return added(parts)


def dense_predictions(
    detector: DenseDetector, inputs: list[dict[str, Any]]
) -> tuple[ImageList, list[Tensor], list[list[Tensor]]]:
    """Images and features of a dense detector, and the outputs of its head, in float32."""
    images = detector.preprocess_image(inputs)
    by_name = detector.backbone(images.tensor)
    features = [by_name[name] for name in detector.head_in_features]
    found = detector.head(features)
    return images, features, [[level.float() for level in levels] for levels in found]


def _undivided(*_: Any) -> float:
    """Divisor that replaces detectron2's moving average."""
    return 1.0


def seed_everything(seed: int) -> None:
    """Seed the generators of Python, NumPy and torch, from which a model may draw."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - models that draw from numpy use this one
    torch.manual_seed(seed)


def model_input(sample: TrainingSample) -> dict[str, Any]:
    """Sample in the format of detectron2's mapper."""
    instances = Instances(
        tuple(sample.image.shape[1:]),
        gt_boxes=Boxes(sample.boxes),
        gt_classes=sample.labels - 1,
    )
    if len(sample.masks) == len(sample.labels):
        instances.gt_masks = CroppedMasks.of(sample.masks, sample.corners)
    return {"image": sample.image, "instances": instances}


MASK_THRESHOLD = 0.5


@dataclass(frozen=True)
class CroppedMasks:
    """Ground-truth masks as crops, for heads that use detectron2's `BitMasks`.

    detectron2 keeps a mask of the whole frame for each proposal: a gigabyte for the 512 proposals
    of a Cityscapes image. Here, masks of instances, or of the proposals matched with them, share
    the crops of the instances.
    """

    crops: MaskStacks
    """Crops of the instances, framed as in `TrainingSample.masks`."""
    corners: Tensor
    """(instances, 2) float32, as in `TrainingSample.corners`."""
    chosen: Tensor
    """(n,) int64: index of the instance of each mask."""

    @classmethod
    def of(cls, crops: MaskStacks, corners: Tensor) -> "CroppedMasks":
        """One mask per instance."""
        return cls(crops, corners, torch.arange(len(crops), device=corners.device))

    def __len__(self) -> int:
        """Number of masks."""
        return len(self.chosen)

    def __getitem__(self, item: int | slice | Tensor) -> "CroppedMasks":
        """Selected masks, indexed like any structure of detectron2."""
        chosen = self.chosen[item]
        return replace(self, chosen=chosen.reshape(1) if isinstance(item, int) else chosen)

    def to(self, *args: Any, **kwargs: Any) -> "CroppedMasks":
        """The masks on another device."""

        def moved(part: Tensor) -> Tensor:
            return part.to(*args, **kwargs)

        return CroppedMasks(self.crops.each(moved), moved(self.corners), moved(self.chosen))

    def nonempty(self) -> Tensor:
        """(n,) bool: whether each mask has a pixel."""
        filled = torch.zeros_like(self.crops.stack, dtype=torch.bool)
        for number, stack in enumerate(self.crops.stacks):
            # `any` of uint8 is uint8.
            filled[self.crops.stack == number] = (stack.flatten(1) != 0).any(dim=1)
        return filled[self.chosen]

    def crop_and_resize(self, boxes: Tensor, mask_size: int) -> Tensor:
        """Masks resampled within boxes, (n, mask_size, mask_size) bool.

        Args:
            boxes: (n, 4) xyxy in the image.
            mask_size: side of a resulting mask, pixels.
        """
        found = mask_targets(self.crops, self.corners, boxes.float(), self.chosen, mask_size)
        return found >= MASK_THRESHOLD
