"""A new person's head, drawn and lit in the picture's light, but not yet put into the picture."""

from dataclasses import dataclass

import numpy as np

from .estimate import SAMPLES, Skin, brightness, plane
from .eyes import paint_brows, paint_eyes
from .glasses import paint_glasses
from .grid import Grid, at, blurred, grid_of
from .head import height_field
from .identity import Identity
from .mouth import paint_mouth, paint_nostrils
from .paint import Paint
from .pose import Pose
from .shade import Light, shading_of
from .skin import paint_beard, paint_skin


@dataclass(frozen=True, eq=False)
class Head:
    """A head over its grid; all arrays are (height, width) samples, float32.

    Attributes:
        grid: the sample points.
        who: the person, as wide and long as the old face.
        rgb: (height, width, 3), linear RGB.
        sideways, depth, shown: over the plane of the head turned by its yaw, the u that is seen
            there, its turned z, and whether anything is.
    """

    grid: Grid
    who: Identity
    rgb: np.ndarray
    sideways: np.ndarray
    depth: np.ndarray
    shown: np.ndarray


def draw_head(who: Identity, pose: Pose, skin: Skin) -> Head:
    """Draw a head, turned and lit as pose and skin say; where it lies does not matter here."""
    who = who.in_place_of(pose.chin, pose.width)
    grid = grid_of(int(np.clip(2 * round(0.85 * pose.unit), 10, 44)))
    field = height_field(grid, who)
    rgb = _coloured(grid, field, who, pose, skin)
    return Head(grid, who, rgb, *_turned_sideways(grid, field, pose.yaw))


def light_of(skin: Skin) -> Light:
    """The lamp that would light skin so: from the bright side, and from above."""
    right = float(np.clip(1.5 * skin.slopes[0], -0.8, 0.8))
    down = float(np.clip(-0.55 + 0.8 * skin.slopes[1], -0.9, 0.0))
    towards = np.array([right, down, 0.9])
    towards /= np.linalg.norm(towards)
    return Light(tuple(towards.tolist()), float(np.clip(0.45 + 0.5 * abs(right), 0.45, 0.75)))


def _coloured(grid: Grid, field: np.ndarray, who: Identity, pose: Pose, skin: Skin) -> np.ndarray:
    """The lit head over the grid, (height, width, 3) float32 linear RGB."""
    light = light_of(skin)
    shading = shading_of(grid, field, light, pose.rotation)
    rgb = np.empty((*grid.shape, 3), np.float32)
    rgb[:] = np.float32(skin.tone)
    paint = Paint(grid, rgb, skin.tone)
    rng = np.random.default_rng(who.seed)
    paint_skin(paint, who, rng)
    bright = float(brightness(np.float32(skin.tone)))
    shine = shading.shine * (0.01 + 0.9 * bright)
    exposure = _exposure(paint, shading.gain, shine, skin)
    beard = paint_beard(paint, who, rng)
    paint_nostrils(paint, who)
    paint_mouth(paint, who)
    paint_eyes(paint, who, light.towards[0])
    paint_brows(paint, who, rng)
    paint_glasses(paint, who)
    rgb *= _lit(shading.gain)
    rgb += (shine * (1 - 0.8 * beard))[..., None]
    rgb *= exposure
    return rgb


def _lit(gain: np.ndarray) -> np.ndarray:
    """The gain by channel, (height, width, 3): skin is redder in the shade."""
    depth = np.clip(1 - gain / max(float(gain.mean()), 1e-3), -0.3, 0.5)[..., None]
    return gain[..., None] * (1 + depth * np.float32((0.22, -0.04, -0.12)))


def _exposure(paint: Paint, gain: np.ndarray, shine: np.ndarray, skin: Skin) -> np.ndarray:
    """What makes the samples look as in the picture, (height, width, 3): a plane over the
    logarithm of brightness, and a gain for each channel.
    """
    grid = paint.grid
    columns = np.clip(grid.column(SAMPLES[:, 0]), 0, grid.shape[1] - 1).astype(int)
    rows = np.clip(grid.row(SAMPLES[:, 1]), 0, grid.shape[0] - 1).astype(int)
    lit = blurred(paint.rgb * gain[..., None] + shine[..., None], 0.2 * grid.density)
    colours = lit[rows, columns]
    share = skin.weights / skin.weights.sum()
    tint = np.float32(skin.tone) / np.exp(share @ np.log(colours))
    bright = brightness(colours * tint) / brightness(np.float32(skin.tone))
    offset, right, down = plane(skin.offsets - np.log(bright), skin.weights)
    right, down = np.clip((right, down), (-0.35, -0.35), (0.35, -0.02))  # no light from below
    across, along = np.exp(right * grid.u), np.exp(offset + down * (grid.v - 0.8))
    return (across * along).astype(np.float32)[..., None] * tint


def _turned_sideways(
    grid: Grid, field: np.ndarray, yaw: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """u, turned z and visibility over the plane of a head that is turned by yaw.

    Of points at the same place the nearer one counts: going away from the viewer's near side, a
    point shows if it lies further across than all before it.
    """
    c, s = np.float32(np.cos(yaw)), np.float32(np.sin(yaw))
    u = grid.u[0]
    across = c * grid.u + s * field
    if s >= 0:
        order = np.maximum.accumulate(across, axis=1)
    else:
        order = np.minimum.accumulate(across[:, ::-1], axis=1)[:, ::-1]
    found = np.stack([np.interp(u, row, u) for row in order]).astype(np.float32)
    shown = ((u >= order[:, :1]) & (u <= order[:, -1:])).astype(np.float32)
    columns = grid.column(found)
    rows = np.repeat(np.arange(grid.shape[0], dtype=np.float32)[:, None], grid.shape[1], axis=1)
    z = at(field.astype(np.float32), columns.astype(np.float32), rows)
    return found, c * z - s * found, shown
