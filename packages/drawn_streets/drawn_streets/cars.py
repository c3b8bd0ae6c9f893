"""Cars, drawn from a side profile that is extruded across their width."""

from dataclasses import dataclass

import numpy as np

from . import shapes
from .colours import CAR_PAINT, CHROME, GLASS, RUBBER, Colour, jittered, mixed, pick, scaled
from .marks import Mark
from .plates import LONG, hang, sample_plate
from .solid import Panel, Solid

HEADLAMP: Colour = (236, 236, 222)
TAIL_LAMP: Colour = (186, 22, 26)
LIT_TAIL: Colour = (255, 60, 52)
UNDERSIDE: Colour = (26, 26, 28)


@dataclass(frozen=True)
class CarShape:
    """Proportions of a car in metres.

    Attributes:
        length: bumper to bumper.
        width: without mirrors.
        height: height of the roof.
        belt: height of the window sills.
        hood: length of the bonnet.
        boot: length of the boot lid, near 0 on a hatchback.
        rake: horizontal run of the windscreen.
        tail: horizontal run of the rear window.
    """

    length: float
    width: float
    height: float
    belt: float
    hood: float
    boot: float
    rake: float
    tail: float


SALOON = CarShape(4.5, 1.80, 1.45, 0.94, 1.15, 0.70, 0.75, 0.60)
HATCHBACK = CarShape(3.9, 1.74, 1.50, 0.94, 0.85, 0.10, 0.75, 0.35)
ESTATE = CarShape(4.6, 1.82, 1.50, 0.94, 1.15, 0.06, 0.75, 0.30)
OFF_ROADER = CarShape(4.5, 1.92, 1.72, 1.06, 1.05, 0.06, 0.55, 0.22)
VAN = CarShape(4.8, 1.94, 1.92, 1.08, 0.65, 0.04, 0.85, 0.12)
CAR_SHAPES = (SALOON, HATCHBACK, HATCHBACK, ESTATE, OFF_ROADER, VAN)


def draw_car(solid: Solid, shape: CarShape, rng: np.random.Generator) -> list[Mark]:
    """Draw a car and return its plates."""
    paint = jittered(rng, pick(rng, CAR_PAINT))
    taxi = rng.random() < 0.08
    if taxi:
        paint = (236, 216, 160)
    half, end = shape.width / 2, shape.length / 2
    roof = half * 0.80
    sill = half
    cowl, front_roof = end - shape.hood, end - shape.hood - shape.rake
    deck, rear_roof = -end + shape.boot, -end + shape.boot + shape.tail
    glass = mixed(GLASS, (96, 112, 126), 0.3 * rng.random())
    _tyres(solid, half, end)
    _mirrors(solid, shape, cowl, paint)
    for side in (-1.0, 1.0):
        _flank(solid, shape, side, paint, glass)
    rear_glass = solid.across_panel(
        (deck, shape.belt, sill), (rear_roof, shape.height, roof), front=False
    )
    windscreen = solid.across_panel(
        (cowl, shape.belt, sill), (front_roof, shape.height, roof), front=True
    )
    lid = solid.across_panel(
        (-end + 0.03, shape.belt - 0.04, half), (deck, shape.belt, sill), front=False
    )
    bonnet = solid.across_panel(
        (end - 0.12, shape.belt - 0.20, half), (cowl, shape.belt, sill), front=True
    )
    top = solid.across_panel(
        (front_roof, shape.height, roof), (rear_roof, shape.height, roof), front=True
    )
    for panel in (top, lid, bonnet):
        panel.whole(paint)
    for panel in (rear_glass, windscreen):
        panel.whole(paint)
        panel.fill(np.array([(0.06, 0.04), (0.94, 0.04), (0.94, 0.92), (0.06, 0.92)]), glass)
        panel.fill(np.array([(0.12, 0.1), (0.45, 0.1), (0.62, 0.86), (0.3, 0.86)]), glass, 1.28)
    _occupants(windscreen, rng)
    marks = _front(solid, shape, paint, rng) + _rear(solid, shape, paint, rng)
    if taxi:
        solid.fill(
            [(-0.25, shape.height, 0), (0.25, shape.height, 0),
             (0.22, shape.height + 0.16, 0), (-0.22, shape.height + 0.16, 0)],
            (250, 208, 60),
        )  # fmt: skip
    return marks


