"""Lips, teeth and nose."""

from dataclasses import dataclass

import cv2
import numpy as np

from .grid import smooth
from .identity import Identity, Mouth
from .paint import FacePaint, between, near_curve, pale, scaled

MIDDLE = 2.20
"""v at which the lips meet."""


def paint_mouth(paint: FacePaint, who: Identity) -> None:
    """Draw the mouth on a whole face."""
    half = who.mouth_wide
    paint = paint.part(paint.grid.window(-half - 0.4, 1.6, half + 0.4, 3.3))
    u, v = paint.grid.u, paint.grid.v
    share = np.abs(u) * (1 / half)
    across = np.maximum(1 - np.square(share), 0)
    open_by = _opening(who)
    stretched = 1 - 0.30 * (who.mouth is Mouth.TEETH)
    middle = MIDDLE + who.mouth_down - who.mouth_slant * u
    dip = 0.035 * np.exp(-np.square(u / 0.15)) * stretched
    curve = middle - 0.10 * who.smile * np.square(share) ** 1.2 - 0.35 * open_by + dip
    gap = open_by * across**0.9  # between the lips, below the upper one
    bow = 1 + 0.30 * who.bow * (
        np.exp(-np.square((np.abs(u) - 0.17) / 0.12)) - np.exp(-np.square(u / 0.1))
    )
    top = who.lip_upper * stretched * across**0.75 * bow
    thick = who.lip_lower * stretched * across**0.7
    above, below = v - curve, curve - v  # the upper lip's lower edge
    under = above - gap  # below the lower lip's upper edge
    inside = smooth(1.0 - share, -0.04, 0.12)

    red = scaled(paint.tone, (0.60, 0.26, 0.28))
    lip = between(scaled(paint.tone, (0.74, 0.52, 0.50)), red, who.lip_red)
    faded = inside * 0.92
    paint.mix(paint.edge(top - below, 0.06) * paint.edge(below, 0.02) * faded, scaled(lip, 0.78))
    lower = paint.edge(under, 0.02) * paint.edge(thick - under, 0.085) * faded
    paint.mix(lower, lip)
    shine = np.exp(-np.square((under - 0.45 * thick) / 0.06) - np.square(u / (0.5 * half)))
    paint.tint(0.22 * shine * lower, (1.9, 2.0, 2.0))

    if open_by > 0.0:
        hole = paint.edge(above, 0.02) * paint.edge(-under, 0.02) * smooth(1.0 - share, 0.0, 0.10)
        paint.mix(hole, (0.022, 0.009, 0.008))
        _paint_teeth(paint, who, _Gap(hole, above, gap, share))
        if who.mouth is Mouth.OPEN:
            tongue = hole * smooth(-under, 0.20, 0.05) * smooth(0.6 - share, 0, 0.4)
            paint.mix(0.5 * tongue, scaled(paint.tone, (0.45, 0.14, 0.14)))
    else:
        dark = near_curve(paint, above, 0.055) * smooth(1.05 - share, 0, 0.16)
        paint.mix(0.92 * dark, scaled(paint.tone, (0.18, 0.09, 0.09)))
    corner = middle - 0.10 * who.smile - 0.35 * open_by
    down = np.square((v - corner) / 0.07)
    paint.tint(np.exp(-np.square((np.abs(u) - half * 1.02) / 0.09) - down), (0.60, 0.50, 0.50))
    below_lip = np.exp(-np.square((under - thick - 0.08) / 0.09)) * np.exp(-np.square(u / 0.5))
    paint.tint(below_lip * min(0.5 + who.lip_lower, 1), (0.80, 0.75, 0.75))


def _opening(who: Identity) -> float:
    """Gap between the lips in the middle of the mouth."""
    if who.mouth is Mouth.TEETH:
        return 0.22 + 0.18 * who.parted
    if who.mouth is Mouth.OPEN:
        return 0.30 + 0.20 * who.parted
    return 0.0


