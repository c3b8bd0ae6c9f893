"""Who the new face is: shape and features, drawn from a seed and never from the picture."""

from bisect import bisect
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate
from typing import TypeVar

import numpy as np

CHIN, HALF_WIDTH = 3.68, 2.12
"""Where an average face ends below and at the sides."""
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
"""Of people who are average, and who are not; in the order of the classes below."""
_T = TypeVar("_T")


class Beard(StrEnum):
    """What grows on the lower face."""

    NONE = "none"
    STUBBLE = "stubble"
    MOUSTACHE = "moustache"
    FULL = "full"


class Glasses(StrEnum):
    """What sits on the nose."""

    NONE = "none"
    THIN = "thin"
    DARK = "dark"


@dataclass(frozen=True)
class Identity:
    """A person's features; lengths in half distances between the pupils.

    Attributes:
        width: half of the face, at the cheekbones.
        chin: where the chin ends below the eyes.
        jaw: how wide the jaw is, about 1.
        eyes_up, mouth_down: how far they lie from where an average face has them.
        nose_width, nose_length, nose_height, bridge: about 1; `bridge` is the ridge's width.
        brow_height, brow_arch, brow_thickness, brow_tilt: of the eyebrows.
        brow_strength: how dense they are, 0 to 1.
        eye_open, eye_long, eye_tilt: of the gap between the lids.
        socket: how deep the eyes lie, about 1.
        cheek: how strong the cheekbones are, about 1.
        lip_upper, lip_lower, mouth_width: of the lips.
        smile: -1 to 1.
        parted: how far the lips are open, 0 to 1.
        lip_red: how much lips differ from skin, 0 to 1.
        folds: how deep the lines of the face are, 0 to 1.
        blush, freckles, mottle: of the skin, 0 to 1.
        lashes: how dark, 0 to 1.
        gaze: where the eyes look, -1 to 1.
        hair, iris: colours.
        beard, glasses: what it wears.
        seed: of its skin's texture.
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
        """The person as wide and long as the old face, so that its outline is covered."""
        return replace(self, chin=chin + self.chin - CHIN, width=width + self.width - HALF_WIDTH)


def draw_identity(rng: np.random.Generator, unlike: float = 0.0) -> Identity:
    """Draw a person.

    Args:
        rng: decides who.
        unlike: 0 to 1, how far from the average; also makes glasses and beards likelier.
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
    """The shares of an average person, and by `unlike` those of one who is not."""
    usual, other = shares
    return tuple(a * (1 - unlike) + b * unlike for a, b in zip(usual, other, strict=True))


def _drawn(rng: np.random.Generator, options: tuple[_T, ...], shares: tuple[float, ...]) -> _T:
    """One of several, each as likely as its share says."""
    number = bisect(list(accumulate(shares)), rng.random() * sum(shares))
    return options[min(number, len(options) - 1)]
