"""Mask R-CNN from torchvision's parts, with losses that do not depend on the workers' number.

It computes what `torchvision.models.detection.MaskRCNN` does, except that
- losses are sums with the counts they are averaged over (`LossTerm`);
- which anchors and proposals an image trains is drawn from that image's own seed;
- resizing happens before the model, and masks are pasted after it;
- ground-truth masks are crops, and are looked at without torchvision's shift by half a pixel.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection._utils import BalancedPositiveNegativeSampler
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.generalized_rcnn import GeneralizedRCNN
from torchvision.models.detection.roi_heads import RoIHeads, maskrcnn_inference
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead
from torchvision.models.detection.transform import GeneralizedRCNNTransform
from torchvision.ops import MultiScaleRoIAlign

from workflow_scripts.training.engines import LossTerm
from workflow_scripts.training.mask_targets import mask_targets

IMAGENET_MEAN = [0.485, 0.456, 0.406]
IMAGENET_STD = [0.229, 0.224, 0.225]
LEVELS = ["0", "1", "2", "3"]
"""The pyramid levels that boxes and masks are read from, finest first."""
SMOOTH_L1_BETA = 1 / 9
NMS_RPN, NMS_DETECTIONS = 0.7, 0.5


@dataclass(frozen=True)
class Amounts:
    """How much of everything an image gets."""

    anchor_sizes: tuple[int, ...]
    """Side of a square anchor at each pyramid level, pixels."""
    proposals_before_nms: tuple[int, int]
    """A level, in training and in testing."""
    proposals_after_nms: tuple[int, int]
    """All levels together, in training and in testing."""
    anchors_learnt: int
    """Anchors an image that the proposal network learns from."""
    proposals_learnt: int
    """Proposals an image that the heads learn from; a quarter are objects at most."""
    samples_per_bin: int
    """RoIAlign reads the features at this number squared of points for each of its bins."""


@dataclass(frozen=True)
class Heads:
    """The parts behind the proposals."""

    box: nn.Module
    box_predictor: nn.Module
    mask: nn.Module
    mask_predictor: nn.Module


def assemble(backbone: nn.Module, heads: Heads, amounts: Amounts) -> "MaskRcnn":
    """Put a Mask R-CNN together; the names of its weights are torchvision's."""
    anchors = AnchorGenerator(
        sizes=tuple((size,) for size in amounts.anchor_sizes),
        aspect_ratios=((0.5, 1.0, 2.0),) * len(amounts.anchor_sizes),
    )
    rpn = SummedLossRpn(
        anchors,
        RPNHead(backbone.out_channels, anchors.num_anchors_per_location()[0]),
        fg_iou_thresh=0.7,
        bg_iou_thresh=0.3,
        batch_size_per_image=amounts.anchors_learnt,
        positive_fraction=0.5,
        pre_nms_top_n=dict(zip(("training", "testing"), amounts.proposals_before_nms, strict=True)),
        post_nms_top_n=dict(zip(("training", "testing"), amounts.proposals_after_nms, strict=True)),
        nms_thresh=NMS_RPN,
    )
    roi_heads = SummedLossRoIHeads(
        MultiScaleRoIAlign(LEVELS, 7, amounts.samples_per_bin),
        heads.box,
        heads.box_predictor,
        fg_iou_thresh=0.5,
        bg_iou_thresh=0.5,
        batch_size_per_image=amounts.proposals_learnt,
        positive_fraction=0.25,
        bbox_reg_weights=None,
        score_thresh=0.05,
        nms_thresh=NMS_DETECTIONS,
        detections_per_img=100,
        mask_roi_pool=MultiScaleRoIAlign(LEVELS, 14, amounts.samples_per_bin),
        mask_head=heads.mask,
        mask_predictor=heads.mask_predictor,
    )
    for part in (rpn, roi_heads):
        sampler = part.fg_bg_sampler
        part.fg_bg_sampler = SeededSampler(sampler.batch_size_per_image, sampler.positive_fraction)
    return MaskRcnn(backbone, rpn, roi_heads, Batching())


class MaskRcnn(GeneralizedRCNN):
    """Images, each (3, height, width) float32 in [0, 1], to losses or detections.

    Detections are dicts as torchvision's, but their masks stay (n, 1, 28, 28) probabilities.
    """

    test_size = (0, 0)
    """Shorter and longest side of a test image, pixels."""

    def forward(self, images: list[Tensor], targets: list[dict] | None = None):
        """Losses by name (`LossTerm`) when training, else a dict an image.

        Args:
            images: of one worker.
            targets: the fields of `Sample`, one dict an image.
        """
        if targets is not None:
            seeds = [target["seed"] for target in targets]
            self.rpn.fg_bg_sampler.seeds = seeds
            self.roi_heads.fg_bg_sampler.seeds = [seed + 1 for seed in seeds]
        return super().forward(images, targets)


class Batching(GeneralizedRCNNTransform):
    """Normalises and pads images into a batch, and nothing else."""

    def __init__(self) -> None:
        super().__init__(0, 0, IMAGENET_MEAN, IMAGENET_STD)

    def resize(self, image: Tensor, target: dict | None = None):
        """Images come in the model's size."""
        return image, target

    def batch_images(self, images: list[Tensor], size_divisible: int = 32) -> Tensor:
        """(n, 3, height, width), in the memory format that convolutions are fastest with."""
        batch = super().batch_images(images, size_divisible)
        return batch.contiguous(memory_format=torch.channels_last)

    def postprocess(self, result: list[dict], image_shapes, original_image_sizes) -> list[dict]:
        """Detections leave in the model's size, masks in their boxes."""
        return result


