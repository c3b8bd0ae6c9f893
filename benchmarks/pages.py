"""Pages of pictures of different sizes at 1:1, each with a line of text above it."""

from collections.abc import Iterable

import cv2
import numpy as np

SIDE = 1000
"""Width and height of a page, pixels; viewers show it without scaling."""
CAPTION, GAP = 16, 8
"""Height of the text, and space between pictures, pixels."""
GROUND, INK = 245, (40, 40, 40)
FONT = cv2.FONT_HERSHEY_SIMPLEX, 0.42, 1
"""Font of the text: face, scale and thickness."""


def pages_of(tiles: Iterable[tuple[str, np.ndarray]]) -> list[np.ndarray]:
    """Pages (h, w, 3) uint8 RGB, filled in rows from left to right.

    Args:
        tiles: text and picture (h, w, 3) uint8 RGB. A picture larger than a page enlarges the
            page.
    """
    pages: list[list[tuple[int, int, str, np.ndarray]]] = []
    x = y = bottom = 0
    for caption, picture in tiles:
        (across, _), _ = cv2.getTextSize(caption, *FONT)
        height, width = picture.shape[0] + CAPTION, max(picture.shape[1], across)
        if x + width > SIDE - GAP:
            x, y = 0, bottom
        if not pages or y + height > SIDE - GAP:
            pages.append([])
            x = y = bottom = 0
        pages[-1].append((x + GAP, y + GAP, caption, picture))
        x, bottom = x + width + GAP, max(bottom, y + height + GAP)
    return [_page(placed) for placed in pages]


def side_by_side(pictures: Iterable[np.ndarray]) -> np.ndarray:
    """Row of pictures (h, w, 3) uint8, aligned at the top."""
    row = list(pictures)
    width = sum(picture.shape[1] + GAP for picture in row) - GAP
    canvas = np.full((max(len(picture) for picture in row), width, 3), GROUND, np.uint8)
    x = 0
    for picture in row:
        canvas[: picture.shape[0], x : x + picture.shape[1]] = picture
        x += picture.shape[1] + GAP
    return canvas


def _page(placed: list[tuple[int, int, str, np.ndarray]]) -> np.ndarray:
    width = max(SIDE, *(x + picture.shape[1] + GAP for x, _, _, picture in placed))
    height = max(y + picture.shape[0] + CAPTION + GAP for _, y, _, picture in placed)
    page = np.full((height, width, 3), GROUND, np.uint8)
    for x, y, caption, picture in placed:
        face, scale, thickness = FONT
        cv2.putText(page, caption, (x, y + CAPTION - 5), face, scale, INK, thickness, cv2.LINE_AA)
        top = y + CAPTION
        page[top : top + picture.shape[0], x : x + picture.shape[1]] = picture
    return page
