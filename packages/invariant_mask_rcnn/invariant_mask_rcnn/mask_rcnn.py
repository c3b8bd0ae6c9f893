"""Mask R-CNN and Faster R-CNN from torchvision's parts, with losses independent of the number of
workers.

They compute the same as `torchvision.models.detection`, except that
- losses are sums with the counts over which they are averaged (`LossTerm`);
- the anchors and proposals of an image are sampled with that image's own seed;
- images are resized before the model, and masks are pasted after it;
- ground-truth masks are crops, resampled without torchvision's shift by half a pixel;
- in half precision, boxes are decoded and losses computed in float32: torchvision rounds anchors to
  the precision of the network's outputs, which is 8 pixels for bfloat16 beyond pixel 1024.
"""

from dataclasses import dataclass
from typing import Any

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

from .loss_term import LossTerm, added
from .masks import mask_targets
from .samples import of_one_size

Features = dict[str, Tensor]
"""Features by pyramid level, (images, channels, h, w) each."""
Sizes = list[tuple[int, int]]
"""Height and width of each image, pixels."""

IMAGENET_MEAN = [0.485, 0.456, 0.406]
IMAGENET_STD = [0.229, 0.224, 0.225]
LEVELS = ["0", "1", "2", "3"]
"""Pyramid levels from which features of boxes and masks are pooled, finest first."""
SMOOTH_L1_BETA = 1 / 9
NMS_RPN, NMS_DETECTIONS = 0.7, 0.5


@dataclass(frozen=True)
class DetectorParameters:
    """Sizes and numbers of anchors, proposals and samples per image."""

    anchor_sizes: tuple[int, ...]
    """Side of a square anchor at each pyramid level, pixels."""
    proposals_before_nms: tuple[int, int]
    """Proposals per pyramid level before NMS, in training and in testing."""
    proposals_after_nms: tuple[int, int]
    """Proposals of all levels combined after NMS, in training and in testing."""
    anchors_sampled: int
    """Anchors with which the proposal network is trained."""
    proposals_sampled: int
    """Proposals with which the heads are trained; at most a quarter are objects."""
    samples_per_bin: int
    """Sampling ratio of RoIAlign, which samples the square of this number of points per bin."""


@dataclass(frozen=True)
class Heads:
    """Networks applied to the proposals."""

    box: nn.Module
    box_predictor: nn.Module
    mask: nn.Module | None = None
    mask_predictor: nn.Module | None = None


def assemble(backbone: nn.Module, heads: Heads, parameters: DetectorParameters) -> "SummedLossRcnn":
    """Mask R-CNN of these parts, or Faster R-CNN if there are no mask heads.

    The names of its weights are torchvision's.
    """
    anchors = AnchorGenerator(
        sizes=tuple((size,) for size in parameters.anchor_sizes),
        aspect_ratios=((0.5, 1.0, 2.0),) * len(parameters.anchor_sizes),
    )
    rpn = SummedLossRpn(
        anchors,
        WholeFloatRpnHead(backbone.out_channels, anchors.num_anchors_per_location()[0]),
        fg_iou_thresh=0.7,
        bg_iou_thresh=0.3,
        batch_size_per_image=parameters.anchors_sampled,
        positive_fraction=0.5,
        pre_nms_top_n=dict(
            zip(("training", "testing"), parameters.proposals_before_nms, strict=True)
        ),
        post_nms_top_n=dict(
            zip(("training", "testing"), parameters.proposals_after_nms, strict=True)
        ),
        nms_thresh=NMS_RPN,
    )
    roi_heads = SummedLossRoIHeads(
        MultiScaleRoIAlign(LEVELS, 7, parameters.samples_per_bin),
        heads.box,
        heads.box_predictor,
        fg_iou_thresh=0.5,
        bg_iou_thresh=0.5,
        batch_size_per_image=parameters.proposals_sampled,
        positive_fraction=0.25,
        bbox_reg_weights=None,
        score_thresh=0.05,
        nms_thresh=NMS_DETECTIONS,
        detections_per_img=100,
        mask_roi_pool=heads.mask and MultiScaleRoIAlign(LEVELS, 14, parameters.samples_per_bin),
        mask_head=heads.mask,
        mask_predictor=heads.mask_predictor,
    )
    for part in (rpn, roi_heads):
        sampler = part.fg_bg_sampler
        part.fg_bg_sampler = SeededSampler(sampler.batch_size_per_image, sampler.positive_fraction)
    return SummedLossRcnn(backbone, rpn, roi_heads, PaddingTransform())


class SummedLossRcnn(GeneralizedRCNN):
    """Mask or Faster R-CNN: images, (3, height, width) float32 in [0, 1], to losses or detections.

    Detections are dicts like torchvision's, but masks, if any, stay (n, 1, 28, 28) probabilities.
    """

    test_size: tuple[int, int] = (0, 0)
    """Length of the shorter side and limit of the longer side of a test image, pixels."""

    def forward(self, images: list[Tensor], targets: list[dict[str, Any]] | None = None) -> Any:
        """Losses by name (`LossTerm`) in training mode, else a dict of detections per image.

        Args:
            images: images of one worker.
            targets: fields of `TrainingSample`, one dict per image.
        """
        if targets is None:
            return super().forward(images)
        return added(
            [
                self._losses([images[one] for one in group], [targets[one] for one in group])
                for group in of_one_size(images)
            ]
        )

    def _losses(self, images: list[Tensor], targets: list[dict[str, Any]]) -> dict[str, LossTerm]:
        """Losses of images of the same size."""
        seeds = [target["seed"] for target in targets]
        self.rpn.fg_bg_sampler.seeds = seeds
        self.roi_heads.fg_bg_sampler.seeds = [seed + 1 for seed in seeds]
        return super().forward(images, targets)