@dataclass(frozen=True, eq=False)
class _Gap:
    """Opening between the lips.

    Attributes:
        hole: 1 between the lips, (height, width).
        above: distance below the upper lip's edge, (height, width).
        high: distance of the lips, (1, width).
        share: distance from the middle relative to the corners', (1, width).
    """

    hole: np.ndarray
    above: np.ndarray
    high: np.ndarray
    share: np.ndarray


def _paint_teeth(paint: FacePaint, who: Identity, gap: _Gap) -> None:
    """Draw the upper teeth, which become darker towards the corners of the mouth."""
    hole, above, share = gap.hole, gap.above, gap.share
    high = 0.92 * gap.high if who.mouth is Mouth.TEETH else np.minimum(0.45 * gap.high, 0.2)
    teeth = hole * paint.edge(high - above, 0.03) * smooth(1.0 - share, 0.08, 0.5)
    paint.mix(0.92 * teeth, pale(paint.tone, 1.12))
    if paint.grid.density > 14:
        between_teeth = np.square(np.cos(paint.grid.u * (np.pi / 0.27))) ** 8
        paint.tint(0.30 * teeth * between_teeth, (0.75, 0.70, 0.68))
    paint.tint(0.6 * teeth * smooth(-above, -0.09, 0.0), (0.62, 0.52, 0.50))


def paint_nostrils(paint: FacePaint, who: Identity) -> None:
    """Draw the nostril, the wing and the shadow below the right half of the nose's tip."""
    tip, wide = who.nose_tip, who.nose_wide
    paint = paint.part(paint.grid.window(0, tip - 0.5, 0.95, tip + 0.6))
    u, v = paint.grid.u, paint.grid.v
    # Shadows below the tip and beside it.
    across = np.square(np.square(u / (0.36 * wide)))
    shade = np.exp(-across - np.square((v - tip - 0.27) / 0.11)) * (0.3 + 0.7 * who.nostrils)
    paint.tint(shade, (0.62, 0.52, 0.50))
    side = np.exp(-np.square((u - 0.34 * wide) / 0.10) - np.square((v - tip + 0.16) / 0.20))
    paint.tint(0.4 * side * who.nose_height, (0.78, 0.70, 0.68))
    x = (u - 0.20 * wide) / (0.12 * wide)
    y = (v - tip - 0.20 + 0.035 * x) / (0.045 + 0.04 * who.nostrils)
    hole = cv2.exp(-cv2.pow(0.8 * (x * x + y * y), 1.2))
    paint.mix((0.55 + 0.4 * who.nostrils) * hole, scaled(paint.tone, (0.16, 0.085, 0.08)))
    # The crease around the wing, and the side of the nose above it.
    middle_u, middle_v = 0.40 * wide, tip + 0.03
    reach = np.hypot(u - middle_u, (v - middle_v) * 0.9)
    crease = near_curve(paint, reach - 0.19 * (0.5 + 0.5 * who.wing), 0.05)
    crease = crease * smooth(u - middle_u, -0.04, 0.10)
    paint.tint(0.6 * np.minimum(who.wing, 1.3) * crease, (0.58, 0.44, 0.42))


def paint_nose_sides(paint: FacePaint, who: Identity, light_u: float) -> None:
    """Draw the shade on the sides of the nose, stronger away from the light, on a whole face.

    Args:
        paint: the face.
        who: the person.
        light_u: horizontal direction of the light, -1 to 1.
    """
    tip = who.nose_tip
    paint = paint.part(paint.grid.window(-0.9, -0.6, 0.9, tip + 0.25))
    u, v = paint.grid.u, paint.grid.v
    foot = np.interp(v, (-0.4, 0.1, tip), (0.34, 0.24 * who.bridge, 0.40 * who.nose_wide))
    away = (np.abs(u) - foot.astype(np.float32)) / (0.13 + 0.05 * who.tip)
    along = smooth(v, -0.55, 0.0) * smooth(tip + 0.2 - v, 0.0, 0.4)
    side = np.where(u > 0, np.float32(0.1 - light_u), np.float32(0.1 + light_u))
    strong = np.minimum(np.maximum(side, 0), 1) * np.float32(who.nose_height)
    paint.tint(np.exp(-np.square(away)) * along * strong, (0.66, 0.55, 0.52))
