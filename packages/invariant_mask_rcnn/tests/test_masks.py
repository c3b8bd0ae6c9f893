"""Geometry of predicted masks, and of the targets that mask heads learn from."""

import numpy as np
import pytest
import torch
from invariant_mask_rcnn.masks import pasted_mask
from torchvision.models.detection.roi_heads import paste_masks_in_image


def random_mask_and_box(random, height: int, width: int) -> tuple[torch.Tensor, np.ndarray]:
    """A smooth (1, 1, 28, 28) mask, and a box xyxy within the frame."""
    coarse = torch.from_numpy(random.random((1, 1, 5, 5), np.float32))
    mask = torch.nn.functional.interpolate(coarse, (28, 28), mode="bilinear")
    corners = np.sort(random.random((2, 2)) * (width, height), axis=0).reshape(-1)
    return mask, np.float32(corners)


def in_frame(mask: torch.Tensor, box: np.ndarray, height: int, width: int) -> np.ndarray:
    """The pasted mask, (height, width) bool."""
    frame = np.zeros((height, width), bool)
    crop, x, y = pasted_mask(mask[0, 0].numpy(), box, height, width)
    frame[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
    return frame


@pytest.mark.parametrize("seed", range(20))
def test_a_mask_pasted_into_its_crop_equals_one_sampled_over_the_frame(seed):
    random = np.random.default_rng(seed)
    height, width = (int(side) for side in random.integers(20, 200, 2))
    mask, box = random_mask_and_box(random, height, width)
    x0, y0, x1, y1 = box.astype(float)
    x = (torch.arange(width) + 0.5 - x0) / (x1 - x0) * 2 - 1
    y = (torch.arange(height) + 0.5 - y0) / (y1 - y0) * 2 - 1
    grid = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).float()[None]
    soft = torch.nn.functional.grid_sample(mask, grid, align_corners=False)[0, 0].numpy()
    pasted = in_frame(mask, box, height, width)
    assert pasted.shape == soft.shape
    clear = np.abs(soft - 0.5) > 1e-4
    np.testing.assert_array_equal(pasted[clear], (soft >= 0.5)[clear])


@pytest.mark.parametrize("seed", range(5))
def test_torchvision_pastes_the_same_but_for_the_outline(seed):
    random = np.random.default_rng(seed)
    mask, _ = random_mask_and_box(random, 300, 400)
    box = np.float32([40, 50, 360, 270])
    soft = paste_masks_in_image(mask, torch.from_numpy(box)[None], (300, 400))[0, 0].numpy()
    pasted = in_frame(mask, box, 300, 400)
    inside = np.s_[60:260, 50:350]
    assert (pasted != (soft >= 0.5))[inside].mean() < 0.01
