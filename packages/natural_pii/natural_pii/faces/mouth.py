"""Lips, teeth and nostrils."""

import cv2
import numpy as np

from .grid import smooth
from .identity import Beard, Identity
from .paint import FacePaint, between, near_curve, pale, scaled

MIDDLE = 2.20
"""v at which the lips meet."""


def paint_mouth(paint: FacePaint, who: Identity) -> None:
    """Draw the right half of the mouth."""
    half = who.mouth_width
    paint = paint.part(paint.grid.window(0, 1.75, half + 0.4, 2.95))
    u, v = paint.grid.u, paint.grid.v
    share = u / half
    across = np.maximum(1 - np.square(share), 0)
    middle = MIDDLE + who.mouth_down
    line = middle - 0.10 * who.smile * np.square(share) + 0.035 * np.exp(-np.square(u / 0.15))
    bow = 1 + 0.18 * (np.exp(-np.square((u - 0.16) / 0.12)) - np.exp(-np.square(u / 0.1)))
    gap = 0.20 * who.parted * across
    thick = who.lip_lower * across**0.7
    above, below = v - line, line - v
    top = gap * 0.4 + who.lip_upper * across**0.75 * bow  # of the upper lip, above the line
    bottom = gap * 0.6 + thick
    inside = smooth(1.0 - share, -0.04, 0.12)

    red = scaled(paint.tone, (0.58, 0.25, 0.27))
    lip = between(scaled(paint.tone, (0.66, 0.43, 0.42)), red, who.lip_red)
    faded = inside * (0.7 if who.beard in (Beard.MOUSTACHE, Beard.FULL) else 0.9)
    paint.mix(paint.edge(top - below, 0.055) * paint.edge(below, 0.02) * faded, scaled(lip, 0.72))
    lower = paint.edge(above, 0.02) * paint.edge(bottom - above, 0.075) * faded
    paint.mix(lower, lip)
    shine = np.exp(-np.square((above - 0.45 * bottom) / 0.06) - np.square(u / (0.5 * half)))
    paint.tint(0.18 * shine * lower, (2.0, 2.1, 2.1))

    if who.parted > 0.05:
        hole = paint.edge(above + gap * 0.4, 0.02) * paint.edge(gap * 0.6 - above, 0.02)
        hole = hole * smooth(1.0 - share, 0.0, 0.2)
        paint.mix(hole, (0.020, 0.009, 0.008))
        teeth = hole * smooth(0.75 - share, 0, 0.2) * smooth(below + 0.3 * gap, -0.02, 0.04)
        paint.mix(0.85 * teeth, pale(paint.tone, 0.8))
    else:
        dark = near_curve(paint, above, 0.055) * (0.88 * smooth(1.06 - share, 0, 0.16))
        paint.mix(dark, scaled(paint.tone, (0.16, 0.08, 0.08)))
    down = np.square((v - (middle - 0.10 * who.smile)) / 0.07)
    paint.tint(np.exp(-np.square((u - half * 1.02) / 0.09) - down), (0.55, 0.46, 0.46))
    under = np.exp(-np.square((above - bottom - 0.08) / 0.09)) * np.exp(-np.square(u / 0.5))
    paint.tint(under, (0.82, 0.78, 0.78))


def paint_nostrils(paint: FacePaint, who: Identity) -> None:
    """Draw the nostril and the shadow below the right half of the nose's tip."""
    tip = 1.18 * who.nose_length
    paint = paint.part(paint.grid.window(0, tip - 0.2, 0.75, tip + 0.6))
    u, v = paint.grid.u, paint.grid.v
    across = np.square(np.square(u / (0.30 * who.nose_width)))
    paint.tint(0.6 * np.exp(-across - np.square((v - tip - 0.22) / 0.09)), (0.92, 0.86, 0.84))
    x = (u - 0.21 * who.nose_width) / (0.125 * who.nose_width)
    y = (v - tip - 0.20 + 0.05 * x) / 0.058
    hole = cv2.exp(-cv2.pow(0.8 * (x * x + y * y), 1.3))
    paint.mix(0.72 * hole, scaled(paint.tone, (0.18, 0.10, 0.095)))
