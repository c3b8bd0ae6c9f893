"""Skin with redness, mottling, freckles and lines."""

import numpy as np

from .grid import Grid, mirrored, noise, smooth
from .identity import Identity
from .paint import Colour, FacePaint

_DARKER = np.log(np.array((0.84, 0.79, 0.78), np.float32))
_REDDER = np.log(np.array((1.06, 0.86, 0.86), np.float32))
_DOTS = 10
"""Number of soft spots per line."""


def skin_over(grid: Grid, tone: Colour, who: Identity) -> np.ndarray:
    """Colour of the right half of a face, (3, height, width) float32 linear RGB."""
    red = ((1.25, 1.1, 0.6, 0.55), (0, 1.1, 0.4, 0.4), (0, who.chin - 0.3, 0.4, 0.3))
    thin = (1.0, 0.12, 0.62, 0.40)  # skin around the eyes
    lines, depths = _lines(who)
    heights = np.zeros((2, 4 + len(lines)), np.float32)
    heights[0, :3] = np.array((1, 0.9, 0.4), np.float32) * who.blush
    heights[1, 3] = 0.95
    heights[1, 4:] = depths
    redness, darkness = grid.bumps(np.concatenate([red, [thin], lines]), heights)
    window = grid.window(0, -1.95, 2.0, -1.1)
    darkness[window] += _wrinkles(grid.crop(window), who)
    gain = redness * _REDDER[:, None, None] + darkness * _DARKER[:, None, None]
    return np.exp(gain, out=gain) * np.array(tone, np.float32)[:, None, None]


def _lines(who: Identity) -> tuple[np.ndarray, np.ndarray]:
    """Lines below and beside the eyes, beside nose and mouth, and above the nose: spots (n, 4) and
    their depths (n,).
    """
    corner, mouth, wing = who.mouth_wide, 2.2 + who.mouth_down, 0.42 * who.nose_wide + 0.1
    tip, deep, worn = who.nose_tip, 0.4 * who.folds + 0.4 * who.smiling, who.folds
    feet = 0.7 * worn * (0.3 + who.smiling)
    ends = np.array([
        (0.55, 0.36, 1.35, 0.46), (wing, tip - 0.05, corner + 0.22, mouth - 0.02),
        (wing + 0.15, tip, corner + 0.40, mouth - 0.1), (corner + 0.05, mouth + 0.15, corner + 0.08,
        mouth + 0.75), (1.50, -0.02, 1.85, -0.16), (1.50, 0.06, 1.85, 0.08),
        (1.48, 0.14, 1.80, 0.28), (0.16, -0.75, 0.13, -0.35),
    ])  # fmt: skip
    widths = np.array([0.10, 0.11, 0.18, 0.09, 0.045, 0.045, 0.045, 0.06])
    depths = np.array([0.8 * who.bags, 1.9 * deep, -0.4 * deep, 0.7 * worn, feet, feet, feet,
                       0.4 * worn])  # fmt: skip
    along = np.linspace(0, 1, _DOTS)
    points = ends[:, None, :2] + along[:, None] * (ends[:, None, 2:] - ends[:, None, :2])
    points[1:3, :, 0] += 0.07 * np.sin(np.pi * along)  # folds curve around the mouth
    spacing = np.hypot(*(ends[:, 2:] - ends[:, :2]).T) / (_DOTS - 1)
    fade = np.minimum(np.minimum(along, 1 - along) * 4, 1)
    depths = (depths * spacing / (np.sqrt(np.pi) * widths))[:, None] * fade
    wide = np.broadcast_to(widths[:, None, None], (*depths.shape, 2))
    return np.concatenate([points, wide], axis=-1).reshape(-1, 4), depths.ravel()


def _wrinkles(grid: Grid, who: Identity) -> np.ndarray:
    """Depth of two lines across the forehead, (height, width)."""
    curve = grid.v - 0.05 * np.cos(2 * grid.u)
    across = np.exp(-np.square(np.square(grid.u / 1.1))) * (0.35 * who.folds)
    lines = sum(np.exp(-np.square((curve - v) * 20)) for v in (-1.35, -1.7))
    return lines * across


def vary_skin(paint: FacePaint, who: Identity, rng: np.random.Generator) -> None:
    """Add mottling and freckles."""
    grid = paint.grid
    broad, middle, fine = (noise(rng, grid, size) for size in (0.9, 0.28, 0.07))
    vary = who.mottle * np.float32(0.02) * broad
    vary += who.mottle * np.float32(0.016) * middle
    vary += who.mottle * np.float32(0.02) * fine
    vary += 1
    paint.rgb[1:] *= vary
    vary += np.float32(0.018) * noise(rng, grid, 0.45)
    paint.rgb[0] *= vary
    if who.freckles > 0.1:
        spots = np.array([(0.9, 0.9, 0.8, 0.5), (0, 0.9, 0.5, 0.5)])
        where = mirrored(grid.right.bumps(spots, np.ones(2)))
        dots = smooth(noise(rng, grid, 0.06), 1.2, 2.0)
        paint.tint(who.freckles * np.minimum(where, 1) * dots, (0.88, 0.78, 0.73))
