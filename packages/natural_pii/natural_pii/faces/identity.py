"""Features of the drawn person, determined by a seed and never by the old face.

Only facts that the new face must not contradict are taken from the image, as a `Surroundings`.

Lengths are in half distances between the pupils, about 31.5 mm. Widths of nose, mouth and eyes
have the range of the 25 groups in Farkas et al., "International anthropometric study of facial
morphology in various ethnic groups/races" (2005); openings of eyes and heights of lips that of
Farkas, "Anthropometry of the Head and Face" (1994). Vertical positions vary slightly more, within
the uncertainty of a detector's landmarks.
"""

from bisect import bisect
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import accumulate
from typing import TypeVar

import numpy as np

from .grid import CHIN, HALF_WIDTH
from .paint import Colour
from .surroundings import Surroundings

BONES = 11
"""Number of hollows and elevations whose strength varies between people."""

_HAIR: tuple[Colour, ...] = (
    (0.012, 0.009, 0.008), (0.022, 0.014, 0.010), (0.040, 0.022, 0.013), (0.075, 0.042, 0.024),
    (0.14, 0.085, 0.045), (0.11, 0.10, 0.095),
)  # fmt: skip
_HAIR_SHARES = (0.26, 0.26, 0.22, 0.12, 0.06, 0.08)
_IRIS: tuple[Colour, ...] = (
    (0.014, 0.008, 0.005), (0.035, 0.019, 0.010), (0.06, 0.048, 0.026), (0.075, 0.095, 0.11),
)  # fmt: skip
_IRIS_SHARES = (0.45, 0.28, 0.12, 0.15)
_MOST = 2.3
"""Largest deviation from a mean, standard deviations."""
_T = TypeVar("_T")


class Mouth(StrEnum):
    """State of a mouth."""

    CLOSED = "closed"
    TEETH = "teeth"
    OPEN = "open"


@dataclass(frozen=True)
class Identity:
    """Features of a person.

    Attributes:
        age: years.
        feminine: 0 to 1.
        width: half of the width of the face at the cheekbones.
        chin: distance of the chin's lower end from the eyes.
        jaw: width of the jaw, about 1.
        bones: strength of hollows and elevations relative to the average, `BONES` numbers.
        eyes_up, eyes_apart, mouth_down: offsets from the positions on an average face.
        nose_width, nose_length, nose_height, bridge, tip, wing: about 1; `bridge` is the width of
            the ridge, `tip` and `wing` the roundness of these parts.
        nostrils: visibility, 0 to 1.
        brow_height, brow_arch, brow_thickness, brow_tilt, brow_long: shape of the eyebrows.
        brow_strength: density of the eyebrows, 0 to 1.
        brow_lift: height of the right brow above the left.
        eye_open, eye_long, eye_tilt: shape of the gap between the lids.
        crease: height of the fold above the upper lid; no fold at 0 or below.
        lid: darkness of the upper lid; below 0 it is lighter than the skin.
        socket: depth of the eye sockets, about 1.
        cheek: strength of the cheekbones, about 1.
        bags: depth of the bags below the eyes, 0 to 1.
        lip_upper, lip_lower, bow: thickness of the lips, and depth of the upper lip's bow, 0 to 1.
        mouth_width: half of the width of the mouth at rest.
        mouth_slant: height of the right corner of the mouth above the left.
        smile: -1 to 1.
        mouth: state of the mouth.
        parted: opening of the lips beyond the least opening of `mouth`, 0 to 1.
        lip_red: difference of the lips from skin, 0 to 1.
        folds: depth of the lines of the face, 0 to 1.
        blush, freckles, mottle: variation of the skin, 0 to 1.
        lashes: darkness of the lashes, 0 to 1.
        gaze: direction of the eyes to the right and down, each -1 to 1.
        hair, iris: colours.
        seed: seed of the skin's texture.
    """

    age: float
    feminine: float
    width: float
    jaw: float
    chin: float
    bones: tuple[float, ...]
    eyes_up: float
    eyes_apart: float
    mouth_down: float
    nose_width: float
    nose_length: float
    nose_height: float
    bridge: float
    tip: float
    wing: float
    nostrils: float
    brow_height: float
    brow_arch: float
    brow_thickness: float
    brow_tilt: float
    brow_long: float
    brow_strength: float
    brow_lift: float
    eye_open: float
    eye_long: float
    eye_tilt: float
    crease: float
    lid: float
    socket: float
    cheek: float
    bags: float
    lip_upper: float
    lip_lower: float
    bow: float
    mouth_width: float
    mouth_slant: float
    smile: float
    mouth: Mouth
    parted: float
    lip_red: float
    folds: float
    blush: float
    freckles: float
    mottle: float
    lashes: float
    gaze: tuple[float, float]
    hair: Colour
    iris: Colour
    seed: int

    @property
    def nose_tip(self) -> float:
        """V of the tip of the nose."""
        return 1.16 * self.nose_length

    @property
    def smiling(self) -> float:
        """Lift of the cheeks by a smile, 0 to 1."""
        return max(self.smile, 0.0) * (1.0 if self.mouth is Mouth.TEETH else 0.5)

    @property
    def nose_wide(self) -> float:
        """Width of the nose, about 1; a smile widens it."""
        return self.nose_width * (1 + 0.07 * self.smiling)

    @property
    def mouth_wide(self) -> float:
        """Half of the current width of the mouth."""
        return self.mouth_width * (1.16 if self.mouth is Mouth.TEETH else 1.0)

    @property
    def squint(self) -> float:
        """Narrowing of the eyes by a smile, 0 to 1."""
        return self.smiling

    def in_place_of(self, chin: float, width: float) -> "Identity":
        """Person with about the width and length of the old face, whose outline is covered."""
        return replace(self, chin=chin + self.chin - CHIN, width=width + self.width - HALF_WIDTH)


