"""Exported network as the start of further training."""

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from plain_commands.errors import UserError
from torch import Tensor, nn

from tools.plate_detector.net import PlateNet


def net_of(path: Path, images: Tensor) -> PlateNet:
    """Network of an ONNX file written by `export`, ready for further training.

    Exporting folds each batch normalization into the preceding convolution. Here each gets the mean
    and the standard deviation of its input, and a scale that cancels them. The network then gives
    the same output as the file, and training, which normalizes by the batch, starts close to it.

    Args:
        path: the file.
        images: (n, 3, h, w) float32 RGB, 0 to 255, of the kind used for training.

    Raises:
        UserError: the file is not such a network, or the package onnx is not installed.
    """
    net = PlateNet().eval()
    modules = dict(net.named_modules())
    hooks = []
    try:
        for name, weight, bias in _convolutions(path):
            convolution = modules[name]
            assert isinstance(convolution, nn.Conv2d)
            convolution.weight.data.copy_(weight)
            if convolution.bias is not None:
                convolution.bias.data.copy_(bias)
            else:
                following = modules[name.rsplit(".", 1)[0]][1]
                hooks.append(convolution.register_forward_hook(_calibration(following, bias)))
    except (LookupError, AssertionError, RuntimeError):
        raise UserError(f"{path}: a network other than the plate detector's") from None
    with torch.no_grad():
        net(images)
    for hook in hooks:
        hook.remove()
    return net


def onnx_package() -> Any:
    """Import the package onnx, which only development needs.

    Raises:
        UserError: it is not installed.
    """
    try:
        return importlib.import_module("onnx")
    except ImportError:
        raise UserError("the package onnx is not installed; pip install onnx") from None


def read_network(path: Path) -> tuple[Any, dict[str, np.ndarray]]:
    """Model in an ONNX file, and its weights by name.

    Raises:
        UserError: it is not an ONNX file, or the package onnx is not installed.
    """
    onnx = onnx_package()
    try:
        model = onnx.load(path)
    except Exception as error:  # protobuf's own types, if it is not an ONNX file
        raise UserError(f"{path}: no ONNX file ({type(error).__name__})") from None
    return model, {one.name: onnx.numpy_helper.to_array(one) for one in model.graph.initializer}


def _convolutions(path: Path) -> list[tuple[str, Tensor, Tensor]]:
    """Name in the network, weight and bias of each convolution in an exported file."""
    model, values = read_network(path)
    return [
        (node.name.split("/")[-2], *(torch.tensor(values[value]) for value in node.input[1:3]))
        for node in model.graph.node
        if node.op_type == "Conv"  # such as "/net/at_4/at_4.0/at_4.0.0/Conv"
    ]


def _calibration(norm: nn.BatchNorm2d, bias: Tensor) -> Callable[..., None]:
    def calibrate(_module: nn.Module, _arguments: Any, seen: Tensor) -> None:
        mean, variance = seen.mean(dim=(0, 2, 3)), seen.var(dim=(0, 2, 3))
        state = {
            "running_mean": mean,
            "running_var": variance,
            "weight": (variance + norm.eps).sqrt(),
            "bias": mean + bias,
        }
        norm.load_state_dict(state, strict=False)

    return calibrate
