"""House fronts along the street, with windows, shops and cornices."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .camera import Camera
from .canvas import Pen
from .colours import GLASS, SHOP, WALL, Colour, jittered, mixed, pick, scaled
from .light import SceneLight
from .solid import Panel, Solid
from .street import Side, Street

FARTHEST = 95.0
_DEEP = 16.0
"""Depth of a house, metres."""
_WINDOWS, _FRAMES, _BARS = 5.0, 6.5, 14.0
"""Pixels per metre from which houses have windows, window frames, and glazing bars."""
_SHOP_HEIGHT = 3.6


def draw_houses(
    pen: Pen, camera: Camera, light: SceneLight, street: Street, rng: np.random.Generator
) -> None:
    """Draw the rows of houses on both sides, far to near, with gaps for the crossing street."""
    block = Solid(pen, camera, light, 0.0, 0.0, 0.0)
    for wall, kind in zip(street.walls, street.sides, strict=True):
        if kind is Side.PARK:
            continue
        plots = _plots(street, rng)
        for number in reversed(range(len(plots))):
            exposed = number > 0 and plots[number][0] > plots[number - 1][1]
            _house(block, wall, plots[number], rng, exposed=exposed)


def _plots(street: Street, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Start and end depth of each house of a row, near to far."""
    plots, z = [], 1.0
    gap = (street.junction[0] - 2.5, street.junction[1] + 2.5) if street.junction else None
    while z < FARTHEST:
        stop = z + rng.uniform(8, 17)
        if gap and z < gap[0] < stop + 3:
            stop = gap[0]
        plots.append((z, stop))
        z = gap[1] if gap and stop == gap[0] else stop
    return plots


@dataclass(frozen=True)
class Facade:
    """Appearance of the fronts of one house.

    Attributes:
        height: metres.
        paint: colour of the wall.
        trim: colour of frames and cornices.
        shop: colour of the shop on the ground floor, or None.
    """

    height: float
    paint: Colour
    trim: Colour
    shop: Colour | None

    def up(self, metres: float) -> float:
        """Height in metres as t of the front's panel."""
        return metres / self.height


def _house(
    block: Solid,
    wall: float,
    plot: tuple[float, float],
    rng: np.random.Generator,
    *,
    exposed: bool,
) -> None:
    """Draw a house on its plot; `exposed` if its gable is not hidden by another house."""
    start, stop = plot
    side = 1 if wall > 0 else -1
    paint = jittered(rng, pick(rng, WALL), 0.08)
    facade = Facade(
        height=float(rng.uniform(9, 19)),
        paint=paint,
        trim=mixed(paint, (250, 248, 242), 0.6),
        shop=pick(rng, SHOP) if rng.random() < 0.55 else None,
    )
    left, right = sorted((wall, wall + side * _DEEP))
    if start > 3:
        _front(
            block.panel(_wall((left, start), (right, start), facade)), _DEEP, facade, rng, exposed
        )
    near, far = (wall, start), (wall, stop)
    ends = (far, near) if side > 0 else (near, far)
    _front(block.panel(_wall(*ends, facade)), stop - start, facade, rng, True)


def _wall(left: tuple[float, float], right: tuple[float, float], facade: Facade) -> list:
    """Corners of a wall between two points (x, z), left and right as seen from outside."""
    (x0, z0), (x1, z1) = left, right
    return [(x0, 0, z0), (x1, 0, z1), (x1, facade.height, z1), (x0, facade.height, z0)]


def _front(
    panel: Panel, length: float, facade: Facade, rng: np.random.Generator, detailed: bool
) -> None:
    """Draw a front: wall and cornice; with details, also rows of windows and a ground floor."""
    if not panel.visible or not _in_view(panel):
        return
    panel.whole(facade.paint)
    panel.box(0, 1 - facade.up(0.45), 1, 1, facade.trim)
    scale = panel.solid.camera.scale(max(float(panel.corners[:, 2].min()), 6.0))
    if scale < _WINDOWS or not detailed:
        return
    up = facade.up
    panel.box(0, up(_SHOP_HEIGHT), 1, up(_SHOP_HEIGHT + 0.25), facade.trim)
    panel.box(0, 0, 1, up(0.5), facade.paint, gain=0.7)
    panes = _panes(length, facade)
    glass = mixed(GLASS, (120, 140, 156), float(rng.random()) * 0.5)
    lit = rng.random(len(panes)) < panel.solid.light.lit_windows
    if scale > _FRAMES:
        across, high = 0.12 / length, up(0.12)
        panel.boxes(panes + np.array([-across, -high, across, high]), facade.trim)
    panel.boxes(panes[~lit], glass)
    panel.boxes(panes[lit], (250, 214, 130), 1 / max(panel.tone.gain, 0.5))
    if scale > _BARS:
        left, low, right, top = panes.T
        middle, bar = (left + right) / 2, 0.03 / length
        shine = np.stack([middle + bar, low + (top - low) * 0.55, right, top], axis=1)
        panel.boxes(shine[~lit], glass, 1.25)
        panel.boxes(np.stack([middle - bar, low, middle + bar, top], axis=1), facade.trim)
    _ground_floor(panel, length, facade, glass)


def _panes(length: float, facade: Facade) -> np.ndarray:
    """Windows of the upper floors, (n, 4) as s0, t0, s1, t1."""
    floors = int((facade.height - _SHOP_HEIGHT - 0.6) / 3.0)
    columns = max(int(length / 2.3), 1)
    s0 = (np.arange(columns) + 0.5) / columns - 0.55 / length
    t0 = (_SHOP_HEIGHT + 0.85 + np.arange(floors) * 3.0) / facade.height
    s, t = (grid.ravel() for grid in np.meshgrid(s0, t0))
    return np.stack([s, t, s + 1.1 / length, t + facade.up(1.65)], axis=1)


def _in_view(panel: Panel) -> bool:
    across = panel.solid.pixels(panel.corners)[:, 0]
    return bool(across.max() > 0 and across.min() < panel.solid.camera.width)


def _ground_floor(panel: Panel, length: float, facade: Facade, glass: Colour) -> None:
    up, trim = facade.up, facade.trim
    edges = np.linspace(0.03, 0.97, max(int(length / 3.4), 1) + 1)
    if facade.shop is None:
        half = 0.6 / length
        door, *windows = (edges[:-1] + edges[1:]) / 2
        panel.boxes([(m - half, up(1.1), m + half, up(2.8)) for m in windows], glass)
        panel.box(door - 0.7 / length, 0, door + 0.7 / length, up(2.6), trim)
        panel.box(door - 0.55 / length, 0, door + 0.55 / length, up(2.45), (84, 60, 44))
        return
    panel.box(0.01, up(0.1), 0.99, up(3.3), scaled(facade.shop, 0.55))
    pad = 0.18 / length
    lit = panel.solid.light.lit_windows > 0.1
    pane = (244, 220, 160) if lit else mixed(glass, (150, 160, 160), 0.3)
    panel.boxes([(a + pad, up(0.5), b - pad, up(2.5)) for a, b in pairwise(edges)], pane)
    panel.box(0.01, up(2.62), 0.99, up(3.4), facade.shop)
    letters = edges[0] + pad + np.arange(0, 3.2, 0.42) / length
    panel.boxes([(a, up(2.82), a + 0.28 / length, up(3.2)) for a in letters], trim)
