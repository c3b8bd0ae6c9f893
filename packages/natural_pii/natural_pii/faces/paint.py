"""Colouring the grid: soft masks mixed into linear RGB."""

from dataclasses import dataclass

import numpy as np

from .grid import Grid, smooth
from .identity import Colour

Window = tuple[slice, slice]


@dataclass(frozen=True, eq=False)
class Paint:
    """A face's colour.

    Attributes:
        grid: the points.
        rgb: (..., 3, height, width) float32 linear RGB, is painted on.
        tone: the skin's colour, linear RGB.
    """

    grid: Grid
    rgb: np.ndarray
    tone: Colour

    def part(self, window: Window) -> "Paint":
        """The paint in a window, which is painted on with it."""
        return Paint(self.grid.crop(window), self.rgb[(..., *window)], self.tone)

    def mix(self, alpha: np.ndarray, colour: Colour) -> None:
        """Cover with a colour where alpha, (..., height, width), is 1."""
        part = self.rgb
        part += alpha[..., None, :, :] * (_planes(colour) - part)

    def tint(self, alpha: np.ndarray, gain: Colour) -> None:
        """Multiply with a gain where alpha is 1."""
        part = self.rgb
        part *= 1 + alpha[..., None, :, :] * (_planes(gain) - 1)

    def edge(self, distance: np.ndarray, softness: float = 0.03) -> np.ndarray:
        """1 where a signed distance (units) is positive, with an edge that a sample can show."""
        half = max(softness, 0.6 / self.grid.density)
        return smooth(distance, -half, half)


def _planes(colour: Colour) -> np.ndarray:
    return np.array(colour, np.float32).reshape(3, 1, 1)


def scaled(colour: Colour, gain: float | Colour) -> Colour:
    """A colour times a gain."""
    gains = gain if isinstance(gain, tuple) else (gain,) * 3
    return tuple(part * by for part, by in zip(colour, gains, strict=True))


def between(first: Colour, second: Colour, share: float) -> Colour:
    """A mixture of two colours, `share` of it the second."""
    return tuple(a * (1 - share) + b * share for a, b in zip(first, second, strict=True))


def pale(tone: Colour, gain: float) -> Colour:
    """Something white in the light that falls on the skin; about as bright as the skin at 1.

    Most of the skin's hue is taken for the light's: grey beside skin looks blue.
    """
    bright = 0.30 * tone[0] + 0.55 * tone[1] + 0.15 * tone[2]
    return tuple((part / max(bright, 1e-4)) ** 0.8 * (gain * bright + 0.02) for part in tone)


def near_curve(paint: Paint, offset: np.ndarray, width: float) -> np.ndarray:
    """1 on a line, falling off with the offset from it (units), like a soft stroke."""
    wide = max(width, 0.5 / paint.grid.density)
    return np.exp(-np.square(offset * (1 / wide))) * min(width / wide, 1.0)
