"""detectron2's losses, image by image, so that they do not depend on who computes which image."""

import random

import numpy as np
import torch
from detectron2.modeling import GeneralizedRCNN
from detectron2.structures import Boxes, ImageList, Instances
from detectron2.utils.events import EventStorage
from torch import Tensor, nn

from workflow_scripts.training.data import Sample
from workflow_scripts.training.engines.detectron2.cropped_masks import CroppedMasks


class PerImage(nn.Module):
    """The losses of each image, as detectron2 computes them for a GPU with that image alone.

    detectron2 averages a loss over the images of one GPU, so that 4 GPUs with an image each (its
    Cityscapes recipe) train another model than 1 GPU with 4. Here each image has its own average
    on any hardware, and draws the anchors and proposals that it learns from with its own seed.
    Images of one call share the backbone's forward pass.
    """

    def __init__(self, detector: GeneralizedRCNN) -> None:
        super().__init__()
        self.detector = detector

    def forward(self, inputs: list[dict], seeds: list[int]) -> dict[str, Tensor]:
        """Losses by name, (images,) each.

        Args:
            inputs: as detectron2's mapper makes them.
            seeds: of the images.
        """
        detector = self.detector
        images = detector.preprocess_image(inputs)
        features = detector.backbone(images.tensor)
        losses: list[dict[str, Tensor]] = []
        with EventStorage():
            for index, (one, seed) in enumerate(zip(inputs, seeds, strict=True)):
                seed_everything(seed)
                alone = ImageList(images.tensor[index : index + 1], [images.image_sizes[index]])
                of_image = {name: maps[index : index + 1] for name, maps in features.items()}
                truth = [one["instances"]]
                proposals, of_proposals = detector.proposal_generator(alone, of_image, truth)
                _, of_heads = detector.roi_heads(alone, of_image, proposals, truth)
                losses.append({**of_heads, **of_proposals})
        return {name: torch.stack([part[name] for part in losses]) for name in losses[0]}


def seed_everything(seed: int) -> None:
    """Seed every generator that a model may draw from."""
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - models that draw from numpy use this one
    torch.manual_seed(seed)


def as_input(sample: Sample) -> dict:
    """The sample as detectron2's mapper would hand it to a model."""
    return {
        "image": sample.image,
        "instances": Instances(
            tuple(sample.image.shape[1:]),
            gt_boxes=Boxes(sample.boxes),
            gt_classes=sample.labels - 1,
            gt_masks=CroppedMasks.of(sample.masks, sample.corners),
        ),
    }
