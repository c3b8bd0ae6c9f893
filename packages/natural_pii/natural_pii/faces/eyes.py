"""Eyes and brows."""

from dataclasses import dataclass

import cv2
import numpy as np

from .grid import Grid, noise, smooth
from .identity import Identity
from .paint import Colour, FacePaint, Window, between, near_curve, pale, scaled

_IRIS = 0.186
"""Radius of an iris, 5.9 mm."""


def paint_eyes(half: FacePaint, who: Identity, light_u: float) -> tuple[Window, np.ndarray]:
    """Draw both eyes.

    Args:
        half: right half of a face.
        who: the person.
        light_u: horizontal direction of the light, -1 to 1.

    Returns:
        A window of the half face, and its content (2, 3, height, width): the right side, and the
        left side mirrored. Eyes differ in gaze and reflections.
    """
    window = half.grid.window(0.15, -0.75, 1.9, 0.75)
    paint = half.part(window)
    grid = paint.grid
    wide, gap = who.eye_long, who.eye_open * (1 - 0.2 * who.squint)
    x = grid.u - 1 - who.eyes_apart  # increases towards the ear
    y = grid.v + who.eyes_up + who.eye_tilt * x  # the outer corner is higher
    share = x * (1 / wide)
    across = np.maximum(1 - np.square(share), 0)
    # The upper lid is highest towards the nose, and the lower lid lowest towards the ear.
    upper = -0.60 * gap * np.minimum(across * (1 - 0.16 * share), 1.2) ** 0.62 + 0.02
    lower = 0.40 * gap * (across * (1 + 0.22 * share)) ** 0.85 + 0.02 - 0.05 * who.squint
    inside = smooth(wide - np.abs(x), -0.02, 0.07)
    below, above = y - upper, lower - y

    _paint_lids(paint, who, _Lids(x, below, above, across))

    opening = paint.edge(below, 0.02) * paint.edge(above, 0.025) * inside
    paint.mix(opening, pale(paint.tone, 0.72))
    shade = 1 - smooth(below, 0.0, 0.6 * gap)
    corners = smooth(np.abs(x), 0.35 * wide, wide)
    paint.tint(opening * np.minimum(0.6 * shade + 0.6 * corners, 1), (0.42, 0.34, 0.32))
    tear = np.exp(-np.square((x + 0.93 * wide) / 0.07) - np.square((y - 0.02) / 0.05))
    paint.tint(0.6 * tear, (0.80, 0.55, 0.52))

    both = FacePaint(grid, np.stack([paint.rgb, paint.rgb]), paint.tone)
    side = np.array([1, -1], np.float32).reshape(2, 1, 1)
    ix = x - side * np.float32(0.13 * who.gaze[0])
    iy = y + np.float32(0.035 - 0.05 * who.gaze[1])
    radius = np.sqrt(ix * ix + iy * iy)
    iris = both.edge(_IRIS - radius, 0.03) * opening
    both.mix(0.9 * iris, who.iris)
    both.tint(iris * smooth(radius, 0.10, 0.17), (0.45, 0.45, 0.45))
    both.mix(0.9 * both.edge(0.07 - radius, 0.02) * opening, (0.004, 0.004, 0.004))
    both.tint(iris * (1 - smooth(below, 0.0, 0.16)), (0.45, 0.45, 0.45))
    spot_x, spot_y = ix * side - 0.06 * np.sign(light_u + 1e-3), iy + 0.07
    spot = np.exp(-(np.square(spot_x) + np.square(spot_y)) / 0.034**2) * opening
    both.mix(0.6 * spot, pale(paint.tone, 1.4))

    dark = between(scaled(who.hair, 0.5), scaled(paint.tone, 0.10), 0.45)
    thick = 0.035 + 0.045 * who.lashes
    reach = smooth(wide * 1.12 - x, 0, 0.12) * smooth(x + wide * 0.98, 0, 0.14)
    lid = below + 0.006
    lash = near_curve(paint, np.where(lid < 0, lid, lid * 1.5), thick)
    both.mix((0.75 + 0.25 * min(who.lashes, 1)) * reach * lash, dark)
    rim = near_curve(paint, above + 0.012, 0.026) * inside
    both.mix((0.3 + 0.5 * min(who.lashes, 1)) * rim, scaled(paint.tone, (0.30, 0.20, 0.20)))
    return window, both.rgb


