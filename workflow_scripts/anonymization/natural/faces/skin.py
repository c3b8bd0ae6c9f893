"""Skin: its mottling, redness, freckles and lines, and what grows on it."""

import numpy as np

from .grid import Grid, noise, smooth
from .head import half_width
from .identity import Beard, Identity
from .paint import Paint, between, scaled


def paint_skin(paint: Paint, who: Identity, rng: np.random.Generator) -> None:
    """Vary the tone over the face."""
    grid, bump = paint.grid, paint.grid.bump
    broad, middle, fine = (noise(rng, grid, size) for size in (0.9, 0.28, 0.07))
    vary = 1 + who.mottle * (0.045 * broad + 0.042 * middle + 0.04 * fine)
    paint.scale(vary)
    paint.tint(noise(rng, grid, 0.45), (1.018, 1.0, 1.0))
    blush = bump(-1.25, 1.1, 0.6, 0.55) + bump(1.25, 1.1, 0.6, 0.55) + 0.9 * bump(0, 1.1, 0.4, 0.4)
    blush += 0.4 * bump(0, who.chin - 0.3, 0.4, 0.3)
    paint.tint(who.blush * np.clip(blush * (1 + 0.25 * middle), 0, 1.3), (1.06, 0.86, 0.86))
    paint.tint(bump(0, -1.5, 1.5, 0.6), (1.0, 1.01, 0.95))
    for side in (-1, 1):  # thin skin around the eyes
        window = grid.window(side - 1.2, -0.7, side + 1.2, 0.95)
        around = grid.crop(window).bump(side * 1.0, 0.12, 0.62, 0.40)
        paint.tint(around, (0.86, 0.78, 0.75), window)
        paint.stroke((side * 0.5, 0.32), (side * 1.35, 0.42), 0.12, (0.86, 0.78, 0.77),
                     0.5 + 0.5 * who.folds)  # fmt: skip
    if who.freckles > 0.1:
        dots = smooth(noise(rng, grid, 0.06), 1.2, 2.0)
        where = bump(-0.9, 0.9, 0.8, 0.5) + bump(0.9, 0.9, 0.8, 0.5) + bump(0, 0.9, 0.5, 0.5)
        paint.tint(who.freckles * np.clip(where, 0, 1) * dots, (0.80, 0.66, 0.60))
    _lines(paint, who)


def _lines(paint: Paint, who: Identity) -> None:
    grid, deep = paint.grid, who.folds
    corner, nose = who.mouth_width, who.nose_width
    for side in (-1, 1):
        fold = (side * 0.50, 1.12), (side * (corner + 0.26), 2.2)
        paint.stroke(*fold, 0.10, (0.74, 0.68, 0.68), deep)
        cheek = (side * 0.66, 1.2), (side * (corner + 0.42), 2.1)
        paint.stroke(*cheek, 0.16, (1.07, 1.06, 1.05), deep)
        wing = (side * 0.50 * nose, 0.92), (side * 0.56 * nose, 1.38)
        paint.stroke(*wing, 0.07, (0.76, 0.66, 0.62))
        jowl = (side * (corner + 0.06), 2.3), (side * (corner + 0.12), 3.0)
        paint.stroke(*jowl, 0.10, (0.84, 0.80, 0.80), 0.35 * deep)
    window = grid.window(-2.0, -1.95, 2.0, -1.1)
    part = grid.crop(window)
    across = np.exp(-((part.u / 1.1) ** 4))
    for v in (-1.35, -1.7):
        line = np.exp(-(((part.v - v - 0.05 * np.cos(2 * part.u)) / 0.05) ** 2)) * across
        paint.tint(0.5 * deep * line, (0.88, 0.86, 0.86), window)


def paint_beard(paint: Paint, who: Identity, rng: np.random.Generator) -> np.ndarray:
    """Grow a beard; returns how much it covers, (height, width) float32, 0 to 1."""
    grid = paint.grid
    grain, strands = noise(rng, grid, 0.07), noise(rng, grid, 0.05)
    if who.beard is Beard.NONE:
        return np.zeros(grid.shape, np.float32)
    area = _beard_area(grid, who)
    if who.beard is Beard.STUBBLE:
        cover = area * np.clip(0.34 + 0.12 * grain, 0, 1)
        paint.mix(cover, between(scaled(paint.tone, 0.42), who.hair, 0.25))
        return cover
    if who.beard is Beard.MOUSTACHE:
        area = np.exp(-(((grid.v - 1.86 - 0.16 * np.abs(grid.u)) / 0.17) ** 2))
        area = area * smooth(who.mouth_width + 0.12 - np.abs(grid.u), 0, 0.25)
    cover = np.clip(area * (0.70 + 0.10 * grain), 0, 0.9)
    paint.mix(cover, scaled(who.hair, 1.5))
    paint.scale(1 + cover * 0.2 * np.clip(strands, -1.5, 1.5))
    return cover


def _beard_area(grid: Grid, who: Identity) -> np.ndarray:
    """Where hair grows on cheeks, chin and lip, 0 to 1."""
    side = np.abs(grid.u) / half_width(grid, who)
    low = np.interp(side, (0.0, 0.40, 0.62, 0.86, 0.95, 1.1), (2.74, 2.72, 2.1, 1.2, 0.2, -0.2))
    cheek = smooth(grid.v - low.astype(np.float32), -0.12, 0.3)
    lip = np.exp(-(((grid.v - 1.86 - 0.12 * np.abs(grid.u)) / 0.19) ** 4))
    lip = lip * smooth(who.mouth_width + 0.2 - np.abs(grid.u), 0, 0.25)
    around = np.exp(-(((np.abs(grid.u) - who.mouth_width - 0.16) / 0.16) ** 4))
    around = around * smooth(grid.v, 1.85, 2.1)
    soul = np.exp(-((grid.u / 0.16) ** 4)) * smooth(grid.v, 2.6, 2.72)
    area = np.maximum.reduce([cheek, lip, around * 0.9, soul * 0.8])
    mouth = (grid.u / (who.mouth_width + 0.05)) ** 2 + ((grid.v - 2.30) / 0.34) ** 2
    return (area * smooth(mouth, 0.8, 1.2)).astype(np.float32)