class PaddingTransform(GeneralizedRCNNTransform):
    """Transform that normalises images and pads them to a batch, and does nothing else."""

    def __init__(self) -> None:
        super().__init__(0, 0, IMAGENET_MEAN, IMAGENET_STD)

    def resize(
        self, image: Tensor, target: dict[str, Any] | None = None
    ) -> tuple[Tensor, dict[str, Any] | None]:
        """Image and target unchanged, since they already have the model's size."""
        return image, target

    def batch_images(self, images: list[Tensor], size_divisible: int = 32) -> Tensor:
        """Batch of images, (n, 3, height, width), in channels-last memory, the fastest."""
        batch = super().batch_images(images, size_divisible)
        return batch.contiguous(memory_format=torch.channels_last)

    def postprocess(
        self, result: list[dict[str, Tensor]], image_shapes: Sizes, original_image_sizes: Sizes
    ) -> list[dict[str, Tensor]]:
        """Detections unchanged: in the model's size, with masks in their boxes."""
        return result


class SeededSampler(BalancedPositiveNegativeSampler):
    """Sampler of anchors or proposals that draws with each image's own seed."""

    seeds: list[int]

    def __call__(self, matched_idxs: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Sampled positives and sampled negatives of each image, (n,) uint8 masks."""
        chosen = []
        for seed, matches in zip(self.seeds, matched_idxs, strict=True):
            torch.manual_seed(seed)
            chosen.append(super().__call__([matches]))
        return [positive[0] for positive, _ in chosen], [negative[0] for _, negative in chosen]


class WholeFloatRpnHead(RPNHead):
    """Head of a proposal network whose logits and box deltas are float32 in every precision."""

    def forward(self, x: list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
        """Logits and deltas of each pyramid level, (images, anchors or 4 × anchors, h, w)."""
        logits, deltas = super().forward(x)
        return [level.float() for level in logits], [level.float() for level in deltas]


class SummedLossRpn(RegionProposalNetwork):
    """Region proposal network with losses as sums."""

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
    """Box heads, and mask heads if any, with losses as sums and ground-truth masks as crops."""

    def forward(
        self,
        features: Features,
        proposals: list[Tensor],
        image_shapes: Sizes,
        targets: list[dict[str, Any]] | None = None,
    ) -> tuple[list[dict[str, Tensor]], dict[str, LossTerm]]:
        """Detections in evaluation mode and losses in training mode; the other is empty.

        Args:
            features: features by pyramid level, (images, channels, h, w).
            proposals: proposals of each image, (n, 4) xyxy.
            image_shapes: height and width of each image before padding.
            targets: fields of `TrainingSample`, one dict per image.
        """
        if self.training:
            return [], self._losses(features, proposals, image_shapes, targets)
        return self._detect(features, proposals, image_shapes), {}

    def _detect(
        self, features: Features, proposals: list[Tensor], image_shapes: Sizes
    ) -> list[dict[str, Tensor]]:
        logits, deltas = self._boxes(features, proposals, image_shapes)
        found = self.postprocess_detections(logits, deltas, proposals, image_shapes)
        boxes, _, labels = found
        parts: dict[str, list[Tensor]] = dict(
            zip(("boxes", "scores", "labels"), found, strict=True)
        )
        if self.has_mask():
            logits = self._masks(features, boxes, image_shapes)
            parts["masks"] = maskrcnn_inference(logits, labels)
        return [dict(zip(parts, image, strict=True)) for image in zip(*parts.values(), strict=True)]

    def _losses(
        self,
        features: Features,
        proposals: list[Tensor],
        image_shapes: Sizes,
        targets: list[dict[str, Any]] | None,
    ) -> dict[str, LossTerm]:
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
        losses = {
            "loss_classifier": LossTerm(of_classes, len(all_labels)),
            "loss_box_reg": LossTerm(of_boxes, len(all_labels)),
        }
        if self.has_mask():
            losses["loss_mask"] = self._mask_loss(
                features, proposals, image_shapes, targets or [], matches=matches, labels=labels
            )
        return losses

    def _mask_loss(
        self,
        features: Features,
        proposals: list[Tensor],
        image_shapes: Sizes,
        targets: list[dict[str, Any]],
        *,
        matches: list[Tensor],
        labels: list[Tensor],
    ) -> LossTerm:
        """Loss of the mask heads on the proposals that are objects.

        Args:
            features: features by pyramid level, (images, channels, h, w).
            proposals: sampled proposals of each image, (n, 4) xyxy.
            image_shapes: height and width of each image before padding.
            targets: fields of `TrainingSample`, one dict per image.
            matches: instance of each proposal, (n,) int64.
            labels: class of each proposal, (n,) int64; 0 is the background.
        """
        all_labels = torch.cat(labels)
        objects = torch.where(all_labels > 0)[0]
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
        return LossTerm(of_masks, len(objects) * side**2)

    def _boxes(
        self, features: Features, proposals: list[Tensor], image_shapes: Sizes
    ) -> tuple[Tensor, Tensor]:
        """Class logits, (proposals, classes), and box deltas, (proposals, 4 × classes), float32."""
        pooled = self.box_roi_pool(features, proposals, image_shapes)
        logits, deltas = self.box_predictor(self.box_head(pooled))
        return logits.float(), deltas.float()

    def _masks(self, features: Features, boxes: list[Tensor], image_shapes: Sizes) -> Tensor:
        """Mask logits, (boxes, classes, side, side), float32."""
        pooled = self.mask_roi_pool(features, boxes, image_shapes)
        return self.mask_predictor(self.mask_head(pooled)).float()
