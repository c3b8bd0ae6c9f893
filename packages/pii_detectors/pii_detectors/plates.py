"""License plates and their corners, by a network that was trained on drawings.

The network searches tiles of the image or the insides of vehicles, then looks at each plate again
from close by.
"""

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .boxes import boxes_around
from .detections import NO_PLATES, PlateDetections, joined
from .errors import DetectorError
from .networks import content_of, network_of
from .plate_maps import SIDE_MULTIPLE, decode
from .views import ENLARGED, View, around, smaller_scales, tiles

WEIGHTS = Path(__file__).parent / "weights" / "plates.onnx"
"""The network that comes with this package; weights/plates.md is its model card."""
SHA256 = "2936c44ef14f908f951321c661bc0ad93bfb9db2f06245f0b3553f5596d98cc5"
LOOKED_AT = (160.0, 640.0)
"""Vehicles are scaled until their longer side lies between these pixels: their plates are then of
the widths that the network has learned, 11 to 210 pixels."""
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


@dataclass(frozen=True)
class PlateSearch:
    """License plates with their corners.

    Attributes:
        threshold: plates that score higher are kept, 0 to 1.
        max_iou: of two plates that overlap more, the one with the lower score is dropped.
        tile: side in pixels of the tiles in which a whole image is searched, at its size and at a
            half, a quarter, … of it.
        second_look: look at each plate again from close by, for more accurate corners and fewer
            false hits; its score is then the mean of both looks.
        weights: an ONNX file that `tools/plate_detector` made; None: the one of this package.
        sha256: SHA-256 of that file, checked before it is loaded.
    """

    threshold: float = 0.55
    max_iou: float = 0.3
    tile: int = 1024
    second_look: bool = True
    weights: Path | None = None
    sha256: str | None = None

    def load(self, threads: int = 1) -> Any:
        """The network, an ONNX session.

        Raises:
            DetectorError: its file cannot be used.
        """
        if self.weights is None:
            return _network(WEIGHTS, SHA256, threads)
        return _network(self.weights, self.sha256, threads)

    def find(
        self, image: np.ndarray, within: np.ndarray | None = None, threads: int = 1
    ) -> PlateDetections:
        """The plates of an image.

        Args:
            image: (h, w, 3) uint8 RGB.
            within: (n, 4) boxes xyxy, pixels, of the vehicles to search; None: the whole image.
            threads: CPU threads that the network may use.

        Raises:
            DetectorError: the weights cannot be used.
        """
        network = self.load(threads)
        height, width = image.shape[:2]
        if within is None:
            scales = [*smaller_scales(width, height, 1), 1]  # for plates from close by as well
            views = [v for s in scales for v in tiles(width, height, round(self.tile / s), s)]
        else:
            views = list(around(within, width, height, scale_of_vehicle))
        seen = [self._look(network, image, view) for view in views]
        plates = joined([NO_PLATES, *seen], self.max_iou)
        if not self.second_look:
            return plates
        again = [self._closer(network, image, quad) for quad in plates.quads]
        quads = np.array([quad for quad, _ in again]).reshape(-1, 4, 2)
        scores = (plates.scores + np.array([score for _, score in again])) / 2
        plates = joined([PlateDetections(boxes_around(quads), scores, quads)], self.max_iou)
        return plates[plates.scores > self.threshold]

    def _look(self, network: Any, image: np.ndarray, view: View) -> PlateDetections:
        part = view.of(image)
        least = self.threshold * (CANDIDATE if self.second_look else 1)
        quads, scores = decode(_answer(network, part), least, self.max_iou)
        quads = view.to_image(quads, part.shape)
        return PlateDetections(boxes_around(quads), scores, quads)

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
    """The factor by which a view of a vehicle is resized to what the network has learned."""
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
def _network(path: Path, sha256: str | None, threads: int) -> Any:
    network = network_of(content_of(path, sha256), path, threads)
    names = [value.name for value in (*network.get_inputs(), *network.get_outputs())]
    if names != ["image", "plates"]:
        raise DetectorError(
            f"{path}: a network from {', '.join(names)}; one from image to plates is expected, "
            "as tools.plate_detector export writes it"
        )
    return network
