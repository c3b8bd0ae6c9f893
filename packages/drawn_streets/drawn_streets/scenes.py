"""Drawing of a scene, determined by its settings, split and index."""

import zlib
from dataclasses import dataclass

import numpy as np

from .actor_drawing import Stage, draw_actor, labels_of, stuff_of
from .actors import VEHICLES, Actor, ActorKind, far_to_near
from .camera import Camera
from .canvas import Canvas, Pen
from .errors import SettingsError
from .ground import Ground, cast_shadows, draw_ground, draw_hood, draw_sky, draw_skyline
from .houses import draw_houses
from .labels import Label
from .light import SceneLight, grade, sample_light
from .marks import VisibleFace, VisiblePlate
from .outlines import Polygon, outlines
from .population import TRAM_SHARE, Population
from .shapes import convex_hull, ellipse
from .street import Street, sample_street
from .truth import (
    DrawnMark,
    DrawnObject,
    hardly_visible,
    object_of,
    plate_polygon,
    visible_part,
)

_STUFF = tuple(label for label in Label if label < Label.PERSON)
_TITLES = {int(label): label.title for label in _STUFF}
SMALLEST_SIDE = 32
"""Least width and height of a scene, pixels."""
_NEAR = 0.9
"""Depth in metres from which the ground is drawn."""
_SHADOW_REACH = 1.4
"""Longest shadow relative to the height of the object."""


@dataclass(frozen=True)
class SceneSettings:
    """Settings that, together with split and index, determine a scene.

    Attributes:
        seed: at least 0; different seeds give different scenes.
        width: image width in pixels, at least 32.
        height: image height in pixels, at least 32; the composition assumes half the width.

    Raises:
        SettingsError: a value is out of range.
    """

    seed: int = 0
    width: int = 1024
    height: int = 512

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise SettingsError(f"seed: has to be at least 0, found {self.seed}")
        for name, size in (("width", self.width), ("height", self.height)):
            if size < SMALLEST_SIDE:
                raise SettingsError(f"{name}: has to be at least {SMALLEST_SIDE}, found {size}")


@dataclass(frozen=True)
class DrawnScene:
    """Finished scene and its ground truth.

    Attributes:
        image: (height, width, 3) uint8 RGB.
        instance_ids: (height, width) uint16, as in Cityscapes: label id * 1000 + number for
            instances, the label id for groups and stuff.
        polygons: outlines of all objects, far to near, then of the license plates.
        marks: visible faces and license plates in drawing order.
    """

    image: np.ndarray
    instance_ids: np.ndarray
    polygons: tuple[Polygon, ...]
    marks: tuple[VisibleFace | VisiblePlate, ...]

    @property
    def faces(self) -> tuple[VisibleFace, ...]:
        """Visible faces."""
        return tuple(mark for mark in self.marks if isinstance(mark, VisibleFace))

    @property
    def plates(self) -> tuple[VisiblePlate, ...]:
        """Visible license plates."""
        return tuple(mark for mark in self.marks if isinstance(mark, VisiblePlate))


def draw_scene(settings: SceneSettings, split: str = "train", index: int = 0) -> DrawnScene:
    """Draw a scene; the same arguments give the same pixels.

    Args:
        settings: seed and size.
        split: any name, e.g. `train`; splits share no scene.
        index: number of the scene in its split, from 0.
    """
    entropy = (settings.seed, zlib.crc32(split.encode()), index)
    plan_seed, look_seed, noise_seed = np.random.SeedSequence(entropy).spawn(3)
    rng = np.random.default_rng(plan_seed)
    light = sample_light(rng)
    tram = rng.random() < TRAM_SHARE
    street = sample_street(rng, tram)
    camera = _sample_camera(rng, settings.width, settings.height)
    actors = far_to_near(Population(rng, camera, street).fill(tram))
    backdrop = _draw_backdrop(camera, light, street, actors, np.random.default_rng(look_seed))
    drawn = _draw_actors(backdrop, actors, street)
    leaving = hardly_visible(drawn.stage.canvas, drawn.objects)
    if leaving:
        # Without them, the others only become more visible, so there is no second pass.
        actors = [actor for actor in actors if actor not in leaving]
        drawn = _draw_actors(backdrop, actors, street)
    canvas = drawn.stage.canvas
    visible = [visible_part(canvas, mark) for mark in drawn.marks]
    polygons = outlines(backdrop.canvas.ids(), _TITLES)
    polygons += [Polygon(i.title, i.points) for i in drawn.objects if i.points is not None]
    polygons += outlines(canvas.ids(), {Label.EGO_VEHICLE: Label.EGO_VEHICLE.title})
    polygons += [
        plate_polygon(canvas, shown.mark, part)
        for shown, part in zip(drawn.marks, visible, strict=True)
        if isinstance(part, VisiblePlate)
    ]
    return DrawnScene(
        image=grade(canvas.image(), light, np.random.default_rng(noise_seed)),
        instance_ids=canvas.ids(),
        polygons=tuple(polygons),
        marks=tuple(part for part in visible if part is not None),
    )


