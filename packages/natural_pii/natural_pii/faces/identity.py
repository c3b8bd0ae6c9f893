"""Features of the person who is drawn; they come from a seed, never from the image."""

from bisect import bisect
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate
from typing import TypeVar

import numpy as np

CHIN, HALF_WIDTH = 3.68, 2.12
"""v of an average chin, and |u| of its sides."""
Colour = tuple[float, float, float]
"""Linear RGB, 0 to 1."""

_HAIR: tuple[Colour, ...] = (
    (0.012, 0.009, 0.008), (0.022, 0.014, 0.010), (0.040, 0.022, 0.013), (0.075, 0.042, 0.024),
    (0.14, 0.085, 0.045), (0.11, 0.10, 0.095),
)  # fmt: skip
_HAIR_SHARES = (0.26, 0.26, 0.22, 0.12, 0.06, 0.08)
_IRIS: tuple[Colour, ...] = (
    (0.020, 0.011, 0.006), (0.045, 0.024, 0.012), (0.07, 0.055, 0.03), (0.07, 0.09, 0.11),
)  # fmt: skip
_IRIS_SHARES = (0.45, 0.28, 0.12, 0.15)
_BEARDS = (0.88, 0.07, 0.015, 0.035), (0.84, 0.08, 0.02, 0.06)
_GLASSES = (0.86, 0.07, 0.07), (0.50, 0.20, 0.30)
"""Shares of beards and glasses among average and unusual people, in the order of the enums."""
_T = TypeVar("_T")


class Beard(StrEnum):
    """Hair on the lower face."""

    NONE = "none"
    STUBBLE = "stubble"
    MOUSTACHE = "moustache"
    FULL = "full"


class Glasses(StrEnum):
    """Glasses."""

    NONE = "none"
    THIN = "thin"
    DARK = "dark"


@dataclass(frozen=True)
class Identity:
    """Features of a person; lengths are in half distances between the pupils.

    Attributes:
        width: half of the width of the face at the cheekbones.
        chin: distance of the chin's lower end from the eyes.
        jaw: width of the jaw, about 1.
        eyes_up, mouth_down: offsets from their places on an average face.
        nose_width, nose_length, nose_height, bridge: about 1; `bridge` is the width of its ridge.
        brow_height, brow_arch, brow_thickness, brow_tilt: shape of the eyebrows.
        brow_strength: density of the eyebrows, 0 to 1.
        eye_open, eye_long, eye_tilt: gap between the lids.
        socket: depth of the eye sockets, about 1.
        cheek: strength of the cheekbones, about 1.
        lip_upper, lip_lower, mouth_width: thickness and width of the lips.
        smile: -1 to 1.
        parted: opening of the lips, 0 to 1.
        lip_red: difference of lips from skin, 0 to 1.
        folds: depth of the lines of the face, 0 to 1.
        blush, freckles, mottle: variation of the skin, 0 to 1.
        lashes: darkness of the lashes, 0 to 1.
        gaze: horizontal direction of the eyes, -1 to 1.
        hair, iris: colours.
        beard, glasses: kinds of beard and glasses.
        seed: seed of the skin's texture.
    """

    width: float
    jaw: float
    chin: float
    eyes_up: float
    mouth_down: float
    nose_width: float
    nose_length: float
    nose_height: float
    bridge: float
    brow_height: float
    brow_arch: float
    brow_thickness: float
    brow_tilt: float
    brow_strength: float
    eye_open: float
    eye_long: float
    eye_tilt: float
    socket: float
    cheek: float
    lip_upper: float
    lip_lower: float
    mouth_width: float
    smile: float
    parted: float
    lip_red: float
    folds: float
    blush: float
    freckles: float
    mottle: float
    lashes: float
    gaze: float
    hair: Colour
    iris: Colour
    beard: Beard
    glasses: Glasses
    seed: int

    def in_place_of(self, chin: float, width: float) -> "Identity":
        """The person with about the width and length of the old face, whose outline is covered."""
        return replace(self, chin=chin + self.chin - CHIN, width=width + self.width - HALF_WIDTH)


def draw_identity(rng: np.random.Generator, unlike: float = 0.0) -> Identity:
    """Draw a person at random.

    Args:
        rng: source of the features.
        unlike: distance from the average, 0 to 1; also makes glasses and beards likelier.
    """
    wide = 1 + 0.8 * unlike

    def about(mean: float, spread: float) -> float:
        return mean + wide * spread * min(max(rng.standard_normal(), -2.0), 2.0)

    def share(low: float = 0.0, high: float = 1.0) -> float:
        return rng.uniform(low, high)

    return Identity(
        width=about(HALF_WIDTH, 0.05),
        jaw=about(1.0, 0.06),
        chin=about(CHIN, 0.06),
        eyes_up=about(0.0, 0.05),
        mouth_down=about(0.0, 0.07),
        nose_width=about(1.0, 0.13),
        nose_length=about(1.0, 0.06),
        nose_height=about(1.0, 0.14),
        bridge=about(1.0, 0.18),
        brow_height=about(0.57, 0.06),
        brow_arch=share(0.02, 0.16),
        brow_thickness=about(0.19, 0.035),
        brow_tilt=about(0.0, 0.05),
        brow_strength=share(0.75, 1.0),
        eye_open=about(0.35, 0.035),
        eye_long=about(0.47, 0.03),
        eye_tilt=about(0.03, 0.03),
        socket=about(1.0, 0.2),
        cheek=about(1.0, 0.25),
        lip_upper=about(0.22, 0.04),
        lip_lower=about(0.31, 0.05),
        mouth_width=about(0.86, 0.06),
        smile=about(0.8, 0.45),
        parted=max(share(-1.6, 1.0), 0.0),
        lip_red=share(0.35, 0.9),
        folds=share(0.15, 0.9),
        blush=share(0.2, 1.0),
        freckles=max(share(-2.0, 1.0), 0.0),
        mottle=share(0.5, 1.0),
        lashes=share(0.6, 1.0),
        gaze=about(0.0, 0.35),
        hair=_drawn(rng, _HAIR, _HAIR_SHARES),
        iris=_drawn(rng, _IRIS, _IRIS_SHARES),
        beard=_drawn(rng, tuple(Beard), _mixed(_BEARDS, unlike)),
        glasses=_drawn(rng, tuple(Glasses), _mixed(_GLASSES, unlike)),
        seed=int(rng.integers(2**32)),
    )


def _mixed(shares: tuple[tuple[float, ...], ...], unlike: float) -> tuple[float, ...]:
    """Shares interpolated by `unlike` between average and unusual people."""
    usual, other = shares
    return tuple(a * (1 - unlike) + b * unlike for a, b in zip(usual, other, strict=True))


def _drawn(rng: np.random.Generator, options: tuple[_T, ...], shares: tuple[float, ...]) -> _T:
    """One of several options, drawn with the probabilities of their shares."""
    number = bisect(list(accumulate(shares)), rng.random() * sum(shares))
    return options[min(number, len(options) - 1)]
