"""A new person's head, drawn and lit in the picture's light, but not yet put into the picture."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from pii_measures.pixels import limited

from .estimate import SAMPLES, Skin, brightness, plane
from .eyes import paint_brows, paint_eyes
from .glasses import paint_glasses
from .grid import Grid, at, blurred, grid_of, mirrored
from .head import half_width, height_field
from .identity import Identity
from .mouth import paint_mouth, paint_nostrils
from .paint import Paint
from .pose import Pose
from .shade import Light, Shading, shading_of
from .skin import paint_beard, skin_over, vary_skin

_SHADE = (0.22, -0.04, -0.12)
"""Skin is redder in the shade, by channel."""
_PIXEL = 0.36
"""Standard deviation of what a pixel shows, pixels."""


@dataclass(frozen=True, eq=False)
class Head:
    """A head over its grid, float32.

    Attributes:
        grid: the sample points.
        who: the person, as wide and long as the old face.
        half: (height, 1), of the face's width in each row.
        rgb: (height, width, 3), linear RGB, as sharp as the picture's pixels can show.
        sideways, depth, shown: over the plane of the head turned by its yaw, with half as many
            samples: the u that is seen there, its turned z, and whether anything is.
    """

    grid: Grid
    who: Identity
    half: np.ndarray
    rgb: np.ndarray
    sideways: np.ndarray
    depth: np.ndarray
    shown: np.ndarray


def draw_head(who: Identity, pose: Pose, skin: Skin) -> Head:
    """Draw a head, turned and lit as pose and skin say; where it lies does not matter here."""
    who = who.in_place_of(pose.chin, pose.width)
    grid = grid_of(int(np.clip(2 * round(0.64 * pose.unit), 8, 44)))
    half = half_width(grid, who)
    field = mirrored(height_field(grid.right, who, half))
    light = light_of(skin)
    paint = _features(grid, who, skin, light)
    rgb = _lit(paint, shading_of(grid, field, light, pose.rotation), who, half, skin)
    # What a pixel averages over, of which interpolation does a part.
    rgb = blurred(rgb, np.sqrt(max((_PIXEL * grid.density / pose.unit) ** 2 - 0.17, 0)))
    return Head(grid, who, half, rgb, *_turned_sideways(grid, field, pose.yaw))


def light_of(skin: Skin) -> Light:
    """The lamp that would light skin so: from the bright side, and from above."""
    right = float(np.clip(1.5 * skin.slopes[0], -0.8, 0.8))
    down = float(np.clip(-0.55 + 0.8 * skin.slopes[1], -0.9, 0.0))
    towards = np.array([right, down, 0.9])
    towards /= np.linalg.norm(towards)
    return Light(tuple(towards.tolist()), float(np.clip(0.45 + 0.5 * abs(right), 0.45, 0.75)))


def _features(grid: Grid, who: Identity, skin: Skin, light: Light) -> Paint:
    """Skin, nostrils, mouth and eyes."""
    right = Paint(grid.right, skin_over(grid.right, skin.tone, who), skin.tone)
    paint_nostrils(right, who)
    paint_mouth(right, who)
    (rows, columns), eyes = paint_eyes(right, who, light.towards[0])
    rgb = mirrored(right.rgb)
    middle = grid.shape[1] // 2
    columns = slice(columns.start + middle, columns.stop + middle)
    for side, eye in zip((rgb, rgb[..., ::-1]), eyes, strict=True):
        side[:, rows, columns] = eye
    return Paint(grid, rgb, skin.tone)


def _lit(paint: Paint, shading: Shading, who: Identity, half: np.ndarray, skin: Skin) -> np.ndarray:
    """The head with what grows on it, in its light: (height, width, 3) float32 linear RGB."""
    rng = np.random.default_rng(who.seed)
    vary_skin(paint, who, rng)
    shine = shading.shine * (0.01 + 0.9 * float(brightness(np.float32(skin.tone))))
    exposure, tint = _exposure(paint, shading.gain, shine, skin)
    beard = paint_beard(paint, who, half, rng)
    paint_brows(paint, who, rng)
    paint_glasses(paint, who)
    gain = shading.gain * exposure
    shine = shine * exposure if beard is None else shine * exposure * (1 - 0.8 * beard)
    depth = limited(1 - shading.gain / max(float(shading.gain.mean()), 1e-3), -0.3, 0.5)
    channels = (
        (channel * (gain * (1 + depth * np.float32(shade))) + shine) * by
        for channel, shade, by in zip(paint.rgb, _SHADE, tint.tolist(), strict=True)
    )
    return cv2.merge(tuple(channels))


def _exposure(
    paint: Paint, gain: np.ndarray, shine: np.ndarray, skin: Skin
) -> tuple[np.ndarray, np.ndarray]:
    """What makes the samples look as in the picture: a plane over the logarithm of brightness,
    (height, width), and a gain for each channel.
    """
    grid = paint.grid
    rows, columns = _around_samples(int(grid.density))
    lit = paint.rgb[:, rows, columns] * gain[rows, columns] + shine[rows, columns]
    colours = lit.reshape(3, len(SAMPLES), -1).mean(axis=2).T
    share = skin.weights / skin.weights.sum()
    tint = np.float32(skin.tone) / np.exp(share @ np.log(colours))
    bright = brightness(colours * tint) / brightness(np.float32(skin.tone))
    offset, right, down = plane(skin.offsets - np.log(bright), skin.weights)
    right = min(max(float(right), -0.35), 0.35)
    down = min(max(float(down), -0.35), -0.02)  # no light from below
    return np.exp(right * grid.u) * np.exp(float(offset) + down * (grid.v - 0.8)), tint


@lru_cache(maxsize=32)
def _around_samples(density: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows (11, n, 1) and columns (11, 1, n) of the points around each sample."""
    grid = grid_of(density)
    reach = np.arange(-(density // 4), density // 4 + 1)
    rows, columns = grid.row(SAMPLES[:, 1]), grid.column(SAMPLES[:, 0])
    rows = np.clip(np.round(rows).astype(int)[:, None] + reach, 0, grid.shape[0] - 1)
    columns = np.clip(np.round(columns).astype(int)[:, None] + reach, 0, grid.shape[1] - 1)
    return rows[:, :, None], columns[:, None, :]


def _turned_sideways(
    grid: Grid, field: np.ndarray, yaw: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u, turned z and visibility over the plane of a head that is turned by yaw.

    Of points at the same place the nearer one counts: going away from the viewer's near side, a
    point shows if it lies further across than all before it.
    """
    grid = grid.coarse
    field = cv2.resize(field, grid.shape[::-1], interpolation=cv2.INTER_AREA)
    c, s = np.float32(np.cos(yaw)), np.float32(np.sin(yaw))
    across = c * grid.u + s * field
    if s >= 0:
        order = np.maximum.accumulate(across, axis=1)
    else:
        order = np.minimum.accumulate(across[:, ::-1], axis=1)[:, ::-1]
    # All rows one after the other, so that one search serves them all.
    far = 100.0 * np.arange(grid.shape[0])[:, None]
    places, known = (grid.u + far).ravel(), (order + far).ravel()
    found = np.interp(places, known, np.broadcast_to(grid.u, field.shape).ravel())
    found = found.reshape(field.shape).astype(np.float32)
    # Beyond a row's ends the search would go on in the next row.
    low, high = order[:, :1], order[:, -1:]
    found = np.where(grid.u <= low, grid.u[:, :1], np.where(grid.u >= high, grid.u[:, -1:], found))
    shown = np.float32((grid.u >= low) & (grid.u <= high))
    rows = np.repeat(np.arange(grid.shape[0], dtype=np.float32)[:, None], grid.shape[1], axis=1)
    z = at(field, grid.column(found), rows)
    return found, c * z - s * found, shown
