"""`export`: the trained network as ONNX."""

import importlib.util
import warnings
from pathlib import Path

import torch
from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import atomic, sha256_of_file

from tools.plate_detector.net import Exported, PlateNet
from tools.plate_detector.train import read_checkpoint
from workflow_scripts.common.cli import File

OPSET = 17


def export(*, checkpoint: File, output: File) -> None:
    """Write the averaged weights of a training as ONNX.

    For images whose sides are any multiple of 32. It works at any time of the training. Needs the
    package onnx, which the tests need too.

    Args:
        checkpoint: of a training.
        output: the ONNX file.

    Raises:
        UserError: onnx is not installed, or there is no such checkpoint.
    """
    if importlib.util.find_spec("onnx") is None:
        raise UserError(
            "torch exports with the package onnx, which is not installed; pip install onnx"
        )
    state = read_checkpoint(checkpoint)
    net = PlateNet()
    net.load_state_dict(state["average"])
    with atomic(output) as temporary:
        write_onnx(net, temporary)
    digest = sha256_of_file(output)
    log.info("%s: step %d, sha256 %s", output, state["step"], digest)


def write_onnx(net: PlateNet, path: Path) -> None:
    """Write a network as ONNX: `image` (n, 3, h, w) in, `plates` (n, 9, h / 4, w / 4) out."""
    sides = {0: "n", 2: "h", 3: "w"}
    with warnings.catch_warnings():
        # The new exporter needs two packages more and brings nothing for a graph this plain.
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            Exported(net).eval(),
            (torch.zeros(1, 3, 64, 64),),
            str(path),
            input_names=["image"],
            output_names=["plates"],
            dynamic_axes={"image": sides, "plates": sides},
            opset_version=OPSET,
            dynamo=False,
        )