@dataclass(frozen=True)
class _DrawnActors:
    """Stage with the actors drawn on it."""

    stage: Stage
    objects: list[DrawnObject]
    marks: list[DrawnMark]


def _sample_camera(rng: np.random.Generator, width: int, height: int) -> Camera:
    """Draw a random camera; all size-dependent values are proportional to the width."""
    return Camera(
        width=width,
        height=height,
        focal=float(rng.uniform(0.86, 1.06)) * width,
        horizon=height / 2 - float(rng.uniform(0.015, 0.05)) * width,
        centre=float(rng.uniform(0.42, 0.60)) * width,
        eye=float(rng.uniform(1.5, 2.0)),
    )


def _draw_backdrop(
    camera: Camera, light: SceneLight, street: Street, actors: list[Actor], rng: np.random.Generator
) -> Stage:
    """Draw everything that does not depend on which actors remain, and the shadows of all."""
    canvas = Canvas.blank(camera.width, camera.height)
    pens = {label: canvas.surface(label) for label in _STUFF}
    draw_sky(canvas, pens[Label.SKY], camera, light, rng)
    draw_skyline(pens[Label.BUILDING], pens[Label.VEGETATION], camera, light, rng)
    draw_ground(Ground(pens, camera, light), street, rng)
    cast_shadows(canvas, camera, light, *_shadows(camera, light, actors))
    draw_houses(pens[Label.BUILDING], camera, light, street, rng)
    return Stage(canvas, camera, light, pens)


def _shadows(
    camera: Camera, light: SceneLight, actors: list[Actor]
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Outlines in pixels of cast shadows, and of the ground directly below the actors."""
    east, up, north = light.sun
    cast, contacts = [], []
    for actor in actors:
        x0, z0, x1, z1 = actor.extent
        middle = np.array([actor.x, actor.z])
        corners = np.array([(x0, z0), (x1, z0), (x1, z1), (x0, z1)])
        if actor.kind not in VEHICLES:
            corners = corners * 0.6 + middle * 0.4
        contacts.append(camera.ground(np.maximum(corners, (-np.inf, _NEAR))))
        away = -np.array([east, north]) * min(actor.height / up, _SHADOW_REACH * actor.height)
        if actor.kind is ActorKind.TREE:
            x, z = middle + away * 0.7
            ground = ellipse(x, z, 1.5, 1.5)
        else:
            narrow = 1.0 if actor.kind in VEHICLES else 0.6
            tip = (corners - middle) * narrow + middle + away
            ground = convex_hull(np.concatenate([corners, tip]))
        cast.append(camera.ground(np.maximum(ground, (-np.inf, _NEAR))))
    return cast, contacts


def _draw_actors(backdrop: Stage, actors: list[Actor], street: Street) -> _DrawnActors:
    """Draw the actors, far to near, on a copy of the backdrop."""
    canvas = backdrop.canvas.copy()
    stuff = {label: Pen(canvas, pen.surface) for label, pen in backdrop.stuff.items()}
    stage = Stage(canvas, backdrop.camera, backdrop.light, stuff)
    objects: list[DrawnObject] = []
    marks: list[DrawnMark] = []
    numbers = dict.fromkeys(Label, 0)
    for actor in actors:
        values = []
        for label in labels_of(actor):
            values.append(label if actor.crowd else label * 1000 + numbers[label])
            numbers[label] += not actor.crowd
        pens = tuple(canvas.surface(int(value)) for value in values)
        first = len(canvas.values) - len(pens)
        drawn = draw_actor(stage, actor, pens)
        marks += [DrawnMark(mark, mark.pen.count(mark.box)) for mark in drawn]
        for label, value in zip(labels_of(actor), values, strict=True):
            objects.append(object_of(stage, actor, label, int(value), first=first))
        for label in stuff_of(actor):
            objects.append(object_of(stage, actor, label, int(label)))
    if street.hood:
        draw_hood(stuff[Label.EGO_VEHICLE], backdrop.camera)
    return _DrawnActors(stage, objects, marks)
