"""Restoration of faces after a treatment that is a known linear operator: Gaussian blur or mosaic.

The treated picture is y = A x for an original x, rounded to whole grey levels. The restored picture
minimises |A x - y|^2 / noise + |gradient of x|^2 / variance: the maximum a posteriori estimate for
the noise of rounding and a prior of smooth pictures (Tikhonov regularisation; a Wiener filter if
the operator is a convolution of the whole picture). Pixels around the treated area are known and
held fixed.

Both operators are separable, so that y = V X H^T with two small matrices. The computation uses a
coarse grid, since neither operator preserves details finer than its cells.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from pii_measures import FaceRegion

from .cutouts import FaceCutout
from .evidence import Evidence
from .rates import Success
from .recognizers import Recognizer
from .retrieval import retrieve

NOISE = 1 / 12 / 10
"""Variance of a cell's value, grey levels squared: rounding, averaged over some ten pixels."""
GRADIENT = 20.0**2
"""Mean squared difference between neighbouring cells of a face, grey levels squared."""
CELLS_PER_SIGMA = 2.5
"""Cells per standard deviation; a Gaussian damps finer details to below 1e-13 of themselves."""
CELLS_PER_BLOCK = 8
REACH = 3
"""Radius of influence of a Gaussian, standard deviations."""
ITERATIONS = 200
TOLERANCE = 1e-5
"""Residual, relative to the first one, at which conjugate gradients stop."""

Box = tuple[int, int, int, int]
"""x0, y0, x1, y1: pixels of a cut-out."""


@dataclass(frozen=True)
class TreatedArea:
    """Pixels around a face that an operator replaces."""

    margin: float = 0.25
    """Margin on each side of the box, relative to its width and height."""
    ellipse: bool = True
    """Whether only pixels with their centre in the inscribed ellipse of that box are treated."""

    def box(self, cutout: FaceCutout) -> Box:
        """Enlarged box, clipped to the cut-out; empty if it is outside."""
        height, width = cutout.pixels.shape[:2]
        x0, y0, x1, y1 = self._corners(cutout.place)
        left, top = max(math.floor(x0), 0), max(math.floor(y0), 0)
        right, bottom = min(math.ceil(x1), width), min(math.ceil(y1), height)
        return left, top, max(right, left), max(bottom, top)

    def mask(self, cutout: FaceCutout) -> np.ndarray:
        """Mask of the pixels, (height, width) bool."""
        result = np.zeros(cutout.pixels.shape[:2], bool)
        left, top, right, bottom = self.box(cutout)
        inside: np.ndarray | bool = True
        if self.ellipse:
            x0, y0, x1, y1 = self._corners(cutout.place)
            y, x = np.ogrid[top:bottom, left:right]
            across = (x + 0.5 - (x0 + x1) / 2) / max((x1 - x0) / 2, 1e-9)
            down = (y + 0.5 - (y0 + y1) / 2) / max((y1 - y0) / 2, 1e-9)
            inside = across**2 + down**2 <= 1
        result[top:bottom, left:right] = inside
        return result

    def _corners(self, place: FaceRegion) -> tuple[float, float, float, float]:
        x, y = self.margin * place.width, self.margin * place.height
        return place.x0 - x, place.y0 - y, place.x1 + x, place.y1 + y


@dataclass(frozen=True)
class GaussianBlur:
    """Operator that replaces pixels by Gaussian-weighted means of the picture around them."""

    strength: float
    """Standard deviation relative to the smaller side of the face's box, but at least one pixel."""
    area: TreatedArea = TreatedArea()

    def problem(self, cutout: FaceCutout) -> "Problem | None":
        """Linear problem of a face; None if no pixel was treated."""
        treated = self.area.mask(cutout)
        if not treated.any():
            return None
        sigma = max(self.strength * min(cutout.place.width, cutout.place.height), 1)
        height, width = treated.shape
        left, top, right, bottom = self.area.box(cutout)
        reach = math.ceil(REACH * sigma)
        x0, y0 = max(left - reach, 0), max(top - reach, 0)
        x1, y1 = min(right + reach, width), min(bottom + reach, height)
        factor = max(sigma / CELLS_PER_SIGMA, 1)
        rows, columns = (max(round(side / factor), 1) for side in (y1 - y0, x1 - x0))
        cells, share = _on_grid(cutout.pixels, treated, (x0, y0, x1, y1), (rows, columns))
        return Problem(
            window=(x0, y0, x1, y1),
            treated=treated,
            cells=cells,
            unknown=share > 0,
            vertical=_gaussian(rows, sigma * rows / (y1 - y0)),
            horizontal=_gaussian(columns, sigma * columns / (x1 - x0)),
            measured=cells,
            valid=share > 1 - 1e-3,  # the others contain pixels that were not blurred
        )


