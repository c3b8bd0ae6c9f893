"""Windows of the embedded data set's scenes, around its plates and elsewhere."""

from dataclasses import dataclass

import cv2
import numpy as np
from drawn_streets.drawing import Drawing, draw
from drawn_streets.marks import MarkKind
from drawn_streets.writer import SceneSettings

WIDTH, HEIGHT = 2048, 1024
_LARGEST = 512
_MOST_HIDDEN = 0.6
"""A plate of which less is visible is not asked for."""


@dataclass(frozen=True)
class Window:
    """A part of a scene.

    Attributes:
        pixels: (h, w, 3) uint8 RGB, up to 512 pixels a side.
        aim: (x, y) of the plate that it was cut around, or of its middle.
        quads: (n, 4, 2) pixels of the window, of all plates that touch it.
        visible: (n,) share of each that is seen.
    """

    pixels: np.ndarray
    aim: np.ndarray
    quads: np.ndarray
    visible: np.ndarray


def draw_scene(seed: int, index: int, split: str = "train") -> Drawing:
    """Scene `index` at the size of a Cityscapes image."""
    settings = SceneSettings(seed, WIDTH, HEIGHT)
    return draw(settings, split, index)


def plates_of(drawing: Drawing) -> tuple[np.ndarray, np.ndarray]:
    """Quads (n, 4, 2) in pixels and visible shares (n,) of a scene's plates."""
    plates = [region for region in drawing.regions if region.kind is MarkKind.PLATE]
    quads = np.array([plate.quad for plate in plates], float).reshape(-1, 4, 2)
    return quads, np.array([plate.visible for plate in plates], float)


def windows_of(seed: int, index: int) -> list[Window]:
    """Windows of a scene: one around each plate, and one anywhere."""
    drawing = draw_scene(seed, index)
    quads, visible = plates_of(drawing)
    rng = np.random.default_rng((seed, index))
    aims = [quad.mean(axis=0) for quad in quads]
    aims += [rng.uniform((0, HEIGHT * 0.3), (WIDTH, HEIGHT)) for _ in range(1)]
    windows = []
    for aim in aims:
        corner = np.clip(aim - _LARGEST / 2, 0, (WIDTH - _LARGEST, HEIGHT - _LARGEST)).astype(int)
        x, y = corner
        pixels = drawing.image[y : y + _LARGEST, x : x + _LARGEST].copy()
        windows.append(Window(pixels, aim - corner, quads - corner, visible))
    return windows


def cut_window(
    rng: np.random.Generator, window: Window, side: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut a square out of a window and scale it.

    Args:
        rng: chooses the place and the scale.
        window: to cut.
        side: of the square in the end, pixels.

    Returns:
        The image (side, side, 3), quads (n, 4, 2) and quads to ignore (m, 4, 2), pixels.
    """
    scale = float(np.exp(rng.uniform(np.log(side / _LARGEST * 1.02), np.log(2.2))))
    taken = side / scale
    low = np.maximum(window.aim - 0.95 * taken, 0)
    high = np.minimum(window.aim - 0.05 * taken, _LARGEST - taken)
    corner = np.clip(rng.uniform(low, np.maximum(high, low)), 0, _LARGEST - taken)
    matrix = np.array([[scale, 0, -corner[0] * scale], [0, scale, -corner[1] * scale]])
    if scale < 1:
        x, y = corner.astype(int)
        size = int(taken)
        part = window.pixels[y : y + size, x : x + size]
        image = cv2.resize(part, (side, side), interpolation=cv2.INTER_AREA)
        scale, corner = side / size, np.array((x, y))
    else:
        # From corners of pixels to centres of pixels, which is what OpenCV counts in.
        matrix[:, 2] += (scale - 1) / 2
        image = cv2.warpAffine(window.pixels, matrix, (side, side), borderMode=cv2.BORDER_REFLECT)
    quads = (window.quads - corner) * scale
    hidden = window.visible < _MOST_HIDDEN
    return image, quads[~hidden], quads[hidden]
