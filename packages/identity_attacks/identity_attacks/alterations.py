"""Other pictures of a person or a vehicle, made from a known picture.

They replace an attacker's own photographs if a data set has none. The maximum differences are
chosen so that dlib's distance between a face and its other picture is about that of two photographs
of a person.
"""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from pii_measures import FaceRegion

from .cutouts import Cutout, PlaceT

TURN = 10.0
"""Largest rotation, degrees."""
SCALE = 0.25
"""Largest logarithm of the scale."""
SHIFT = 0.1
"""Largest shift in the picture, relative to the region's size."""
KEPT = 1.3
"""Axes of the ellipse in which a face is kept, relative to its box; the rest is replaced."""
AROUND = 3.0
"""Side of a region with its surroundings, relative to the region's."""
VIEW = 0.16
"""Largest shift of each corner of this square by a change of perspective, relative to its size."""
FOUND = 0.04
"""Largest error of a detector's landmarks, corners and sides, relative to the region's size."""
EXPOSURE = 0.3
"""Largest logarithm of the gain."""
GAMMA = 0.35
"""Largest logarithm of the exponent."""
COLOUR = 0.1
"""Largest logarithm of a channel's gain."""
SHADE = 1.0
"""Logarithm of the ratio of the gains at the region's brighter and darker border."""
BLUR = 0.025
"""Standard deviation of the blur, relative to the region's size."""
NOISE = 8.0
"""Standard deviation of the noise, grey levels."""
QUALITY = (50, 90)
"""Minimum and maximum JPEG quality."""


def another_picture(cutout: Cutout[PlaceT], rng: np.random.Generator) -> Cutout[PlaceT]:
    """Another picture of the same person or vehicle.

    Position, size, angle, perspective, light, colour, sharpness, noise and JPEG coding differ, and
    so do the surroundings of a face; pose and expression do not. Landmarks, corners and box move
    accordingly, with the errors of a detector.

    Args:
        cutout: a region with its surroundings, which the other picture may show in part.
        rng: random generator; the same state gives the same picture.
    """
    place = cutout.place
    centre = np.array([place.x0 + place.x1, place.y0 + place.y1]) / 2
    sides = np.maximum([place.width, place.height], 1)
    size = float(np.sqrt(sides.prod()))
    factor = float(np.exp(SCALE * rng.uniform(-1, 1)))
    turn = np.deg2rad(TURN * rng.uniform(-1, 1))
    rotation = factor * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) / 2 * AROUND * sides
    moved = (corners + VIEW * AROUND * size * rng.uniform(-1, 1, (4, 2))) @ rotation.T
    moved += factor * (centre + SHIFT * size * rng.uniform(-1, 1, 2))
    map_ = cv2.getPerspectiveTransform(
        (corners + centre).astype(np.float32), moved.astype(np.float32)
    )
    scene = cutout.pixels / 255
    if isinstance(place, FaceRegion):
        scene = _elsewhere(scene, centre, sides, rng)
    light = _light(scene.shape[:2], centre, size, rng)
    lit = 255 * np.clip(light * scene ** np.exp(GAMMA * rng.uniform(-1, 1)), 0, 1)
    pixels = _coded(_taken(lit.astype(np.float32), map_, factor, size, rng), rng)
    return replace(cutout, pixels=pixels, place=_found(place, map_, FOUND * size * factor, rng))


