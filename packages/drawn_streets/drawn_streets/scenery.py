"""Trees, lamps, signs and traffic lights."""

import numpy as np

from . import shapes
from .canvas import Pen
from .colours import Colour, jittered, mixed, pick, scaled
from .labels import Label
from .sheet import Sheet

_POST: Colour = (96, 100, 104)
_RED: Colour = (200, 30, 34)


def draw_tree(sheet: Sheet, rng: np.random.Generator) -> None:
    """Draw a tree about six metres high: a trunk and a crown of light and dark leaves."""
    trunk = jittered(rng, (96, 76, 58), 0.15)
    leaves = jittered(rng, pick(rng, ((86, 128, 58), (98, 134, 66), (70, 110, 60), (150, 130, 54))))
    sheet.fill(np.array([(-0.17, 0), (0.17, 0), (0.11, 3.2), (-0.11, 3.2)]), trunk)
    sheet.fill(np.array([(-0.17, 0), (-0.04, 0), (-0.03, 3.2), (-0.11, 3.2)]), trunk, 0.8)
    count = 16
    angles = rng.uniform(0, 2 * np.pi, count)
    reach = np.sqrt(rng.random(count))
    middles = np.stack([1.15 * np.cos(angles), 1.25 * np.sin(angles)], axis=1) * reach[:, None]
    middles += (0, 4.1)
    sizes = rng.uniform(0.55, 0.85, (count, 1, 1)) * (1.0, 0.9)
    circle = shapes.ellipse(0, 0, 1, 1, count=sheet.corners(0.5))
    lit = np.array([0.16 * sheet.sun_side, 0.22])
    for shift, shrink, shade in (
        ((0, -0.12), 1.0, 0.70),
        ((0, 0.05), 0.92, 0.86),
        (lit, 0.58, 1.03),
    ):
        sheet.fill_each(circle * sizes * shrink + (middles + shift)[:, None], leaves, shade)
    leaf = shapes.ellipse(0, 0, 0.06, 0.04, 0.6, count=max(sheet.corners(0.06) // 2, 6))
    spread = np.repeat(middles + lit, 5, axis=0) + rng.normal(0, 0.2, (5 * count, 2))
    if sheet.up > 8:
        sheet.fill_each(leaf + spread[::2, None], mixed(leaves, (236, 240, 150), 0.25))
        sheet.fill_each(leaf + spread[1::2, None] - (0, 0.3), leaves, 0.72)


def draw_lamp(sheet: Sheet, rng: np.random.Generator) -> None:
    """Draw a street lamp."""
    side = -1 if rng.random() < 0.5 else 1
    sheet.fill(np.array([(-0.09, 0), (0.09, 0), (0.05, 6.2), (-0.05, 6.2)]), _POST)
    sheet.line([(0, 6.1), (side * 0.5, 6.4), (side * 1.1, 6.4)], 0.08, _POST)
    sheet.fill(shapes.rounded(min(side * 1.0, side * 1.6), 6.28, max(side * 1.0, side * 1.6), 6.44,
                              0.05), (232, 228, 206))  # fmt: skip


def draw_sign(sheet: Sheet, pens: dict[Label, Pen], rng: np.random.Generator) -> None:
    """Draw a traffic sign on a post: a circle, a triangle or a square."""
    sheet.fill(shapes.box(-0.04, 0, 0.04, 2.5), _POST)
    board = sheet.draws(pens[Label.TRAFFIC_SIGN])
    kind = int(rng.random() * 3)
    if kind == 0:
        board.ellipse(0, 2.4, 0.34, 0.34, _RED)
        board.ellipse(0, 2.4, 0.25, 0.25, (238, 238, 236))
        board.fill(shapes.box(-0.14, 2.34, 0.14, 2.46), (40, 40, 44))
    elif kind == 1:
        board.fill(np.array([(-0.42, 2.15), (0.42, 2.15), (0, 2.82)]), _RED)
        board.fill(np.array([(-0.27, 2.24), (0.27, 2.24), (0, 2.66)]), (240, 240, 236))
    else:
        board.fill(shapes.rounded(-0.33, 2.1, 0.33, 2.76, 0.06), (36, 84, 170))
        board.fill(np.array([(-0.2, 2.2), (0.2, 2.2), (0, 2.62)]), (238, 238, 236))


def draw_traffic_light(sheet: Sheet, pens: dict[Label, Pen], rng: np.random.Generator) -> None:
    """Draw a traffic light on a post."""
    sheet.fill(shapes.box(-0.06, 0, 0.06, 2.4), _POST)
    box = sheet.draws(pens[Label.TRAFFIC_LIGHT])
    box.fill(shapes.rounded(-0.19, 2.3, 0.19, 3.25, 0.06), (36, 38, 40))
    on = int(rng.random() * 3)
    for number, colour in enumerate(((236, 50, 44), (246, 190, 50), (60, 214, 110))):
        shown = colour if number == on else scaled(colour, 0.3)
        box.ellipse(0, 3.08 - 0.30 * number, 0.11, 0.11, shown)
