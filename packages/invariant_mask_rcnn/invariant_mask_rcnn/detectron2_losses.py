"""detectron2's losses, image by image, independent of which worker computes which image."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from detectron2.modeling import GeneralizedRCNN
from detectron2.modeling.proposal_generator import RPN
from detectron2.modeling.roi_heads import StandardROIHeads
from detectron2.modeling.roi_heads.mask_head import BaseMaskRCNNHead, mask_rcnn_loss
from detectron2.structures import Boxes, ImageList, Instances
from detectron2.utils.events import EventStorage
from torch import Tensor, nn

from .masks import MaskStacks, mask_targets
from .samples import TrainingSample, of_one_size


class PerImageLosses(nn.Module):
    """Losses of each image, as detectron2 computes them on a GPU with that image alone.

    detectron2 averages a loss over the images of one GPU, so that 4 GPUs with an image each (its
    Cityscapes recipe) train another model than 1 GPU with 4. Here each image has its own average
    on any hardware, and its anchors and proposals are sampled with its own seed. Images of one
    size share the backbone's forward pass.
    """

    def __init__(self, detector: GeneralizedRCNN) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, inputs: list[dict[str, Any]], seeds: list[int]) -> dict[str, Tensor]:
        """Losses by name, (images,) each.

        Args:
            inputs: dicts as detectron2's mapper makes them.
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
                    # Whole floats: detectron2 rounds boxes to the precision of the features that
                    # it crops, and bfloat16 has steps of 4 pixels beyond pixel 1024.
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


class SharedHeadLosses(nn.Module):
    """The same losses to floating-point order, with all networks run once for images of one size.

    Only sampling and the losses themselves go image by image, with the same draws. On a GPU that
    several images share this halves the number of kernels, and of times that it is waited for.

    Args:
        detector: one that `has_standard_heads`; its sampling and losses are replaced.
    """

    def __init__(self, detector: GeneralizedRCNN) -> None:
        super().__init__()
        self.detector = detector
        self._seeds: Iterator[int] = iter(())
        self._states: list[tuple[Tensor, ...]] = []
        rpn, heads = detector.proposal_generator, detector.roi_heads
        rpn._subsample_labels = self._seeded(rpn._subsample_labels)
        heads._sample_proposals = self._continued(heads._sample_proposals)
        predictors = heads.box_predictor
        for predictor in predictors if isinstance(predictors, nn.ModuleList) else [predictors]:
            predictor.losses = _image_by_image(predictor.losses)
        heads.mask_head.forward = _mask_losses_of(heads.mask_head)

    def forward(self, inputs: list[dict[str, Any]], seeds: list[int]) -> dict[str, Tensor]:
        """Losses by name, summed over the images.

        Args:
            inputs: dicts as detectron2's mapper makes them.
            seeds: seed of each image.
        """
        found = []
        with EventStorage():
            for group in of_one_size([one["image"] for one in inputs]):
                images = self.detector.preprocess_image([inputs[index] for index in group])
                truth = [inputs[index]["instances"] for index in group]
                features = self.detector.backbone(images.tensor)
                features = {name: maps.float() for name, maps in features.items()}  # as above
                self._seeds = iter([seeds[index] for index in group])
                proposals, means = self.detector.proposal_generator(images, features, truth)
                _, sums = self.detector.roi_heads(images, features, proposals, truth)
                # Each image trains the same number of anchors, so that this is a mean over images.
                found.append({**sums, **{name: of * len(group) for name, of in means.items()}})
        return {name: torch.stack([one[name] for one in found]).sum() for name in found[0]}

    def _seeded(self, sample: Callable[..., Any]) -> Callable[..., Any]:
        """Sampling of anchors, which is called for each image in turn, with the image's seed."""

        def seeded(labels: Tensor) -> Any:
            seed_everything(next(self._seeds))
            sampled = sample(labels)
            self._states.append(_generators(labels.device))
            return sampled

        return seeded

    def _continued(self, sample: Callable[..., Any]) -> Callable[..., Any]:
        """Sampling of proposals, with the image's generator as its anchors left it."""

        def continued(*arguments: Any) -> Any:
            cpu, *gpu = self._states.pop(0)
            torch.set_rng_state(cpu)
            for state in gpu:
                torch.cuda.set_rng_state(state, arguments[0].device)
            return sample(*arguments)

        return continued


