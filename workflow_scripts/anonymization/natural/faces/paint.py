"""Colouring the grid: soft masks mixed into linear RGB."""

from dataclasses import dataclass

import numpy as np

from .grid import Grid, smooth
from .identity import Colour

Window = tuple[slice, slice]
Point = tuple[float, float]


@dataclass(frozen=True, eq=False)
class Paint:
    """A face's colour.

    Attributes:
        grid: the points.
        rgb: (height, width, 3) float32 linear RGB, is painted on.
        tone: the skin's colour, linear RGB.
    """

    grid: Grid
    rgb: np.ndarray
    tone: Colour

    def mix(self, alpha: np.ndarray, colour: Colour, window: Window = (slice(None),) * 2) -> None:
        """Cover with a colour where alpha is 1; alpha has the window's shape."""
        part = self.rgb[window]
        part += alpha[..., None].astype(np.float32) * (np.float32(colour) - part)

    def tint(self, alpha: np.ndarray, gain: Colour, window: Window = (slice(None),) * 2) -> None:
        """Multiply with a gain where alpha is 1."""
        part = self.rgb[window]
        part *= 1 + alpha[..., None].astype(np.float32) * (np.float32(gain) - 1)

    def scale(self, gain: np.ndarray) -> None:
        """Multiply everything with a gain (height, width)."""
        np.multiply(self.rgb, gain[..., None].astype(np.float32), out=self.rgb)

    def stroke(
        self, start: Point, end: Point, width: float, gain: Colour, strength: float = 1.0
    ) -> None:
        """Multiply with a gain along a straight line, softly in all directions."""
        (u0, v0), (u1, v1) = start, end
        wide = max(width, 0.5 / self.grid.density)
        reach = 2.5 * wide
        low_u, high_u = sorted((u0, u1))
        window = self.grid.window(low_u - reach, min(v0, v1) - reach,
                                  high_u + reach, max(v0, v1) + reach)  # fmt: skip
        grid = self.grid.crop(window)
        du, dv = u1 - u0, v1 - v0
        along = np.clip(((grid.u - u0) * du + (grid.v - v0) * dv) / (du * du + dv * dv), 0, 1)
        square = (grid.u - u0 - along * du) ** 2 + (grid.v - v0 - along * dv) ** 2
        fade = np.minimum(np.minimum(along, 1 - along) * 4, 1)
        alpha = np.exp(-square / wide**2) * fade * (strength * min(width / wide, 1.0))
        self.tint(alpha, gain, window)

    def edge(self, distance: np.ndarray, softness: float = 0.03) -> np.ndarray:
        """1 where a signed distance (units) is positive, with an edge that a sample can show."""
        half = max(softness, 0.6 / self.grid.density)
        return smooth(distance, -half, half)


def scaled(colour: Colour, gain: float | tuple[float, float, float]) -> Colour:
    """A colour times a gain."""
    return tuple((np.float32(colour) * np.float32(gain)).tolist())


def between(first: Colour, second: Colour, share: float) -> Colour:
    """A mixture of two colours, `share` of it the second."""
    return tuple((np.float32(first) * (1 - share) + np.float32(second) * share).tolist())


def pale(tone: Colour, gain: float) -> Colour:
    """Something white in the light that falls on the skin; about as bright as the skin at 1.

    Most of the skin's hue is taken for the light's: grey beside skin looks blue.
    """
    bright = float(np.dot(tone, (0.30, 0.55, 0.15)))
    hue = (np.float32(tone) / max(bright, 1e-4)) ** np.float32(0.8)
    return tuple((hue * (gain * bright + 0.02)).tolist())


def near_curve(paint: Paint, offset: np.ndarray, width: float) -> np.ndarray:
    """1 on a line, falling off with the offset from it (units), like a soft stroke."""
    wide = max(width, 0.5 / paint.grid.density)
    return np.exp(-((offset / wide) ** 2)) * min(width / wide, 1.0)
