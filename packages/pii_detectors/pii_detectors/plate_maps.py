"""Conversion of the plate network's output map to quads."""

import cv2
import numpy as np

from .boxes import boxes_around, non_maximum_suppression

STRIDE = 4
"""Pixels per cell of the map."""
CHANNELS = 9
"""One probability, and x and y of four corners."""
SIDE_MULTIPLE = 32
"""The network halves its input five times."""


def decode(answer: np.ndarray, threshold: float, max_iou: float) -> tuple[np.ndarray, np.ndarray]:
    """Plates in the network's output for one image, best first.

    A plate is a cell whose probability no neighbour exceeds. Its corners are the mean of the
    predictions of the cell and its eight neighbours, weighted by their probabilities, which is
    steadier than one cell.

    Args:
        answer: (9, h, w) float32 over the cells: probability, then x and y from the cell's centre
            to the corners tl, tr, br, bl in pixels.
        threshold: cells that do not exceed it are skipped.
        max_iou: IoU of two plates' boxes above which the lower one is dropped.

    Returns:
        Quads (n, 4, 2) in input pixels, corners tl, tr, br, bl, and scores (n,).
    """
    heat = answer[0]
    peaks = (heat > threshold) & (heat >= cv2.dilate(heat, np.ones((3, 3), np.uint8)))
    rows, columns = np.nonzero(peaks)
    order = np.argsort(-heat[rows, columns], kind="stable")
    rows, columns = rows[order], columns[order]
    scores = heat[rows, columns]
    quads = _votes(answer, rows, columns)
    kept = non_maximum_suppression(boxes_around(quads), scores, max_iou)
    return quads[kept], scores[kept]


def _votes(answer: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Weighted mean prediction of the 3 x 3 cells around each peak, (n, 4, 2) pixels."""
    height, width = answer.shape[1:]
    total = np.zeros((len(rows), 4, 2))
    weights = np.zeros((len(rows), 1, 1))
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):
            y, x = rows + down, columns + across
            inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
            y, x = np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)
            middle = (np.stack((x, y), axis=1) + 0.5) * STRIDE
            corners = answer[1:, y, x].T.reshape(-1, 4, 2) + middle[:, None]
            weight = (answer[0, y, x] * inside)[:, None, None]
            total += corners * weight
            weights += weight
    return total / np.maximum(weights, 1e-9)
