"""Readers of license plates: an OCR, and the plate reader of `pii_measures`.

A reader sees plates straight on. It finds the lines of text of the original, and reads what stands
in the same places of another picture: an attacker knows where the plate was, so that no line is
lost because it no longer looks like text.
"""

import importlib.util
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Protocol

import cv2
import numpy as np
from pii_measures import Reading, quad_of, read_plate
from pii_measures.plates.characters import CERTAIN, likeness
from pii_measures.plates.layout import ink_of

from .cutouts import PlateCutout
from .evidence import NotPossibleError

BESIDE, ABOVE = 0.3, 0.5
"""What a reader sees around a plate: to each side, relative to its width; above and below, relative
to its height."""
_HEIGHT = 72
"""Height of the plate in the view in which lines are found, pixels: with 48, 2 % fewer of 444
photographed plates are read, and 96 takes a third longer and reads no more."""
_STRIP = 48
"""Height of a line that is read, pixels: what the recognition network was trained on."""
_LONGEST = 40
"""A line is at most so many times as long as it is high."""
_FEW = 4
"""Of a line with fewer characters, smoothed copies are read as well."""
_SMOOTHED = (3.0, 6.0)
"""Standard deviations of that, pixels of a strip: what joins the blocks of a mosaic to strokes."""


@dataclass(frozen=True)
class Character:
    """A letter or digit that was read."""

    char: str
    """As it was read, in capitals."""
    at: float
    """Its middle along the line, 0 to 1."""
    certainty: float
    """0 to 1."""


Line = tuple[Character, ...]
"""What was read in a line, from left to right."""


class PlateReader(Protocol):
    """Finds lines of text and reads them."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def believed(self) -> float:
        """Mean certainty of its characters from which a plate counts as read, 0 to 1."""

    def lines(self, plate: PlateCutout) -> list[np.ndarray]:
        """Lines of text on and around a plate.

        Returns:
            For each line its corners (4, 2) clockwise from top left, in the plate's coordinates:
            the plate is the square from (0, 0) to (1, 1). None for a place that is too small to be
            a plate.
        """

    def read(self, plate: PlateCutout, lines: Sequence[np.ndarray]) -> list[Line]:
        """Letters and digits in the places of some lines, as `lines` returns them."""


class OcrReader:
    """RapidOCR with the networks that its package brings, PP-OCRv4 (Apache-2.0).

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
        self._detector.limit_side_len = 32  # it would enlarge a plate to a page

    def lines(self, plate: PlateCutout) -> list[np.ndarray]:
        """Lines of text that the detection network finds; see `PlateReader.lines`."""
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
        # Its corners are pixels' centres.
        return [(np.asarray(box, np.float64) + 0.5) * (high - low) / size + low for box in boxes]

    def read(self, plate: PlateCutout, lines: Sequence[np.ndarray]) -> list[Line]:
        """What the recognition network reads; see `PlateReader.read`."""
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
        """Best path through the network's answer, repetitions and blanks removed."""
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


class GlyphReader:
    """The reader of `pii_measures`: characters are compared with drawn ones. No network.

    It reads less than an OCR.
    """

    name = "glyphs"
    believed = CERTAIN

    def lines(self, plate: PlateCutout) -> list[np.ndarray]:
        """Lines of characters that are separate from one another; see `PlateReader.lines`."""
        quad = quad_of(plate.place)
        if quad is None:
            return []
        reading = _reading(plate.pixels, quad)
        if reading is None:
            return []
        from_image = _perspective(quad, _rectangle((0, 0), (1, 1)))
        lines = []
        for line in reading.layout.lines:
            space = 0.25 * line.cap  # a frame of its own needs ground around the characters
            corners = _rectangle(
                (line.boxes[0][0] - space, line.y0 - space),
                (line.boxes[-1][1] + space, line.y1 + space),
            )
            lines.append(_moved(corners, from_image @ reading.frame.to_image))
        return lines

    def read(self, plate: PlateCutout, lines: Sequence[np.ndarray]) -> list[Line]:
        """Characters that certainly look like one; see `PlateReader.read`."""
        quad = quad_of(plate.place)
        if quad is None:
            return [() for _ in lines]
        return [self._line(plate.pixels, _to_image(quad, line)) for line in lines]

    def _line(self, pixels: np.ndarray, corners: np.ndarray) -> Line:
        reading = _reading(pixels, corners)
        if reading is None:
            return ()
        x0, _, x1, _ = reading.frame.plate
        found = []
        line = max(reading.layout.lines, key=lambda line: len(line.boxes))
        for box in line.boxes:
            scores = likeness(ink_of(reading.share, line, box))
            char = max(scores, key=scores.__getitem__)
            if scores[char] > CERTAIN:
                at = (sum(box) / 2 - x0) / (x1 - x0)
                found.append(Character(char, at, scores[char]))
        return tuple(found)


def _reading(pixels: np.ndarray, corners: np.ndarray) -> Reading | None:
    """Reading of a quadrangle whose characters can be separated."""
    height, width = pixels.shape[:2]
    low, high = corners.min(axis=0), corners.max(axis=0)
    if (high < 0).any() or low[0] > width - 1 or low[1] > height - 1:
        return None
    reading = read_plate(pixels, corners, (0, 0, width, height))
    return reading if reading.layout.legible else None


def _rectangle(low: Sequence[float] | np.ndarray, high: Sequence[float] | np.ndarray) -> np.ndarray:
    """Its corners (4, 2) float32, clockwise from top left."""
    (x0, y0), (x1, y1) = low, high
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32)


def _to_image(quad: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Points (n, 2) of the plate's coordinates in the image of its quad (4, 2)."""
    return _moved(points, _perspective(_rectangle((0, 0), (1, 1)), quad))


def _perspective(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Homography (3, 3) of four points (4, 2) to four others."""
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
    """A line seen straight on, (48, w, 3) uint8."""
    across, down = _sides(corners)
    width = min(math.ceil(_STRIP * across / down), _STRIP * _LONGEST)
    return _rectified(pixels, corners, (max(width, 8), _STRIP))


def _rectified(
    pixels: np.ndarray, corners: np.ndarray, size: np.ndarray | tuple[int, int]
) -> np.ndarray:
    """A quadrangle of an image as a rectangle of some width and height, (h, w, 3) uint8."""
    width, height = (int(side) for side in size)
    shrunk = _sides(corners)[1] / height
    if shrunk > 1.4:  # averages first: one pixel stands for several
        pixels = cv2.GaussianBlur(pixels, (0, 0), 0.4 * shrunk)
    source = _rectangle((0, 0), (width, height)) - np.float32(0.5)
    return cv2.warpPerspective(
        pixels, _perspective(source, corners), (width, height),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
