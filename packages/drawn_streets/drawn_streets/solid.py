"""Objects with flat sides at any angle: vehicles and houses."""

from dataclasses import dataclass
from functools import cached_property
from math import cos, sin

import numpy as np

from . import shapes
from .camera import Camera
from .canvas import Pen
from .colours import Colour
from .light import SceneLight, Tone, tone

_BILINEAR = np.array([[1.0, 0, 0, 0], [-1.0, 1, 0, 0], [-1.0, 0, 0, 1], [1.0, -1, 1, -1]])
"""Matrix from the corners of a panel to the coefficients of 1, s, t and s * t."""


@dataclass(frozen=True)
class Panel:
    """Flat side of a solid. s runs from its left to its right edge as seen from outside, t from
    bottom to top, both 0 to 1.

    Attributes:
        solid: body of the side.
        corners: (4, 3) in the solid's coordinates: bottom left, bottom right, top right, top left.
        visible: whether it faces the camera.
        matrix: (4, 3), maps rows (1, s, t, s * t) to homogeneous image points.
        tone: light and haze on the side.
    """

    solid: "Solid"
    corners: np.ndarray
    visible: bool
    matrix: np.ndarray
    tone: Tone

    def pixels(self, st: np.ndarray) -> np.ndarray:
        """Map points (..., 2) as (s, t) to (..., 2) image pixels."""
        basis = np.ones((*st.shape[:-1], 4))
        basis[..., 1:3] = st
        basis[..., 3] = st[..., 0] * st[..., 1]
        return Camera.pixels(basis @ self.matrix)

    def fill(self, st: np.ndarray, colour: Colour, gain: float = 1.0) -> None:
        """Fill a convex polygon given in (s, t)."""
        if self.visible:
            self.solid.pen.fill(self.pixels(st), self.tone.of(colour, gain))

    def box(
        self, s0: float, t0: float, s1: float, t1: float, colour: Colour, *, gain: float = 1.0
    ) -> None:
        """Fill an upright rectangle."""
        self.fill(shapes.box(s0, t0, s1, t1), colour, gain)

    def boxes(self, corners: np.ndarray | list, colour: Colour, gain: float = 1.0) -> None:
        """Fill rectangles (n, 4) as s0, t0, s1, t1 that do not overlap."""
        if self.visible and len(corners):
            outlines = self.pixels(shapes.boxes(corners))
            self.solid.pen.fill_all(outlines, self.tone.of(colour, gain))

    def whole(self, colour: Colour, gain: float = 1.0) -> None:
        """Fill the whole panel."""
        self.box(0, 0, 1, 1, colour, gain=gain)

    def rectangle(self, s: float, t: float, width: float, height: float) -> np.ndarray:
        """Corners (4, 2), tl tr br bl in pixels, of a rectangle around (s, t) with a size in
        metres.
        """
        across = np.linalg.norm(self.corners[1] - self.corners[0])
        up = np.linalg.norm(self.corners[3] - self.corners[0])
        ds, dt = width / across / 2, height / up / 2
        return self.pixels(
            np.array([(s - ds, t + dt), (s + ds, t + dt), (s + ds, t - dt), (s - ds, t - dt)])
        )


@dataclass(frozen=True)
class Solid:
    """Body on the ground with coordinates (across, up, along) in metres.

    `along` points in its direction of travel and `across` to its right; the origin is the centre
    of its footprint.

    Attributes:
        pen: pen of the surface to draw.
        camera: camera of the scene.
        light: light of the scene.
        x: origin, metres to the right of the camera.
        z: origin, metres from the camera.
        heading: radians; 0 drives away from the camera, pi/2 to the right.
    """

    pen: Pen
    camera: Camera
    light: SceneLight
    x: float
    z: float
    heading: float

    def world(self, local: np.ndarray) -> np.ndarray:
        """Map points (..., 3) of the body to (..., 3) of the street."""
        return local @ self._turn + self._origin

    @cached_property
    def _turn(self) -> np.ndarray:
        c, s = cos(self.heading), sin(self.heading)
        return np.array([[c, 0.0, -s], [0.0, 1.0, 0.0], [s, 0.0, c]])

    @cached_property
    def _origin(self) -> np.ndarray:
        return np.array([self.x, 0.0, self.z])

    def pixels(self, local: np.ndarray) -> np.ndarray:
        """Map points (..., 3) of the body to (..., 2) image pixels."""
        return self.camera.project(self.world(local))

    def panel(self, corners: np.ndarray | list) -> Panel:
        """Flat side with the corners bl, br, tr, tl as seen from outside, (4, 3)."""
        corners = np.asarray(corners, dtype=np.float64)
        world = self.world(corners)
        homogeneous = world @ self.camera.matrix + self.camera.offset
        matrix = _BILINEAR @ homogeneous
        bl, br, _, tl = Camera.pixels(homogeneous).tolist()
        turn = (br[0] - bl[0]) * (tl[1] - bl[1]) - (br[1] - bl[1]) * (tl[0] - bl[0])
        if turn >= 0:
            return Panel(self, corners, False, matrix, self.tone_at())
        depth = float(world[:, 2].sum()) / 4
        gain = self.light.gain(_normal(world[1] - world[0], world[3] - world[0]))
        return Panel(self, corners, True, matrix, tone(self.light, depth, gain))

    def across_panel(
        self,
        low: tuple[float, float, float],
        high: tuple[float, float, float],
        front: bool,
    ) -> Panel:
        """Side that spans the body's width between two edges given as (along, up, half width);
        `front` if it is visible from ahead.
        """
        sign = 1.0 if front else -1.0
        return self.panel(
            [
                (sign * low[2], low[1], low[0]),
                (-sign * low[2], low[1], low[0]),
                (-sign * high[2], high[1], high[0]),
                (sign * high[2], high[1], high[0]),
            ]
        )

    def flank(
        self, side: float, half: float, along: tuple[float, float], up: tuple[float, float]
    ) -> Panel:
        """Upright long side at across = side * half (side +1 right, -1 left), between two positions
        along the body, the rear one first, and two heights.
        """
        a, b = along if side > 0 else along[::-1]
        x, (low, high) = side * half, up
        return self.panel([(x, low, a), (x, low, b), (x, high, b), (x, high, a)])

    def tone_at(self, gain: float = 1.0) -> Tone:
        """Tone of a part that is attached to the body but is not one of its sides."""
        return tone(self.light, self.z, self.light.upright * gain)

    def fill(self, local: np.ndarray | list, colour: Colour, gain: float = 1.0) -> None:
        """Fill a convex polygon (n, 3), regardless of the direction it faces."""
        self.pen.fill(self.pixels(np.asarray(local)), self.tone_at(gain).of(colour))


def _normal(right: np.ndarray, up: np.ndarray) -> np.ndarray:
    """Unit normal (3,) of a side, towards the viewer, from its right and upward edges."""
    ax, ay, az = up.tolist()
    bx, by, bz = right.tolist()
    normal = np.array([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx])
    return normal / max(float(np.sqrt(normal @ normal)), 1e-9)
