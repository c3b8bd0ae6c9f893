"""Facts that a new face must not contradict, estimated from the old picture."""

from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from pii_measures.pixels import median

from .estimate import Skin, brightness, spots_in, to_linear
from .field import to_log
from .paint import Colour
from .pose import Pose

_DARK = np.float32(0.004)
"""Linear brightness below which pixels are practically black."""


def _around_head(u: tuple[float, ...], v: tuple[float, ...], bulge: float) -> np.ndarray:
    """Points (n, 3) at all combinations of u and v, `bulge` units in front of a round head."""
    return np.array([(x, y, 0.35 - 0.28 * x**2 + bulge) for x in u for y in v])


_LEFT = np.array((-1, 1, 1))
_ABOVE = _around_head((2.05, 2.3), (-1.5, -1.1, -0.7), 0.4)
_HAIR = np.concatenate([
    _ABOVE * _LEFT, _ABOVE, _around_head((-0.9, -0.3, 0.3, 0.9), (-2.4, -2.75), 0.4)
])  # fmt: skip
"""Points at the temples and above the forehead."""
_TEMPLE = _around_head((1.9, 2.1, 2.3), (-1.4, -1.0, -0.6), 0.5)
_BESIDE = _around_head((1.9, 2.1, 2.3, 2.5), (0.6, 1.0, 1.4, 1.8, 2.2, 2.6), 0.8)
"""Points at the right temple, and beside the lower face below it."""
_MOUTH = np.array(
    [(u, v, 0.4) for u in (-0.6, -0.3, 0.0, 0.3, 0.6) for v in (2.1, 2.45)]
    + [(u, v, 0.2) for u in (-1.2, 1.2) for v in (1.2, 1.4)]
)  # fmt: skip
"""Points on the lips, and then on the cheeks."""
_LIPS = 10
"""Number of points on the lips."""
_RED = 0.2
"""Difference between lips and cheeks, logarithm of red over green, from which lips are red."""
_PARTS = (_HAIR, _TEMPLE * _LEFT, _BESIDE * _LEFT, _TEMPLE, _BESIDE)
_POINTS = np.concatenate(_PARTS)
_ENDS = list(accumulate(map(len, _PARTS), initial=0))


@dataclass(frozen=True)
class Surroundings:
    """Coarse facts about a picture: a colour and three flags, no shape.

    Attributes:
        hair: colour of the hair; None if none is visible.
        grey: whether the hair is grey or white.
        long_hair: whether hair is visible beside the lower face.
        red_lips: whether the lips are clearly redder than the cheeks.
    """

    hair: Colour | None = None
    grey: bool = False
    long_hair: bool = False
    red_lips: bool = False

    @property
    def traits(self) -> tuple[bool, bool]:
        """`long_hair` and `red_lips`, which a new face should not contradict."""
        return self.long_hair, self.red_lips


@dataclass(frozen=True, eq=False)
class _SeenPlaces:
    """Pixels at several points of a picture.

    Attributes:
        colours: linear RGB, (n, 3) float32; outside the picture, those of its edge.
        inside: whether the point is in the picture, (n,) bool.
        skin: whether the colour is about that of the skin, (n,) bool.
    """

    colours: np.ndarray
    inside: np.ndarray
    skin: np.ndarray


def surroundings_of(image: np.ndarray, pose: Pose, skin: Skin) -> Surroundings:
    """Estimate the facts about the face at a pose.

    Other properties of the old face (glasses, a beard, teeth) would reveal whose it was.

    Args:
        image: (height, width, 3) uint8 RGB, before anonymization.
        pose: pose of the face.
        skin: skin of the face.
    """
    tone = np.array(skin.tone, np.float32)
    crown, *sides = _places(image, pose, tone)
    hair = _hair(crown)
    grey = False
    if hair is not None:
        level = float(brightness(np.array(hair, np.float32)))
        hardly_coloured = max(hair) < 1.5 * min(hair) + 0.004
        grey = hardly_coloured and level > 0.22 * float(brightness(tone))
    shares = _continued(*sides[:2]) + _continued(*sides[2:])
    return Surroundings(hair, grey, long_hair=shares > 0.7, red_lips=_are_red(image, pose))


def _are_red(image: np.ndarray, pose: Pose) -> bool:
    """Whether the lips are clearly redder than the cheeks."""
    seen = to_log(spots_in(image, pose.pixels(_MOUTH), 0.15 * pose.unit))
    redness = seen[:, 0] - seen[:, 1]
    return bool(redness[:_LIPS].mean() - redness[_LIPS:].mean() > _RED)


def _places(image: np.ndarray, pose: Pose, tone: np.ndarray) -> list[_SeenPlaces]:
    """Pixels at each of `_PARTS`."""
    columns, rows = np.floor(pose.pixels(_POINTS)).T.astype(int)
    height, width = image.shape[:2]
    inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    colours = to_linear(image[rows.clip(0, height - 1), columns.clip(0, width - 1)])
    level, tint = _difference(colours, tone)
    skin = (tint < 0.3) & (np.abs(level) < 0.7)
    parts = (slice(start, end) for start, end in pairwise(_ENDS))
    return [_SeenPlaces(colours[part], inside[part], skin[part]) for part in parts]


def _hair(places: _SeenPlaces) -> Colour | None:
    """Median colour of pixels that are not skin; None if it is not a colour of hair."""
    others = places.colours[places.inside & ~places.skin]
    if len(others) < 4:
        return None
    red, green, blue = median(others).tolist()
    # Hair is hardly greener or bluer than red; a hat, the sky or leaves may be.
    return (red, green, blue) if green < 1.08 * red and blue < 1.15 * red else None


def _continued(temple: _SeenPlaces, beside: _SeenPlaces) -> float:
    """Share of the points beside the lower face that look like the hair at the temple, 0 to 1."""
    hair = temple.colours[~temple.skin]
    if len(hair) < 2:
        return 0.0
    level, tint = _difference(beside.colours, median(hair))
    alike = (np.abs(level) < 0.9) & (tint < 0.35)
    return float((alike & ~beside.skin & beside.inside).mean())


def _difference(colours: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Differences of brightness and of tint of linear colours (n, 3) from another, logarithms."""
    offset = np.log(colours + _DARK) - np.log(other + _DARK)
    level = offset.mean(axis=1)
    return level, np.abs(offset - level[:, None]).max(axis=1)