class SeededSampler(BalancedPositiveNegativeSampler):
    """Draws for each image from that image's seed."""

    seeds: list[int]

    def __call__(self, matched_idxs: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Two lists of (n,) uint8 masks: chosen positives and chosen negatives of each image."""
        chosen = []
        for seed, matches in zip(self.seeds, matched_idxs, strict=True):
            torch.manual_seed(seed)
            chosen.append(super().__call__([matches]))
        return [positive[0] for positive, _ in chosen], [negative[0] for _, negative in chosen]


class SummedLossRpn(RegionProposalNetwork):
    """The region proposal network, with losses as sums."""

    def compute_loss(
        self,
        objectness: Tensor,
        pred_bbox_deltas: Tensor,
        labels: list[Tensor],
        regression_targets: list[Tensor],
    ) -> tuple[LossTerm, LossTerm]:
        """Losses of objectness, (anchors, 1) logits, and of boxes, (anchors, 4) deltas."""
        positives, negatives = (
            torch.where(torch.cat(chosen))[0] for chosen in self.fg_bg_sampler(labels)
        )
        learnt = torch.cat((positives, negatives))
        of_objects = functional.binary_cross_entropy_with_logits(
            objectness.flatten()[learnt], torch.cat(labels)[learnt], reduction="sum"
        )
        of_boxes = functional.smooth_l1_loss(
            pred_bbox_deltas[positives],
            torch.cat(regression_targets)[positives],
            beta=SMOOTH_L1_BETA,
            reduction="sum",
        )
        return LossTerm(of_objects, learnt.numel()), LossTerm(of_boxes, learnt.numel())


class SummedLossRoIHeads(RoIHeads):
    """The box and mask heads, with losses as sums and ground-truth masks as crops."""

    def forward(
        self,
        features: dict[str, Tensor],
        proposals: list[Tensor],
        image_shapes: list[tuple[int, int]],
        targets: list[dict[str, Tensor]] | None = None,
    ) -> tuple[list[dict[str, Tensor]], dict[str, LossTerm]]:
        """Detections when testing, losses when training; the other is empty.

        Args:
            features: (images, channels, h, w) by pyramid level.
            proposals: an image's, (n, 4) xyxy.
            image_shapes: height and width before padding.
            targets: the fields of `Sample`, one dict an image.
        """
        if self.training:
            return [], self._learn(features, proposals, image_shapes, targets)
        return self._detect(features, proposals, image_shapes), {}

    def _detect(self, features, proposals, image_shapes) -> list[dict[str, Tensor]]:
        logits, deltas = self._boxes(features, proposals, image_shapes)
        found = self.postprocess_detections(logits, deltas, proposals, image_shapes)
        boxes, _, labels = found
        masks = maskrcnn_inference(self._masks(features, boxes, image_shapes), labels)
        names = ("boxes", "scores", "labels", "masks")
        return [dict(zip(names, parts, strict=True)) for parts in zip(*found, masks, strict=True)]

    def _learn(self, features, proposals, image_shapes, targets) -> dict[str, LossTerm]:
        proposals, matches, labels, deltas = self.select_training_samples(proposals, targets)
        logits, predicted = self._boxes(features, proposals, image_shapes)
        all_labels = torch.cat(labels)
        of_classes = functional.cross_entropy(logits, all_labels, reduction="sum")
        objects = torch.where(all_labels > 0)[0]
        of_boxes = functional.smooth_l1_loss(
            predicted.unflatten(1, (-1, 4))[objects, all_labels[objects]],
            torch.cat(deltas)[objects],
            beta=SMOOTH_L1_BETA,
            reduction="sum",
        )
        chosen = [torch.where(image_labels > 0)[0] for image_labels in labels]
        boxes = [part[objects] for part, objects in zip(proposals, chosen, strict=True)]
        instances = [part[objects] for part, objects in zip(matches, chosen, strict=True)]
        mask_logits = self._masks(features, boxes, image_shapes)
        side = mask_logits.shape[-1]
        truth = [
            mask_targets(target["masks"], target["corners"], boxes_of, instances_of, side)
            for target, boxes_of, instances_of in zip(targets, boxes, instances, strict=True)
        ]
        of_class = torch.arange(len(objects), device=objects.device), all_labels[objects]
        of_masks = functional.binary_cross_entropy_with_logits(
            mask_logits[of_class], torch.cat(truth), reduction="sum"
        )
        return {
            "loss_classifier": LossTerm(of_classes, len(all_labels)),
            "loss_box_reg": LossTerm(of_boxes, len(all_labels)),
            "loss_mask": LossTerm(of_masks, len(objects) * side**2),
        }

    def _boxes(self, features, proposals, image_shapes) -> tuple[Tensor, Tensor]:
        """Class logits, (proposals, classes), and box deltas, (proposals, 4 × classes)."""
        return self.box_predictor(
            self.box_head(self.box_roi_pool(features, proposals, image_shapes))
        )

    def _masks(self, features, boxes, image_shapes) -> Tensor:
        """Mask logits, (boxes, classes, side, side)."""
        return self.mask_predictor(
            self.mask_head(self.mask_roi_pool(features, boxes, image_shapes))
        )
