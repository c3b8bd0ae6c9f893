"""License plates and their corners, by a network trained on drawings.

The network searches tiles of the image or the insides of vehicles, and then each candidate again in
an enlarged crop.
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
"""The network included in this package; weights/plates.md is its model card."""
SHA256 = "2936c44ef14f908f951321c661bc0ad93bfb9db2f06245f0b3553f5596d98cc5"
LOOKED_AT = (160.0, 640.0)
"""Limits of the longer side of a scaled vehicle, pixels. Its plates then have the widths on which
the network was trained, 11 to 210 pixels."""
CLOSE_SIDE, CLOSE_PLATE = 160, 72.0
"""Second pass: side of the crop, and width of the plate in it, pixels."""
CLOSE_ENLARGED = 2.0
"""Largest enlargement in the second pass; a few large pixels contain no further detail."""
CANDIDATE = 0.5
"""Share of the threshold above which a detection of the first pass gets a second one."""
SEEN_AGAIN = 0.1
"""Score below which a plate counts as not found in the second pass."""
ALIKE = 1.6
"""Largest ratio of widths, and of heights, at which both passes found the same plate."""


@dataclass(frozen=True)
class PlateSearch:
    """Search for license plates with their corners.

    Attributes:
        threshold: score above which a plate is kept, 0 to 1.
        max_iou: IoU of two plates above which the one with the lower score is dropped.
        tile: side in pixels of the tiles in which a whole image is searched, at its full size and
            at a half, a quarter, … of it.
        second_look: search each plate again in an enlarged crop, for more accurate corners and
            fewer false positives; the score is then the mean of both passes.
        weights: ONNX file made by `tools/plate_detector`; None for the one of this package.
        sha256: SHA-256 of that file, checked before it is loaded.
    """

    threshold: float = 0.55
    max_iou: float = 0.3
    tile: int = 1024
    second_look: bool = True
    weights: Path | None = None
    sha256: str | None = None

    def load(self, threads: int = 1) -> Any:
        """Load the network, an ONNX session.

        Raises:
            DetectorError: its file cannot be used.
        """
        if self.weights is None:
            return _network(WEIGHTS, SHA256, threads)
        return _network(self.weights, self.sha256, threads)

    def find(
        self, image: np.ndarray, within: np.ndarray | None = None, threads: int = 1
    ) -> PlateDetections:
        """Find the plates in an image.

        Args:
            image: (h, w, 3) uint8 RGB.
            within: boxes of the vehicles to search, (n, 4) xyxy, pixels; None for the whole image.
            threads: CPU threads that the network may use.

        Raises:
            DetectorError: the weights cannot be used.
        """
        network = self.load(threads)
        height, width = image.shape[:2]
        if within is None:
            scales = [*smaller_scales(width, height, 1), 1]  # also for plates at close range
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
        """Corners and score of the same plate, seen at a suitable size.

        If it is not found there, the score is 0 and the corners are unchanged.
        """
        middle = quad.mean(axis=0)
        low, high = quad.min(axis=0), quad.max(axis=0)
        size = max(high[0] - low[0], 1.5 * (high[1] - low[1]), 1.0)
        scale = min(CLOSE_PLATE / size, CLOSE_ENLARGED)
        matrix = np.array([[scale, 0, 0], [0, scale, 0]])
        # OpenCV's origin is the centre of a pixel, that of quads its corner.
        matrix[:, 2] = CLOSE_SIDE / 2 - 0.5 - scale * (middle - 0.5)
        how = cv2.INTER_LINEAR
        seen = image
        if scale < 0.75:  # average first, since one pixel represents several
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
    """Factor by which a view of a vehicle is resized to the sizes of the training."""
    longer = max(width, height)
    smallest, largest = LOOKED_AT
    return min(largest / longer, max(1, min(ENLARGED, smallest / longer)))


def _answer(network: Any, image: np.ndarray) -> np.ndarray:
    """Output map (9, h, w) of the network for an image, padded to sides of multiples of 32."""
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
