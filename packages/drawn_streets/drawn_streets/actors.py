"""Placement of actors: footprints in metres that neither collide nor hide one another."""

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from .camera import Camera


class ActorKind(StrEnum):
    """Kinds of actors."""

    PERSON = "person"
    CYCLIST = "cyclist"
    BIKER = "biker"
    BICYCLE = "bicycle"
    MOTORCYCLE = "motorcycle"
    CAR = "car"
    TRUCK = "truck"
    BUS = "bus"
    TRAM = "tram"
    TREE = "tree"
    LAMP = "lamp"
    SIGN = "sign"
    TRAFFIC_LIGHT = "traffic light"


VEHICLES = frozenset({ActorKind.CAR, ActorKind.TRUCK, ActorKind.BUS, ActorKind.TRAM})


class Facing(StrEnum):
    """Direction in which an actor faces or drives, relative to the camera."""

    AWAY = "away"
    TOWARDS = "towards"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True)
class Actor:
    """A person, vehicle or piece of scenery in the scene.

    Attributes:
        kind: kind of actor.
        x: centre of its footprint, metres.
        z: centre of its footprint, metres from the camera.
        facing: direction in which it faces or drives.
        width: across its facing, metres.
        length: along its facing, metres.
        height: metres.
        seed: seed of its appearance.
        crowd: whether it belongs to a group without separate instances.
    """

    kind: ActorKind
    x: float
    z: float
    facing: Facing
    width: float
    length: float
    height: float
    seed: int
    crowd: bool = False

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Footprint as x0, z0, x1, z1 in metres."""
        sideways = self.facing in (Facing.LEFT, Facing.RIGHT)
        across, deep = (self.length, self.width) if sideways else (self.width, self.length)
        return (
            self.x - across / 2,
            self.z - deep / 2,
            self.x + across / 2,
            self.z + deep / 2,
        )

    def box(self, camera: Camera) -> tuple[float, float, float, float]:
        """Approximate box x0, y0, x1, y1 in pixels; may extend beyond the image."""
        x0, z0, x1, z1 = self.extent
        corners = np.array(
            [(x, y, z) for x in (x0, x1) for y in (0.0, self.height) for z in (z0, z1)]
        )
        pixels = camera.project(corners)
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])


@dataclass
class Placer:
    """Placement of actors one by one where there is room and they stay visible.

    Attributes:
        camera: camera of the scene, which determines the occlusions.
        most_hidden: largest share of an actor's box that nearer actors may cover.
        least_inside: least share of an actor's box that has to be inside the image.
    """

    camera: Camera
    most_hidden: float = 0.5
    least_inside: float = 0.5
    actors: list[Actor] = field(default_factory=list)
    _extents: list[tuple[float, float, float, float]] = field(default_factory=list)
    _boxes: list[tuple[float, float, float, float]] = field(default_factory=list)

    def place(self, actor: Actor, margin: float = 0.3) -> bool:
        """Add the actor unless it collides, leaves the image, hides another or is hidden.

        Returns:
            Whether it was added.
        """
        box, extent = actor.box(self.camera), actor.extent
        if extent[1] < 1.5 or not self._is_inside(box) or self._collides(extent, margin):
            return False
        if not self._leaves_all_visible(box, extent[1]):
            return False
        self.actors.append(actor)
        self._extents.append(extent)
        self._boxes.append(box)
        return True

    def _is_inside(self, box: tuple[float, float, float, float]) -> bool:
        x0, y0, x1, y1 = box
        wide = max(min(x1, self.camera.width) - max(x0, 0), 0) / max(x1 - x0, 1e-9)
        high = max(min(y1, self.camera.height) - max(y0, 0), 0) / max(y1 - y0, 1e-9)
        return wide * high >= self.least_inside

    def _collides(self, extent: tuple[float, float, float, float], margin: float) -> bool:
        if not self._extents:
            return False
        others = np.asarray(self._extents)
        apart = (
            (others[:, 0] > extent[2] + margin)
            | (others[:, 2] < extent[0] - margin)
            | (others[:, 1] > extent[3] + margin)
            | (others[:, 3] < extent[1] - margin)
        )
        return not apart.all()

    def _leaves_all_visible(self, box: tuple[float, float, float, float], depth: float) -> bool:
        if not self._boxes:
            return True
        boxes = np.asarray([*self._boxes, box])
        depths = np.asarray([*(e[1] for e in self._extents), depth])
        touching = (
            (boxes[:, 0] < box[2])
            & (boxes[:, 2] > box[0])
            & (boxes[:, 1] < box[3])
            & (boxes[:, 3] > box[1])
        )
        concerned = np.flatnonzero(touching & (depths >= depth))
        return all(
            _covered(boxes[k], boxes[depths < depths[k]]) <= self.most_hidden for k in concerned
        )


_GRID = (np.arange(7) + 0.5) / 7


def _covered(box: np.ndarray, others: np.ndarray) -> float:
    """Approximate share of a box that other boxes cover."""
    if len(others) == 0:
        return 0.0
    x = box[0] + (box[2] - box[0]) * _GRID
    y = box[1] + (box[3] - box[1]) * _GRID
    across = (others[:, 0, None] <= x) & (x <= others[:, 2, None])
    down = (others[:, 1, None] <= y) & (y <= others[:, 3, None])
    return float((across[:, None, :] & down[:, :, None]).any(axis=0).mean())


def far_to_near(actors: list[Actor]) -> list[Actor]:
    """Order in which to paint actors whose footprints do not overlap.

    Of two footprints that overlap in depth, the one further from the camera's axis is painted
    first. If pairs contradict each other, the greater depth comes first.
    """
    if not actors:
        return []
    x0, z0, x1, z1 = np.asarray([actor.extent for actor in actors]).T
    side = np.maximum(np.maximum(x0, -x1), 0)  # distance of the footprint from the axis
    overlap = (z0[:, None] < z1[None]) & (z0[None] < z1[:, None])
    farther = np.where(overlap, side[:, None] > side[None], z0[:, None] >= z1[None])
    np.fill_diagonal(farther, False)
    # Only footprints on the same side of the axis can hide each other while they overlap in depth.
    waiting = farther.sum(axis=0)
    left = set(range(len(actors)))
    ordered = []
    while left:
        free = [k for k in left if waiting[k] == 0] or list(left)
        chosen = max(free, key=lambda k: (z0[k], side[k], -k))
        ordered.append(actors[chosen])
        left.remove(chosen)
        waiting = waiting - farther[chosen]
    return ordered
