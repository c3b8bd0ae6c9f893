"""A drawn head in front of the camera: colour and coverage for each pixel of a patch."""

from dataclasses import dataclass

import cv2
import numpy as np

from .boxes import Box
from .estimate import SAMPLES, Skin, brightness, plane
from .eyes import paint_brows, paint_eyes
from .glasses import paint_glasses
from .grid import BOTTOM, LEFT, RIGHT, TOP, Grid, blurred, grid_of, smooth
from .head import half_width, height_field
from .identity import Identity
from .mouth import paint_mouth, paint_nostrils
from .paint import Paint
from .pose import Pose
from .shade import Light, shading_of
from .skin import paint_beard, paint_skin


@dataclass(frozen=True, eq=False)
class Rendered:
    """A head in a patch of the image.

    Attributes:
        rgb: (h, w, 3) float32 linear RGB, everywhere.
        core: (h, w) float32, 1 where the old face has to go, brows to chin and cheek to cheek.
        rim: (h, w) float32, 1 where skin may be replaced around it.
        beside: (h, w) float32, 1 just beyond the far side of a head that is turned, where the old
            one may have stood out further.
        between: (h, w) float32, 1 between the old landmarks, where nothing may be left even if the
            new head does not reach there.
        unit: pixels a unit of face coordinates.
    """

    rgb: np.ndarray
    core: np.ndarray
    rim: np.ndarray
    beside: np.ndarray
    between: np.ndarray
    unit: float


@dataclass(frozen=True)
class Extent:
    """How much of the head is shown: shares of its half width, and v of the core's upper edge."""

    core: float = 0.84
    rim: float = 0.98
    brow: float = -1.0


def light_of(skin: Skin) -> Light:
    """The lamp that would light skin so: from the bright side, and from above."""
    right = float(np.clip(1.5 * skin.slopes[0], -0.8, 0.8))
    down = float(np.clip(-0.55 + 0.8 * skin.slopes[1], -0.9, 0.0))
    towards = np.array([right, down, 0.9])
    towards /= np.linalg.norm(towards)
    return Light(tuple(towards.tolist()), float(np.clip(0.45 + 0.5 * abs(right), 0.45, 0.75)))


def render(who: Identity, pose: Pose, skin: Skin, box: Box, extent: Extent) -> Rendered:
    """Draw the head.

    Args:
        who: the new person.
        pose: where the head is.
        skin: colour and light.
        box: x0, y0, x1, y1 of the patch, pixels; may lie partly outside of the frame.
        extent: how much of it is wanted.
    """
    who = who.in_place_of(pose.chin, pose.width)
    fine = 3 if pose.unit < 5 else 2 if pose.unit < 16 else 1
    density = int(np.clip(2 * round(0.85 * pose.unit), 10, 44))
    grid = grid_of(density)
    field = height_field(grid, who)
    colour = _coloured(grid, field, who, pose, skin)
    u, v, covered = _looked_up(grid, field, pose, box, fine)
    columns, rows = grid.column(u), grid.row(v)

    def seen(plate: np.ndarray) -> np.ndarray:
        found = cv2.remap(plate, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        if fine == 1:
            return found
        size = (box[2] - box[0], box[3] - box[1])
        return cv2.resize(found, size, interpolation=cv2.INTER_AREA)

    core, rim = _masks(grid, who, extent)
    if fine > 1:
        size = (box[2] - box[0], box[3] - box[1])
        covered = cv2.resize(covered, size, interpolation=cv2.INTER_AREA)
    core, rim = seen(core) * covered, seen(rim) * covered
    return Rendered(seen(colour), core, rim, _beyond(core, pose), _between(pose, box), pose.unit)


def _between(pose: Pose, box: Box) -> np.ndarray:
    """The hull of the landmarks, a fifth larger."""
    points = pose.landmarks.mean(axis=0) + 1.2 * (pose.landmarks - pose.landmarks.mean(axis=0))
    bits = 4  # OpenCV's fixed point; its integer coordinates are the pixels' centres
    corners = np.int32(np.clip(np.round((points - box[:2] - 0.5) * 2**bits), -(2**20), 2**20))
    mask = np.zeros((box[3] - box[1], box[2] - box[0]), np.uint8)
    return np.float32(cv2.fillConvexPoly(mask, cv2.convexHull(corners), 1, shift=bits))


def _beyond(core: np.ndarray, pose: Pose) -> np.ndarray:
    """What lies within half a unit of the core on the side that the head turns to."""
    if abs(pose.yaw) < 0.3:
        return np.zeros_like(core)
    reach = 0.55 * np.sign(pose.yaw) * np.array(pose.matrix[:, 0])
    height, width = core.shape
    beyond = np.zeros_like(core)
    for share in (0.33, 0.67, 1.0):
        move = np.float32([[1, 0, reach[0] * share], [0, 1, reach[1] * share]])
        np.maximum(beyond, cv2.warpAffine(core, move, (width, height)), out=beyond)
    return beyond * (1 - np.clip(core, 0, 1))


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


def _masks(grid: Grid, who: Identity, extent: Extent) -> tuple[np.ndarray, np.ndarray]:
    side = np.abs(grid.u) / half_width(grid, who)
    low = grid.v - who.chin
    core = smooth(extent.core + 0.08 - side, 0, 0.13) * smooth(grid.v - extent.brow, -0.15, 0.15)
    core = core * smooth(-0.12 - low, -0.12, 0.16)
    rim = smooth(extent.rim - side, -0.01, 0.14) * smooth(grid.v, -2.3, -1.5)
    rim = rim * smooth(-low, -0.06, 0.20)
    return core.astype(np.float32), rim.astype(np.float32)


def _looked_up(
    grid: Grid, field: np.ndarray, pose: Pose, box: Box, fine: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """U and v that each fine pixel of a patch shows, and whether it shows the head at all."""
    width, height = (box[2] - box[0]) * fine, (box[3] - box[1]) * fine
    inverse = np.linalg.inv(np.vstack([pose.matrix, [0, 0, 1]]))[:2]
    x = (np.arange(width, dtype=np.float32) + 0.5) / fine + box[0]
    y = (np.arange(height, dtype=np.float32)[:, None] + 0.5) / fine + box[1]
    across = np.float32(inverse[0, 0]) * x + np.float32(inverse[0, 1] * y + inverse[0, 2])
    down = np.float32(inverse[1, 0]) * x + np.float32(inverse[1, 1] * y + inverse[1, 2])
    sideways, depth, shown = _turned_sideways(grid, field, pose.yaw)
    columns = grid.column(across)
    c, s = np.float32(np.cos(pose.pitch)), np.float32(np.sin(pose.pitch))
    v = down / c
    for _ in range(3):  # depth changes slowly with v, so that this converges
        z = _at(depth, columns, grid.row(v))
        v = (down - s * z) / c
    rows = grid.row(v)
    inside = (across > LEFT) & (across < RIGHT) & (v > TOP) & (v < BOTTOM)
    covered = _at(shown, columns, rows) * inside
    return _at(sideways, columns, rows), v, covered.astype(np.float32)


def _at(plate: np.ndarray, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return cv2.remap(plate, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


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
    z = _at(field.astype(np.float32), columns.astype(np.float32), rows)
    return found, c * z - s * found, shown
