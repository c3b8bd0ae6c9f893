"""License plates by the network of this project, `workflow_scripts.plate_detector`."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import cv2
import numpy as np
from pydantic import Field, model_validator

from workflow_scripts.errors import UserError
from workflow_scripts.files import sha256_of
from workflow_scripts.images import read_bytes
from workflow_scripts.pii.detector import Detector, Frame, region_inside
from workflow_scripts.plate_network.decode import SIDE_MULTIPLE, boxes_of, decode, without_doubles
from workflow_scripts.plate_network.weights import SHA256, WEIGHTS
from workflow_scripts.regions import Kind, Region

MARGIN = 0.06
"""A labelled vehicle's box grows by this share of its sides, since labels are not exact."""
LOOKED_AT = (160.0, 640.0)
"""Vehicles are scaled until their longer side lies between these pixels: their plates are then of
the widths that the network has learned, 11 to 210 pixels."""
ENLARGED = 2.0
"""By how much at most."""
CLOSE_SIDE, CLOSE_PLATE = 160, 72.0
"""The second look: side of the crop, and width of the plate in it, pixels."""
ALIKE = 1.6
"""A plate seen again is the same one if its width and its height changed by less than this."""
OVERLAP = 256
"""Of two tiles, pixels: no plate is as wide, so each is whole in one of them."""


@dataclass(frozen=True)
class View:
    """A part of an image that the network looks at.

    Attributes:
        x0: left edge, pixels.
        y0: upper edge.
        x1: right edge.
        y1: lower edge.
        scale: it is resized by this.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    scale: float = 1.0


class Plates(Detector):
    """License plates, by a network of this project that was trained on drawings."""

    kinds: ClassVar = frozenset({Kind.LICENSE_PLATE})

    detector: Literal["plates"] = "plates"
    """Find license plates with a network."""
    threshold: float = Field(0.45, gt=0, lt=1)
    """Keep plates that score higher; lower finds more, right and wrong."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """Of two plates that overlap more, the one with the lower score is dropped."""
    tile: int = Field(1024, ge=512, le=4096)
    """Side of the tiles in pixels where the whole frame is searched: without `only_on_labelled`."""
    second_look: bool = True
    """Look at each plate again from close by, for corners that fit better."""
    weights: Path | None = None
    """An ONNX file that `workflow_scripts.plate_detector` made; null: the one that comes along."""
    weights_sha256: str | None = None
    """Of that file; it has to be given with it."""

    @model_validator(mode="after")
    def _weights_are_known(self) -> "Plates":
        if (self.weights is None) != (self.weights_sha256 is None):
            raise ValueError("weights and weights_sha256 have to be given together")
        return self

    def check(self, frames: Sequence[Frame], kind: Kind) -> None:
        """See whether the weights can be loaded."""
        self.network(1)

    def regions(self, frame: Frame, kind: Kind) -> list[Region]:
        network = self.network(frame.threads)
        quads, scores = self.find(network, frame.image, frame.bearers_of(kind))
        boxes = boxes_of(quads)
        found = [
            region_inside(frame, kind, score, box, quad=_as_points(quad))
            for quad, box, score in zip(quads, boxes, scores, strict=True)
        ]
        return [region for region in found if region is not None]

    def find(
        self, network, image: np.ndarray, bearers: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The plates of an image.

        Args:
            network: an ONNX session.
            image: (h, w, 3) uint8 RGB.
            bearers: (n, 4) boxes x0, y0, x1, y1 of what can have plates, pixels; None: look
                everywhere.

        Returns:
            Quads (n, 4, 2) in pixels, corners tl, tr, br, bl, and scores (n,), best first.
        """
        height, width = image.shape[:2]
        views = (
            tiles(width, height, self.tile) if bearers is None else around(bearers, width, height)
        )
        quads, scores = [np.zeros((0, 4, 2))], [np.zeros(0)]
        for view in views:
            some, sure = self._look(network, image, view)
            quads.append(some)
            scores.append(sure)
        quads, scores = np.concatenate(quads), np.concatenate(scores)
        kept = without_doubles(quads, scores, self.max_iou)
        quads, scores = quads[kept], scores[kept]
        if self.second_look:
            quads = np.array([self._closer(network, image, q) for q in quads]).reshape(-1, 4, 2)
            kept = without_doubles(quads, scores, self.max_iou)
            quads, scores = quads[kept], scores[kept]
        return quads, scores

    def _look(self, network, image: np.ndarray, view: View) -> tuple[np.ndarray, np.ndarray]:
        part = image[view.y0 : view.y1, view.x0 : view.x1]
        if view.scale != 1:
            how = cv2.INTER_AREA if view.scale < 1 else cv2.INTER_LINEAR
            part = cv2.resize(part, None, fx=view.scale, fy=view.scale, interpolation=how)
        ratio = np.array((view.x1 - view.x0, view.y1 - view.y0)) / part.shape[1::-1]
        quads, scores = decode(_answer(network, part), self.threshold, self.max_iou)
        return quads * ratio + (view.x0, view.y0), scores

    def _closer(self, network, image: np.ndarray, quad: np.ndarray) -> np.ndarray:
        """The same plate's corners, seen at a size that suits the network."""
        middle = quad.mean(axis=0)
        low, high = quad.min(axis=0), quad.max(axis=0)
        scale = CLOSE_PLATE / max(high[0] - low[0], 1.5 * (high[1] - low[1]), 4.0)
        matrix = np.array([[scale, 0, 0], [0, scale, 0]])
        # OpenCV counts from the middle of a pixel, quads from its corner.
        matrix[:, 2] = CLOSE_SIDE / 2 - 0.5 - scale * (middle - 0.5)
        how = cv2.INTER_LINEAR
        seen = image
        if scale < 0.75:  # average first: one pixel stands for several
            seen = cv2.blur(image, (round(1 / scale),) * 2)
        part = cv2.warpAffine(
            seen, matrix, (CLOSE_SIDE, CLOSE_SIDE), flags=how, borderMode=cv2.BORDER_REPLICATE
        )
        found, scores = decode(_answer(network, part), self.threshold / 2, self.max_iou)
        near = np.linalg.norm(found.mean(axis=1) - CLOSE_SIDE / 2, axis=1) < CLOSE_PLATE / 4
        growth = np.ptp(found, axis=1) / np.maximum((high - low) * scale, 1e-6)
        same = near & (growth > 1 / ALIKE).all(axis=1) & (growth < ALIKE).all(axis=1)
        if not same.any():
            return quad
        best = found[same][int(np.argmax(scores[same]))]
        return (best - CLOSE_SIDE / 2) / scale + middle

    def network(self, threads: int):
        """The network, ready to run; UserError when its file cannot be used."""
        if self.weights is None:
            return _session(WEIGHTS, SHA256, threads)
        return _session(self.weights, self.weights_sha256, threads)