class _Draws:
    """Random numbers around means."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng

    def about(self, mean: float, spread: float) -> float:
        """Normally distributed number, limited to `_MOST` standard deviations."""
        return mean + spread * min(max(self._rng.standard_normal(), -_MOST), _MOST)

    def share(self, low: float = 0.0, high: float = 1.0) -> float:
        """Uniformly distributed number."""
        return low + (high - low) * self._rng.random()

    def one_of(self, options: tuple[_T, ...], shares: tuple[float, ...]) -> _T:
        """One of several options, with the given probabilities."""
        number = bisect(list(accumulate(shares)), self._rng.random() * sum(shares))
        return options[min(number, len(options) - 1)]


def draw_identity(rng: np.random.Generator, seen: Surroundings | None = None) -> Identity:
    """Draw a random person who fits the surroundings.

    The same generator gives the same person in other surroundings, as far as these allow.

    Args:
        rng: random generator for the features.
        seen: facts that the new face must not contradict.
    """
    seen = seen or Surroundings()
    draw = _Draws(rng)
    about, share = draw.about, draw.share
    feminine, age = _kind(draw, seen)
    manly, worn = 1 - feminine, float(np.clip((age - 25) / 50, 0, 1))
    hair = draw.one_of(_HAIR, _HAIR_SHARES)
    thick = max(about(0.135 + 0.05 * manly, 0.035), 0.07)
    nose_length = about(0.99 + 0.02 * manly + 0.03 * worn, 0.11)
    mouth = draw.one_of(tuple(Mouth), (0.6, 0.3, 0.1))
    smiling = {
        Mouth.CLOSED: about(0.35, 0.5),
        Mouth.TEETH: share(0.5, 1),
        Mouth.OPEN: share(0, 0.8),
    }
    return Identity(
        age=age,
        feminine=feminine,
        width=about(HALF_WIDTH, 0.06),
        jaw=about(0.97 + 0.06 * manly, 0.06),
        chin=about(CHIN, 0.08),
        bones=tuple(max(about(1, 0.75), -0.3) for _ in range(BONES)),
        eyes_up=about(0.0, 0.09),
        eyes_apart=about(0.0, 0.06),
        # The upper lip varies less than the nose above it.
        mouth_down=1.16 * (nose_length - 1) + max(about(0.03, 0.08), -0.2),
        nose_width=about(0.99 + 0.06 * manly + 0.05 * worn, 0.18),
        nose_length=nose_length,
        nose_height=max(about(0.85 + 0.2 * manly, 0.4), 0.1),
        bridge=about(1.0, 0.28),
        tip=about(1.0, 0.25),
        wing=about(1.0, 0.25),
        nostrils=share(0.1, 1),
        brow_height=max(about(0.52 + 0.06 * feminine, 0.09), 0.30 + 0.9 * thick),
        brow_arch=share(-0.08 + 0.06 * feminine, 0.2 + 0.06 * feminine),
        brow_thickness=thick,
        brow_tilt=about(0.02, 0.06),
        brow_long=about(1.08, 0.09),
        brow_strength=share(0.65, 1.0) * (1 - 0.25 * worn),
        brow_lift=about(0.0, 0.035),
        eye_open=share(0.20, 0.38) + 0.03 * feminine - 0.03 * worn,
        eye_long=about(0.475, 0.04),
        eye_tilt=about(0.03 + 0.03 * feminine - 0.03 * worn, 0.055),
        crease=about(0.09, 0.08) - 0.04 * worn,
        lid=share(-0.6, 0.35 + 0.3 * feminine),
        socket=about(1.0, 0.35),
        cheek=about(1.0, 0.6),
        bags=share(0, 1.0) + 0.5 * worn,
        lip_upper=max(about(0.21 + 0.02 * feminine - 0.06 * worn, 0.07), 0.07),
        lip_lower=max(about(0.29 + 0.02 * feminine - 0.05 * worn, 0.08), 0.12),
        bow=share(),
        mouth_width=about(0.83 + 0.03 * manly, 0.075),
        mouth_slant=about(0.0, 0.03),
        smile=smiling[mouth],
        mouth=mouth,
        parted=share(),
        lip_red=share(0.0, 0.85) + 0.35 * feminine * share(),
        folds=share(0, 0.8) + 0.6 * worn,
        blush=share(0.1, 1.0),
        freckles=max(share(-5.0, 1.0), 0.0),
        mottle=share(0.3, 1.0) + 0.3 * worn,
        lashes=share(0.05, 0.7) + 0.45 * feminine * share(),
        gaze=(about(0.0, 0.45), about(0.0, 0.3)),
        hair=hair if seen.hair is None else seen.hair,
        iris=draw.one_of(_IRIS, _IRIS_SHARES),
        seed=int(rng.integers(2**32)),
    )


def _kind(draw: _Draws, seen: Surroundings) -> tuple[float, float]:
    """Femininity, 0 to 1, and age in years, as suggested by hair."""
    feminine, other, years, more = (draw.share() for _ in range(4))
    often = 0.8 if any(seen.traits) else 0.3
    age = 50 + 30 * years if seen.grey else 18 + 45 * years * more**0.5
    return (0.6 + 0.4 * other if feminine < often else 0.35 * other), age
