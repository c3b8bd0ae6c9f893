"""The network: from an image to a map of plate centres and corners."""

import torch
from pii_detectors.plate_maps import CHANNELS
from torch import Tensor, nn
from torch.nn.functional import interpolate

UNIT = 16.0
"""Pixels represented by a corner output of 1."""


class PlateNet(nn.Module):
    """Small anchor-free feature pyramid with 374 000 parameters.

    It computes features at strides of 4, 8, 16 and 32 pixels and predicts at 4. It is fully
    convolutional, for sides that are multiples of 32.
    """

    def __init__(self) -> None:
        super().__init__()
        self.at_4 = nn.Sequential(
            _convolution(3, 16, 2), _convolution(16, 32, 2), _convolution(32, 32)
        )
        self.at_8 = nn.Sequential(
            _convolution(32, 48, 2), _convolution(48, 48), _convolution(48, 48)
        )
        self.at_16 = nn.Sequential(
            _convolution(48, 72, 2), _convolution(72, 72), _convolution(72, 72)
        )
        self.at_32 = nn.Sequential(_convolution(72, 96, 2), _convolution(96, 96))
        self.aside = nn.ModuleList(nn.Conv2d(channels, 48, 1) for channels in (32, 48, 72, 96))
        hidden, answer = _convolution(48, 48), nn.Conv2d(48, CHANNELS, 1)
        self.head = nn.Sequential(hidden, answer)
        assert answer.bias is not None
        nn.init.constant_(answer.bias[:1], -4.0)  # plates are rare

    def forward(self, image: Tensor) -> Tensor:
        """Predict plates.

        Args:
            image: (n, 3, h, w) float32 RGB, 0 to 255.

        Returns:
            (n, 9, h / 4, w / 4): logit that the centre of a plate is in the cell, then x and y
            from the cell's centre to the corners tl, tr, br, bl, pixels.
        """
        fine = self.at_4(image / 64 - 2)
        levels = [fine]
        for stage in (self.at_8, self.at_16, self.at_32):
            levels.append(stage(levels[-1]))
        merged = self.aside[3](levels[3])
        for number in (2, 1, 0):
            merged = self.aside[number](levels[number]) + interpolate(merged, scale_factor=2.0)
        answer = self.head(torch.relu(merged))
        return torch.cat((answer[:, :1], answer[:, 1:] * UNIT), dim=1)


class Exported(nn.Module):
    """Network as used by the detector, with a probability instead of a logit."""

    def __init__(self, net: PlateNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, image: Tensor) -> Tensor:
        """Predict as `PlateNet.forward`, with the first channel from 0 to 1."""
        answer = self.net(image)
        return torch.cat((answer[:, :1].sigmoid(), answer[:, 1:]), dim=1)


def _convolution(channels: int, out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU()
    )
