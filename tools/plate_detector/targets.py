"""Training targets of the network, and the loss."""

from dataclasses import dataclass

import cv2
import numpy as np
import torch
from pii_detectors import boxes_around
from pii_detectors.plate_maps import STRIDE
from torch import Tensor

from tools.plate_detector.crops import TrainingCrop, apply, widths

CORNER_WEIGHT = 8.0
"""Weight of the corners' loss relative to the heat map's."""
_BETA = 0.02
"""Share of a plate's width below which the loss of an error is quadratic."""
_UNIT_QUAD = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], np.float32)


@dataclass(frozen=True)
class Target:
    """Targets for n crops of h x w cells.

    Attributes:
        heat: (n, h, w) float32, 1 in the cell of a plate's centre, decreasing around it.
        asked: (n, h, w) float32, 0 in cells that are ignored.
        corners: (n, 8, h, w) float32, x and y from the cell's centre to the corners, pixels.
        weight: (n, h, w) float32, weight of a cell's corners.
        width: (n, h, w) float32, width of the plate whose corners these are, pixels.
    """

    heat: Tensor
    asked: Tensor
    corners: Tensor
    weight: Tensor
    width: Tensor


def target_of(crops: list[TrainingCrop]) -> Target:
    """Targets for crops of the same size."""
    maps = [_maps(crop) for crop in crops]
    return Target(*(torch.from_numpy(np.stack(arrays)) for arrays in zip(*maps, strict=True)))


def _maps(crop: TrainingCrop) -> tuple[np.ndarray, ...]:
    height, width = (side // STRIDE for side in crop.image.shape[:2])
    heat = np.zeros((height, width), np.float32)
    asked = np.ones((height, width), np.float32)
    corners = np.zeros((8, height, width), np.float32)
    weight, wide = np.zeros_like(heat), np.ones_like(heat)
    middles = (np.stack(np.meshgrid(np.arange(width), np.arange(height)), axis=-1) + 0.5) * STRIDE
    for box in boxes_around(crop.ignored) / STRIDE if len(crop.ignored) else ():
        low, high = np.floor(box[:2] - 1).astype(int), np.ceil(box[2:] + 1).astype(int)
        asked[max(low[1], 0) : max(high[1], 0), max(low[0], 0) : max(high[0], 0)] = 0
    for quad, span in zip(crop.quads, widths(crop.quads), strict=True):
        near, cell = _bump(quad, middles)
        heat = np.maximum(heat, np.minimum(near, 0.98))
        heat[cell], asked[cell] = 1, 1
        mine = (near > 0.2) & (near > weight)
        mine[cell] = True
        offsets = (quad[None, None] - middles[:, :, None]).reshape(height, width, 8)
        corners[:, mine] = offsets[mine].T
        weight[mine], wide[mine] = near[mine], max(span, 10.0)
        weight[cell] = 1
    return heat, asked, corners, weight, wide


def _bump(quad: np.ndarray, middles: np.ndarray) -> tuple[np.ndarray, tuple[int, int]]:
    """Closeness of each cell to a plate's centre, 0 to 1 (h, w), and the closest cell."""
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), _UNIT_QUAD)
    unit = apply(matrix, middles.reshape(-1, 2)).reshape(middles.shape)
    span = widths(quad[None])[0]
    tall = (np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])) / 2
    sizes = np.array((span, tall)) / 2
    sigma = np.maximum(sizes * (0.24, 0.36), 2.4)
    near = np.exp(-0.5 * ((unit * sizes / sigma) ** 2).sum(axis=-1)).astype(np.float32)
    centre = apply(np.linalg.inv(matrix), np.zeros((1, 2)))[0]
    limit = np.array(middles.shape[1::-1]) - 1
    column, row = np.clip(np.floor(centre / STRIDE).astype(int), 0, limit)
    return near, (int(row), int(column))


def loss_of(answer: Tensor, target: Target) -> tuple[Tensor, Tensor]:
    """Losses of the heat map and of the corners.

    The heat map has the focal loss of Law and Deng, "CornerNet" (2018); the corners have the smooth
    L1 distance as a share of the plate's width.

    Args:
        answer: (n, 9, h, w), output of `PlateNet`.
        target: targets of the same crops.
    """
    logit = answer[:, 0].float()
    middle = target.heat == 1
    log_yes = torch.nn.functional.logsigmoid(logit)
    log_no = log_yes - logit
    yes = log_yes.exp()
    found = (1 - yes) ** 2 * log_yes * middle
    quiet = (1 - target.heat) ** 4 * yes**2 * log_no * ~middle * target.asked
    heat = -(found.sum() + quiet.sum()) / middle.sum().clamp(min=1)
    error = (answer[:, 1:].float() - target.corners).abs() / target.width[:, None]
    smooth = torch.where(error < _BETA, error**2 / (2 * _BETA), error - _BETA / 2)
    corners = (smooth.mean(dim=1) * target.weight).sum() / target.weight.sum().clamp(min=1)
    return heat, corners