def _tyres(solid: Solid, half: float, end: float) -> None:
    """Draw the shadow below the car and the treads of its wheels, seen from ahead or behind."""
    for along in (end - 0.35, -end + 0.35):
        inner, low = half - 0.06, 0.12
        solid.fill(
            [(-inner, low, along), (inner, low, along), (inner, 0.5, along), (-inner, 0.5, along)],
            UNDERSIDE,
        )
        for side in (-1, 1):
            a, b = side * (half - 0.26), side * (half - 0.04)
            solid.fill([(a, 0, along), (b, 0, along), (b, 0.4, along), (a, 0.4, along)], RUBBER)


def _flank(solid: Solid, shape: CarShape, side: float, paint: Colour, glass: Colour) -> None:
    half, end, belt = shape.width / 2, shape.length / 2, shape.belt
    panel = solid.flank(side, half, (-end, end), (0.22, belt))
    if not panel.visible:
        return
    cowl, front_roof = end - shape.hood, end - shape.hood - shape.rake
    deck, rear_roof = -end + shape.boot, -end + shape.boot + shape.tail
    x = side * half
    tone = panel.tone

    def fill(
        points: list[tuple[float, float]], colour: Colour, inset: float, gain: float = 1.0
    ) -> None:
        local = np.array([(x * inset, up, along) for along, up in points])
        solid.pen.fill(solid.pixels(local), tone.of(colour, gain))

    body = [
        (-end, 0.30), (-end + 0.1, 0.22), (end - 0.1, 0.22), (end, 0.30), (end, belt - 0.28),
        (end - 0.12, belt - 0.2), (cowl, belt), (deck, belt), (-end + 0.03, belt - 0.04),
    ]  # fmt: skip
    fill(body, paint, 1.0)
    fill([(-end, 0.30), (-end + 0.1, 0.22), (end - 0.1, 0.22), (end, 0.30), (end, 0.42),
          (-end, 0.42)], paint, 1.0, 0.72)  # fmt: skip
    fill([(-end, belt - 0.16), (end - 0.2, belt - 0.2), (cowl, belt - 0.1), (-end, belt - 0.09)],
         paint, 1.0, 1.12)  # fmt: skip
    top, low = shape.height, belt
    local = [
        (x, low, cowl), (x * 0.80, top, front_roof),
        (x * 0.80, top, rear_roof), (x, low, deck),
    ]  # fmt: skip
    house = np.array(local)
    solid.pen.fill(solid.pixels(house), tone.of(paint))
    for window in _windows(house, shape.length > 4.4):
        solid.pen.fill(solid.pixels(window), tone.of(glass))
    for along in (end - 0.80, -end + 0.78):
        wheel(solid, x * 1.01, along, 0.33, tyre=tone.of(RUBBER), rim=tone.of(CHROME, 0.8))


def _windows(house: np.ndarray, long: bool) -> list[np.ndarray]:
    """Panes of the side of a car's upper part (4, 3): front low, front high, rear high, low."""
    cuts = (0.05, 0.40, 0.44, 0.74, 0.77, 0.95) if long else (0.06, 0.50, 0.54, 0.93)
    panes = []
    for start, stop in zip(cuts[::2], cuts[1::2], strict=True):
        low0, low1 = (house[0] + (house[3] - house[0]) * c for c in (start, stop))
        high0, high1 = (house[1] + (house[2] - house[1]) * c for c in (start, stop))
        panes.append(
            np.array(
                [
                    low0 + (high0 - low0) * 0.06,
                    low0 + (high0 - low0) * 0.86,
                    low1 + (high1 - low1) * 0.86,
                    low1 + (high1 - low1) * 0.06,
                ]
            )
        )
    return panes