@dataclass(frozen=True, eq=False)
class _Lids:
    """Positions of the lids over a window around an eye.

    Attributes:
        x: distance from the middle of the eye towards the ear, (1, width).
        below: distance below the upper lid's edge, (height, width).
        above: distance above the lower lid's edge, (height, width).
        across: 1 in the middle of the eye, 0 at its corners, (1, width).
    """

    x: np.ndarray
    below: np.ndarray
    above: np.ndarray
    across: np.ndarray


def _paint_lids(paint: FacePaint, who: Identity, lids: _Lids) -> None:
    """Draw the surroundings of the eye's opening."""
    x, below, above, across = lids.x, lids.below, lids.above, lids.across
    wide = who.eye_long
    near = smooth(wide * 1.2 - np.abs(x), 0, 0.2)
    if who.crease > 0.01:
        crease = near_curve(paint, below + who.crease * (0.75 + 0.35 * across), 0.035)
        paint.tint(crease * (0.75 * near), (0.62, 0.50, 0.46))
    # The lid up to the crease, and more softly up to the brow.
    lid = np.exp(-np.square((below + 0.08) / 0.11)) + 0.6 * np.exp(-np.square((below + 0.2) / 0.2))
    shade = 0.7 * who.lid if who.lid > 0 else 0.35 * who.lid
    paint.tint(shade * lid * near, (0.74, 0.65, 0.63))
    # The hollow beside the nose, and the one below the brow.
    hollow = np.exp(-np.square((x + 0.52) / 0.22) - np.square((below + 0.12) / 0.24))
    paint.tint(min(0.45 * who.socket, 1) * hollow, (0.66, 0.55, 0.52))
    under = smooth(-above, 0.0, 0.05) * near
    bag = who.bags * np.exp(-np.square((above + 0.22 + 0.06 * across) / 0.065)) * near
    paint.tint(0.6 * np.minimum(bag, 1), (0.70, 0.60, 0.58))
    paint.tint(0.35 * np.minimum(who.bags, 1) * under * np.exp(-np.square((above + 0.1) / 0.1)),
               (1.16, 1.14, 1.12))  # fmt: skip


def paint_brows(paint: FacePaint, who: Identity, rng: np.random.Generator) -> None:
    """Draw both brows from strands."""
    hairs, gaps = noise(rng, paint.grid, 0.05), noise(rng, paint.grid, 0.2)
    colour = _brow_colour(who.hair, paint.tone)
    for side in (1, -1):
        window = paint.grid.window(side - 0.95, -1.4, side + 0.95, -0.15)
        part = paint.part(window)
        cover = _brow(part.grid, who, side)
        strands = 0.95 + np.float32(0.18) * hairs[window] + np.float32(0.14) * gaps[window]
        strands = np.minimum(np.maximum(strands, np.float32(0.25)), np.float32(1.15))
        part.mix(np.minimum(who.brow_strength * cover * strands, np.float32(0.95)), colour)


def _brow_colour(hair: Colour, tone: Colour) -> Colour:
    """Colour of brows: darker than the hair, and than the skin even if hair is bright."""
    bright, skin = (0.30 * red + 0.55 * green + 0.15 * blue for red, green, blue in (hair, tone))
    most = 0.25 * skin / max(bright, 1e-4)
    return between(scaled(hair, min(0.75, most)), scaled(tone, 0.16), 0.25)


def _brow(grid: Grid, who: Identity, side: int) -> np.ndarray:
    x = ((grid.u - side) * side - who.eyes_apart) * (1 / who.brow_long)
    arch = who.brow_arch * np.exp(-np.square((x - 0.22) / 0.40)) - who.brow_tilt * x
    droop = 0.32 * np.maximum(x - 0.22, 0) ** 1.4
    line = -(who.brow_height + who.eyes_up + 0.5 * side * who.brow_lift + arch) + droop
    thick = who.brow_thickness * np.interp(x, (-0.56, -0.36, 0.1, 0.75), (0.75, 1.0, 0.85, 0.2))
    wide = np.maximum(thick, 0.4 / grid.density).astype(np.float32)
    ends = smooth(x, -0.62, -0.34) * smooth(0.80 - x, 0, 0.4)
    return cv2.exp(-cv2.pow(np.abs((grid.v - line) / wide), 2.0)) * ends
