"""Random choice and placement of the people, vehicles and scenery of a scene."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from .actors import Actor, ActorKind, Facing, Placer
from .camera import Camera
from .street import Side, Street

TRIES = 14
"""Number of attempts to place an actor before it is left out."""

SHARES = {
    ActorKind.BUS: 0.36,
    ActorKind.TRUCK: 0.38,
    ActorKind.BIKER: 0.32,
    ActorKind.MOTORCYCLE: 0.16,
    ActorKind.CYCLIST: 0.52,
    ActorKind.BICYCLE: 0.32,
}
"""Probability that a scene is intended to have at least one actor of a kind."""
TRAM_SHARE = 0.40

SIZES: dict[ActorKind, tuple[float, float, float]] = {
    ActorKind.PERSON: (0.50, 0.45, 1.72),
    ActorKind.CYCLIST: (0.70, 1.80, 1.85),
    ActorKind.BIKER: (0.85, 2.10, 1.82),
    ActorKind.BICYCLE: (0.60, 1.80, 1.12),
    ActorKind.MOTORCYCLE: (0.80, 2.10, 1.32),
    ActorKind.CAR: (1.85, 4.40, 1.50),
    ActorKind.TRUCK: (2.50, 7.60, 3.30),
    ActorKind.BUS: (2.55, 10.5, 3.05),
    ActorKind.TRAM: (2.45, 16.0, 3.45),
    ActorKind.TREE: (0.60, 0.60, 6.0),
    ActorKind.LAMP: (0.30, 0.30, 6.5),
    ActorKind.SIGN: (0.40, 0.30, 2.7),
    ActorKind.TRAFFIC_LIGHT: (0.40, 0.40, 3.3),
}
"""Width, length and height in metres."""

Candidate = Callable[[], Actor | None]


class Population:
    """People, vehicles and scenery of one street.

    Args:
        rng: random generator of the scene.
        camera: camera of the scene.
        street: plan of the street.
    """

    def __init__(self, rng: np.random.Generator, camera: Camera, street: Street) -> None:
        self.rng = rng
        self.camera = camera
        self.street = street
        self.placer = Placer(camera)

    def fill(self, tram: bool) -> list[Actor]:
        """Choose and place all actors, rare kinds first."""
        rng = self.rng
        if tram:
            self._try(self._tram)
        heavy = [kind for kind in (ActorKind.BUS, ActorKind.TRUCK) if rng.random() < SHARES[kind]]
        for kind in heavy if rng.random() < 0.5 else heavy[::-1]:
            self._try(partial(self._vehicle, kind, 8.0, 22.0))
        for _ in range(1 + int(rng.random() * 2.4)):
            self._try(partial(self._person, 3.6, 6.5), margin=0.15)
        for kind in (ActorKind.BIKER, ActorKind.CYCLIST):
            if rng.random() < SHARES[kind]:
                self._try(partial(self._two_wheeler, kind))
        for kind in (ActorKind.MOTORCYCLE, ActorKind.BICYCLE):
            if rng.random() < SHARES[kind]:
                self._try(partial(self._parked_two_wheeler, kind))
        for _ in range(2 + int(rng.random() * 4)):
            self._try(partial(self._vehicle, ActorKind.CAR, 5.5, 34.0))
        for _ in range(3 + int(rng.random() * 5)):
            self._try(partial(self._person, 6.5, 24.0), margin=0.2)
        self._groups()
        self.placer.most_hidden, self.placer.least_inside = 1.0, 0.0
        for actor in self._scenery():
            self.placer.place(actor, margin=0.4)
        return self.placer.actors

    def _try(self, propose: Candidate, margin: float = 0.35) -> bool:
        for _ in range(TRIES):
            actor = propose()
            if actor is not None and self.placer.place(actor, margin):
                return True
        return False

    def _actor(
        self,
        kind: ActorKind,
        x: float,
        z: float,
        facing: Facing,
        *,
        size: float = 1.0,
        crowd: bool = False,
    ) -> Actor:
        width, length, height = SIZES[kind]
        seed = int(self.rng.integers(1 << 31))
        return Actor(kind, x, z, facing, width * size, length * size, height * size, seed, crowd)

    def _between(self, low: float, high: float) -> float:
        return low + (high - low) * self.rng.random()

    def _tram(self) -> Actor | None:
        street, rng = self.street, self.rng
        size = float(rng.uniform(0.7, 1.15))
        width, length, height = SIZES[ActorKind.TRAM]
        length *= size
        seed = int(rng.integers(1 << 31))
        if street.crossing_track:
            z, to_the_right = street.cross_lanes()[int(rng.random() * 2)]
            x = self._between(-0.5, 0.5) * length
            facing = Facing.RIGHT if to_the_right else Facing.LEFT
            return Actor(ActorKind.TRAM, x, z, facing, width, length, height, seed)
        if street.track is None:
            return None
        z = self._between(7.5, 22.0) + length / 2
        facing = Facing.TOWARDS if rng.random() < 0.6 else Facing.AWAY
        return Actor(ActorKind.TRAM, street.track, z, facing, width, length, height, seed)

    def _vehicle(self, kind: ActorKind, nearest: float, farthest: float) -> Actor | None:
        street, rng = self.street, self.rng
        width, length, height = SIZES[kind]
        if kind is not ActorKind.CAR:
            length *= rng.uniform(0.75, 1.1)
        seed = int(rng.integers(1 << 31))
        cross = street.cross_lanes()
        if cross and rng.random() < 0.40:
            z, to_the_right = cross[int(rng.random() * len(cross))]
            low, high = self.camera.half_view(z)
            facing = Facing.RIGHT if to_the_right else Facing.LEFT
            return Actor(kind, self._between(low, high), z, facing, width, length, height, seed)
        if street.plaza:
            return None
        # Few distant ones: depth is drawn uniformly in its inverse square root.
        near = 1 / self._between(farthest**-0.5, nearest**-0.5) ** 2
        z = near + length / 2
        if (
            street.junction
            and z + length / 2 > street.junction[0] - 1
            and near < street.junction[1]
        ):
            return None
        places = [(lane.x, lane.onward) for lane in street.lanes]
        places += [(x, x > 0) for x in street.parking] * (2 if kind is ActorKind.CAR else 1)
        x, onward = places[int(rng.random() * len(places))]
        if street.zebra and near < street.zebra + 3.6 and z + length / 2 > street.zebra - 0.6:
            return None
        if x not in street.parking and onward and near < 7:
            return None
        facing = Facing.AWAY if onward else Facing.TOWARDS
        x += self._between(-0.15, 0.15)
        return Actor(kind, x, z, facing, width, length, height, seed)

    def _person(self, nearest: float, farthest: float) -> Actor | None:
        street, rng = self.street, self.rng
        z = 1 / self._between(farthest**-0.5, nearest**-0.5) ** 2
        size = float(rng.uniform(0.93, 1.08))
        if rng.random() < 0.12:
            size = float(rng.uniform(0.62, 0.8))
        zebra = street.zebra
        if zebra is not None and not (
            rng.random() < 0.5 and nearest < zebra + 2.7 and farthest > zebra
        ):
            zebra = None
        low, high = self.camera.half_view(z)
        if zebra is not None:
            z = self._between(max(zebra + 0.3, nearest), min(zebra + 2.7, farthest))
            low, high = self.camera.half_view(z)
            x = self._between(max(low, street.curbs[0]), min(high, street.curbs[1]))
        else:
            if street.junction and street.junction[0] - 0.8 < z < street.junction[1] + 0.8:
                return None
            bands = self._walkways(low, high)
            if not bands:
                return None
            a, b = bands[int(rng.random() * len(bands))]
            x = self._between(a, b)
        return self._actor(
            ActorKind.PERSON, x, z, self._person_facing(zebra is not None), size=size
        )

    def _walkways(self, low: float, high: float) -> list[tuple[float, float]]:
        """Visible parts of the sidewalks, as ranges of x."""
        street = self.street
        if street.plaza:
            return [(max(low, street.walls[0] + 0.5), min(high, street.walls[1] - 0.5))]
        left = (max(low, street.walls[0] + 0.4), min(street.curbs[0] - 0.5, high))
        right = (max(low, street.curbs[1] + 0.5), min(street.walls[1] - 0.4, high))
        return [band for band in (left, right) if band[1] - band[0] > 0.15]

    def _person_facing(self, crossing: bool) -> Facing:
        draw = self.rng.random()
        sideways = 0.60 if crossing else 0.22
        if draw < sideways:
            return Facing.LEFT if self.rng.random() < 0.5 else Facing.RIGHT
        return Facing.AWAY if self.rng.random() < 0.2 else Facing.TOWARDS

    def _two_wheeler(self, kind: ActorKind) -> Actor | None:
        street, rng = self.street, self.rng
        cross = street.cross_lanes()
        if cross and rng.random() < 0.5:
            z, to_the_right = cross[int(rng.random() * len(cross))]
            low, high = self.camera.half_view(z)
            facing = Facing.RIGHT if to_the_right else Facing.LEFT
            return self._actor(kind, self._between(low, high), z, facing)
        z = 1 / self._between(15.0**-0.5, 5.0**-0.5) ** 2
        low, high = self.camera.half_view(z)
        if rng.random() < 0.45 or not street.lanes:
            # Turning into the street, or crossing it.
            facing = Facing.LEFT if rng.random() < 0.5 else Facing.RIGHT
            edges = (max(low, street.curbs[0] + 1), min(high, street.curbs[1] - 1))
            return (
                self._actor(kind, self._between(*edges), z, facing) if edges[0] < edges[1] else None
            )
        lane = street.lanes[int(rng.random() * len(street.lanes))]
        facing = Facing.AWAY if lane.onward else Facing.TOWARDS
        return self._actor(kind, lane.x + self._between(-1.0, 1.0), z, facing)

    def _parked_two_wheeler(self, kind: ActorKind) -> Actor | None:
        z = self._between(6.0, 13.0)
        bands = self._walkways(*self.camera.half_view(z))
        if not bands or (self.street.junction and z > self.street.junction[0] - 1):
            return None
        low, high = bands[int(self.rng.random() * len(bands))]
        facing = Facing.LEFT if self.rng.random() < 0.5 else Facing.RIGHT
        return self._actor(kind, self._between(low, high), z, facing)

    def _groups(self) -> None:
        """Sometimes add a crowd, a full car park or a rack of bicycles, far enough to merge."""
        rng, street = self.rng, self.street
        start = street.junction[1] + 3 if street.junction else 24.0
        if rng.random() < 0.16:
            z = start + self._between(0, 8)
            bands = self._walkways(*self.camera.half_view(z))
            if bands:
                low, high = bands[int(rng.random() * len(bands))]
                middle = self._between(low, high)
                for _ in range(6):
                    x = middle + self._between(-1.4, 1.4)
                    facing = self._person_facing(False)
                    depth = z + self._between(0, 2.5)
                    self.placer.place(
                        self._actor(ActorKind.PERSON, x, depth, facing, crowd=True), 0.0
                    )
        if rng.random() < 0.12 and street.parking:
            x = street.parking[int(rng.random() * len(street.parking))]
            facing = Facing.AWAY if x > 0 else Facing.TOWARDS
            for k in range(4):
                self.placer.place(
                    self._actor(ActorKind.CAR, x, start + 6 + 5.2 * k, facing, crowd=True)
                )
        if rng.random() < 0.10:
            z = self._between(9.0, 14.0)
            bands = self._walkways(*self.camera.half_view(z))
            if bands and not (street.junction and z > street.junction[0] - 2):
                low, high = bands[int(rng.random() * len(bands))]
                middle = self._between(low, high)
                for k in range(4):
                    rack = self._actor(
                        ActorKind.BICYCLE, middle, z + 0.7 * k, Facing.LEFT, crowd=True
                    )
                    self.placer.place(rack, 0.0)

    def _scenery(self) -> Iterator[Actor]:
        rng, street = self.rng, self.street
        lined = rng.random() < 0.5
        for number, (curb, sign) in enumerate(zip(street.curbs, (-1, 1), strict=True)):
            z = self._between(10, 16)
            while z < 60:
                on_junction = (
                    street.junction and street.junction[0] - 2 < z < street.junction[1] + 2
                )
                if not on_junction and (lined or street.sides[number] is Side.PARK):
                    size = float(rng.uniform(0.8, 1.25))
                    yield self._actor(
                        ActorKind.TREE, curb + sign * 0.9, z, Facing.TOWARDS, size=size
                    )
                elif not on_junction and rng.random() < 0.6:
                    yield self._actor(ActorKind.LAMP, curb + sign * 0.6, z, Facing.TOWARDS)
                z += self._between(8, 14)
            if street.junction is None and rng.random() < 0.45:
                place = self._between(7, 20)
                yield self._actor(ActorKind.SIGN, curb + sign * 0.5, place, Facing.TOWARDS)
        if street.junction:
            for curb, sign in zip(street.curbs, (-1, 1), strict=True):
                z = street.junction[0] - 1.0
                yield self._actor(ActorKind.TRAFFIC_LIGHT, curb + sign * 0.6, z, Facing.TOWARDS)
