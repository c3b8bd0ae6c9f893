"""Small networks with the inputs and outputs of detectors that have to be downloaded.

Each answers in a known way to bright squares of 8x8 pixels on black.
"""

import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

FACE = (0.5, 0.25, np.log(2.0), np.log(3.0))
"""Of YuNet: a box's middle in cells from its cell's corner, and its sides in cells, logarithms."""
POINTS = (0.0, 0.0, 1.0, 0.0, 0.5, 0.5, 0.0, 1.0, 1.0, 1.25)
"""Its landmarks, x and y in cells from the cell's corner."""
PLATE = (20.0, 8.0)
"""Width and height of the boxes that the YOLO networks find."""


def write_yunet(path: Path) -> None:
    """YuNet's twelve outputs: a face where a cell of 8 pixels is white, none in larger cells."""
    nodes, outputs, initializers = [], [], []

    def output(name: str, stride: int, values: np.ndarray, bright: bool) -> None:
        """Constant values in each cell, (1, cells, n), or its brightness from 0 to 1."""
        weight = np.zeros((len(values), 3, stride, stride), np.float32)
        if bright:
            weight += 1 / (3 * stride**2 * 255)
        shape = np.array((1, -1, len(values)))
        for key, value in (("w", weight), ("b", np.float32(values)), ("s", shape)):
            initializers.append(numpy_helper.from_array(value, f"{name}_{key}"))
        names = [f"{name}_{key}" for key in ("w", "b", "s", "map", "last")]
        w, b, s, seen, last = names
        sides = {"kernel_shape": [stride] * 2, "strides": [stride] * 2}
        nodes.append(helper.make_node("Conv", ["input", w, b], [seen], **sides))
        nodes.append(helper.make_node("Transpose", [seen], [last], perm=[0, 2, 3, 1]))
        nodes.append(helper.make_node("Reshape", [last, s], [name]))
        cells = (64 // stride) ** 2
        outputs.append(helper.make_tensor_value_info(name, 1, [1, cells, len(values)]))

    for stride in (8, 16, 32):
        output(f"cls_{stride}", stride, np.zeros(1), bright=stride == 8)
    for stride in (8, 16, 32):
        output(f"obj_{stride}", stride, np.zeros(1), bright=stride == 8)
    for stride in (8, 16, 32):
        output(f"bbox_{stride}", stride, np.array(FACE), bright=False)
    for stride in (8, 16, 32):
        output(f"kps_{stride}", stride, np.array(POINTS), bright=False)
    image = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, 64, 64])
    graph = helper.make_graph(nodes, "yunet", [image], outputs, initializers)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)]), str(path))


class RedThings(nn.Module):
    """EgoBlur's output: the box around what is red, found again, and something unlikely."""

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Takes (3, h, w) uint8 BGR."""
        assert image.dtype == torch.uint8
        size = torch.tensor([image.size(1), image.size(2)])
        y, x = torch.where((image[2] > 127) & (image[0] < 128))
        if y.numel() == 0:
            nothing = torch.zeros(0, device=image.device)
            return nothing.reshape(0, 4), nothing, nothing, size
        box = torch.stack((x.min(), y.min(), x.max() + 1, y.max() + 1)).float()
        boxes = torch.stack((box + 1, box, torch.tensor([0.0, 0.0, 9.0, 9.0]).to(box)))
        return boxes, torch.ones(3), torch.tensor([0.92, 0.95, 0.3]), size


def write_egoblur(path: Path) -> None:
    """A TorchScript file like EgoBlur's."""
    torch.jit.script(RedThings()).save(str(path))


class EndToEnd(nn.Module):
    """A YOLO with NMS inside: a plate around each bright cell; red ones are class 0, blue 1."""

    def forward(self, image: Tensor) -> Tensor:
        """Takes (1, 3, h, w), returns (n, 7)."""
        seen = avg_pool2d(image, 8)
        heat = seen.amax(dim=1)
        place = (heat > 0.6).nonzero()
        score = heat[place[:, 0], place[:, 1], place[:, 2]]
        blue = (seen[place[:, 0], 2, place[:, 1], place[:, 2]] > 0.6).float()
        y, x = place[:, 1].float() * 8 + 4, place[:, 2].float() * 8 + 4
        wide, high = PLATE[0] / 2, PLATE[1] / 2
        rows = (place[:, 0].float(), x - wide, y - high, x + wide, y + high, blue, score)
        return torch.stack(rows, dim=1)


class Raw(nn.Module):
    """The same without NMS, for images of 64x64 pixels."""

    def forward(self, image: Tensor) -> Tensor:
        """Takes (n, 3, 64, 64), returns (n, 6, 64)."""
        seen = avg_pool2d(image, 8).flatten(2)
        cells = torch.arange(64).float()
        x, y = (cells % 8) * 8 + 4, torch.floor(cells / 8) * 8 + 4
        wide, high = torch.full((64,), PLATE[0]), torch.full((64,), PLATE[1])
        boxes = torch.stack((x, y, wide, high))[None] + 0 * seen[:, :1]
        return torch.cat((boxes, seen[:, :1], seen[:, 2:]), dim=1)


def write_yolo(path: Path, network: nn.Module, axes: dict) -> None:
    """Export one of the above; `axes` are the names of its input's free dimensions."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            network.eval(),
            (torch.rand(1, 3, 64, 64),),
            str(path),
            input_names=["images"],
            output_names=["output"],
            dynamic_axes={"images": axes, "output": {0: "n"}},
            opset_version=17,
            dynamo=False,
        )
