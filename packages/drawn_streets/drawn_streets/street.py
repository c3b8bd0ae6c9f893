"""Plan of a street in metres: road, sidewalks, crossings and houses."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from .colours import pick

LANE = 3.3
"""Width of a lane, metres."""


class Side(StrEnum):
    """Buildings or park along one side of the street."""

    HOUSES = "houses"
    PARK = "park"


@dataclass(frozen=True)
class Lane:
    """Lane along the street.

    Attributes:
        x: centre of the lane, metres.
        onward: whether it leads away from the camera.
    """

    x: float
    onward: bool


@dataclass(frozen=True)
class Street:
    """Plan of a street.

    Attributes:
        plaza: whether it is a pedestrian area, with people and trams only.
        curbs: x of the left and right edge of the road, metres.
        walls: x of the left and right house fronts, metres.
        sides: buildings or park on the left and right.
        lanes: lanes along the street.
        parking: x of the centres of the parking lanes.
        track: x of the centre of a tram track along the street, or None.
        zebra: depth at which a zebra crossing of 3 m starts, or None.
        junction: depths at which a crossing street starts and ends, or None.
        crossing_track: whether trams run along the crossing street.
        hood: whether the bonnet of the recording car is visible.
    """

    plaza: bool
    curbs: tuple[float, float]
    walls: tuple[float, float]
    sides: tuple[Side, Side]
    lanes: tuple[Lane, ...]
    parking: tuple[float, ...]
    track: float | None
    zebra: float | None
    junction: tuple[float, float] | None
    crossing_track: bool
    hood: bool

    def cross_lanes(self) -> tuple[tuple[float, bool], ...]:
        """Depth of each lane of the crossing street, and whether it leads to the right."""
        if self.junction is None:
            return ()
        start, _ = self.junction
        return (start + 2.4, True), (start + 6.0, False)


def sample_street(rng: np.random.Generator, tram: bool) -> Street:
    """Draw a random plan; with a tram, one that has rails."""
    plaza = rng.random() < 0.14
    shift = rng.uniform(-0.35, 0.35)
    junction = None
    if rng.random() < 0.5 and not plaza:
        start = rng.uniform(11.0, 16.0)
        junction = (start, start + 8.6)
    tram_crosses = tram and junction is not None and rng.random() < 0.5
    park_right = rng.random() < 0.42 and not plaza
    park_left = rng.random() < 0.5 and not plaza
    lanes = [Lane(shift, True), Lane(shift - LANE, False)]
    track = None
    left = shift - 1.5 * LANE
    if tram and not tram_crosses:
        track = shift - LANE * (1 + (rng.random() < 0.5))
        if track < left:
            left -= LANE
    right = shift + 0.5 * LANE
    parking = []
    if park_right:
        parking.append(right + 1.1)
        right += 2.2
    if park_left:
        parking.append(left - 1.1)
        left -= 2.2
    zebra = None
    if rng.random() < (0.75 if park_right else 0.5) and not plaza:
        zebra = junction[0] - 4.2 if junction else rng.uniform(5.0, 7.5)
    walls = (left - rng.uniform(3.2, 5.0), right + rng.uniform(3.2, 5.0))
    if plaza:
        walls = (left - rng.uniform(5, 8), right + rng.uniform(4, 7))
    left_side, right_side = (pick(rng, (Side.HOUSES,) * 4 + (Side.PARK,)) for _ in range(2))
    return Street(
        plaza=plaza,
        curbs=(left, right),
        walls=walls,
        sides=(left_side, right_side),
        lanes=() if plaza else tuple(lanes),
        parking=tuple(parking),
        track=track,
        zebra=zebra,
        junction=junction,
        crossing_track=tram_crosses,
        hood=bool(rng.random() < 0.2),
    )
