"""Pedestrians: bodies with limbs, in varied poses and clothes.

A person's sheet has its origin on the ground between the feet, and the body height as its unit.
"""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from . import shapes
from .colours import CLOTHES, TROUSERS, Colour, jittered, pick, scaled
from .faces import HeadLook, draw_head, sample_head
from .marks import Mark
from .sheet import Point, Sheet, Viewpoint

HEAD_UNIT = 0.088
"""Half of a head's height relative to the body; slightly larger than life, so that faces are
visible in small images."""
NECK = 0.835


class Lower(StrEnum):
    """Clothes on the legs."""

    TROUSERS = "trousers"
    SHORTS = "shorts"
    SKIRT = "skirt"
    DRESS = "dress"


class Arms(StrEnum):
    """Poses of the arms."""

    SWING = "swing"
    POCKETS = "pockets"
    PHONE = "phone"
    WAVE = "wave"


@dataclass(frozen=True)
class Person:
    """Appearance and pose of a person.

    Attributes:
        head: the head.
        top: colour of the upper clothes.
        bottom: colour of the lower clothes.
        shoes: colour of the shoes.
        lower: kind of lower clothes.
        coat: whether the upper clothes are open over a shirt.
        shirt: colour of that shirt.
        backpack: colour of a backpack, or None.
        bag: colour of a bag in the hand, or None.
        arms: pose of the arms.
        stride: phase of the gait, radians.
        pace: length of the steps, 0 (standing) to 1.
        child: whether the proportions are a child's.
        stout: breadth; 1 is average.
    """

    head: HeadLook
    top: Colour
    bottom: Colour
    shoes: Colour
    lower: Lower
    coat: bool
    shirt: Colour
    backpack: Colour | None
    bag: Colour | None
    arms: Arms
    stride: float
    pace: float
    child: bool
    stout: float


def sample_person(rng: np.random.Generator, walks: bool, child: bool = False) -> Person:
    """Draw a random person."""
    return Person(
        head=sample_head(rng),
        top=jittered(rng, pick(rng, CLOTHES), 0.12),
        bottom=jittered(rng, pick(rng, TROUSERS), 0.12),
        shoes=pick(rng, ((36, 34, 34), (90, 60, 42), (222, 222, 220), (150, 44, 40))),
        lower=pick(rng, (Lower.TROUSERS,) * 6 + (Lower.SHORTS, Lower.SKIRT, Lower.DRESS)),
        coat=bool(rng.random() < 0.35),
        shirt=jittered(rng, pick(rng, CLOTHES), 0.1),
        backpack=pick(rng, CLOTHES) if rng.random() < 0.22 else None,
        bag=pick(rng, CLOTHES) if rng.random() < 0.22 else None,
        arms=pick(rng, (Arms.SWING,) * 4 + (Arms.POCKETS, Arms.PHONE, Arms.WAVE)),
        stride=float(rng.uniform(0, 2 * np.pi)),
        pace=float(rng.uniform(0.6, 1.0)) if walks else 0.0,
        child=child,
        stout=float(rng.uniform(0.92, 1.18)),
    )


def draw_person(sheet: Sheet, person: Person, view: Viewpoint, head: Viewpoint) -> list[Mark]:
    """Draw a person from the front, from behind, or from the side walking along +u; return the face
    if it is visible.
    """
    if view is Viewpoint.SIDE:
        return _from_the_side(sheet, person, head)
    return _upright(sheet, person, view, head)


def _leg_colours(person: Person) -> tuple[Colour, Colour]:
    """Colours of thigh and shin."""
    bare = person.head.skin
    thigh = bare if person.lower in (Lower.SKIRT, Lower.DRESS) else person.bottom
    shin = person.bottom if person.lower is Lower.TROUSERS else bare
    return thigh, shin