@dataclass(frozen=True)
class BlockMeans:
    """Operator that replaces pixels by the mean of the block that contains them.

    The enlarged box is divided into as many whole blocks of equal size as fit into it.
    """

    strength: float
    """Least side of a block relative to the smaller side of the face's box, at least two pixels."""
    area: TreatedArea = TreatedArea()

    def problem(self, cutout: FaceCutout) -> "Problem | None":
        """Linear problem of a face; None if no pixel was treated."""
        treated = self.area.mask(cutout)
        if not treated.any():
            return None
        x0, y0, x1, y1 = box = self.area.box(cutout)
        side = max(self.strength * min(cutout.place.width, cutout.place.height), 2)
        rows, columns = (max(math.floor(length / side), 1) for length in (y1 - y0, x1 - x0))
        down, across = (
            max(min(CELLS_PER_BLOCK, length // count), 1)
            for length, count in ((y1 - y0, rows), (x1 - x0, columns))
        )
        cells, share = _on_grid(cutout.pixels, treated, box, (rows * down, columns * across))
        inside = treated[y0:y1, x0:x1]
        row = np.arange(y1 - y0) * rows // (y1 - y0)
        column = np.arange(x1 - x0) * columns // (x1 - x0)
        block = (row[:, None] * columns + column)[inside]
        counts = np.bincount(block, minlength=rows * columns)
        seen = cutout.pixels[y0:y1, x0:x1][inside]
        sums = [np.bincount(block, seen[:, channel], rows * columns) for channel in range(3)]
        means = np.stack(sums, axis=-1) / np.maximum(counts, 1)[:, None]
        return Problem(
            window=box,
            treated=treated,
            cells=cells,
            unknown=share > 0,
            vertical=np.kron(np.eye(rows), np.full((1, down), 1 / down)),
            horizontal=np.kron(np.eye(columns), np.full((1, across), 1 / across)),
            measured=means.reshape(rows, columns, 3),
            valid=counts.reshape(rows, columns, 1) > 0,
        )


Operator = GaussianBlur | BlockMeans


def restoration(
    originals: Evidence, variant: Evidence, recognizer: Recognizer, operator: Operator | None
) -> Success:
    """Faces of a variant, restored and looked up among the faces of the originals; see `retrieve`.

    Args:
        originals: untreated faces; only their `frames` are used.
        variant: treated faces; only its `frames` are used.
        recognizer: network that compares the faces.
        operator: operator of the treatment; None if the faces are untreated.
    """
    faces = cast(Sequence[FaceCutout], variant.frames)
    seen = (
        variant.frame_vectors(recognizer)
        if operator is None
        else recognizer.vectors([restored(face, operator) for face in faces])
    )
    known = originals.frame_vectors(recognizer)
    return retrieve(recognizer.similarity(seen, known), variant.frames, originals.frames)


def restored(cutout: FaceCutout, operator: Operator) -> FaceCutout:
    """Treated face with its estimated original; the surrounding pixels are unchanged."""
    problem = operator.problem(cutout)
    if problem is None:
        return cutout
    x0, y0, x1, y1 = problem.window
    cells = solved(problem).astype(np.float32)
    fine = cv2.resize(cells, (x1 - x0, y1 - y0), interpolation=cv2.INTER_CUBIC)
    pixels, inside = cutout.pixels.copy(), problem.treated[y0:y1, x0:x1]
    pixels[y0:y1, x0:x1][inside] = np.clip(np.rint(fine), 0, 255)[inside]
    return replace(cutout, pixels=pixels)


@dataclass(frozen=True, eq=False)
class Problem:
    """Linear problem: the coarse grid of a picture, and the measurements."""

    window: Box
    """Part of the cut-out that the grid covers."""
    treated: np.ndarray
    """Treated pixels of the cut-out, (height, width) bool."""
    cells: np.ndarray
    """Means of the treated picture over the cells, (h, w, 3) float64."""
    unknown: np.ndarray
    """Cells that contain treated pixels, (h, w, 1) bool."""
    vertical: np.ndarray
    """Operator along columns, (m, h)."""
    horizontal: np.ndarray
    """Operator along rows, (n, w)."""
    measured: np.ndarray
    """Output of the operator, (m, n, 3) float64; undefined where `valid` is False."""
    valid: np.ndarray
    """Whether each measurement is valid, (m, n, 1) bool."""


def _on_grid(
    pixels: np.ndarray, treated: np.ndarray, window: Box, grid: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """Means over cells, (h, w, 3), and the share of treated pixels in each, (h, w, 1)."""
    x0, y0, x1, y1 = window
    size = grid[::-1]
    values = cv2.resize(pixels[y0:y1, x0:x1].astype(np.float32), size, interpolation=cv2.INTER_AREA)
    share = cv2.resize(treated[y0:y1, x0:x1].astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return values.astype(np.float64), share[..., None]


def _gaussian(n: int, sigma: float) -> np.ndarray:
    """Gaussian blur as a matrix (n, n); the picture is mirrored at its ends."""
    reach = math.ceil(4 * sigma)
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-((offsets / sigma) ** 2) / 2)
    cells = np.arange(n)[:, None] + offsets
    period = max(2 * (n - 1), 1)
    mirrored = np.abs((cells + n - 1) % period - (n - 1))
    matrix = np.zeros((n, n))
    np.add.at(matrix, (np.arange(n)[:, None], mirrored), weights / weights.sum())
    return matrix


def solved(problem: Problem) -> np.ndarray:
    """Grid with the lowest cost, by conjugate gradients: (h, w, 3) float64."""
    vertical, horizontal, unknown = problem.vertical, problem.horizontal, problem.unknown

    def forward(cells: np.ndarray) -> np.ndarray:
        return _along_both(vertical, cells, horizontal)

    def normal(cells: np.ndarray) -> np.ndarray:
        back = _along_both(vertical.T, problem.valid * forward(cells), horizontal.T)
        return unknown * (back + NOISE / GRADIENT * _laplacian(cells))

    known = np.where(unknown, 0.0, problem.cells)
    target = _along_both(
        vertical.T, problem.valid * (problem.measured - forward(known)), horizontal.T
    )
    target = unknown * (target - NOISE / GRADIENT * _laplacian(known))
    start = np.where(unknown, problem.cells, 0.0)
    return known + _conjugate_gradients(normal, target, start)


def _along_both(vertical: np.ndarray, cells: np.ndarray, horizontal: np.ndarray) -> np.ndarray:
    """V X H^T of each channel."""
    return np.moveaxis(vertical @ np.moveaxis(cells, -1, 0) @ horizontal.T, 0, -1)


def _laplacian(cells: np.ndarray) -> np.ndarray:
    """Half the derivative of the sum of squared differences between neighbours."""
    result = np.zeros_like(cells)
    for axis in (0, 1):
        difference = np.diff(cells, axis=axis)
        flat = np.zeros_like(np.take(cells, [0], axis=axis))
        result -= np.diff(np.concatenate([flat, difference, flat], axis=axis), axis=axis)
    return result


def _conjugate_gradients(
    matrix: Callable[[np.ndarray], np.ndarray], target: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Solution of a linear system with a symmetric positive definite matrix."""
    result, residual = start.copy(), target - matrix(start)
    direction, square = residual.copy(), float(np.vdot(residual, residual))
    end = square * TOLERANCE**2
    for _ in range(ITERATIONS):
        if square <= end:
            break
        image = matrix(direction)
        step = square / float(np.vdot(direction, image))
        result += step * direction
        residual -= step * image
        previous, square = square, float(np.vdot(residual, residual))
        direction = residual + square / previous * direction
    return result
