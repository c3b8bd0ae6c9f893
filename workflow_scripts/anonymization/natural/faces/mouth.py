"""Lips, what is between them, and nostrils."""

import numpy as np

from .grid import smooth
from .identity import Beard, Identity
from .paint import Paint, between, near_curve, pale, scaled

MIDDLE = 2.20
"""Where the lips meet, v."""


def paint_mouth(paint: Paint, who: Identity) -> None:
    """Draw the lips."""
    half = who.mouth_width
    window = paint.grid.window(-half - 0.4, 1.75, half + 0.4, 2.95)
    grid = paint.grid.crop(window)
    u, v = grid.u, grid.v
    share = np.abs(u) / half
    across = np.clip(1 - share**2, 0, 1)
    middle = MIDDLE + who.mouth_down
    line = middle - 0.10 * who.smile * share**2 + 0.035 * np.exp(-((u / 0.15) ** 2))
    bow = 1 + 0.18 * np.exp(-(((np.abs(u) - 0.16) / 0.12) ** 2)) - 0.18 * np.exp(-((u / 0.1) ** 2))
    gap = 0.20 * who.parted * across
    top = line - gap * 0.4 - who.lip_upper * across**0.75 * bow
    bottom = line + gap * 0.6 + who.lip_lower * across**0.7
    inside = smooth(1.0 - share, -0.04, 0.12)

    red = scaled(paint.tone, (0.58, 0.25, 0.27))
    lip = between(scaled(paint.tone, (0.66, 0.43, 0.42)), red, who.lip_red)
    upper = paint.edge(v - top, 0.055) * paint.edge(line - v, 0.02) * inside
    lower = paint.edge(v - line, 0.02) * paint.edge(bottom - v, 0.075) * inside
    faded = 0.7 if who.beard in (Beard.MOUSTACHE, Beard.FULL) else 0.9
    paint.mix(faded * upper, scaled(lip, 0.72), window)
    paint.mix(faded * lower, lip, window)
    shine = np.exp(-(((v - line - 0.45 * (bottom - line)) / 0.06) ** 2) - (u / (0.5 * half)) ** 2)
    paint.tint(0.16 * shine * lower, (2.0, 2.1, 2.1), window)

    if who.parted > 0.05:
        hole = paint.edge(v - line + gap * 0.4, 0.02) * paint.edge(line + gap * 0.6 - v, 0.02)
        hole = hole * smooth(1.0 - share, 0.0, 0.2)
        paint.mix(hole, (0.020, 0.009, 0.008), window)
        teeth = hole * smooth(0.75 - share, 0, 0.2) * smooth(line + 0.3 * gap - v, -0.02, 0.04)
        paint.mix(0.85 * teeth, pale(paint.tone, 0.8), window)
    else:
        dark = near_curve(paint, v - line, 0.055) * smooth(1.06 - share, 0, 0.16)
        paint.mix(0.88 * dark, scaled(paint.tone, (0.16, 0.08, 0.08)), window)
    for side in (-1, 1):
        pit = np.exp(-(((u - side * half * 1.02) / 0.09) ** 2) -
                     ((v - middle + 0.10 * who.smile) / 0.07) ** 2)  # fmt: skip
        paint.tint(pit, (0.55, 0.46, 0.46), window)
    under = np.exp(-(((v - bottom - 0.08) / 0.09) ** 2)) * np.exp(-((u / 0.5) ** 2))
    paint.tint(under, (0.82, 0.78, 0.78), window)


def paint_nostrils(paint: Paint, who: Identity) -> None:
    """Draw the dark below the nose's tip."""
    tip = 1.18 * who.nose_length
    window = paint.grid.window(-0.75, tip - 0.2, 0.75, tip + 0.6)
    grid = paint.grid.crop(window)
    under = np.exp(-((grid.u / (0.30 * who.nose_width)) ** 4) - ((grid.v - tip - 0.22) / 0.09) ** 2)
    paint.tint(0.6 * under, (0.92, 0.86, 0.84), window)
    for side in (-1, 1):
        x = (grid.u * side - 0.21 * who.nose_width) / (0.125 * who.nose_width)
        y = (grid.v - tip - 0.20 + 0.05 * x) / 0.058
        hole = np.exp(-((0.8 * (x * x + y * y)) ** 1.3))
        paint.mix(0.72 * hole, scaled(paint.tone, (0.18, 0.10, 0.095)), window)
