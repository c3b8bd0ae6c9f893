"""RoIAlign whose gradient repeats bit for bit on GPUs, at about the cost of the usual one.

On CUDA, the compiled operator sums its gradient in arbitrary order. torchvision's own substitute
gathers every sample of every box, which takes terabytes for 512 boxes on a pyramid level of 512x256
cells unless a compiler fuses it. Here the forward pass is the compiled operator, and two matrix
products compute the gradient, since the samples of a bin form a grid: RoIAlign is separable.
"""

import sys
from typing import Any

import torch
import torchvision.ops  # registers the operator
from torch import Tensor

_BOXES_AT_ONCE = 32
"""Number of boxes whose gradient is computed at once: 120 MB for 256 channels and 512 columns."""


def use_repeatable_roi_align() -> None:
    """Let torchvision, and detectron2 through it, use this gradient where it has to be repeatable.

    That is on GPUs with `torch.use_deterministic_algorithms(True)`.
    """
    # `torchvision.ops.roi_align` is both a module and, as an attribute, its function.
    module = sys.modules["torchvision.ops.roi_align"]
    assert callable(torchvision.ops.roi_align)
    assert hasattr(module, "_roi_align")
    assert hasattr(module, "is_compile_supported")
    vars(module)["_roi_align"] = repeatable_roi_align
    vars(module)["is_compile_supported"] = lambda device: True  # nothing is compiled


def repeatable_roi_align(  # noqa: PLR0917, torchvision calls it so
    features: Tensor,
    boxes: Tensor,
    scale: float,
    rows: int,
    columns: int,
    sampling_ratio: int,
    aligned: bool,
) -> Tensor:
    """RoIAlign, (boxes, channels, rows, columns), with torchvision's arguments.

    Args:
        features: (images, channels, height, width).
        boxes: (boxes, 5): index of the image, and xyxy in its pixels, at most two cells beyond the
            image on each side. They get no gradient.
        scale: cells of the features per pixel.
        rows: bins of a box from top to bottom.
        columns: bins of a box from left to right.
        sampling_ratio: samples of a bin along each side; 0 or less: one per cell.
        aligned: whether pixels are squares with their centres at halves.
    """
    return _RepeatableRoIAlign.apply(features, boxes, scale, rows, columns, sampling_ratio, aligned)


class _RepeatableRoIAlign(torch.autograd.Function):
    @staticmethod
    @torch.amp.custom_fwd(device_type="cuda", cast_inputs=torch.float32)
    def forward(ctx: Any, features: Tensor, boxes: Tensor, *geometry: Any) -> Tensor:
        ctx.save_for_backward(boxes)
        ctx.shape, ctx.geometry = features.shape, geometry
        return torch.ops.torchvision.roi_align(features, boxes, *geometry)

    @staticmethod
    @torch.amp.custom_bwd(device_type="cuda")
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        (gradient,) = gradients
        (boxes,) = ctx.saved_tensors
        scale, rows, columns, sampling_ratio, aligned = ctx.geometry
        images, channels, height, width = ctx.shape
        of_image, x0, y0, x1, y1 = boxes.to(gradient).unbind(dim=1)
        offset = 0.5 if aligned else 0.0
        sides = []
        for start, end, bins, cells in ((y0, y1, rows, height), (x0, x1, columns, width)):
            first, length = start * scale - offset, (end - start) * scale
            length = length if aligned else length.clamp(min=1.0)
            sides.append(_weights(first, length, bins, cells, sampling_ratio))
        down, across = sides
        total = gradient.new_zeros(images, channels, width, height)
        for image in range(images):
            own = (of_image == image).to(gradient)[:, None, None] * down
            for begin in range(0, len(boxes), _BOXES_AT_ONCE):
                part = slice(begin, begin + _BOXES_AT_ONCE)
                # (boxes, channels, rows, columns) x (boxes, columns, width)
                rows_of = torch.einsum("kcij,kjx->cxki", gradient[part], across[part])
                total[image] += rows_of.flatten(2) @ own[part].flatten(0, 1)
        return total.transpose(2, 3), *[None] * (1 + len(ctx.geometry))


def _weights(first: Tensor, length: Tensor, bins: int, cells: int, ratio: int) -> Tensor:
    """Mean weight of each cell in a bin's samples along one side, (boxes, bins, cells).

    Args:
        first: start of each box, in cells, (boxes,).
        length: its length in cells, (boxes,).
        bins: bins along the side.
        cells: cells along the side.
        ratio: samples of a bin; 0 or less: one per cell.
    """
    size = (length / bins)[:, None]
    counts = torch.full_like(size, ratio) if ratio > 0 else size.ceil()
    begin = first[:, None] + torch.arange(bins).to(first) * size
    places = torch.arange(cells).to(first)
    weights = first.new_zeros(len(first), bins, cells)
    # The longest possible box determines the number, which avoids a query to the GPU.
    for number in range(ratio if ratio > 0 else -(-(cells + 2) // bins) + 1):
        sample = begin + (number + 0.5) * size / counts.clamp(min=1)
        counted = (number < counts) & (sample >= -1) & (sample <= cells)
        inside = sample.clamp(0, cells - 1)
        hat = (1 - (places - inside[..., None]).abs()).clamp(min=0)
        weights += counted[..., None] * hat
    return weights / counts.clamp(min=1)[..., None]
