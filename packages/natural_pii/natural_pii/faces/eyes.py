"""Eyes, brows and glasses."""

import cv2
import numpy as np

from .grid import Grid, noise, smooth
from .identity import Glasses, Identity
from .paint import FacePaint, Window, between, near_curve, pale, scaled


def paint_eyes(half: FacePaint, who: Identity, light_u: float) -> tuple[Window, np.ndarray]:
    """Draw both eyes.

    Args:
        half: right half of a face.
        who: the person.
        light_u: horizontal direction of the light, -1 to 1.

    Returns:
        A window of the half face, and its content (2, 3, height, width) on the right side and,
        mirrored, on the left: eyes differ in gaze and reflections.
    """
    window = half.grid.window(0.15, -0.7, 1.85, 0.7)
    paint = half.part(window)
    grid = paint.grid
    x = grid.u - 1  # grows towards the ear
    y = grid.v + who.eyes_up + who.eye_tilt * x  # the outer corner lies higher
    across = np.maximum(1 - np.square(x / who.eye_long), 0)
    skewed = np.minimum(across * (1 - 0.18 * x / who.eye_long), np.float32(1.2))
    upper = -0.60 * who.eye_open * skewed**0.62 + 0.02
    lower = 0.40 * who.eye_open * across**0.8 + 0.02
    inside = smooth(who.eye_long - np.abs(x), -0.02, 0.06)
    below, above = y - upper, lower - y
    # Near 1 where lids and lashes merge.
    small = 1 - float(smooth(np.array(grid.density, np.float32), 10.5, 21))

    # The lid above the eye, its crease, and the dark corner beside the nose.
    crease = near_curve(paint, below + (0.13 + 0.03 * across), 0.045)
    paint.tint(crease * (0.7 * smooth(who.eye_long * 1.15 - np.abs(x), 0, 0.15)),
               (0.52, 0.40, 0.36))  # fmt: skip
    for at, wide, up, high, gain in (
        (-0.50, 0.22, 0.16, 0.26, (0.68, 0.56, 0.53)), (0.55, 0.22, 0.06, 0.16, (0.84, 0.76, 0.73)),
    ):  # fmt: skip
        distance = np.square((x - at) / wide) + np.square((y + up) / high)
        paint.tint(np.exp(-distance), gain)

    gap = paint.edge(below, 0.025) * paint.edge(above, 0.03) * inside
    paint.mix(gap, pale(paint.tone, 0.85 - 0.27 * small))
    shade = 1 - smooth(below, 0.0, 0.62 * who.eye_open)
    corners = smooth(np.abs(x), 0.45 * who.eye_long, who.eye_long)
    paint.tint(gap * np.minimum(0.55 * shade + 0.3 * corners, 1), (0.46, 0.38, 0.36))

    both = FacePaint(grid, np.stack([paint.rgb, paint.rgb]), paint.tone)
    side = np.array([1, -1], np.float32).reshape(2, 1, 1)
    ix, iy = x - side * np.float32(0.10 * who.gaze), y + 0.028
    radius = np.sqrt(ix * ix + iy * iy)
    iris = both.edge(0.205 + 0.03 * small - radius, 0.025) * gap
    both.mix(iris, scaled(who.iris, 0.9))
    both.tint(iris * smooth(radius, 0.11, 0.19), (0.5, 0.5, 0.5))
    both.mix(both.edge(0.085 - radius, 0.02) * gap, (0.004, 0.004, 0.004))
    both.tint(iris * (1 - smooth(below, 0.0, 0.16)), (0.45, 0.45, 0.45))
    spot_x, spot_y = ix * side - 0.06 * np.sign(light_u + 1e-3), iy + 0.075
    spot = np.exp(-(np.square(spot_x) + np.square(spot_y)) / 0.032**2) * gap
    both.mix(0.55 * spot, pale(paint.tone, 1.4))

    thick = 0.05 + 0.03 * small + 0.025 * smooth(x, -0.3, 0.5)
    lid = below + 0.008
    lash = np.exp(-np.square(np.where(lid < 0, lid / thick, lid / np.float32(0.036))))
    reach = smooth(who.eye_long * 1.12 - x, 0, 0.12) * smooth(x + who.eye_long * 0.98, 0, 0.12)
    dark = between(scaled(who.hair, 0.6), scaled(paint.tone, 0.12), 0.45)
    both.mix(who.lashes * reach * lash, dark)
    rim = near_curve(paint, above + 0.012, 0.028) * inside
    both.mix(0.6 * who.lashes * rim, scaled(paint.tone, (0.30, 0.22, 0.22)))
    return window, both.rgb


def paint_brows(paint: FacePaint, who: Identity, rng: np.random.Generator) -> None:
    """Draw both brows, made of strands."""
    hairs, gaps = noise(rng, paint.grid, 0.04), noise(rng, paint.grid, 0.22)
    colour = between(scaled(who.hair, 0.65), scaled(paint.tone, 0.18), 0.30)
    for side in (1, -1):
        window = paint.grid.window(side - 0.85, -1.25, side + 0.85, -0.2)
        part = paint.part(window)
        cover = _brow(part.grid, who, side)
        strands = 0.95 + np.float32(0.25) * hairs[window] + np.float32(0.14) * gaps[window]
        strands = np.minimum(np.maximum(strands, np.float32(0.3)), np.float32(1.15))
        part.mix(np.minimum(who.brow_strength * cover * strands, np.float32(0.95)), colour)


def _brow(grid: Grid, who: Identity, side: int) -> np.ndarray:
    x = (grid.u - side) * side
    arch = who.brow_arch * np.exp(-np.square((x - 0.18) / 0.42)) - who.brow_tilt * x
    droop = 0.16 * np.maximum(x - 0.2, 0) ** 1.3
    line = -(who.brow_height + who.eyes_up + arch) + droop
    thick = who.brow_thickness * np.interp(x, (-0.62, -0.4, 0.1, 0.72), (0.75, 1.0, 0.85, 0.3))
    wide = np.maximum(thick, 0.4 / grid.density).astype(np.float32)
    ends = smooth(x, -0.66, -0.38) * smooth(0.80 - x, 0, 0.35)
    return cv2.exp(-cv2.pow(np.abs((grid.v - line) / wide), 2.4)) * ends


def paint_glasses(paint: FacePaint, who: Identity) -> None:
    """Draw the rims of glasses, if the person wears any."""
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
