"""The whitepaper's architecture: Mask R-CNN on a ResNet-50 with a feature pyramid."""

from torchvision.models.detection.backbone_utils import resnet_fpn_backbone
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor

from workflow_scripts.training.models.mask_rcnn import Amounts, Heads, MaskRcnn, assemble

AMOUNTS = Amounts(
    anchor_sizes=(32, 64, 128, 256, 512),
    proposals_before_nms=(2000, 1000),
    proposals_after_nms=(1000, 1000),
    anchors_learnt=256,
    proposals_learnt=512,
    samples_per_bin=2,
)
"""As detectron2's `Base-RCNN-FPN.yaml`."""


def build(classes: int, *, pretrained: bool) -> MaskRcnn:
    """The model; batch norms are frozen, and with weights to start from the first stages too.

    Args:
        classes: without the background.
        pretrained: weights follow, so that the stem and the first stage stay as they are
            (detectron2's FREEZE_AT 2).
    """
    backbone = resnet_fpn_backbone(
        backbone_name="resnet50", weights=None, trainable_layers=3 if pretrained else 5
    )
    channels = backbone.out_channels
    heads = Heads(
        box=TwoMLPHead(channels * 7 * 7, 1024),
        box_predictor=FastRCNNPredictor(1024, classes + 1),
        mask=MaskRCNNHeads(channels, (256, 256, 256, 256), dilation=1),
        mask_predictor=MaskRCNNPredictor(256, 256, classes + 1),
    )
    return assemble(backbone, heads, AMOUNTS)
