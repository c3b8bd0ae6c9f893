"""`export`: conversion of the trained network to ONNX."""

import warnings
from pathlib import Path

import numpy as np
import torch
from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import atomic, sha256_of_file

from tools.plate_detector.net import Exported, PlateNet
from tools.plate_detector.start import onnx_package, read_network
from tools.plate_detector.train import read_checkpoint
from workflow_scripts.common.cli import File

OPSET = 17
TRAINED = 0.7
"""Weight of the trained weights in their mean with the initial ones (Wortsman et al., "Robust
fine-tuning of zero-shot models", 2022)."""


def export(*, checkpoint: File, output: File, start: File | None = None) -> None:
    """Write the averaged weights of a training run as ONNX.

    The network accepts images whose sides are multiples of 32. The command works at any time during
    training. It needs the package onnx, as do the tests.

    Args:
        checkpoint: checkpoint of a training run.
        output: the ONNX file.
        start: the exported network from which training started. The result is then a mean of its
            weights (0.3) and the trained ones (0.7), which preserves more of its recall.

    Raises:
        UserError: onnx is not installed, or the checkpoint or network does not exist.
    """
    onnx_package()
    state = read_checkpoint(checkpoint)
    net = PlateNet()
    net.load_state_dict(state["average"])
    with atomic(output) as temporary:
        write_onnx(net, temporary)
        if start is not None:
            mix(start, temporary)
    digest = sha256_of_file(output)
    log.info("%s: step %d, sha256 %s", output, state["step"], digest)


def write_onnx(net: PlateNet, path: Path) -> None:
    """Write a network as ONNX: `image` (n, 3, h, w) in, `plates` (n, 9, h / 4, w / 4) out."""
    sides = {0: "n", 2: "h", 3: "w"}
    with warnings.catch_warnings():
        # The new exporter needs two more packages and has no benefit for a graph this simple.
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


def mix(start: Path, trained: Path) -> None:
    """Replace the weights in `trained`, an exported network, by their mean with those of `start`.

    Raises:
        UserError: `start` is not an exported network of the same kind.
    """
    model, after = read_network(trained)
    _, before = read_network(start)
    to_file = onnx_package().numpy_helper.from_array
    for one in model.graph.initializer:
        if one.name not in before or before[one.name].shape != after[one.name].shape:
            raise UserError(f"{start}: a network other than the plate detector's")
        mean = (1 - TRAINED) * before[one.name] + TRAINED * after[one.name]
        one.CopyFrom(to_file(mean.astype(np.float32), one.name))
    trained.write_bytes(model.SerializeToString())