def tiles(width: int, height: int, side: int) -> Iterator[View]:
    """Tiles that cover a frame and overlap by 256 pixels or more."""
    for y in _starts(height, side):
        for x in _starts(width, side):
            yield View(x, y, min(x + side, width), min(y + side, height))


def _starts(length: int, side: int) -> list[int]:
    if length <= side:
        return [0]
    count = -(-(length - OVERLAP) // (side - OVERLAP))
    return [round(start) for start in np.linspace(0, length - side, count)]


def around(boxes: np.ndarray, width: int, height: int) -> Iterator[View]:
    """A view of each box (n, 4), grown by a margin, scaled to what the network has learned."""
    for x0, y0, x1, y1 in boxes:
        more = 8 + MARGIN * np.array((x1 - x0, y1 - y0))
        left, top = max(int(x0 - more[0]), 0), max(int(y0 - more[1]), 0)
        right, low = min(int(x1 + more[0]) + 1, width), min(int(y1 + more[1]) + 1, height)
        if right <= left or low <= top:
            continue
        longer = max(right - left, low - top)
        smallest, largest = LOOKED_AT
        yield View(
            left, top, right, low, min(largest / longer, max(1, min(ENLARGED, smallest / longer)))
        )


def _answer(network, image: np.ndarray) -> np.ndarray:
    """The network's map (9, h, w) for an image, its sides padded to multiples of 32."""
    height, width = image.shape[:2]
    below, right = -height % SIDE_MULTIPLE, -width % SIDE_MULTIPLE
    padded = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE)
    return network.run(None, {"image": cv2.dnn.blobFromImage(padded)})[0][0]


def _as_points(quad: np.ndarray) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in quad)


@functools.lru_cache(maxsize=4)
def _session(path: Path, sha256: str, threads: int):
    """The network, ready to run.

    Raises:
        UserError: the file is missing, has another sha256, or is no such network.
    """
    import onnxruntime  # noqa: PLC0415 - slow to import, and the workflow imports this module

    content = read_bytes(path)
    found = sha256_of(content)
    if found != sha256:
        raise UserError(
            f"{path}: its sha256 is {found}, expected {sha256}; it is damaged or another file"
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    try:
        network = onnxruntime.InferenceSession(content, options, ["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime has a class for each way to fail, and no common one
        reason = str(error).splitlines()[0]
        raise UserError(f"{path}: not an ONNX file that can be run ({reason})") from None
    names = [value.name for value in (*network.get_inputs(), *network.get_outputs())]
    if names != ["image", "plates"]:
        raise UserError(
            f"{path}: a network from {', '.join(names)}; one from image to plates is expected, "
            "as workflow_scripts.plate_detector export writes it"
        )
    return network
