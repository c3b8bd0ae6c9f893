"""Rims of glasses."""

import numpy as np

from .grid import smooth
from .identity import Glasses, Identity
from .paint import Paint, near_curve


def paint_glasses(paint: Paint, who: Identity) -> None:
    """Put glasses on, if the person wears any."""
    if who.glasses is Glasses.NONE:
        return
    dark = who.glasses is Glasses.DARK
    wide, high = 0.66, (0.44 if dark else 0.40)
    colour = (0.012, 0.011, 0.011) if dark else (0.09, 0.08, 0.075)
    strong, line = (0.92, 0.060) if dark else (0.75, 0.035)
    for side in (-1, 1):
        window = paint.grid.window(side - 1.3, -0.75, side + 1.3, 0.9)
        grid = paint.grid.crop(window)
        x, y = (grid.u - side) * side - 0.04, grid.v - 0.08
        reach = (np.abs(x / wide) ** 3 + np.abs(y / high) ** 3) ** (1 / 3)
        offset = (reach - 1) * 0.5 * (wide + high)
        paint.tint(0.5 * near_curve(paint, offset - 0.10, 0.10), (0.82, 0.80, 0.80), window)
        paint.tint(smooth(-offset, 0.0, 0.1), (0.93, 0.95, 0.96), window)
        heavier = np.where(y < 0, 1.15, 0.85) if dark else 1.0
        paint.mix(np.clip(strong * heavier * near_curve(paint, offset, line), 0, 1), colour, window)
        arm = near_curve(paint, grid.v + 0.10, line) * smooth(x, wide - 0.02, wide + 0.06)
        paint.mix(strong * arm, colour, window)
    window = paint.grid.window(-0.5, -0.4, 0.5, 0.2)
    grid = paint.grid.crop(window)
    bridge = near_curve(paint, grid.v + 0.10 - 0.25 * grid.u**2, line)
    paint.mix(strong * bridge * smooth(0.42 - np.abs(grid.u), 0, 0.06), colour, window)
