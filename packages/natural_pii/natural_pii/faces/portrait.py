"""Head of a new person, drawn with the light of the image but not yet put into it."""

from dataclasses import dataclass

import cv2
import numpy as np
from pii_measures.pixels import limited

from .average import like_photographs
from .estimate import Skin, brightness
from .eyes import paint_brows, paint_eyes
from .grid import Grid, at, blurred, grid_of, mirrored
from .head import half_width, height_field
from .identity import Identity
from .mouth import paint_mouth, paint_nose_sides, paint_nostrils
from .paint import FacePaint
from .pose import Pose
from .shade import Lighting, Shading, shading_of
from .skin import skin_over, vary_skin

_SHADE = (0.22, -0.04, -0.12)
"""Relative change of each channel in the shade, where skin is redder."""
_PIXEL = 0.36
"""Blur by the area of a pixel, standard deviation in pixels."""


@dataclass(frozen=True, eq=False)
class DrawnHead:
    """Head over its grid; arrays are float32.

    Attributes:
        grid: the sample points.
        who: the person, about as wide and long as the old face.
        half: half of the width of the face in each row, (height, 1).
        rgb: linear RGB, (height, width, 3), as sharp as the image can show.
        sideways, depth, shown: over the plane of the head turned by its yaw, at half the density
            of the grid: the u that is visible at each point, the turned z there, and whether
            the head is visible at all (0 or 1).
    """

    grid: Grid
    who: Identity
    half: np.ndarray
    rgb: np.ndarray
    sideways: np.ndarray
    depth: np.ndarray
    shown: np.ndarray


def draw_head(who: Identity, pose: Pose, skin: Skin) -> DrawnHead:
    """Head with the rotation of a pose and the light of a skin; its position does not matter."""
    who = who.in_place_of(pose.chin, pose.width)
    grid = grid_of(int(np.clip(2 * round(0.56 * pose.unit), 8, 44)))
    half = half_width(grid, who)
    field = mirrored(height_field(grid.right, who, half))
    light = light_of(skin)
    paint = _features(grid, who, skin, light)
    rgb = _lit(paint, shading_of(grid, field, light, pose.rotation), who, skin)
    rgb = like_photographs(grid, rgb, who.mouth, skin.tone)
    rgb = blurred(rgb, sharpness_of(grid.density, pose))
    return DrawnHead(grid, who, half, rgb, *turned_sideways(grid, field, pose.yaw))


def sharpness_of(density: float, pose: Pose) -> float:
    """Blur that makes a head as sharp as the image can show, in samples of its grid.

    It is the average over a pixel, minus the blur by interpolation.
    """
    return max((_PIXEL * density / pose.unit) ** 2 - 0.17, 0) ** 0.5


def light_of(skin: Skin) -> Lighting:
    """Lighting that explains the skin's slopes: a lamp above, on the brighter side."""
    right = float(np.clip(1.5 * skin.slopes[0], -0.8, 0.8))
    down = float(np.clip(-0.55 + 0.8 * skin.slopes[1], -0.9, 0.0))
    towards = np.array([right, down, 0.9])
    x, y, z = (towards / np.linalg.norm(towards)).tolist()
    return Lighting((x, y, z), float(np.clip(0.45 + 0.5 * abs(right), 0.45, 0.75)))


def _features(grid: Grid, who: Identity, skin: Skin, light: Lighting) -> FacePaint:
    """Skin with nostrils, mouth and eyes, unlit."""
    right = FacePaint(grid.right, skin_over(grid.right, skin.tone, who), skin.tone)
    paint_nostrils(right, who)
    (rows, columns), eyes = paint_eyes(right, who, light.towards[0])
    rgb = mirrored(right.rgb)
    middle = grid.shape[1] // 2
    columns = slice(columns.start + middle, columns.stop + middle)
    for side, eye in zip((rgb, rgb[..., ::-1]), eyes, strict=True):
        side[:, rows, columns] = eye
    paint = FacePaint(grid, rgb, skin.tone)
    paint_nose_sides(paint, who, light.towards[0])
    paint_mouth(paint, who)
    return paint


def _lit(paint: FacePaint, shading: Shading, who: Identity, skin: Skin) -> np.ndarray:
    """Head with brows after lighting, (height, width, 3) float32 linear RGB."""
    rng = np.random.default_rng(who.seed)
    vary_skin(paint, who, rng)
    shine = shading.shine * (0.01 + 0.9 * float(brightness(np.array(skin.tone, np.float32))))
    paint_brows(paint, who, rng)
    gain = shading.gain / max(float(shading.gain.mean()), 1e-3)
    depth = limited(1 - gain, -0.3, 0.5)
    channels = (
        channel * (gain * (1 + depth * np.float32(shade))) + shine
        for channel, shade in zip(paint.rgb, _SHADE, strict=True)
    )
    return cv2.merge(tuple(channels))


def turned_sideways(
    grid: Grid, field: np.ndarray, yaw: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u, turned z and visibility over the plane of a head turned by yaw; see `DrawnHead`.

    If several points coincide, the nearest one is shown: a point is visible if it is further
    across than all points before it, counted from the near side.
    """
    grid = grid.coarse
    field = cv2.resize(field, grid.shape[::-1], interpolation=cv2.INTER_AREA)
    c, s = np.float32(np.cos(yaw)), np.float32(np.sin(yaw))
    across = c * grid.u + s * field
    if s >= 0:
        order = np.maximum.accumulate(across, axis=1)
    else:
        order = np.minimum.accumulate(across[:, ::-1], axis=1)[:, ::-1]
    # Rows are concatenated, so that one search serves all of them.
    far = 100.0 * np.arange(grid.shape[0])[:, None]
    places, known = (grid.u + far).ravel(), (order + far).ravel()
    found = np.interp(places, known, np.broadcast_to(grid.u, field.shape).ravel())
    found = found.reshape(field.shape).astype(np.float32)
    # Beyond the ends of a row, the search would continue in the next one.
    low, high = order[:, :1], order[:, -1:]
    found = np.where(grid.u <= low, grid.u[:, :1], np.where(grid.u >= high, grid.u[:, -1:], found))
    shown = ((grid.u >= low) & (grid.u <= high)).astype(np.float32)
    rows = np.repeat(np.arange(grid.shape[0], dtype=np.float32)[:, None], grid.shape[1], axis=1)
    z = at(field, grid.column(found), rows)
    return found, c * z - s * found, shown
