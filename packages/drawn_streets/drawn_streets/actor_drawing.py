"""Drawing of an actor by the function for its kind, with its position and its pens."""

from dataclasses import dataclass

import numpy as np

from . import scenery
from .actors import Actor, ActorKind, Facing
from .camera import Camera
from .canvas import Canvas, Pen
from .cars import CAR_SHAPES, draw_car
from .colours import pick
from .cycles import draw_bicycle, draw_motorcycle, sample_rider
from .heavy import draw_bus, draw_tram, draw_truck
from .labels import Label
from .light import SceneLight
from .marks import Mark
from .people import draw_person, sample_person
from .sheet import Sheet, Viewpoint
from .solid import Solid

_HEADINGS = {
    Facing.AWAY: 0.0,
    Facing.RIGHT: np.pi / 2,
    Facing.TOWARDS: np.pi,
    Facing.LEFT: -np.pi / 2,
}
_CYCLES = frozenset({ActorKind.CYCLIST, ActorKind.BIKER, ActorKind.BICYCLE, ActorKind.MOTORCYCLE})
_LONG_VEHICLES = {
    ActorKind.BUS: draw_bus,
    ActorKind.TRUCK: draw_truck,
    ActorKind.TRAM: draw_tram,
}
_LABELS: dict[ActorKind, tuple[Label, ...]] = {
    ActorKind.PERSON: (Label.PERSON,),
    ActorKind.CYCLIST: (Label.BICYCLE, Label.RIDER),
    ActorKind.BIKER: (Label.MOTORCYCLE, Label.RIDER),
    ActorKind.BICYCLE: (Label.BICYCLE,),
    ActorKind.MOTORCYCLE: (Label.MOTORCYCLE,),
    ActorKind.CAR: (Label.CAR,),
    ActorKind.TRUCK: (Label.TRUCK,),
    ActorKind.BUS: (Label.BUS,),
    ActorKind.TRAM: (Label.TRAIN,),
}
_STUFF: dict[ActorKind, tuple[Label, ...]] = {
    ActorKind.TREE: (Label.VEGETATION,),
    ActorKind.LAMP: (Label.POLE,),
    ActorKind.SIGN: (Label.POLE, Label.TRAFFIC_SIGN),
    ActorKind.TRAFFIC_LIGHT: (Label.POLE, Label.TRAFFIC_LIGHT),
}


def labels_of(actor: Actor) -> tuple[Label, ...]:
    """Labels of the instances that an actor consists of; none for scenery."""
    return _LABELS.get(actor.kind, ())


def stuff_of(actor: Actor) -> tuple[Label, ...]:
    """Labels that scenery is drawn with; none for other actors."""
    return _STUFF.get(actor.kind, ())


@dataclass(frozen=True)
class Stage:
    """Canvas, camera and light with which actors are drawn.

    Attributes:
        canvas: canvas to draw on.
        camera: camera of the scene.
        light: light of the scene.
        stuff: pens of the labels without instances.
    """

    canvas: Canvas
    camera: Camera
    light: SceneLight
    stuff: dict[Label, Pen]


def draw_actor(stage: Stage, actor: Actor, pens: tuple[Pen, ...]) -> list[Mark]:
    """Draw an actor and return its faces and plates.

    Args:
        stage: stage to draw on.
        actor: actor to draw.
        pens: one pen for each of `labels_of(actor)`.
    """
    rng = np.random.default_rng(actor.seed)
    if actor.kind is ActorKind.PERSON:
        return _person(stage, actor, pens[0], rng)
    if actor.kind in _CYCLES:
        return _cycle(stage, actor, pens, rng)
    if pens:
        return _vehicle(stage, actor, pens[0], rng)
    _scenery(stage, actor, rng)
    return []


def _sheet(
    stage: Stage, actor: Actor, pen: Pen, *, unit: float = 1.0, squeeze: float = 1.0
) -> Sheet:
    place = (actor.x, actor.z)
    return Sheet.at(pen, stage.camera, stage.light, place, unit=unit, squeeze=squeeze)


def _person(stage: Stage, actor: Actor, pen: Pen, rng: np.random.Generator) -> list[Mark]:
    person = sample_person(rng, walks=rng.random() < 0.75, child=actor.height < 1.5)
    sideways = actor.facing in (Facing.LEFT, Facing.RIGHT)
    squeeze = -1.0 if actor.facing is Facing.LEFT else 1.0
    sheet = _sheet(stage, actor, pen, unit=actor.height, squeeze=squeeze)
    if sideways:
        head = Viewpoint.FRONT if rng.random() < 0.7 else Viewpoint.SIDE
        return draw_person(sheet, person, Viewpoint.SIDE, head)
    if actor.facing is Facing.AWAY:
        return draw_person(sheet, person, Viewpoint.BACK, Viewpoint.BACK)
    return draw_person(sheet, person, Viewpoint.FRONT, Viewpoint.FRONT)


def _cycle(
    stage: Stage, actor: Actor, pens: tuple[Pen, ...], rng: np.random.Generator
) -> list[Mark]:
    view = {
        Facing.AWAY: Viewpoint.BACK,
        Facing.TOWARDS: Viewpoint.FRONT,
    }.get(actor.facing, Viewpoint.SIDE)
    squeeze = -1.0 if actor.facing is Facing.LEFT else 1.0
    if view is Viewpoint.SIDE:
        squeeze *= rng.uniform(0.82, 1.0)
    sheet = _sheet(stage, actor, pens[0], squeeze=squeeze)
    motor = actor.kind in (ActorKind.BIKER, ActorKind.MOTORCYCLE)
    rider = None
    if len(pens) > 1:
        rider = pens[1], sample_rider(rng, view, helmet=0.9 if motor else 0.45)
    draw = draw_motorcycle if motor else draw_bicycle
    return draw(sheet, rider, view, rng)


def _vehicle(stage: Stage, actor: Actor, pen: Pen, rng: np.random.Generator) -> list[Mark]:
    heading = _HEADINGS[actor.facing] + rng.normal(0, 0.012)
    solid = Solid(pen, stage.camera, stage.light, actor.x, actor.z, heading)
    if actor.kind is ActorKind.CAR:
        return draw_car(solid, pick(rng, CAR_SHAPES), rng)
    draw = _LONG_VEHICLES[actor.kind]
    return draw(solid, actor.length, actor.width, actor.height, rng)


def _scenery(stage: Stage, actor: Actor, rng: np.random.Generator) -> None:
    size = actor.height / 6.0 if actor.kind is ActorKind.TREE else 1.0
    pen = stage.stuff[stuff_of(actor)[0]]
    sheet = _sheet(stage, actor, pen, unit=size)
    if actor.kind is ActorKind.TREE:
        scenery.draw_tree(sheet, rng)
    elif actor.kind is ActorKind.LAMP:
        scenery.draw_lamp(sheet, rng)
    elif actor.kind is ActorKind.SIGN:
        scenery.draw_sign(sheet, stage.stuff, rng)
    else:
        scenery.draw_traffic_light(sheet, stage.stuff, rng)
