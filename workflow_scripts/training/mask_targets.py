"""What a mask head should say, from masks that are crops."""

import torch
from torch import Tensor
from torchvision.ops import roi_align


def mask_targets(
    masks: Tensor, corners: Tensor, boxes: Tensor, instances: Tensor, side: int
) -> Tensor:
    """What the mask head should say: each box's view of its instance, (boxes, side, side) float32.

    Pixels are squares whose centres lie at halves, as in detectron2 (`aligned`); torchvision's
    default takes them for points, which shifts every mask by half a pixel.

    Args:
        masks: (n, h, w) uint8 crops, with zeros around each mask.
        corners: (n, 2) x and y of each crop's upper left pixel in the image.
        boxes: (boxes, 4) xyxy in the image.
        instances: (boxes,) the index of each box's instance.
        side: of a predicted mask.
    """
    shifted = boxes - corners[instances].repeat(1, 2)
    regions = torch.cat((instances[:, None].to(boxes), shifted), dim=1)
    return roi_align(masks[:, None].to(boxes), regions, (side, side), 1.0, aligned=True)[:, 0]
