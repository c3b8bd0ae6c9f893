"""What a new face must not contradict, estimated from the old picture."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

import cv2
import numpy as np

from .estimate import Skin, brightness, to_linear
from .paint import Colour
from .pose import Pose

_DARK = np.float32(0.004)
"""Linear brightness below which pixels are about black."""
_HAIR_AT = np.array(
    [(side * u, v) for side in (-1, 1) for u in (2.05, 2.3) for v in (-1.5, -1.1, -0.7)]
    + [(u, v) for u in (-0.9, -0.3, 0.3, 0.9) for v in (-2.4, -2.75)]
)  # fmt: skip
"""Points at the temples and above the forehead, (n, 2) as (u, v)."""
_TEMPLE = np.array([(u, v) for u in (1.9, 2.1, 2.3) for v in (-1.4, -1.0, -0.6)])
_BESIDE = np.array([(u, v) for u in (1.9, 2.1, 2.3, 2.5) for v in np.arange(0.6, 2.7, 0.4)])
"""Points at the right temple, and beside the lower face below it."""
_CHEEKS = np.array([(-1.15, 1.0), (-0.9, 1.25), (0.9, 1.25), (1.15, 1.0), (0.0, 0.4)])
_LIP = np.array([(-0.45, 1.78), (-0.2, 1.72), (0.2, 1.72), (0.45, 1.78)])
_CHIN = np.array([(-0.3, 2.95), (0.0, 3.05), (0.3, 2.95), (0.0, 3.25)])
_JAW = np.array([(-1.3, 2.5), (-1.0, 2.85), (1.0, 2.85), (1.3, 2.5)])
_MOUTH = np.stack(np.meshgrid(np.linspace(-0.6, 0.6, 13), np.linspace(1.85, 2.75, 10)), axis=-1)
_LOWER = (_CHEEKS, _LIP, _CHIN, _JAW, _MOUTH.reshape(-1, 2))
"""Points of the lower face, (n, 2) each."""
_EYES = np.stack(np.meshgrid(np.arange(-1.45, 1.5, 0.1), np.arange(-0.5, 1.0, 0.1)), axis=-1)
"""Points around the eyes, (rows, columns, 2)."""


class Beard(StrEnum):
    """Hair on the lower face."""

    NONE = "none"
    MOUSTACHE = "moustache"
    FULL = "full"


class Mouth(StrEnum):
    """State of a mouth."""

    CLOSED = "closed"
    TEETH = "teeth"
    OPEN = "open"


@dataclass(frozen=True)
class Surroundings:
    """Coarse facts that a picture tells: three colours and four words, no shape.

    Attributes:
        hair: colour of the hair; None where none is seen.
        grey: whether it is grey or white.
        long_hair: whether it hangs beside the lower face.
        beard: the beard.
        beard_colour: its colour; None without one.
        mouth: what the mouth does.
        glasses: whether there are glasses with clear rims.
    """

    hair: Colour | None = None
    grey: bool = False
    long_hair: bool = False
    beard: Beard = Beard.NONE
    beard_colour: Colour | None = None
    mouth: Mouth = Mouth.CLOSED
    glasses: bool = False


def surroundings_of(image: np.ndarray, pose: Pose, skin: Skin) -> Surroundings:
    """Facts about the face at a pose.

    The limits were chosen on 180 photographs, so that few bare faces get a beard or glasses: what
    is seen but not drawn is less conspicuous than what is drawn but was not there.

    Args:
        image: (height, width, 3) uint8 RGB, before it is anonymized.
        pose: of the face.
        skin: of the face.
    """
    look = _Look(image, pose, np.array(skin.tone, np.float32))
    hair = look.hair()
    grey = False
    if hair is not None:
        level = float(brightness(np.array(hair, np.float32)))
        hardly_coloured = max(hair) < 1.5 * min(hair) + 0.004
        grey = hardly_coloured and level > 0.22 * float(brightness(look.tone))
    long_hair = look.long_hair()
    beard, colour = look.beard(unlikely=long_hair)
    return Surroundings(hair, grey, long_hair, beard, colour, look.mouth(), look.glasses())


@dataclass(frozen=True, eq=False)
class _Look:
    """Picture of a face, looked at in face coordinates.

    Attributes:
        image: (height, width, 3) uint8 RGB.
        pose: of the face.
        tone: linear RGB of its skin, (3,) float32.
    """

    image: np.ndarray
    pose: Pose
    tone: np.ndarray

    def pixels(self, points: np.ndarray, bulge: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
        """Colours (..., 3) uint8 at points (..., 2) on a round face, and whether the image has
        them, (...).
        """
        flat = points.reshape(-1, 2)
        depth = 0.35 - 0.28 * np.square(flat[:, 0]) + bulge
        columns, rows = np.floor(self.pose.pixels(np.column_stack([flat, depth]))).T.astype(int)
        height, width = self.image.shape[:2]
        inside = (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
        colours = self.image[rows.clip(0, height - 1), columns.clip(0, width - 1)]
        shape = points.shape[:-1]
        return colours.reshape(*shape, 3), inside.reshape(shape)

    @cached_property
    def _lower(self) -> list[np.ndarray]:
        """Logarithms of linear colours, (n, 3) each, of cheeks, lip, chin, jaw and mouth."""
        colours = self.pixels(np.concatenate(_LOWER))[0]
        return np.split(_log(to_linear(colours)), np.cumsum([len(part) for part in _LOWER])[:-1])

    def hair(self) -> Colour | None:
        """Median colour of what is not skin at the temples and above the forehead."""
        colours, inside = self.pixels(_HAIR_AT, bulge=0.4)
        colours = to_linear(colours[inside])
        others = colours[~self._is_skin(colours)]
        if len(others) < 4:
            return None
        red, green, blue = np.median(others, axis=0).tolist()
        # Hair is hardly greener or bluer than red: what is, is a hat, the sky or leaves.
        return (red, green, blue) if green < 1.08 * red and blue < 1.15 * red else None

    def _is_skin(self, colours: np.ndarray) -> np.ndarray:
        """Whether linear colours (n, 3) are about that of the skin, (n,)."""
        offset = _log(colours) - _log(self.tone)
        level = offset.mean(axis=1)
        return (np.abs(offset - level[:, None]).max(axis=1) < 0.3) & (np.abs(level) < 0.7)

    def long_hair(self) -> bool:
        """Whether what is at the temples goes on beside the lower face."""
        shares = 0.0
        for side in (-1, 1):
            temple = to_linear(self.pixels(_TEMPLE * (side, 1), bulge=0.5)[0])
            temple = temple[~self._is_skin(temple)]
            if len(temple) < 2:
                continue
            colours, inside = self.pixels(_BESIDE * (side, 1), bulge=0.8)
            colours = to_linear(colours)
            offset = _log(colours) - _log(np.median(temple, axis=0))
            level = offset.mean(axis=1)
            alike = (np.abs(level) < 0.9) & (np.abs(offset - level[:, None]).max(axis=1) < 0.35)
            shares += float((alike & ~self._is_skin(colours) & inside).mean())
        return shares > 0.7

    def beard(self, unlikely: bool) -> tuple[Beard, Colour | None]:
        """The beard, by how much darker than the cheeks lip, chin and jaw are, and its colour.

        Args:
            unlikely: whether a shadow is the likelier reason.
        """
        cheeks, *places = (np.median(part, axis=0) for part in self._lower[:4])
        lip, chin, jaw = (float((place - cheeks).mean()) for place in places)
        red, green, blue = np.exp(places[0] if lip < chin else places[1]).tolist()
        if abs(self.pose.yaw) > 0.45 or abs(self.pose.roll) > 0.45:
            return Beard.NONE, None  # the points may lie beside the face
        least = -1.7 if unlikely else -1.35
        if lip < least and chin < -0.35 and jaw < -0.7:
            return Beard.FULL, (red, green, blue)
        if lip < -1.7:
            return Beard.MOUSTACHE, (red, green, blue)
        return Beard.NONE, None

    def mouth(self) -> Mouth:
        """What the mouth does, by the share of it that is white, and the one that is dark."""
        cheeks, mouth = self._lower[0], self._lower[-1]
        offset = mouth - np.median(cheeks, axis=0)
        level = offset.mean(axis=-1)
        redder = offset[..., 0] - offset[..., 1:].mean(axis=-1)
        white = float(((redder < -0.18) & (level > -0.55)).mean())
        dark = float((level < -1.3).mean())
        if white < 0.12 or dark > 0.3:
            return Mouth.CLOSED
        return Mouth.OPEN if dark > 0.2 else Mouth.TEETH

    def glasses(self) -> bool:
        """Whether a line crosses the nose, and another one lies below an eye."""
        if abs(self.pose.yaw) > 0.35:
            return False
        colours, _ = self.pixels(_EYES, bulge=0.1)
        grey = np.log(cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY) + np.float32(8))
        bend = np.abs(grey[2:] + grey[:-2] - 2 * grey[1:-1])
        u, v = _EYES[0, :, 0], _EYES[1:-1, 0, 1]
        bridge = bend[(v > -0.35) & (v < 0.3)][:, np.abs(u) < 0.27].max(axis=0)
        low = bend[(v > 0.38) & (v < 0.8)].max(axis=0)
        rims = max(float(np.median(low[np.abs(side * u - 1) < 0.45])) for side in (-1, 1))
        return float(np.median(bridge)) > 0.35 and rims > 0.2


def _log(linear: np.ndarray) -> np.ndarray:
    return np.log(linear + _DARK)
