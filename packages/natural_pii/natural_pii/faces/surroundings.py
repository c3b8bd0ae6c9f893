"""What a new face must not contradict, estimated from the old picture."""

from dataclasses import dataclass

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


@dataclass(frozen=True)
class Surroundings:
    """Coarse facts that a picture tells: a colour and two words, no shape.

    Attributes:
        hair: colour of the hair; None where none is seen.
        grey: whether it is grey or white.
        long_hair: whether it hangs beside the lower face.
    """

    hair: Colour | None = None
    grey: bool = False
    long_hair: bool = False


def surroundings_of(image: np.ndarray, pose: Pose, skin: Skin) -> Surroundings:
    """Facts about the face at a pose.

    What else the old face shows (glasses, a beard, teeth) would tell whose it was.

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
    return Surroundings(hair, grey, look.long_hair())


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


def _log(linear: np.ndarray) -> np.ndarray:
    return np.log(linear + _DARK)
