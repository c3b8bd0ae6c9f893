"""Eyes and brows."""

import numpy as np

from .grid import Grid, noise, smooth
from .identity import Identity
from .paint import Paint, between, near_curve, pale, scaled


def paint_eyes(paint: Paint, who: Identity, light_u: float) -> None:
    """Draw both eyes; `light_u` is -1 to 1, from where the light comes."""
    for side in (-1, 1):
        _eye(paint, who, side, light_u)


def _eye(paint: Paint, who: Identity, side: int, light_u: float) -> None:
    window = paint.grid.window(*_box(side, 0.85, 0.7))
    grid = paint.grid.crop(window)
    x = (grid.u - side) * side  # grows towards the ear
    y = grid.v + who.eyes_up + who.eye_tilt * x  # the outer corner lies higher
    across = np.clip(1 - (x / who.eye_long) ** 2, 0, 1)
    skewed = np.clip(across * (1 - 0.18 * x / who.eye_long), 0, 1.2)
    upper = -0.60 * who.eye_open * skewed**0.62 + 0.02
    lower = 0.40 * who.eye_open * across**0.8 + 0.02
    inside = smooth(who.eye_long - np.abs(x), -0.02, 0.06)

    small = 1 - float(smooth(np.float32(grid.density), 14, 28))  # where lids and lashes merge

    # The lid above the eye, its crease, and the dark corner beside the nose.
    crease = near_curve(paint, y - (upper - 0.13 - 0.03 * across), 0.045)
    long = smooth(who.eye_long * 1.15 - np.abs(x), 0, 0.15)
    paint.tint(0.7 * crease * long, (0.52, 0.40, 0.36), window)
    hollow = np.exp(-(((x + 0.50) / 0.22) ** 2) - ((y + 0.16) / 0.26) ** 2)
    paint.tint(hollow, (0.68, 0.56, 0.53), window)
    outer = np.exp(-(((x - 0.55) / 0.22) ** 2) - ((y + 0.06) / 0.16) ** 2)
    paint.tint(outer, (0.84, 0.76, 0.73), window)

    gap = paint.edge(y - upper, 0.025) * paint.edge(lower - y, 0.03) * inside
    paint.mix(gap, pale(paint.tone, 0.85 - 0.27 * small), window)
    shade = 1 - smooth(y - upper, 0.0, 0.62 * who.eye_open)
    corners = smooth(np.abs(x), 0.45 * who.eye_long, who.eye_long)
    paint.tint(gap * np.clip(0.55 * shade + 0.3 * corners, 0, 1), (0.46, 0.38, 0.36), window)

    ix, iy = x - side * 0.10 * who.gaze, y + 0.028
    radius = np.sqrt(ix * ix + iy * iy)
    iris = paint.edge(0.205 + 0.03 * small - radius, 0.025) * gap
    paint.mix(iris, scaled(who.iris, 0.9), window)
    paint.tint(iris * smooth(radius, 0.11, 0.19), (0.5, 0.5, 0.5), window)
    paint.mix(paint.edge(0.085 - radius, 0.02) * gap, (0.004, 0.004, 0.004), window)
    paint.tint(iris * (1 - smooth(y - upper, 0.0, 0.16)), (0.45, 0.45, 0.45), window)
    spot_x, spot_y = ix * side - 0.06 * np.sign(light_u + 1e-3), iy + 0.075
    spot = np.exp(-(spot_x**2 + spot_y**2) / 0.032**2) * gap
    paint.mix(0.55 * spot, pale(paint.tone, 1.4), window)

    thick = 0.05 + 0.03 * small + 0.025 * smooth(x, -0.3, 0.5)
    lash = np.exp(-((np.minimum(y - upper + 0.008, 0) / thick) ** 2) -
                  (np.maximum(y - upper + 0.008, 0) / 0.036) ** 2)  # fmt: skip
    reach = smooth(who.eye_long * 1.12 - x, 0, 0.12) * smooth(x + who.eye_long * 0.98, 0, 0.12)
    dark = between(scaled(who.hair, 0.6), scaled(paint.tone, 0.12), 0.45)
    paint.mix(who.lashes * lash * reach, dark, window)
    rim = near_curve(paint, y - lower - 0.012, 0.028) * inside
    paint.mix(0.6 * who.lashes * rim, scaled(paint.tone, (0.30, 0.22, 0.22)), window)


def _box(side: int, wide: float, high: float) -> tuple[float, float, float, float]:
    return side - wide, -high, side + wide, high


def paint_brows(paint: Paint, who: Identity, rng: np.random.Generator) -> None:
    """Draw both brows, from strands."""
    hairs = noise(rng, paint.grid, 0.05, stretch=0.6)
    gaps = noise(rng, paint.grid, 0.22)
    for side in (-1, 1):
        window = paint.grid.window(side - 0.85, -1.25, side + 0.85, -0.2)
        grid = paint.grid.crop(window)
        cover = _brow(grid, who, side)
        strands = np.clip(0.95 + 0.25 * hairs[window] + 0.14 * gaps[window], 0.3, 1.15)
        colour = between(scaled(who.hair, 0.65), scaled(paint.tone, 0.18), 0.30)
        paint.mix(np.clip(who.brow_strength * cover * strands, 0, 0.95), colour, window)


def _brow(grid: Grid, who: Identity, side: int) -> np.ndarray:
    x = (grid.u - side) * side
    arch = who.brow_arch * np.exp(-(((x - 0.18) / 0.42) ** 2)) - who.brow_tilt * x
    droop = 0.16 * np.clip(x - 0.2, 0, None) ** 1.3
    line = -(who.brow_height + who.eyes_up + arch) + droop
    thick = who.brow_thickness * np.interp(x, (-0.62, -0.4, 0.1, 0.72), (0.75, 1.0, 0.85, 0.3))
    offset = (grid.v - line) / np.maximum(thick, 0.4 / grid.density)
    ends = smooth(x, -0.66, -0.38) * smooth(0.80 - x, 0, 0.35)
    return np.exp(-(np.abs(offset) ** 2.4)) * ends
