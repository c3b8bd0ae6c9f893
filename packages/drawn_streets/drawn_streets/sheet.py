"""Flat upright objects that face the camera: people, two-wheelers, trees, poles."""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import numpy as np

from . import shapes
from .camera import Camera
from .canvas import Pen
from .colours import Colour
from .light import SceneLight, Tone, tone

Point = tuple[float, float]


class Viewpoint(StrEnum):
    """Side from which a person, head or two-wheeler is seen."""

    FRONT = "front"
    BACK = "back"
    SIDE = "side"


@dataclass(frozen=True)
class Sheet:
    """Vertical plane at one depth, with u to the right and v upwards from a foot on the ground.

    Attributes:
        pen: pen of the surface that is drawn.
        foot: position of u = v = 0, pixels.
        across: pixels per unit of u; negative values mirror, smaller ones foreshorten.
        up: pixels per unit of v.
        tone: light and haze.
        sun_side: +1 if the sun is to the right in u, else -1.
    """

    pen: Pen
    foot: tuple[float, float]
    across: float
    up: float
    tone: Tone
    sun_side: float

    @classmethod
    def at(
        cls,
        pen: Pen,
        camera: Camera,
        light: SceneLight,
        place: Point,
        *,
        unit: float = 1.0,
        squeeze: float = 1.0,
    ) -> "Sheet":
        """Sheet at (x, z) metres; `unit` metres are one unit of u and v."""
        (foot,) = camera.ground(np.array([place]))
        up = camera.scale(place[1]) * unit
        side = np.sign(light.sun[0] * squeeze) or 1.0
        return cls(pen, (foot[0], foot[1]), up * squeeze, up, tone(light, place[1]), float(side))

    def draws(self, pen: Pen) -> "Sheet":
        """Sheet at the same position with another pen."""
        return replace(self, pen=pen)

    def moved(self, u: float, v: float, unit: float = 1.0, flip: bool = False) -> "Sheet":
        """Sheet with its origin at (u, v) of this one, and a scaled unit."""
        foot = (self.foot[0] + u * self.across, self.foot[1] - v * self.up)
        mirror = -1 if flip else 1
        return replace(
            self,
            foot=foot,
            across=self.across * unit * mirror,
            up=self.up * unit,
            sun_side=self.sun_side * mirror,
        )

    def pixels(self, points: np.ndarray) -> np.ndarray:
        """Map points (..., 2) of the sheet to (..., 2) image pixels."""
        return points * self._scale + self._origin

    @cached_property
    def _scale(self) -> np.ndarray:
        return np.array([self.across, -self.up])

    @cached_property
    def _origin(self) -> np.ndarray:
        return np.array(self.foot)

    def fill(self, points: np.ndarray, colour: Colour, gain: float = 1.0) -> None:
        """Fill a convex polygon."""
        self.pen.fill(self.pixels(points), self.tone.of(colour, gain))

    def fill_all(self, polygons: np.ndarray | list, colour: Colour, gain: float = 1.0) -> None:
        """Fill polygons of any form that do not overlap."""
        if isinstance(polygons, np.ndarray):
            self.pen.fill_all(self.pixels(polygons), self.tone.of(colour, gain))
        else:
            self.pen.fill_all([self.pixels(p) for p in polygons], self.tone.of(colour, gain))

    def fill_each(self, polygons: np.ndarray, colour: Colour, gain: float = 1.0) -> None:
        """Fill convex polygons (k, n, 2) that may overlap."""
        self.pen.fill_each(self.pixels(polygons), self.tone.of(colour, gain))

    def glaze(self, points: np.ndarray, colour: Colour, opacity: float) -> None:
        """Draw a translucent polygon over the canvas."""
        self.pen.glaze(self.pixels(points), self.tone.of(colour), opacity)

    def ellipse(self, u: float, v: float, ru: float, rv: float, colour: Colour) -> None:
        """Fill an ellipse."""
        self.fill(shapes.ellipse(u, v, ru, rv, count=self.corners(ru)), colour)

    def corners(self, radius: float) -> int:
        """Number of corners with which a circle of that radius looks round."""
        size = radius * self.up * self.pen.canvas.scale
        return 12 if size < 12 else 24 if size < 60 else 48

    def limb(self, start: Point, end: Point, r0: float, r1: float, colour: Colour) -> None:
        """Fill a capsule; if it is large, its side away from the sun is slightly darker."""
        outline = shapes.capsule(start, end, r0, r1)
        self.fill(outline, colour)
        if r0 * self.up > 2.5:
            shift = -0.45 * self.sun_side
            self.fill(
                shapes.capsule(
                    (start[0] + shift * r0, start[1]),
                    (end[0] + shift * r1, end[1]),
                    r0 * 0.52,
                    r1 * 0.52,
                ),
                colour,
                0.88,
            )

    def line(self, points: np.ndarray | list[Point], width: float, colour: Colour) -> None:
        """Draw a line through points."""
        self.fill_each(shapes.stroke(np.asarray(points), width), colour)
