"""Two models, each with or without a mask head: the standard one for GPUs, a tiny one for CPUs."""

from functools import partial

from torch import nn
from torchvision.models.detection.backbone_utils import BackboneWithFPN, resnet_fpn_backbone
from torchvision.models.detection.faster_rcnn import (
    FastRCNNConvFCHead,
    FastRCNNPredictor,
    TwoMLPHead,
)
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.resnet import BasicBlock

from .mask_rcnn import (
    DetectorParameters,
    Heads,
    SummedLossRcnn,
    assemble,
)

R50_FPN = DetectorParameters(
    anchor_sizes=(32, 64, 128, 256, 512),
    proposals_before_nms=(2000, 1000),
    proposals_after_nms=(1000, 1000),
    anchors_sampled=256,
    proposals_sampled=512,
    samples_per_bin=2,
)
"""Parameters of detectron2's `Base-RCNN-FPN.yaml`."""


def build_r50_fpn(classes: int, *, pretrained: bool, masks: bool = True) -> SummedLossRcnn:
    """The whitepaper's architecture: Mask R-CNN on a ResNet-50 with a feature pyramid.

    Args:
        classes: number of classes, without the background.
        pretrained: freeze the stem and the first stage, since weights will be loaded (detectron2's
            FREEZE_AT 2). Batch norms are always frozen.
        masks: whether there is a mask head; without one, this is Faster R-CNN.
    """
    backbone = resnet_fpn_backbone(
        backbone_name="resnet50", weights=None, trainable_layers=3 if pretrained else 5
    )
    channels = backbone.out_channels
    heads = Heads(
        box=TwoMLPHead(channels * 7 * 7, 1024),
        box_predictor=FastRCNNPredictor(1024, classes + 1),
        mask=MaskRCNNHeads(channels, (256, 256, 256, 256), dilation=1) if masks else None,
        mask_predictor=MaskRCNNPredictor(256, 256, classes + 1) if masks else None,
    )
    return assemble(backbone, heads, R50_FPN)


WIDTHS = (24, 48, 96, 160)
"""Channels of the four stages of the tiny model."""
PYRAMID_CHANNELS = 48
TINY = DetectorParameters(
    anchor_sizes=(8, 16, 32, 64, 128),
    proposals_before_nms=(200, 200),
    proposals_after_nms=(100, 100),
    anchors_sampled=128,
    proposals_sampled=48,
    samples_per_bin=1,
)

group_norm = partial(nn.GroupNorm, 8)


class NarrowResNet18(nn.Sequential):
    """Narrow ResNet-18 without its classifier: features at strides 4, 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, WIDTHS[0], 7, stride=2, padding=3, bias=False)
        self.bn1 = group_norm(WIDTHS[0])
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        before = WIDTHS[0]
        for number, width in enumerate(WIDTHS, start=1):
            self.add_module(f"layer{number}", stage(before, width, stride=1 if number == 1 else 2))
            before = width
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def stage(before: int, width: int, stride: int) -> nn.Sequential:
    """Two residual blocks; the first changes channels and resolution."""
    shortcut = None
    if stride != 1 or before != width:
        shortcut = nn.Sequential(
            nn.Conv2d(before, width, 1, stride=stride, bias=False), group_norm(width)
        )
    return nn.Sequential(
        BasicBlock(before, width, stride, shortcut, norm_layer=group_norm),
        BasicBlock(width, width, norm_layer=group_norm),
    )


def build_tiny(classes: int, *, pretrained: bool, masks: bool = True) -> SummedLossRcnn:
    """Narrow Mask R-CNN for CPUs and small images: minutes where the standard one takes days.

    It has the layout of a ResNet-18 with a feature pyramid, about a third of the width, few
    proposals and short heads, and group norm, which does not depend on a worker's number of images.

    Args:
        classes: number of classes, without the background.
        pretrained: has no effect; all weights are trained.
        masks: whether there is a mask head; without one, this is Faster R-CNN.
    """
    levels = {f"layer{number}": str(number - 1) for number in range(1, 5)}
    backbone = BackboneWithFPN(NarrowResNet18(), levels, list(WIDTHS), PYRAMID_CHANNELS)
    heads = Heads(
        box=FastRCNNConvFCHead((PYRAMID_CHANNELS, 7, 7), [], [192]),
        box_predictor=FastRCNNPredictor(192, classes + 1),
        mask=MaskRCNNHeads(PYRAMID_CHANNELS, (48, 48), dilation=1) if masks else None,
        mask_predictor=MaskRCNNPredictor(48, 48, classes + 1) if masks else None,
    )
    return assemble(backbone, heads, TINY)


MODELS = {
    "mask_rcnn_r50_fpn": build_r50_fpn,
    "faster_rcnn_r50_fpn": build_r50_fpn,
    "tiny": build_tiny,
}