def has_standard_heads(detector: GeneralizedRCNN) -> bool:
    """Whether a detector's sampling and losses are those that `SharedHeadLosses` knows."""
    heads = detector.roi_heads
    mask_head = getattr(heads, "mask_head", None)
    return (
        type(detector.proposal_generator) is RPN
        and isinstance(heads, StandardROIHeads)
        and isinstance(mask_head, BaseMaskRCNNHead)
        and type(mask_head).forward is BaseMaskRCNNHead.forward
    )


def _generators(device: torch.device) -> tuple[Tensor, ...]:
    """States of the generators that samples on a device are drawn from."""
    cpu = torch.get_rng_state()
    return (cpu, torch.cuda.get_rng_state(device)) if device.type == "cuda" else (cpu,)


def _image_by_image(losses: Callable[..., dict[str, Tensor]]) -> Callable[..., dict[str, Tensor]]:
    """Losses of boxes, as the sum over images of what each has alone."""

    def summed(predictions: tuple[Tensor, ...], instances: list[Instances]) -> dict[str, Tensor]:
        parts = zip(*(part.split(list(map(len, instances))) for part in predictions), strict=True)
        found = [losses(part, [one]) for part, one in zip(parts, instances, strict=True)]
        return {name: torch.stack([one[name] for one in found]).sum() for name in found[0]}

    return summed


def _mask_losses_of(head: BaseMaskRCNNHead) -> Callable[..., dict[str, Tensor]]:
    """Loss of masks, as the sum over images of what each has alone."""

    def summed(features: Tensor, instances: list[Instances]) -> dict[str, Tensor]:
        parts = head.layers(features).split(list(map(len, instances)))
        found = [mask_rcnn_loss(part, [one]) for part, one in zip(parts, instances, strict=True)]
        return {"loss_mask": torch.stack(found).sum() * head.loss_weight}

    return summed


def seed_everything(seed: int) -> None:
    """Seed the generators of Python, NumPy and torch, which a model may draw from."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - models that draw from numpy use this one
    torch.manual_seed(seed)


def model_input(sample: TrainingSample) -> dict[str, Any]:
    """A sample as detectron2's mapper would hand it to a model."""
    return {
        "image": sample.image,
        "instances": Instances(
            tuple(sample.image.shape[1:]),
            gt_boxes=Boxes(sample.boxes),
            gt_classes=sample.labels - 1,
            gt_masks=CroppedMasks.of(sample.masks, sample.corners),
        ),
    }


MASK_THRESHOLD = 0.5


@dataclass(frozen=True)
class CroppedMasks:
    """Ground-truth masks as crops, for heads that ask for detectron2's `BitMasks`.

    detectron2 keeps a mask of the whole frame for each proposal: a gigabyte for the 512 proposals
    of a Cityscapes image. Here, masks of instances or of the proposals that were matched with them
    share the crops of the instances.
    """

    crops: MaskStacks
    """Crops of the instances, framed as `TrainingSample.masks`."""
    corners: Tensor
    """(instances, 2) float32, as `TrainingSample.corners`."""
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
        """Some of the masks, indexed like any structure of detectron2."""
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
            filled[self.crops.stack == number] = stack.flatten(1).any(dim=1)
        return filled[self.chosen]

    def crop_and_resize(self, boxes: Tensor, mask_size: int) -> Tensor:
        """Masks resampled within boxes, (n, mask_size, mask_size) bool.

        Args:
            boxes: (n, 4) xyxy in the image.
            mask_size: side of a resulting mask, pixels.
        """
        found = mask_targets(self.crops, self.corners, boxes.float(), self.chosen, mask_size)
        return found >= MASK_THRESHOLD
