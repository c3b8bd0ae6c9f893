"""Windows of the embedded data set's scenes, around plates and elsewhere."""

from dataclasses import dataclass

import cv2
import numpy as np
from drawn_streets import DrawnScene, SceneSettings, draw_scene

WIDTH, HEIGHT = 2048, 1024
_LARGEST = 512
_MOST_HIDDEN = 0.6
"""Visible share below which a plate is ignored."""


@dataclass(frozen=True)
class Window:
    """Part of a scene.

    Attributes:
        pixels: (h, w, 3) uint8 RGB, up to 512 pixels a side.
        aim: (x, y) of the plate around which it was cropped, or of its centre.
        quads: (n, 4, 2) pixels of the window, of all plates that touch it.
        visible: (n,) visible share of each plate.
    """

    pixels: np.ndarray
    aim: np.ndarray
    quads: np.ndarray
    visible: np.ndarray


def large_scene(seed: int, index: int, split: str = "train") -> DrawnScene:
    """Drawn scene of 2048x1024 pixels, the size of a Cityscapes image."""
    return draw_scene(SceneSettings(seed, WIDTH, HEIGHT), split, index)


def plates_of(scene: DrawnScene) -> tuple[np.ndarray, np.ndarray]:
    """Quads (n, 4, 2) in pixels and visible shares (n,) of a scene's plates."""
    quads = np.array([plate.quad for plate in scene.plates], float).reshape(-1, 4, 2)
    return quads, np.array([plate.visible for plate in scene.plates], float)


def windows_of(seed: int, index: int) -> list[Window]:
    """Windows of a scene: one around each plate, and one at a random position."""
    scene = large_scene(seed, index)
    quads, visible = plates_of(scene)
    rng = np.random.default_rng((seed, index))
    aims = [quad.mean(axis=0) for quad in quads]
    aims += [rng.uniform((0, HEIGHT * 0.3), (WIDTH, HEIGHT)) for _ in range(1)]
    windows = []
    for aim in aims:
        corner = np.clip(aim - _LARGEST / 2, 0, (WIDTH - _LARGEST, HEIGHT - _LARGEST)).astype(int)
        x, y = corner
        pixels = scene.image[y : y + _LARGEST, x : x + _LARGEST].copy()
        windows.append(Window(pixels, aim - corner, quads - corner, visible))
    return windows


def cut_window(
    rng: np.random.Generator, window: Window, side: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Crop a square from a window and scale it.

    Args:
        rng: random generator for position and scale.
        window: window to crop from.
        side: final side of the square, pixels.

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
        # From corners of pixels to their centres, which OpenCV's coordinates refer to.
        matrix[:, 2] += (scale - 1) / 2
        image = cv2.warpAffine(window.pixels, matrix, (side, side), borderMode=cv2.BORDER_REFLECT)
    quads = (window.quads - corner) * scale
    hidden = window.visible < _MOST_HIDDEN
    return image, quads[~hidden], quads[hidden]
