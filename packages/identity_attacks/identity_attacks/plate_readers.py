"""OCR of license plates, and the protocol of such readers.

A reader rectifies plates. It finds the lines of text in the original and reads the same positions
of other pictures. An attacker knows where the plate was, so no line is lost because it no longer
looks like text.
"""

import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import cv2
import numpy as np
from pii_measures import quad_of

from .cutouts import PlateCutout
from .evidence import NotPossibleError

BESIDE, ABOVE = 0.3, 0.5
"""Margins that a reader sees around a plate: at the sides, relative to its width; above and below,
relative to its height."""
_HEIGHT = 72
"""Height of the plate in the view in which lines are detected, pixels. With 48, 2 % fewer of 444
photographed plates are read; 96 takes a third longer and reads no more."""
_STRIP = 48
"""Height of a line to read, pixels, as in the training of the recognition network."""
_LONGEST = 40
"""Largest ratio of length to height of a line."""
_FEW = 4
"""Number of characters below which smoothed copies of a line are also read."""
_SMOOTHED = (3.0, 6.0)
"""Standard deviations of the smoothing, pixels of a strip; it joins the blocks of a mosaic."""


@dataclass(frozen=True)
class Character:
    """A letter or digit that was read."""

    char: str
    """Character as read, in upper case."""
    at: float
    """Centre of the character along the line, 0 to 1."""
    certainty: float
    """Confidence of the reader, 0 to 1."""


Line = tuple[Character, ...]
"""Characters of a line, from left to right."""


class PlateReader(Protocol):
    """Protocol of a reader, which finds lines of text and reads them."""

    @property
    def name(self) -> str:
        """Name of the reader."""

    @property
    def believed(self) -> float:
        """Mean certainty of the characters from which a plate counts as read, 0 to 1."""

    def lines(self, plate: PlateCutout) -> list[np.ndarray]:
        """Lines of text on and around a plate.

        Returns:
            Corners (4, 2) of each line, clockwise from top left, in plate coordinates, where the
            plate is the square from (0, 0) to (1, 1). Empty if the region is too small to be a
            plate.
        """

    def read(self, plate: PlateCutout, lines: Sequence[np.ndarray]) -> list[Line]:
        """Letters and digits at the positions of lines that `lines` returned."""