def _upright(sheet: Sheet, person: Person, view: Viewpoint, head: Viewpoint) -> list[Mark]:
    back = view is Viewpoint.BACK
    wide = person.stout * (1.12 if person.child else 1.0)
    swing = np.sin(person.stride) * person.pace
    thigh, shin = _leg_colours(person)
    for side in (-1, 1):
        lift = max(side * swing, 0.0) * 0.07
        foot = (side * 0.055 * wide, 0.03 + lift)
        knee = (side * 0.062 * wide, 0.27 + lift * 0.6)
        hip = (side * 0.048 * wide, 0.50)
        sheet.limb(knee, foot, 0.036 * wide, 0.026 * wide, shin)
        sheet.limb(hip, knee, 0.053 * wide, 0.038 * wide, thigh)
        toe = 0.0 if back else -0.012
        sheet.ellipse(foot[0] + side * 0.006, foot[1] - 0.008 + toe, 0.033, 0.024, person.shoes)
    if person.backpack and not back:
        sheet.fill(shapes.rounded(-0.115 * wide, 0.54, 0.115 * wide, 0.80, 0.04), person.backpack)
    arms = [_front_arm(person, side, swing, wide) for side in (-1, 1)]
    if back:
        _arms(sheet, person, arms)
    _torso(sheet, person, wide, back)
    if person.lower in (Lower.SKIRT, Lower.DRESS):
        colour = person.top if person.lower is Lower.DRESS else person.bottom
        hem = 0.145 * wide
        skirt = [(-0.088 * wide, 0.57), (0.088 * wide, 0.57), (hem, 0.32), (-hem, 0.32)]
        sheet.fill(np.array(skirt), colour)
    if not back:
        _arms(sheet, person, arms)
    if person.backpack and back:
        sheet.fill(shapes.rounded(-0.10 * wide, 0.53, 0.10 * wide, 0.80, 0.04), person.backpack)
        sheet.fill(
            shapes.rounded(-0.07 * wide, 0.56, 0.07 * wide, 0.66, 0.03), person.backpack, 0.82
        )
    if person.bag:
        u, v = arms[0][2]
        sheet.fill(shapes.rounded(u - 0.06, v - 0.17, u + 0.05, v - 0.03, 0.02), person.bag)
    return _set_head(sheet, person, head, 0.0)


def _front_arm(person: Person, side: int, swing: float, wide: float) -> tuple[Point, Point, Point]:
    shoulder = (side * 0.112 * wide, 0.785)
    if person.arms is Arms.POCKETS:
        return shoulder, (side * 0.155 * wide, 0.65), (side * 0.105 * wide, 0.53)
    if person.arms is Arms.PHONE and side > 0:
        return shoulder, (side * 0.145 * wide, 0.645), (0.045, 0.70)
    if person.arms is Arms.WAVE and side > 0:
        return shoulder, (0.20 * wide, 0.75), (0.22 * wide, 0.90)
    raised = -side * swing * 0.03
    return shoulder, (side * 0.143 * wide, 0.645 + raised), (side * 0.148 * wide, 0.505 + raised)


def _arms(sheet: Sheet, person: Person, arms: list[tuple[Point, Point, Point]]) -> None:
    sleeve = scaled(person.top, 0.9)
    for shoulder, elbow, wrist in arms:
        sheet.ellipse(wrist[0], wrist[1] - 0.018, 0.024, 0.03, person.head.skin)
        sheet.limb(elbow, wrist, 0.028, 0.023, sleeve)
        sheet.limb(shoulder, elbow, 0.036, 0.029, sleeve)


def _torso(sheet: Sheet, person: Person, wide: float, back: bool) -> None:
    outline = np.array(
        [(-0.118, 0.805), (-0.05, 0.845), (0.05, 0.845), (0.118, 0.805), (0.102, 0.65),
         (0.098, 0.485), (-0.098, 0.485), (-0.102, 0.65)]
    ) * (wide, 1)  # fmt: skip
    sheet.fill(outline, person.top)
    dark = outline.copy()
    dark[:, 0] = np.where(dark[:, 0] * sheet.sun_side > 0, -0.03 * sheet.sun_side, dark[:, 0])
    sheet.fill(dark[[0, 1, 6, 7]] if sheet.sun_side > 0 else dark[[2, 3, 4, 5]], person.top, 0.9)
    if back:
        return
    if person.coat:
        sheet.fill(np.array([(-0.035, 0.84), (0.035, 0.84), (0.03, 0.49), (-0.03, 0.49)]),
                   person.shirt)  # fmt: skip
    else:
        sheet.fill(np.array([(-0.04, 0.845), (0.04, 0.845), (0, 0.79)]), person.head.skin)


