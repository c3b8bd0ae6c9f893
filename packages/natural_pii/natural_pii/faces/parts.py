"""Plane onto which photographed faces are unwrapped, and the parts of a face on it."""

from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np

from .grid import Grid, blurred, grid_of, mirrored, smooth
from .head import half_width, height_field
from .identity import Identity, Mouth, draw_identity

DENSITY = 16
"""Samples per unit of face coordinates, the resolution of a face of 64 pixels."""
LOWEST, HIGHEST = -1.8, 1.0
"""Limits of a texture, logarithms."""
_PEOPLE = 200
"""Number of people whose mean is the average head."""


def plane() -> Grid:
    """Sample points of a texture."""
    return grid_of(DENSITY)


@lru_cache(maxsize=1)
def average_person() -> Identity:
    """Mean of the drawn people, with a closed mouth."""
    people = [draw_identity(np.random.default_rng(seed)) for seed in range(_PEOPLE)]
    numbers = [one.name for one in fields(Identity) if one.type == "float"]
    means = {name: float(np.mean([getattr(one, name) for one in people])) for name in numbers}
    bones = tuple(np.mean([one.bones for one in people], axis=0).tolist())
    usual: dict[str, Any] = {**means, "bones": bones, "gaze": (0.0, 0.0), "mouth": Mouth.CLOSED}
    return replace(people[0], **usual)


@lru_cache(maxsize=1)
def average_head() -> tuple[np.ndarray, np.ndarray]:
    """Half of the width in each row (height, 1), and height z (height, width), over `plane()`."""
    grid, who = plane(), average_person()
    half = half_width(grid, who)
    return half, mirrored(height_field(grid.right, who, half))


def spot(u: float, v: float, wide: float, high: float) -> np.ndarray:
    """Soft ellipse on both sides of the middle, 0 to 1, (height, width) float32 over `plane()`."""
    grid = plane()
    reach = np.hypot((np.abs(grid.u) - u) / wide, (grid.v - v) / high)
    return (1 - smooth(reach, 0.75, 1.25)).astype(np.float32)


@dataclass(frozen=True)
class FacePart:
    """Part of a face that is mixed separately.

    Attributes:
        name: eyes, nose or mouth.
        support: (height, width) float32, 1 on the part and around it.
        window: rows and columns of the plane that contain it.
    """

    name: str
    support: np.ndarray
    window: tuple[slice, slice]

    @property
    def plural(self) -> str:
        """Name of several of them, for messages."""
        return self.name if self.name.endswith("s") else f"{self.name}s"


@lru_cache(maxsize=1)
def parts() -> tuple[FacePart, ...]:
    """Parts of a face; where two overlap, the first counts."""
    supports = {
        "eyes": np.maximum(spot(1.0, -0.2, 1.05, 0.9), spot(0, -0.2, 0.6, 0.8)),
        "mouth": spot(0, 2.45, 1.5, 1.0),
        "nose": spot(0, 0.95, 0.7, 0.9),
    }
    return tuple(FacePart(name, one, _window_of(one)) for name, one in supports.items())


def _window_of(support: np.ndarray) -> tuple[slice, slice]:
    rows, columns = np.nonzero(support > 0.05)
    margin = round(0.4 * DENSITY)
    return (
        slice(max(int(rows.min()) - margin, 0), int(rows.max()) + margin + 1),
        slice(max(int(columns.min()) - margin, 0), int(columns.max()) + margin + 1),
    )


@lru_cache(maxsize=1)
def masks() -> np.ndarray:
    """Share of each part, and of the skin between them, at each point, (4, height, width)."""
    rest = np.ones(plane().shape, np.float32)
    masks = []
    for part in parts():
        soft = blurred(part.support, 0.15 * DENSITY)
        masks.append(soft * rest)
        rest = rest * (1 - soft)
    return np.array([*masks, rest])


@lru_cache(maxsize=1)
def inner() -> np.ndarray:
    """1 on the inner face, brows to chin and cheek to cheek, (height, width).

    It ends between lips and chin: the chin of a face mixed from others would be a second one.
    """
    grid, (half, _) = plane(), average_head()
    down = smooth(grid.v, -1.5, -0.8) * smooth(average_person().chin - grid.v, 0.45, 1.05)
    return (down * smooth(0.95 - np.abs(grid.u) / half, 0, 0.25)).astype(np.float32)


def grey_of(texture: np.ndarray) -> np.ndarray:
    """Brightness of a texture, (height, width)."""
    return np.ascontiguousarray(texture.mean(axis=-1))


def details_of(grey: np.ndarray) -> np.ndarray:
    """Brightness minus that of the surroundings, (height, width)."""
    return grey - blurred(grey, 0.8 * DENSITY)
