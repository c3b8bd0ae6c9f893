"""Buses, trucks and trams: long boxes that differ in windows, wheels and roof."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from . import shapes
from .cars import HEADLAMP, LIT_TAIL, TAIL_LAMP, UNDERSIDE, wheel
from .colours import (
    BUS_PAINT,
    CAB_PAINT,
    CHROME,
    GLASS,
    RUBBER,
    TRAM_PAINT,
    TRUCK_PAINT,
    WHITE,
    Colour,
    jittered,
    mixed,
    pick,
    scaled,
)
from .light import SceneLight
from .marks import Mark
from .plates import LONG, PlateLook, hang, sample_plate
from .solid import Panel, Solid

AMBER: Colour = (250, 176, 46)


def _lamp(light: SceneLight) -> Colour:
    return scaled(HEADLAMP, 1.2) if light.lamps else HEADLAMP


def _tail_lamp(light: SceneLight) -> Colour:
    return LIT_TAIL if light.lamps else TAIL_LAMP


def _underbody(solid: Solid, half: float, end: float, top: float) -> None:
    """Draw the shadow below a long vehicle and its treads, seen from ahead or behind."""
    for along in (end - 0.5, -end + 0.5):
        solid.fill(
            [(-half, 0.2, along), (half, 0.2, along), (half, top, along), (-half, top, along)],
            UNDERSIDE,
        )
        for side in (-1, 1):
            a, b = side * (half - 0.42), side * (half - 0.06)
            solid.fill([(a, 0, along), (b, 0, along), (b, 0.6, along), (a, 0.6, along)], RUBBER)


def _wheels(solid: Solid, panel: Panel, side: float, half: float, at: list[float]) -> None:
    if panel.visible:
        for along in at:
            tyre, rim = panel.tone.of(RUBBER), panel.tone.of(CHROME, 0.72)
            wheel(solid, side * half * 1.005, along, 0.48, tyre=tyre, rim=rim)


def draw_bus(
    solid: Solid, length: float, width: float, height: float, rng: np.random.Generator
) -> list[Mark]:
    """Draw a city bus (one colour, a band of large windows, route signs); return its plates."""
    paint = jittered(rng, pick(rng, BUS_PAINT), 0.05)
    skirt = scaled(paint, 0.72)
    glass = mixed(GLASS, (110, 130, 140), 0.25)
    half, end = width / 2, length / 2
    plates = sample_plate(rng), sample_plate(rng)
    _underbody(solid, half, end, 0.5)
    for side in (-1.0, 1.0):
        flank = solid.flank(side, half, (-end, end), (0.32, height))
        flank.whole(paint)
        flank.box(0, 0, 1, 0.13, skirt)
        flank.box(0.02, 0.44, 0.98, 0.84, (34, 40, 48))
        count = max(round(length / 1.6), 3)
        edges = np.linspace(0.03, 0.97, count + 1)
        flank.boxes(
            [(a + 0.008, 0.47, b - 0.008, 0.82) for a, b in pairwise(edges)],
            glass,
            1.35,
        )
        if side > 0:
            _doors(flank, [(edges[k], edges[k + 1] - 0.01) for k in (1, count - 1)], skirt)
        flank.box(0.0, 0.90, 1, 0.93, WHITE)
        _wheels(solid, flank, side, half, [end - 2.3, -end + 2.6])
    marks = []
    front = solid.across_panel((end, 0.32, half), (end, height, half), front=True)
    if front.visible:
        front.whole(paint)
        front.box(0, 0, 1, 0.12, skirt)
        front.box(0.05, 0.36, 0.95, 0.80, glass)
        front.fill(np.array([(0.1, 0.38), (0.4, 0.38), (0.6, 0.78), (0.3, 0.78)]), glass, 1.3)
        front.box(0.12, 0.83, 0.88, 0.95, (24, 24, 26))
        front.boxes([(0.18, 0.86, 0.30, 0.93), (0.36, 0.86, 0.80, 0.93)], AMBER)
        front.boxes([(0.05, 0.16, 0.20, 0.26), (0.80, 0.16, 0.95, 0.26)], _lamp(solid.light))
        marks.append(hang(solid.pen, plates[0], front.rectangle(0.5, 0.09, *LONG), front.tone))
    rear = solid.across_panel((-end, 0.32, half), (-end, height, half), front=False)
    if rear.visible:
        rear.whole(paint)
        rear.box(0, 0, 1, 0.10, skirt)
        rear.box(0.10, 0.50, 0.90, 0.82, glass)
        rear.box(0.30, 0.86, 0.70, 0.94, (24, 24, 26))
        rear.box(0.36, 0.88, 0.64, 0.92, AMBER)
        rear.boxes([(0.15, 0.24 + k * 0.05, 0.85, 0.26 + k * 0.05) for k in range(4)], skirt, 0.9)
        rear.boxes([(0.03, 0.22, 0.11, 0.46), (0.89, 0.22, 0.97, 0.46)], _tail_lamp(solid.light))
        marks.append(hang(solid.pen, plates[1], rear.rectangle(0.5, 0.15, *LONG), rear.tone))
    for side in (-1, 1):
        a, b = side * half, side * (half + 0.22)
        solid.fill([(a, 1.9, end), (b, 1.9, end), (b, 2.3, end), (a, 2.3, end)], (34, 34, 36))
    return marks


def _doors(flank: Panel, spans: list[tuple[float, float]], frame: Colour) -> None:
    """Draw double glass doors between pairs of s."""
    for left, right in spans:
        flank.box(left, 0.05, right, 0.84, frame)
        middle, edge = (left + right) / 2, (right - left) * 0.08
        leaves = [(left + edge, 0.09, middle - edge / 2, 0.81), (middle + edge / 2, 0.09,
                  right - edge, 0.81)]  # fmt: skip
        flank.boxes(leaves, GLASS, 1.5)


@dataclass(frozen=True)
class Block:
    """Part of a truck: half of its width, start and end along the body, and height, metres."""

    half: float
    rear: float
    front: float
    height: float


def draw_truck(
    solid: Solid, length: float, width: float, height: float, rng: np.random.Generator
) -> list[Mark]:
    """Draw a truck (a cab in front of a higher, windowless box) and return its plates."""
    box_paint = jittered(rng, pick(rng, TRUCK_PAINT), 0.04)
    cab_paint = jittered(rng, pick(rng, CAB_PAINT), 0.05)
    stripe = pick(rng, CAB_PAINT)
    plates = sample_plate(rng), sample_plate(rng)
    half, end = width / 2, length / 2
    back = end - 1.95
    _underbody(solid, half, end, 0.9)
    body = Block(half, -end, back - 0.2, height)
    cab = Block(half * 0.97, back, end, height * 0.84)
    # From behind, the body hides the cab; from ahead, the cab hides the lower part of the body.
    if solid.across_panel((end, 0, half), (end, 1, half), front=True).visible:
        marks = _box_body(solid, body, box_paint, stripe, plates[1])
        return marks + _cab(solid, cab, cab_paint, plates[0])
    marks = _cab(solid, cab, cab_paint, plates[0])
    return marks + _box_body(solid, body, box_paint, stripe, plates[1])


def _box_body(
    solid: Solid, size: Block, paint: Colour, stripe: Colour, plate: PlateLook
) -> list[Mark]:
    half, rear_end, front_end, height = size.half, size.rear, size.front, size.height
    for side in (-1.0, 1.0):
        frame = solid.flank(side, half * 0.9, (rear_end, front_end), (0.45, 0.95))
        frame.whole((44, 44, 48))
        box = solid.flank(side, half, (rear_end, front_end), (0.92, height))
        box.whole(paint)
        box.boxes([(s, 0.0, s + 0.008, 1.0) for s in np.linspace(0.1, 0.9, 7)], paint, 0.9)
        box.box(0, 0.30, 1, 0.52, stripe)
        box.boxes([(0, 0, 1, 0.035), (0, 0.96, 1, 1)], (120, 122, 126))
        length = front_end - rear_end
        _wheels(solid, box, side, half, [rear_end + 0.22 * length, rear_end + 0.42 * length])
    ahead = solid.across_panel((front_end, 0.92, half), (front_end, height, half), front=True)
    ahead.whole(paint, 0.92)
    rear = solid.across_panel((rear_end, 0.92, half), (rear_end, height, half), front=False)
    low = solid.across_panel((rear_end, 0.40, half), (rear_end, 0.92, half), front=False)
    if not rear.visible:
        return []
    rear.whole(paint)
    rear.boxes([(0, 0, 0.03, 1), (0.97, 0, 1, 1), (0.485, 0, 0.515, 1)], (96, 98, 104))
    rear.boxes([(0, 0.96, 1, 1), (0, 0, 1, 0.03)], (96, 98, 104))
    rear.boxes([(s, 0.05, s + 0.02, 0.94) for s in (0.2, 0.36, 0.62, 0.78)], (150, 152, 156))
    low.whole((40, 40, 44))
    low.boxes([(0.02, 0.46, 0.22, 0.80), (0.78, 0.46, 0.98, 0.80)], _tail_lamp(solid.light))
    red_and_white = np.linspace(0.02, 0.98, 9)
    low.box(0.02, 0.10, 0.98, 0.28, WHITE)
    low.boxes([(a, 0.10, a + 0.06, 0.28) for a in red_and_white[:-1]], (204, 44, 40))
    return [hang(solid.pen, plate, low.rectangle(0.5, 0.62, *LONG), low.tone)]


def _cab(solid: Solid, size: Block, paint: Colour, plate: PlateLook) -> list[Mark]:
    half, back, end, height = size.half, size.rear, size.front, size.height
    glass = GLASS
    for side in (-1.0, 1.0):
        door = solid.flank(side, half, (back, end), (0.42, height))
        if not door.visible:
            continue
        door.whole(paint)
        # s runs to the right as seen, so the front is at s = 1 on the right side only.
        window = (0.34, 0.58, 0.94, 0.90) if side > 0 else (0.06, 0.58, 0.66, 0.90)
        door.box(*window, glass)
        door.box(0, 0, 1, 0.12, (44, 44, 48))
        _wheels(solid, door, side, half, [end - 0.85])
    back_wall = solid.across_panel((back, 0.9, half), (back, height, half), front=False)
    back_wall.whole(paint, 0.8)
    front = solid.across_panel((end, 0.42, half), (end, height, half), front=True)
    if not front.visible:
        return []
    front.whole(paint)
    front.box(0.06, 0.56, 0.94, 0.90, glass)
    front.fill(np.array([(0.12, 0.58), (0.38, 0.58), (0.55, 0.88), (0.29, 0.88)]), glass, 1.3)
    front.box(0.20, 0.27, 0.80, 0.50, (34, 36, 40))
    front.boxes([(0.22, t, 0.78, t + 0.02) for t in (0.31, 0.37, 0.43)], CHROME)
    front.box(0, 0, 1, 0.20, (60, 62, 66))
    front.boxes([(0.04, 0.10, 0.20, 0.20), (0.80, 0.10, 0.96, 0.20)], _lamp(solid.light))
    for side in (-1, 1):
        a, b = side * half, side * (half + 0.24)
        solid.fill([(a, 1.6, end), (b, 1.6, end), (b, 2.15, end), (a, 2.15, end)], (34, 34, 36))
    return [hang(solid.pen, plate, front.rectangle(0.5, 0.08, *LONG), front.tone)]


@dataclass(frozen=True)
class TramEnd:
    """Form of a tram's ends, in metres.

    Attributes:
        half: half of its width.
        nose: position along the body where it starts to narrow.
        end: half of its length.
        height: height of the roof.
    """

    half: float
    nose: float
    end: float
    height: float

    @property
    def tip(self) -> tuple[tuple[float, float, float], ...]:
        """Foot, waist and roof of the end: share of the half width, height, position along."""
        return (0.9, 0.2, self.end), (0.9, 1.25, self.end), (0.82, self.height, self.end - 0.55)


def draw_tram(
    solid: Solid, length: float, width: float, height: float, rng: np.random.Generator
) -> list[Mark]:
    """Draw a tram: two colours, sloped ends, a dark window band, joints, a pantograph."""
    paint = jittered(rng, pick(rng, TRAM_PAINT), 0.05)
    cream: Colour = (238, 232, 212)
    half, end = width / 2, length / 2
    size = TramEnd(half, end - 0.9, end, height)
    nose = size.nose
    _pantograph(solid, height)
    for front, sign in ((True, 1.0), (False, -1.0)):
        tip = [(sign * along, up, half * share) for share, up, along in size.tip]
        low = solid.across_panel(tip[0], tip[1], front)
        high = solid.across_panel(tip[1], tip[2], front)
        if not low.visible:
            continue
        low.whole(paint)
        low.box(0, 0, 1, 0.22, (44, 46, 50))
        low.box(0, 0.86, 1, 1, cream)
        high.whole(cream)
        high.box(0.07, 0.02, 0.93, 0.70, (30, 38, 46))
        high.fill(np.array([(0.14, 0.06), (0.40, 0.06), (0.56, 0.66), (0.3, 0.66)]), GLASS, 1.25)
        high.box(0.26, 0.76, 0.74, 0.94, (20, 20, 22))
        high.boxes([(0.30, 0.80, 0.42, 0.91), (0.46, 0.80, 0.70, 0.91)], AMBER)
        lamp = _lamp(solid.light) if front else _tail_lamp(solid.light)
        low.fill(shapes.ellipse(0.5, 0.56, 0.07, 0.13), lamp)
        low.boxes([(0.08, 0.36, 0.20, 0.50), (0.80, 0.36, 0.92, 0.50)], lamp)
    for side in (-1.0, 1.0):
        for sign in (-1.0, 1.0):
            _tram_cheek(solid, size, side=side, sign=sign, colours=(paint, cream))
        flank = solid.flank(side, half, (-nose, nose), (0.2, height))
        flank.whole(cream)
        flank.box(0, 0.0, 1, 0.06, (44, 46, 50))
        flank.box(0, 0.06, 1, 0.36, paint)
        flank.box(0, 0.40, 1, 0.80, (30, 38, 46))
        count = max(round(2 * nose / 1.9), 4)
        edges = np.linspace(0, 1, count + 1)
        panes = [(a + 0.01, 0.44, b - 0.01, 0.78) for a, b in pairwise(edges)]
        flank.boxes(panes, GLASS, 1.45)
        flank.boxes([(edges[k] + 0.012, 0.08, edges[k + 1] - 0.012, 0.78)
                     for k in range(1, count, 3)], (54, 66, 76))  # fmt: skip
        flank.box(0, 0.94, 1, 1, (130, 134, 138))
        joints = (1 / 3, 2 / 3) if length > 15 else (0.5,)
        flank.boxes([(s - 0.012, 0.04, s + 0.012, 1) for s in joints], (36, 36, 38))
    return []


def _tram_cheek(
    solid: Solid, size: TramEnd, *, side: float, sign: float, colours: tuple[Colour, Colour]
) -> None:
    """Draw the narrowing part of a tram's side (-1 left, 1 right) at its front (1) or rear (-1)."""
    x = side * size.half

    def panel(low: tuple[float, float, float], high: tuple[float, float, float]) -> Panel:
        """Panel from the body's edge to two points (share of half width, up, along) of the tip."""
        near = [(x, low[1], sign * size.nose), (x, high[1], sign * size.nose)]
        tip = [(x * share, up, sign * along) for share, up, along in (low, high)]
        if side * sign > 0:
            return solid.panel([near[0], tip[0], tip[1], near[1]])
        return solid.panel([tip[0], near[0], near[1], tip[1]])

    low, middle, high = size.tip
    panel(low, middle).whole(colours[0])
    upper = panel(middle, high)
    upper.whole(colours[1])
    upper.box(0.12, 0.06, 0.9, 0.72, (30, 38, 46))


def _pantograph(solid: Solid, height: float) -> None:
    tone = solid.tone_at(0.8)
    for points in (
        [(0, height, -1.0), (0, height + 0.55, 0.1)],
        [(0, height + 0.55, 0.1), (0, height + 1.1, -0.8)],
        [(-0.7, height + 1.1, -0.8), (0.7, height + 1.1, -0.8)],
    ):
        line = solid.pixels(np.array(points))
        thick = max(solid.camera.scale(solid.z) * 0.07, 0.4)
        for quad in shapes.stroke(line, thick):
            solid.pen.fill(quad, tone.of((70, 72, 76)))
    top = [(-0.6, height, -1.4), (0.6, height, -1.4), (0.6, height + 0.3, -1.4),
           (-0.6, height + 0.3, -1.4)]  # fmt: skip
    solid.fill(top, (120, 124, 128))
