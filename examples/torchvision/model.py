"""A small Mask R-CNN of torchvision's parts, and images with masks from a COCO file."""

import json
from pathlib import Path

import torch
from PIL import Image
from pycocotools import mask as rle
from torch.utils.data import Dataset
from torchvision.models import resnet18
from torchvision.models.detection import MaskRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.transforms.v2 import functional

SHORTER, LONGER = 128, 256
"""Size that images are resized to, pixels; for photographs, 800 and 1333."""


def mask_rcnn(classes: int) -> MaskRCNN:
    """A model with random weights; `classes` without the background."""
    levels = {f"layer{number}": str(number) for number in range(1, 5)}
    backbone = BackboneWithFPN(resnet18(weights=None), levels, [64, 128, 256, 512], 64)
    anchors = AnchorGenerator(((8,), (16,), (32,), (64,), (128,)), ((0.5, 1.0, 2.0),) * 5)
    return MaskRCNN(
        backbone,
        None,
        min_size=SHORTER,
        max_size=LONGER,
        rpn_anchor_generator=anchors,
        rpn_pre_nms_top_n_train=500,
        rpn_post_nms_top_n_train=300,
        box_batch_size_per_image=64,
        mask_head=MaskRCNNHeads(64, (64, 64), 1),
        box_score_thresh=0.001,  # the experiment sets its own threshold
        box_head=TwoMLPHead(64 * 7**2, 256),
        box_predictor=FastRCNNPredictor(256, classes + 1),
        mask_predictor=MaskRCNNPredictor(64, 64, classes + 1),
    )


def tensor_of(path: Path) -> torch.Tensor:
    """An image as (3, height, width) float32 in [0, 1]."""
    with Image.open(path) as image:
        return functional.to_dtype(functional.pil_to_tensor(image.convert("RGB")), scale=True)


class CocoMasks(Dataset):
    """Images with at least one object, mirrored at random."""

    def __init__(self, images: Path, annotations: Path) -> None:
        content = json.loads(annotations.read_text())
        self.root = images
        self.classes = [category["name"] for category in content["categories"]]
        self.objects: dict[int, list[dict]] = {}
        for one in content["annotations"]:
            if not one["iscrowd"] and min(one["bbox"][2:]) >= 1:
                self.objects.setdefault(one["image_id"], []).append(one)
        self.images = [image for image in content["images"] if image["id"] in self.objects]

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, at: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        image = self.images[at]
        objects = self.objects[image["id"]]
        pixels = tensor_of(self.root / image["file_name"])
        masks = torch.stack([torch.from_numpy(rle.decode(one["segmentation"])) for one in objects])
        boxes = torch.tensor([one["bbox"] for one in objects], dtype=torch.float32)
        boxes[:, 2:] += boxes[:, :2]
        if torch.rand(()) < 0.5:
            pixels, masks = pixels.flip(-1), masks.flip(-1)
            boxes[:, [0, 2]] = image["width"] - boxes[:, [2, 0]]
        labels = torch.tensor([one["category_id"] for one in objects])
        return pixels, {"boxes": boxes, "labels": labels, "masks": masks}