def _elsewhere(
    scene: np.ndarray, centre: np.ndarray, sides: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """The face in front of a random, blurred background, 0 to 1."""
    height, width = scene.shape[:2]
    x, y = np.arange(width) + 0.5 - centre[0], np.arange(height) + 0.5 - centre[1]
    across, down = KEPT * sides / 2
    inside = np.clip((1 - np.hypot(x / across, y[:, None] / down)) / 0.1, 0, 1)[..., None]
    greys = 0.5 + 0.3 * rng.uniform(-1, 1, (4, 4, 1)) + 0.1 * rng.uniform(-1, 1, (4, 4, 3))
    background = cv2.resize(greys, (width, height), interpolation=cv2.INTER_LINEAR)
    elsewhere: np.ndarray = inside * scene + (1 - inside) * background
    return elsewhere


def _light(
    shape: tuple[int, int], centre: np.ndarray, size: float, rng: np.random.Generator
) -> np.ndarray:
    """Gain of each pixel and channel, (h, w, 3)."""
    height, width = shape
    direction = rng.uniform(0, 2 * np.pi)
    x, y = np.arange(width) + 0.5 - centre[0], np.arange(height) + 0.5 - centre[1]
    across = (np.cos(direction) * x + np.sin(direction) * y[:, None]) / (size / 2)
    ramp = SHADE * rng.uniform() * (np.clip(across, -1, 1) - 0.5) / 2
    channels = EXPOSURE * rng.uniform(-1, 1) + COLOUR * rng.uniform(-1, 1, 3)
    gain: np.ndarray = np.exp(ramp[..., None] + channels)
    return gain


def _taken(
    scene: np.ndarray, map_: np.ndarray, factor: float, size: float, rng: np.random.Generator
) -> np.ndarray:
    """The scene with another camera's blur and noise, uint8."""
    height, width = scene.shape[:2]
    blur = np.hypot(BLUR * size * rng.uniform(), 0.5 * max(1 / factor - 1, 0))
    if blur > 0.1:
        scene = cv2.GaussianBlur(scene, (0, 0), blur)
    half = np.array(
        [(1, 0, 0.5), (0, 1, 0.5), (0, 0, 1)]
    )  # OpenCV's origin is the centre of a pixel
    pixels = cv2.warpPerspective(
        scene,
        np.linalg.inv(half) @ map_ @ half,
        (max(round(factor * width), 1), max(round(factor * height), 1)),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    noise = NOISE * rng.uniform() * rng.standard_normal(pixels.shape)
    taken: np.ndarray = np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)
    return taken


def _coded(pixels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Picture after JPEG coding."""
    quality = int(rng.integers(*QUALITY, endpoint=True))
    _, jpeg = cv2.imencode(".jpg", pixels[..., ::-1], (cv2.IMWRITE_JPEG_QUALITY, quality))
    decoded = cv2.imdecode(jpeg, cv2.IMREAD_COLOR_RGB)
    assert decoded is not None
    return decoded


def _found(place: PlaceT, map_: np.ndarray, error: float, rng: np.random.Generator) -> PlaceT:
    """Region as a detector would find it in the other picture.

    The box of a plate with corners encloses them. Other boxes keep their size when they are
    rotated, as a detector's boxes of faces do.
    """
    x, y = (place.x0 + place.x1) / 2, (place.y0 + place.y1) / 2
    middles = [(place.x0, y), (place.x1, y), (x, place.y0), (x, place.y1)]
    name = "landmarks" if isinstance(place, FaceRegion) else "quad"
    found = _mapped([*middles, *(getattr(place, name) or ())], map_)
    found += error * rng.uniform(-1, 1, found.shape)
    left, right, top, bottom = found[:4]
    reach = np.array([np.linalg.norm(right - left), np.linalg.norm(bottom - top)]) / 2
    centre = (left + right + top + bottom) / 4
    low, high = centre - reach, centre + reach
    points = found[4:]
    if name == "quad" and len(points):
        low, high = points.min(axis=0), points.max(axis=0)
    changes: dict[str, Any] = dict(
        zip(("x0", "y0", "x1", "y1"), map(float, (*low, *high)), strict=True)
    )
    changes[name] = tuple((float(x), float(y)) for x, y in points) or None
    return replace(place, **changes)


def _mapped(points: list[tuple[float, float]], map_: np.ndarray) -> np.ndarray:
    """Points after a homography, (n, 2)."""
    homogeneous = np.column_stack((points, np.ones(len(points)))) @ map_.T
    mapped: np.ndarray = homogeneous[:, :2] / homogeneous[:, 2:]
    return mapped
