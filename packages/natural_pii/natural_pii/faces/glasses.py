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
    for side in (1, -1):
        part = paint.part(paint.grid.window(side - 1.3, -0.75, side + 1.3, 0.9))
        grid = part.grid
        x, y = (grid.u - side) * side - 0.04, grid.v - 0.08
        sizes = np.abs(x / wide), np.abs(y / high)
        reach = np.cbrt(sum(size * size * size for size in sizes))
        offset = (reach - 1) * (0.5 * (wide + high))
        part.tint(0.5 * near_curve(part, offset - 0.10, 0.10), (0.82, 0.80, 0.80))
        part.tint(smooth(-offset, 0.0, 0.1), (0.93, 0.95, 0.96))
        heavier = np.where(y < 0, np.float32(1.15), np.float32(0.85)) if dark else 1.0
        rim = strong * heavier * near_curve(part, offset, line)
        part.mix(np.minimum(rim, 1), colour)
        arm = near_curve(part, grid.v + 0.10, line) * smooth(x, wide - 0.02, wide + 0.06)
        part.mix(strong * arm, colour)
    part = paint.part(paint.grid.window(-0.5, -0.4, 0.5, 0.2))
    u = part.grid.u
    bridge = near_curve(part, part.grid.v + 0.10 - 0.25 * u * u, line)
    part.mix(strong * bridge * smooth(0.42 - np.abs(u), 0, 0.06), colour)
