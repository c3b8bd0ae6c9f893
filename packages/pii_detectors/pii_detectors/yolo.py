"""License plate or face detection by a YOLO network in an ONNX file.

Two kinds of output are supported. With built-in NMS (open-image-models, MIT licence,
https://github.com/ankandrew/open-image-models): rows (n, 7) of image, x0, y0, x1, y1, class, score.
Without NMS (Ultralytics' export of YOLOv8 and later): (images, 4 + classes, n), where x and y of
the centre, width and height are followed by a score for each class. Both are in pixels of the
input.
"""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .detections import NO_BOXES, BoxDetections, joined
from .errors import DetectorError
from .networks import content_of, network_of
from .views import ENLARGED, View, around, tiles

GREY = 114
"""Grey level of the padding around a picture that is smaller than the input."""
BATCH = 8
"""Number of views per batch, if the network accepts any number."""


@dataclass(frozen=True)
class YoloSearch:
    """Search for license plates or faces; boxes only.

    Attributes:
        weights: the ONNX file.
        sha256: SHA-256 of that file, checked before it is loaded.
        threshold: score above which a detection is kept, 0 to 1.
        max_iou: IoU of two boxes above which the one with the lower score is dropped.
        classes: numbers of the network's classes to use, from 0; None for all.
        tile: side in pixels of the tiles in which a whole image is searched; each is resized to
            the network's input. None for the size of the input, without resizing.
        input_side: side of the input, pixels, for networks that accept images of any size.
    """

    weights: Path
    sha256: str | None = None
    threshold: float = 0.4
    max_iou: float = 0.3
    classes: tuple[int, ...] | None = None
    tile: int | None = None
    input_side: int = 640

    def load(self, threads: int = 1) -> "YoloNetwork":
        """Load the network.

        Raises:
            DetectorError: its file cannot be used.
        """
        return _network(self.weights, self.sha256, self.input_side, threads)

    def find(
        self, image: np.ndarray, within: np.ndarray | None = None, threads: int = 1
    ) -> BoxDetections:
        """Find the plates or faces in an image.

        Args:
            image: (h, w, 3) uint8 RGB.
            within: boxes of the objects to search around, (n, 4) xyxy, pixels; None for the whole
                image.
            threads: CPU threads that the network may use.

        Raises:
            DetectorError: the weights cannot be used.
        """
        network = self.load(threads)
        height, width = image.shape[:2]
        if within is None:
            side = self.tile or min(network.sides)
            views = list(tiles(width, height, side, min(network.sides) / side))
        else:
            views = list(around(within, width, height, network.scale_of))
        seen = [NO_BOXES]
        count = network.batch or BATCH
        for start in range(0, len(views), count):
            some = views[start : start + count]
            for view, (found, classes, sure) in zip(some, network.look(image, some), strict=True):
                kept = (sure > self.threshold) & ~view.cuts(found, image.shape)
                if self.classes is not None:
                    kept &= np.isin(classes, self.classes)
                seen.append(BoxDetections(found[kept], sure[kept]))
        return joined(seen, self.max_iou)


@dataclass(frozen=True)
class YoloNetwork:
    """YOLO network, ready to run.

    Attributes:
        session: session of onnxruntime.
        sides: height and width of the input, pixels.
        batch: number of images per run; None for any number.
        number: type of its input.
    """

    session: Any
    sides: tuple[int, int]
    batch: int | None
    number: type

    def scale_of(self, width: int, height: int) -> float:
        """Factor by which a view of this size is resized to fit into the input."""
        return min(self.sides[0] / height, self.sides[1] / width, ENLARGED)

    def look(self, image: np.ndarray, views: Sequence[View]) -> Iterator[tuple[np.ndarray, ...]]:
        """Detections in each view: boxes (n, 4) in pixels of the image, classes, scores (n,)."""
        seen: np.ndarray = np.full((self.batch or len(views), *self.sides, 3), GREY, self.number)
        places = []
        for number, view in enumerate(views):
            part = view.of(image)
            y, x = (np.array(self.sides) - part.shape[:2]) // 2
            seen[number, y : y + part.shape[0], x : x + part.shape[1]] = part
            places.append((view, np.array((x, y)), part.shape))
        rows = decode(self.run(seen.transpose(0, 3, 1, 2) / self.number(255)))
        for number, (view, corner, shape) in enumerate(places):
            mine = rows[rows[:, 0] == number]
            points = view.to_image(mine[:, 1:5].reshape(-1, 2, 2) - corner, shape)
            yield points.reshape(-1, 4), mine[:, 5].astype(int), mine[:, 6]

    def run(self, images: np.ndarray) -> np.ndarray:
        """First output for images (n, 3, h, w) from 0 to 1."""
        name = self.session.get_inputs()[0].name
        return self.session.run(None, {name: np.ascontiguousarray(images)})[0]


def decode(output: np.ndarray) -> np.ndarray:
    """A network's output as rows (n, 7): image, x0, y0, x1, y1, class, score; pixels of the input.

    Raises:
        ValueError: it has neither of the two shapes.
    """
    if output.ndim == 2 and output.shape[1] == 7:
        return output.astype(np.float64)
    if output.ndim != 3 or output.shape[1] < 5 or output.shape[1] >= output.shape[2]:
        raise ValueError(f"its output has the shape {output.shape}")
    answers = output.astype(np.float64).transpose(0, 2, 1)
    images = np.repeat(np.arange(len(answers)), answers.shape[1])
    answers = answers.reshape(-1, answers.shape[2])
    middle, half, scores = answers[:, :2], answers[:, 2:4] / 2, answers[:, 4:]
    best = scores.argmax(axis=1)
    return np.column_stack((images, middle - half, middle + half, best, scores.max(axis=1)))


@functools.lru_cache(maxsize=2)
def _network(path: Path, sha256: str | None, side: int, threads: int) -> YoloNetwork:
    session = network_of(content_of(path, sha256), path, threads)
    inputs = session.get_inputs()
    numbers = {"tensor(float)": np.float32, "tensor(float16)": np.float16}
    shape = inputs[0].shape
    try:
        if len(inputs) > 1 or inputs[0].type not in numbers or len(shape) != 4 or shape[1] != 3:
            raise ValueError(f"its input is {inputs[0].type} {shape}")
        # Dimensions that the file leaves open have names instead of numbers.
        batch, _, height, width = (size if isinstance(size, int) else None for size in shape)
        sides = height or side, width or side
        network = YoloNetwork(session, sides, batch, numbers[inputs[0].type])
        decode(network.run(np.zeros((batch or 1, 3, *sides), network.number)))
    except Exception as error:  # onnxruntime has no common base class of its errors
        reason = str(error).strip().splitlines()[0]
        raise DetectorError(
            f"{path}: not a YOLO detector whose input and output are known here ({reason})"
        ) from None
    return network
