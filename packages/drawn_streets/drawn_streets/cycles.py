"""Bicycles and motorcycles, parked or ridden, and their riders.

Their sheet is in metres, with its origin on the ground at the centre of the vehicle. In side view,
they head along +u.
"""

from dataclasses import dataclass

import numpy as np

from . import shapes
from .canvas import Pen
from .cars import HEADLAMP, LIT_TAIL, TAIL_LAMP
from .colours import CHROME, CLOTHES, RUBBER, Colour, jittered, pick, scaled
from .faces import HairStyle, draw_head
from .marks import Mark
from .people import HEAD_UNIT, Person, sample_person
from .plates import SQUARE, hang, sample_plate
from .sheet import Point, Sheet, Viewpoint

RIDER_HEIGHT = 1.74


@dataclass(frozen=True)
class Rider:
    """Rider of a two-wheeler.

    Attributes:
        person: clothes and head.
        head: viewpoint on the head.
    """

    person: Person
    head: Viewpoint


def sample_rider(rng: np.random.Generator, view: Viewpoint, helmet: float) -> Rider:
    """Draw a random rider; `helmet` is the probability of wearing one."""
    person = sample_person(rng, walks=False)
    if rng.random() < helmet:
        head = person.head
        styled = type(head)(**{**vars(head), "style": HairStyle.HELMET})
        person = type(person)(**{**vars(person), "head": styled})
    turned = view is Viewpoint.SIDE and rng.random() < 0.45
    return Rider(person, Viewpoint.FRONT if turned else view)


def _wheel(sheet: Sheet, u: float, radius: float, tyre: float, spokes: bool) -> None:
    outer = shapes.ellipse(u, radius, radius, radius, count=sheet.corners(radius) * 2)
    inner = shapes.ellipse(u, radius, radius - tyre, radius - tyre, count=len(outer))
    if spokes:
        sheet.glaze(outer, (150, 154, 158), 0.45)
        angles = np.arange(4) * (np.pi / 4)
        for angle in angles:
            d = np.array([np.cos(angle), np.sin(angle)]) * radius
            sheet.line([(u - d[0], radius - d[1]), (u + d[0], radius + d[1])], 0.012, CHROME)
        sheet.fill_all([outer, inner], RUBBER)  # the inner outline cuts a hole
    else:
        sheet.fill(outer, RUBBER)
        sheet.fill(inner, (88, 90, 94))
        sheet.ellipse(u, radius, radius * 0.45, radius * 0.45, (60, 62, 66))


def draw_bicycle(sheet: Sheet, rider: tuple[Pen, Rider] | None, view: Viewpoint,
                 rng: np.random.Generator) -> list[Mark]:  # fmt: skip
    """Draw a bicycle and, with a separate pen, its rider; return the face if it is visible."""
    paint = jittered(rng, pick(rng, CLOTHES), 0.1)
    if view is Viewpoint.SIDE:
        return _bicycle_side(sheet, rider, paint, float(rng.uniform(0, 2 * np.pi)))
    return _bicycle_end(sheet, rider, paint, view)


def _bicycle_side(
    sheet: Sheet, rider: tuple[Pen, Rider] | None, paint: Colour, turn: float
) -> list[Mark]:
    radius, front, rear, crank = 0.36, 0.56, -0.54, (-0.05, 0.32)
    saddle, head, bar = (-0.26, 0.98), (0.36, 0.86), (0.40, 1.10)
    feet = [(crank[0] + 0.16 * np.cos(turn + k), crank[1] + 0.16 * np.sin(turn + k)) for k in
            (0, np.pi)]  # fmt: skip
    hip = (saddle[0] + 0.02, saddle[1] + 0.08)
    if rider is not None:
        body = sheet.draws(rider[0])
        _pedalling_leg(body, rider[1].person, hip, feet[1], 0.78)
    for u in (front, rear):
        _wheel(sheet, u, radius, 0.065, spokes=True)
    seat_foot = (saddle[0] + 0.03, saddle[1] - 0.04)
    for points in (
        [(rear, radius), crank, (head[0], head[1] - 0.12), seat_foot, crank],
        [(rear, radius), (seat_foot[0] + 0.04, seat_foot[1] - 0.2)],
    ):
        sheet.line(points, 0.055, paint)
    sheet.line([(front, radius), head, bar], 0.05, scaled(paint, 0.8))
    sheet.line([(bar[0] - 0.10, bar[1] - 0.02), bar], 0.06, (40, 40, 42))
    sheet.ellipse(*crank, 0.10, 0.10, (70, 70, 74))
    sheet.limb((saddle[0] - 0.12, saddle[1] + 0.02), (saddle[0] + 0.12, saddle[1]), 0.05, 0.03,
               (36, 34, 34))  # fmt: skip
    sheet.fill(shapes.box(rear - 0.16, 0.74, rear + 0.22, 0.79), (50, 50, 54))
    if rider is None:
        return []
    _pedalling_leg(body, rider[1].person, hip, feet[0], 1.0)
    return _leaning_trunk(body, rider[1], hip, (0.08, 1.50), (bar[0] - 0.08, bar[1] + 0.02))