def _set_head(sheet: Sheet, person: Person, view: Viewpoint, lean: float) -> list[Mark]:
    size = HEAD_UNIT * (1.22 if person.child else 1.0)
    sheet.limb((lean * 0.8, NECK - 0.02), (lean, NECK + 0.03), 0.036, 0.034,
               scaled(person.head.skin, 0.8))  # fmt: skip
    middle = sheet.moved(lean, NECK + size * 0.92, size)
    return draw_head(middle, person.head, view)


def bend(start: Point, length: float, angle: float) -> Point:
    """End of a bone that hangs from `start`, swung forward (+u) by `angle` radians."""
    return start[0] + length * np.sin(angle), start[1] - length * np.cos(angle)


def _from_the_side(sheet: Sheet, person: Person, head: Viewpoint) -> list[Mark]:
    swing = np.sin(person.stride) * 0.5 * person.pace
    thigh, shin = _leg_colours(person)
    hip, shoulder = (0.0, 0.49), (0.012, 0.785)
    legs = []
    for sign in (-1, 1):
        angle = sign * swing
        knee = bend(hip, 0.235, angle + 0.08)
        ankle = bend(knee, 0.225, angle - 0.12 - 0.5 * person.pace * max(-angle, 0))
        legs.append((knee, ankle))
    ground = min(ankle[1] for _, ankle in legs)
    body = sheet.moved(0, 0.035 - ground)

    def leg(knee: Point, ankle: Point, gain: float) -> None:
        toe = (ankle[0] + 0.075, ankle[1] - 0.018)
        body.limb((ankle[0] - 0.012, ankle[1] - 0.012), toe, 0.024, 0.016, person.shoes)
        body.limb(knee, ankle, 0.040, 0.028, scaled(shin, gain))
        body.limb(hip, knee, 0.058, 0.042, scaled(thigh, gain))

    def arm(angle: float, gain: float) -> None:
        elbow = bend(shoulder, 0.155, angle)
        wrist = bend(elbow, 0.14, angle + 0.35)
        if person.arms is Arms.PHONE and gain == 1:
            elbow, wrist = bend(shoulder, 0.15, 0.2), (0.12, 0.74)
        body.ellipse(wrist[0], wrist[1] - 0.015, 0.024, 0.028, person.head.skin)
        body.limb(elbow, wrist, 0.029, 0.024, scaled(person.top, 0.9 * gain))
        body.limb(shoulder, elbow, 0.037, 0.030, scaled(person.top, 0.9 * gain))
        if person.bag and gain == 1:
            u, v = wrist
            body.fill(shapes.rounded(u - 0.07, v - 0.17, u + 0.07, v - 0.02, 0.02), person.bag)

    arm(swing, 0.8)
    leg(*legs[0], 0.8)
    leg(*legs[1], 1.0)
    if person.backpack:
        body.fill(shapes.rounded(-0.15, 0.55, -0.03, 0.80, 0.04), person.backpack)
    thick = 0.068 * person.stout
    body.limb((0, 0.53), (0.008, 0.775), thick, thick * 0.98, person.top)
    if person.lower in (Lower.SKIRT, Lower.DRESS):
        colour = person.top if person.lower is Lower.DRESS else person.bottom
        body.fill(np.array([(-0.07, 0.57), (0.07, 0.57), (0.12, 0.33), (-0.12, 0.33)]), colour)
    arm(-swing, 1.0)
    return _set_head(body, person, head, 0.02)
