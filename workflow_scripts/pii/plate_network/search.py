"""Looking for license plates with the network: where, at which size, and again from close by."""

import functools
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from pydantic import Field

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.section import Section
from workflow_scripts.contracts.weights import Weights, checked_bytes
from workflow_scripts.imaging.boxes import boxes_around, non_maximum_suppression
from workflow_scripts.imaging.onnx_network import network_of
from workflow_scripts.imaging.tiling import View, around, tiles
from workflow_scripts.pii.plate_network.decode import SIDE_MULTIPLE, decode

WEIGHTS = Path(__file__).parent / "weights" / "plates.onnx"
"""The network that comes with this project; weights/plates.md tells its origin."""
SHA256 = "f5a194511a931dc439bb2b454ae50e8277c40be37a8b42eec022eb9dc24690ec"
LOOKED_AT = (160.0, 640.0)
"""Vehicles are scaled until their longer side lies between these pixels: their plates are then of
the widths that the network has learned, 11 to 210 pixels."""
ENLARGED = 2.0
"""By how much at most."""
CLOSE_SIDE, CLOSE_PLATE = 160, 72.0
"""The second look: side of the crop, and width of the plate in it, pixels."""
CLOSE_ENLARGED = 2.0
"""And by how much it is enlarged at most: nothing is to be seen in a few large pixels."""
CANDIDATE = 0.5
"""The second look is at what exceeds this share of the threshold in the first one."""
SEEN_AGAIN = 0.1
"""What scores less in the second look is not seen there."""
ALIKE = 1.6
"""A plate seen again is the same one if its width and its height changed by less than this."""


class PlateSearch(Section):
    """How license plates are looked for."""

    threshold: float = Field(0.45, gt=0, lt=1)
    """Keep plates that score higher; lower finds more, right and wrong."""
    max_iou: float = Field(0.3, gt=0, lt=1)
    """Of two plates that overlap more, the one with the lower score is dropped."""
    tile: int = Field(1024, ge=512, le=4096)
    """Side of the tiles in pixels where the whole frame is searched: without `only_on_labelled`."""
    second_look: bool = True
    """Look at each plate again from close by, for corners that fit better and fewer false hits: its
    score is then the mean of both looks."""
    weights: Weights | None = None
    """An ONNX file that `tools.plate_detector` made; null: the one that comes along."""

    def network(self, threads: int) -> Any:
        """The network, ready to run; UserError when its file cannot be used."""
        if self.weights is None:
            return _network(WEIGHTS, SHA256, threads)
        return _network(self.weights.local(), self.weights.sha256, threads)

    def find(
        self, network: Any, image: np.ndarray, within: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """The plates of an image.

        Args:
            network: an ONNX session.
            image: (h, w, 3) uint8 RGB.
            within: (n, 4) boxes x0, y0, x1, y1 of what can have plates, pixels; None: look
                everywhere.

        Returns:
            Quads (n, 4, 2) in pixels, corners tl, tr, br, bl, and scores (n,), best first.
        """
        height, width = image.shape[:2]
        if within is None:
            views = tiles(width, height, self.tile)
        else:
            views = around(within, width, height, scale_of_vehicle)
        all_quads, all_scores = [np.zeros((0, 4, 2))], [np.zeros(0)]
        for view in views:
            some, sure = self._look(network, image, view)
            all_quads.append(some)
            all_scores.append(sure)
        quads, scores = np.concatenate(all_quads), np.concatenate(all_scores)
        kept = non_maximum_suppression(boxes_around(quads), scores, self.max_iou)
        quads, scores = quads[kept], scores[kept]
        if self.second_look:
            again = [self._closer(network, image, quad) for quad in quads]
            quads = np.array([quad for quad, _ in again]).reshape(-1, 4, 2)
            scores = (scores + np.array([score for _, score in again])) / 2
            kept = non_maximum_suppression(boxes_around(quads), scores, self.max_iou)
            kept = kept[scores[kept] > self.threshold]
            quads, scores = quads[kept], scores[kept]
        return quads, scores

    def _look(self, network: Any, image: np.ndarray, view: View) -> tuple[np.ndarray, np.ndarray]:
        part = view.of(image)
        least = self.threshold * (CANDIDATE if self.second_look else 1)
        quads, scores = decode(_answer(network, part), least, self.max_iou)
        return view.to_image(quads, part.shape), scores

    def _closer(
        self, network: Any, image: np.ndarray, quad: np.ndarray
    ) -> tuple[np.ndarray, float]:
        """The same plate's corners and score, seen at a size that suits the network.

        The score is 0, and the corners are as they were, when no such plate is seen there.
        """
        middle = quad.mean(axis=0)
        low, high = quad.min(axis=0), quad.max(axis=0)
        size = max(high[0] - low[0], 1.5 * (high[1] - low[1]), 1.0)
        scale = min(CLOSE_PLATE / size, CLOSE_ENLARGED)
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
        found, scores = decode(_answer(network, part), SEEN_AGAIN, self.max_iou)
        near = np.linalg.norm(found.mean(axis=1) - CLOSE_SIDE / 2, axis=1) < CLOSE_PLATE / 4
        growth = np.ptp(found, axis=1) / np.maximum((high - low) * scale, 1e-6)
        same = near & (growth > 1 / ALIKE).all(axis=1) & (growth < ALIKE).all(axis=1)
        if not same.any():
            return quad, 0.0
        best = int(np.argmax(np.where(same, scores, 0)))
        return (found[best] - CLOSE_SIDE / 2) / scale + middle, float(scores[best])


def scale_of_vehicle(width: int, height: int) -> float:
    """By what a view of a vehicle of this size is resized: to what the network has learned."""
    longer = max(width, height)
    smallest, largest = LOOKED_AT
    return min(largest / longer, max(1, min(ENLARGED, smallest / longer)))


def _answer(network: Any, image: np.ndarray) -> np.ndarray:
    """The network's map (9, h, w) for an image, its sides padded to multiples of 32."""
    height, width = image.shape[:2]
    below, right = -height % SIDE_MULTIPLE, -width % SIDE_MULTIPLE
    padded = cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REPLICATE)
    return network.run(None, {"image": cv2.dnn.blobFromImage(padded)})[0][0]


@functools.lru_cache(maxsize=4)
def _network(path: Path, sha256: str, threads: int) -> Any:
    """The network, ready to run.

    Raises:
        UserError: the file is missing, has another sha256, or is no such network.
    """
    network = network_of(checked_bytes(path, sha256), str(path), threads)
    names = [value.name for value in (*network.get_inputs(), *network.get_outputs())]
    if names != ["image", "plates"]:
        raise UserError(
            f"{path}: a network from {', '.join(names)}; one from image to plates is expected, "
            "as tools.plate_detector export writes it"
        )
    return network