class OcrReader:
    """RapidOCR with the networks included in its package, PP-OCRv4 (Apache-2.0).

    Args:
        threads: CPU threads that each network may use.

    Raises:
        NotPossibleError: `rapidocr-onnxruntime` is not installed.
    """

    name = "ocr"
    believed = 0.9

    def __init__(self, threads: int = 1) -> None:
        if importlib.util.find_spec("rapidocr_onnxruntime") is None:
            raise NotPossibleError(
                "the module rapidocr_onnxruntime is not installed (pip install "
                "rapidocr-onnxruntime, for Python 3.12 and older)"
            )
        from rapidocr_onnxruntime import RapidOCR  # noqa: PLC0415 - optional, and slow to import

        engine = RapidOCR(intra_op_num_threads=threads, inter_op_num_threads=threads)
        self._detector, self._recognizer = engine.text_det, engine.text_rec
        self._detector.limit_side_len = 32  # otherwise, it enlarges a plate to a page

    def lines(self, plate: PlateCutout) -> list[np.ndarray]:
        """Lines of text found by the detection network; see `PlateReader.lines`."""
        quad = quad_of(plate.place)
        if quad is None:
            return []
        low, high = np.array([-BESIDE, -ABOVE]), np.array([1 + BESIDE, 1 + ABOVE])
        across, down = _sides(quad)
        unit = np.array([min(across / down, _LONGEST) * _HEIGHT, _HEIGHT])
        size = np.round((high - low) * unit).astype(int)
        view = _rectified(plate.pixels, _to_image(quad, _rectangle(low, high)), size)
        boxes, _ = self._detector(view[..., ::-1])
        if boxes is None:
            return []
        # The detector's corners are centres of pixels.
        return [(np.asarray(box, np.float64) + 0.5) * (high - low) / size + low for box in boxes]

    def read(self, plate: PlateCutout, lines: Sequence[np.ndarray]) -> list[Line]:
        """Characters read by the recognition network; see `PlateReader.read`."""
        quad = quad_of(plate.place)
        if quad is None:
            return [() for _ in lines]
        return [self._line(_strip(plate.pixels, _to_image(quad, line))) for line in lines]

    def _line(self, strip: np.ndarray) -> Line:
        plain = self._look(strip)
        if len(plain) >= _FEW:
            return plain
        smoothed = [self._look(cv2.GaussianBlur(strip, (0, 0), sigma)) for sigma in _SMOOTHED]
        return max([plain, *smoothed], key=lambda line: sum(one.certainty for one in line))

    def _look(self, strip: np.ndarray) -> Line:
        """Best path through the network's output, without repetitions and blanks."""
        network = self._recognizer
        # Strips are not padded to a common width, so that none depends on the others.
        picture = network.resize_norm_img(strip[..., ::-1], strip.shape[1] / strip.shape[0])
        shares = network.session(picture[None].astype(np.float32))[0][0]
        best = shares.argmax(axis=1)
        edges = np.flatnonzero(np.diff(best, prepend=-1, append=-1))
        found = []
        for start, end in pairwise(edges.tolist()):
            number = int(best[start])
            char = network.postprocess_op.character[number]
            if number and char.isalnum():
                certainty = float(shares[start:end, number].max())
                found.append(Character(char.upper(), (start + end) / 2 / len(best), certainty))
        return tuple(found)


def _rectangle(low: Sequence[float] | np.ndarray, high: Sequence[float] | np.ndarray) -> np.ndarray:
    """Corners (4, 2) float32 of a rectangle, clockwise from top left."""
    (x0, y0), (x1, y1) = low, high
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32)


def _to_image(quad: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (n, 2) in plate coordinates, mapped to the image of the plate's quad (4, 2)."""
    return _moved(points, _perspective(_rectangle((0, 0), (1, 1)), quad))


def _perspective(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Homography (3, 3) from four points (4, 2) to four others."""
    corners = source.astype(np.float32), target.astype(np.float32)
    matrix: np.ndarray = cv2.getPerspectiveTransform(*corners)
    return matrix


def _moved(points: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Points (n, 2) after a homography."""
    moved: np.ndarray = cv2.perspectiveTransform(points.astype(np.float64)[None], matrix)[0]
    return moved


def _sides(quad: np.ndarray) -> tuple[float, float]:
    """Mean width and height, pixels; at least one."""
    edges = np.linalg.norm(np.roll(quad, -1, axis=0) - quad, axis=1)
    return max(float(edges[0::2].mean()), 1.0), max(float(edges[1::2].mean()), 1.0)


def _strip(pixels: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Rectified line, (48, w, 3) uint8."""
    across, down = _sides(corners)
    width = min(math.ceil(_STRIP * across / down), _STRIP * _LONGEST)
    return _rectified(pixels, corners, (max(width, 8), _STRIP))


def _rectified(
    pixels: np.ndarray, corners: np.ndarray, size: np.ndarray | tuple[int, int]
) -> np.ndarray:
    """Quadrangle of an image, rectified to a given width and height, (h, w, 3) uint8."""
    width, height = (int(side) for side in size)
    shrunk = _sides(corners)[1] / height
    if shrunk > 1.4:  # averages first, since one pixel represents several
        pixels = cv2.GaussianBlur(pixels, (0, 0), 0.4 * shrunk)
    source = _rectangle((0, 0), (width, height)) - np.float32(0.5)
    return cv2.warpPerspective(
        pixels, _perspective(source, corners), (width, height),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