def _pedalling_leg(body: Sheet, person: Person, hip: Point, foot: Point, gain: float) -> None:
    ankle = (foot[0] - 0.03, foot[1] + 0.08)
    knee = _joint(hip, ankle, 0.46, 0.45)
    body.limb((foot[0] - 0.05, foot[1] + 0.035), (foot[0] + 0.12, foot[1] + 0.02), 0.045, 0.03,
              person.shoes)  # fmt: skip
    body.limb(knee, ankle, 0.07, 0.05, scaled(person.bottom, gain))
    body.limb(hip, knee, 0.10, 0.075, scaled(person.bottom, gain))


def _joint(start: Point, end: Point, first: float, second: float) -> Point:
    """Knee between two points for bones of two lengths, bent forward (+u)."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    distance = min(max((dx * dx + dy * dy) ** 0.5, 1e-6), first + second - 1e-6)
    along = (first**2 - second**2 + distance**2) / (2 * distance)
    aside = max(first**2 - along**2, 0) ** 0.5
    ux, uy = dx / distance, dy / distance
    return start[0] + ux * along - uy * aside, start[1] + uy * along + ux * aside


def _leaning_trunk(body: Sheet, rider: Rider, hip: Point, neck: Point, hand: Point) -> list[Mark]:
    person = rider.person
    shoulder = (neck[0] - 0.03, neck[1] - 0.08)
    if person.backpack:
        low, high = (hip[0] - 0.12, hip[1] + 0.28), (shoulder[0] - 0.16, shoulder[1] - 0.03)
        body.limb(low, high, 0.10, 0.10, person.backpack)
    body.limb(hip, shoulder, 0.125, 0.13, person.top)
    elbow = ((shoulder[0] + hand[0]) / 2 + 0.02, (shoulder[1] + hand[1]) / 2 - 0.06)
    body.ellipse(*hand, 0.045, 0.045, person.head.skin)
    body.limb(elbow, hand, 0.05, 0.04, scaled(person.top, 0.88))
    body.limb(shoulder, elbow, 0.065, 0.05, scaled(person.top, 0.88))
    return _head_on(body, rider, (neck[0] + 0.05, neck[1]))


def _head_on(body: Sheet, rider: Rider, neck: Point) -> list[Mark]:
    size = HEAD_UNIT * RIDER_HEIGHT
    skin = scaled(rider.person.head.skin, 0.8)
    body.limb((neck[0] - 0.02, neck[1] - 0.06), (neck[0], neck[1] + 0.05), 0.062, 0.058, skin)
    middle = body.moved(neck[0], neck[1] + size * 0.95, size)
    return draw_head(middle, rider.person.head, rider.head)


def _bicycle_end(
    sheet: Sheet, rider: tuple[Pen, Rider] | None, paint: Colour, view: Viewpoint
) -> list[Mark]:
    front = view is Viewpoint.FRONT
    radius = 0.36

    def machine() -> None:
        sheet.fill(shapes.ellipse(0, radius, 0.055, radius), RUBBER)
        sheet.fill(shapes.rounded(-0.06, 0.42, 0.06, 0.86, 0.03), paint)
        sheet.line([(-0.30, 1.08), (-0.12, 1.12), (0.12, 1.12), (0.30, 1.08)], 0.06, (44, 44, 48))
        sheet.line([(0, 0.7), (0, 1.1)], 0.06, paint)
        if front:
            sheet.fill(shapes.rounded(-0.19, 0.86, 0.19, 1.06, 0.03), (112, 84, 56))
            sheet.ellipse(0, 0.80, 0.055, 0.055, HEADLAMP)
        else:
            sheet.fill(shapes.rounded(-0.20, 0.42, -0.07, 0.76, 0.03), scaled(paint, 0.75))
            sheet.fill(shapes.rounded(0.07, 0.42, 0.20, 0.76, 0.03), scaled(paint, 0.75))
            sheet.ellipse(0, 0.80, 0.05, 0.05, TAIL_LAMP)
            sheet.limb((-0.10, 0.98), (0.10, 0.98), 0.05, 0.05, (36, 34, 34))

    if rider is None:
        machine()
        return []
    body, person = sheet.draws(rider[0]), rider[1].person
    if not front:
        machine()
    marks = _sitting(body, rider[1], seat=1.02, knees=0.20, feet=(0.30, 0.44), hands=(0.28, 1.10))
    if front:
        machine()
        for side in (-1, 1):
            body.ellipse(side * 0.27, 1.11, 0.045, 0.045, person.head.skin)
    return marks


def _sitting(
    body: Sheet, rider: Rider, *, seat: float, knees: float, feet: tuple[float, float], hands: Point
) -> list[Mark]:
    """Draw a rider from ahead or behind: seat height, knees apart, feet low and high, hands."""
    person = rider.person
    for side, foot in zip((-1, 1), feet, strict=True):
        ankle = (side * 0.13, foot)
        knee = (side * knees, foot + 0.40)
        body.ellipse(ankle[0], ankle[1] - 0.04, 0.055, 0.05, person.shoes)
        body.limb(knee, ankle, 0.07, 0.05, person.bottom)
        body.limb((side * 0.08, seat), knee, 0.10, 0.078, person.bottom)
    shoulders = seat + 0.52
    trunk = [(-0.20, shoulders), (-0.09, shoulders + 0.07), (0.09, shoulders + 0.07),
             (0.20, shoulders), (0.17, seat - 0.08), (-0.17, seat - 0.08)]  # fmt: skip
    body.fill(np.array(trunk), person.top)
    shade = np.array(
        [(0.20, shoulders), (0.17, seat - 0.08), (0.06, seat - 0.08), (0.08, shoulders)]
    )
    body.fill(shade * (-body.sun_side, 1), person.top, 0.88)
    if rider.head is Viewpoint.BACK and person.backpack:
        body.fill(shapes.rounded(-0.16, seat + 0.05, 0.16, shoulders, 0.06), person.backpack)
    for side in (-1, 1):
        shoulder, hand = (side * 0.19, shoulders - 0.04), (side * hands[0], hands[1])
        elbow = (side * (hands[0] + 0.04), (shoulder[1] + hand[1]) / 2 + 0.02)
        body.limb(elbow, hand, 0.05, 0.042, scaled(person.top, 0.88))
        body.limb(shoulder, elbow, 0.065, 0.052, scaled(person.top, 0.88))
    return _head_on(body, rider, (0.0, shoulders + 0.08))


def draw_motorcycle(sheet: Sheet, rider: tuple[Pen, Rider] | None, view: Viewpoint,
                    rng: np.random.Generator) -> list[Mark]:  # fmt: skip
    """Draw a motorcycle and, with a separate pen, its rider; return face and plate."""
    paint = jittered(rng, pick(rng, ((190, 30, 34), (30, 60, 150), (30, 30, 34), (230, 120, 30),
                                     (40, 120, 70), (226, 226, 224))), 0.08)  # fmt: skip
    if view is Viewpoint.SIDE:
        return _motorcycle_side(sheet, rider, paint)
    return _motorcycle_end(sheet, rider, paint, view, rng)


def _motorcycle_side(sheet: Sheet, rider: tuple[Pen, Rider] | None, paint: Colour) -> list[Mark]:
    radius, front, rear = 0.33, 0.74, -0.70
    for u in (front, rear):
        _wheel(sheet, u, radius, 0.12, spokes=False)
    sheet.line([(front, radius), (0.50, 0.95)], 0.09, CHROME)
    sheet.fill(shapes.rounded(-0.30, 0.26, 0.34, 0.62, 0.08), (64, 66, 70))
    sheet.fill(shapes.rounded(-0.18, 0.32, 0.22, 0.54, 0.06), (128, 132, 136))
    sheet.limb((-0.95, 0.36), (-0.10, 0.30), 0.075, 0.045, CHROME)
    sheet.fill_all([np.array([(-0.28, 0.60), (0.40, 0.60), (0.58, 0.94), (0.36, 1.04), (0.0, 0.98),
                              (-0.22, 0.82)])], paint)  # fmt: skip
    sheet.fill(np.array([(-0.98, 0.86), (-0.60, 0.62), (-0.2, 0.62), (-0.05, 0.88)]), paint, 0.86)
    sheet.limb((-0.86, 0.90), (-0.06, 0.86), 0.06, 0.075, (34, 32, 32))
    sheet.fill(np.array([(front - 0.26, 0.66), (front, 0.72), (front + 0.26, 0.60), (front, 0.64)]),
               paint)  # fmt: skip
    sheet.ellipse(0.66, 0.92, 0.10, 0.12, HEADLAMP)
    sheet.fill(np.array([(0.50, 0.86), (0.66, 0.82), (0.60, 1.28), (0.46, 1.02)]), paint, 1.12)
    sheet.fill(shapes.rounded(-1.04, 0.78, -0.94, 0.88, 0.03), TAIL_LAMP)
    sheet.line([(0.46, 1.02), (0.34, 1.10)], 0.06, (34, 34, 36))
    if rider is None:
        return []
    body = sheet.draws(rider[0])
    person = rider[1].person
    hip, foot = (-0.28, 1.00), (-0.10, 0.36)
    marks = _leaning_trunk(body, rider[1], hip, (0.06, 1.52), (0.36, 1.12))
    knee = _joint(hip, (foot[0] - 0.03, foot[1] + 0.08), 0.46, 0.42)
    body.limb((foot[0] - 0.05, foot[1] + 0.03), (foot[0] + 0.13, foot[1] + 0.02), 0.05, 0.035,
              (30, 30, 32))  # fmt: skip
    body.limb(knee, (foot[0] - 0.03, foot[1] + 0.08), 0.08, 0.06, person.bottom)
    body.limb(hip, knee, 0.115, 0.085, person.bottom)
    return marks


def _motorcycle_end(
    sheet: Sheet,
    rider: tuple[Pen, Rider] | None,
    paint: Colour,
    view: Viewpoint,
    rng: np.random.Generator,
) -> list[Mark]:
    front = view is Viewpoint.FRONT
    lit = sheet.tone.gain < 0.8
    plate = sample_plate(rng, lines=2)
    marks: list[Mark] = []

    def machine() -> None:
        sheet.fill(shapes.rounded(-0.09, 0.0, 0.09, 0.62, 0.08), RUBBER)
        sheet.fill(shapes.rounded(-0.27, 0.34, 0.27, 0.60, 0.06), (70, 72, 76))
        if front:
            sheet.line([(-0.11, 0.3), (-0.11, 0.9)], 0.05, CHROME)
            sheet.line([(0.11, 0.3), (0.11, 0.9)], 0.05, CHROME)
            sheet.fill(shapes.rounded(-0.12, 0.50, 0.12, 0.66, 0.05), paint)
            fairing = [(-0.16, 0.62), (0.16, 0.62), (0.27, 0.92), (0.14, 1.16), (-0.14, 1.16),
                       (-0.27, 0.92)]  # fmt: skip
            sheet.fill(np.array(fairing), paint)
            sheet.fill(np.array([(-0.13, 1.10), (0.13, 1.10), (0.10, 1.30), (-0.10, 1.30)]),
                       (120, 140, 150))  # fmt: skip
            sheet.ellipse(0, 0.92, 0.13, 0.11, HEADLAMP)
        else:
            tail = [(-0.12, 0.60), (0.12, 0.60), (0.20, 0.96), (-0.20, 0.96)]
            sheet.fill(np.array(tail), paint)
            sheet.ellipse(-0.20, 0.42, 0.07, 0.09, CHROME)
            sheet.fill(
                shapes.rounded(-0.13, 0.84, 0.13, 0.93, 0.03), LIT_TAIL if lit else TAIL_LAMP
            )
            quad = np.array([(-1, 1), (1, 1), (1, -1), (-1, -1)]) * np.array(SQUARE) / 2
            marks.append(
                hang(sheet.pen, plate, sheet.pixels(quad + np.array((0, 0.70))), sheet.tone)
            )
        for side in (-1, 1):
            sheet.line([(side * 0.12, 1.06), (side * 0.40, 1.10)], 0.055, (36, 36, 38))
            sheet.line([(side * 0.30, 1.10), (side * 0.36, 1.26)], 0.03, (36, 36, 38))
            sheet.ellipse(side * 0.37, 1.29, 0.075, 0.05, (60, 64, 70))

    if rider is None:
        machine()
        return marks
    body = sheet.draws(rider[0])
    if not front:
        machine()
    sitting = _sitting(body, rider[1], seat=0.96, knees=0.27, feet=(0.36, 0.36), hands=(0.38, 1.10))
    if front:
        machine()
        for side in (-1, 1):
            body.ellipse(side * 0.36, 1.10, 0.05, 0.05, (30, 30, 32))
    return marks + sitting
