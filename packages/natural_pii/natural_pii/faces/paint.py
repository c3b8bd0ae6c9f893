"""Colours over the grid: soft masks blended into linear RGB."""

from dataclasses import dataclass

import numpy as np

from .grid import Grid, smooth

Colour = tuple[float, float, float]
"""Linear RGB, 0 to 1."""
Window = tuple[slice, slice]
"""Rows and columns of a grid."""


@dataclass(frozen=True, eq=False)
class FacePaint:
    """Colours of a face, painted in place.

    Attributes:
        grid: the sample points.
        rgb: (..., 3, height, width) float32 linear RGB.
        tone: colour of the skin, linear RGB.
    """

    grid: Grid
    rgb: np.ndarray
    tone: Colour

    def part(self, window: Window) -> "FacePaint":
        """View of a window; painting on it changes the whole."""
        return FacePaint(self.grid.crop(window), self.rgb[(..., *window)], self.tone)

    def mix(self, alpha: np.ndarray, colour: Colour) -> None:
        """Blend in a colour with weight alpha, (..., height, width)."""
        part = self.rgb
        part += alpha[..., None, :, :] * (_planes(colour) - part)

    def tint(self, alpha: np.ndarray, gain: Colour) -> None:
        """Multiply by a gain with weight alpha, (..., height, width)."""
        part = self.rgb
        part *= 1 + alpha[..., None, :, :] * (_planes(gain) - 1)

    def edge(self, distance: np.ndarray, softness: float = 0.03) -> np.ndarray:
        """1 where a signed distance (units) is positive, with an edge that samples can resolve."""
        half = max(softness, 0.6 / self.grid.density)
        return smooth(distance, -half, half)


def _planes(colour: Colour) -> np.ndarray:
    return np.array(colour, np.float32).reshape(3, 1, 1)


def scaled(colour: Colour, gain: float | Colour) -> Colour:
    """A colour times a gain."""
    gains = gain if isinstance(gain, tuple) else (gain,) * 3
    red, green, blue = (part * by for part, by in zip(colour, gains, strict=True))
    return red, green, blue


def between(first: Colour, second: Colour, share: float) -> Colour:
    """Mixture of two colours; `share` is the weight of the second."""
    red, green, blue = (a * (1 - share) + b * share for a, b in zip(first, second, strict=True))
    return red, green, blue


def pale(tone: Colour, gain: float) -> Colour:
    """White under the light on the skin; at a gain of 1, about as bright as the skin.

    Most of the skin's hue is attributed to the light, since grey looks blue beside skin.
    """
    bright = 0.30 * tone[0] + 0.55 * tone[1] + 0.15 * tone[2]
    red, green, blue = ((part / max(bright, 1e-4)) ** 0.8 * (gain * bright + 0.02) for part in tone)
    return red, green, blue


def near_curve(paint: FacePaint, offset: np.ndarray, width: float) -> np.ndarray:
    """Soft stroke: 1 on a line, decreasing with the distance from it (units)."""
    wide = max(width, 0.5 / paint.grid.density)
    return np.exp(-np.square(offset * (1 / wide))) * min(width / wide, 1.0)