def wheel(
    solid: Solid, x: float, along: float, radius: float, *, tyre: Colour, rim: Colour
) -> None:
    """Draw a wheel in the plane across = x, standing on the ground."""
    circle = shapes.ellipse(along, radius, radius, radius)
    for share, colour in ((1.0, tyre), (0.62, rim), (0.2, tyre)):
        points = (circle - (along, radius)) * share + (along, radius)
        local = np.column_stack([np.full(len(points), x), points[:, 1], points[:, 0]])
        solid.pen.fill(solid.pixels(local), colour)


def _occupants(windscreen: Panel, rng: np.random.Generator) -> None:
    """Draw dim, unrecognisable silhouettes behind the windscreen."""
    if not windscreen.visible:
        return
    for s in (0.28, 0.70):
        if rng.random() < 0.6:
            shoulders = [(s - 0.13, 0.06), (s + 0.13, 0.06), (s + 0.09, 0.34), (s - 0.09, 0.34)]
            windscreen.fill(np.array(shoulders), (38, 42, 50))
            windscreen.fill(shapes.ellipse(s, 0.46, 0.06, 0.17), (56, 56, 60))


def _front(solid: Solid, shape: CarShape, paint: Colour, rng: np.random.Generator) -> list[Mark]:
    half, end, belt = shape.width / 2, shape.length / 2, shape.belt
    plate = sample_plate(rng)
    nose = solid.across_panel((end, 0.22, half), (end, belt - 0.28, half), front=True)
    lip = solid.across_panel((end, belt - 0.28, half), (end - 0.12, belt - 0.2, half), front=True)
    if not nose.visible:
        return []
    nose.whole(paint)
    lip.whole(paint)
    nose.box(0, 0, 1, 0.16, paint, gain=0.6)
    nose.box(0.24, 0.62, 0.76, 0.96, (36, 38, 42))
    nose.boxes([(0.26, t, 0.74, t + 0.04) for t in (0.70, 0.82)], CHROME)
    lamp = scaled(HEADLAMP, 1.3) if solid.light.lamps else HEADLAMP
    for s0, s1 in ((0.03, 0.22), (0.78, 0.97)):
        nose.box(s0, 0.66, s1, 1.0, (80, 86, 92))
        nose.box(s0 + 0.03, 0.70, s1 - 0.03, 0.98, lamp)
    nose.boxes([(0.05, 0.24, 0.18, 0.38), (0.82, 0.24, 0.95, 0.38)], (40, 42, 46))
    return [hang(solid.pen, plate, nose.rectangle(0.5, 0.40, *LONG), nose.tone)]


def _rear(solid: Solid, shape: CarShape, paint: Colour, rng: np.random.Generator) -> list[Mark]:
    half, end, belt = shape.width / 2, shape.length / 2, shape.belt
    plate = sample_plate(rng)
    tail = solid.across_panel((-end, 0.22, half), (-end + 0.03, belt - 0.04, half), False)
    if not tail.visible:
        return []
    tail.whole(paint)
    tail.box(0, 0, 1, 0.30, paint, gain=0.66)
    tail.box(0.0, 0.30, 1, 0.33, paint, gain=0.5)
    lamp = LIT_TAIL if solid.light.lamps or rng.random() < 0.3 else TAIL_LAMP
    for s0, s1 in ((0.03, 0.21), (0.79, 0.97)):
        tail.box(s0, 0.62, s1, 0.92, lamp)
        tail.box(s0 + 0.02, 0.66, s1 - 0.02, 0.74, (236, 170, 90))
    tail.box(0.30, 0.42, 0.70, 0.68, paint, gain=0.82)
    return [hang(solid.pen, plate, tail.rectangle(0.5, 0.545, *LONG), tail.tone)]


def _mirrors(solid: Solid, shape: CarShape, cowl: float, paint: Colour) -> None:
    for side in (-1, 1):
        a, b = side * (shape.width / 2 - 0.02), side * (shape.width / 2 + 0.17)
        low, high, along = shape.belt + 0.0, shape.belt + 0.15, cowl - 0.3
        solid.fill([(a, low, along), (b, low, along), (b, high, along), (a, high, along)], paint)
