"""New faces mixed from photographed ones, with real fine structure.

Eyes, nose and mouth are those of three people, the skin between them is that of nobody.
"""

import zlib
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import BinaryIO
from zipfile import BadZipFile

import numpy as np

from .estimate import GAMMA, Skin, display_tone
from .field import from_log, to_log
from .grid import blurred
from .identity import Identity
from .parts import (
    DENSITY,
    HIGHEST,
    LOWEST,
    average_head,
    inner,
    masks,
    parts,
    plane,
)
from .portrait import DrawnHead, sharpness_of, turned_sideways
from .pose import Pose

LEAST = 30
"""Number of people with a usable part below which new faces would resemble each other."""
_FEWEST, _NEAREST = 12, 45
"""Least and largest number of donors in about the pose of the old head, among whom these are
chosen."""
_SHARP, _SHARPEST = 0.8, 22.0
"""Least resolution of a donor: as a share of the old face's, and a value in pixels per unit that is
always enough."""
_PITCH = 0.4
"""Weight of a difference in pitch; a difference in yaw has weight 1."""
_SOFT = 0.7
"""Blur of a mixed face relative to that of a drawn one: photographs are already blurred."""
_STEP = np.float32((HIGHEST - LOWEST) / 255)
"""Difference between two levels of a texture, logarithm."""
_CALM = -0.5, 0.3
"""Limits of the skin between the features, logarithms; they remove shadows and hair of donors."""
_NOT_DONORS = ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error, RuntimeError
"""Errors that NumPy and zipfile raise for other, damaged and encrypted files."""


@dataclass(frozen=True, eq=False)
class Donors:
    """People from whose faces new ones are mixed.

    Attributes:
        textures: (n, height, width, 3) uint8, from `LOWEST` to `HIGHEST`; each part at its mean
            position.
        poses: (n, 2) float32, yaw and pitch, radians.
        units: (n,) float32, pixels of the photograph per unit.
        traits: (n, 2) bool, see `Surroundings.traits`.
        people: (n,) int32, the person of each face; a new face uses one face per person.
        usable: (n, 3) bool, the usable parts of each face, in the order of `parts()`.
    """

    textures: np.ndarray
    poses: np.ndarray
    units: np.ndarray
    traits: np.ndarray
    people: np.ndarray
    usable: np.ndarray

    def __len__(self) -> int:
        return len(self.textures)

    def write(self, file: Path) -> None:
        """Write a file (npz) for `read`; the same donors give the same bytes."""
        with file.open("wb") as stream:
            np.savez_compressed(
                stream, **{one.name: getattr(self, one.name) for one in fields(self)}
            )

    @classmethod
    def read(cls, file: Path | BinaryIO) -> "Donors":
        """Donors from a file.

        Raises:
            OSError: it cannot be read.
            ValueError: it holds no donors, or a part of fewer than `LEAST` people.
        """
        names = [one.name for one in fields(cls)]
        try:
            with np.load(file, allow_pickle=False) as content:
                donors = cls(**{name: content[name] for name in names})
            n, shape = len(donors), plane().shape
        except _NOT_DONORS as error:
            raise ValueError("it holds no donors of faces, or those of another version") from error
        expected = (
            ("u1", (n, *shape, 3)),
            ("f4", (n, 2)),
            ("f4", (n,)),
            ("?", (n, 2)),
            ("i4", (n,)),
            ("?", (n, len(parts()))),
        )
        for name, (kind, size) in zip(names, expected, strict=True):
            found = getattr(donors, name)
            if found.dtype != np.dtype(kind) or found.shape != size:
                raise ValueError(f"its {name} are not those of donors that this version makes")
        if donors.too_few:
            raise ValueError(f"it holds {donors.too_few}")
        return donors

    @cached_property
    def number_of_people(self) -> int:
        """Number of people of whom at least one part is used."""
        return len(np.unique(self.people))

    @cached_property
    def people_by_part(self) -> dict[str, int]:
        """Number of people with usable eyes, mouths and noses."""
        people = (len(np.unique(self.people[usable])) for usable in self.usable.T)
        return dict(zip((part.plural for part in parts()), people, strict=True))

    @property
    def too_few(self) -> str:
        """What there is too little of, for messages; empty if there is enough."""
        plural, people = min(self.people_by_part.items(), key=lambda item: item[1])
        if people >= LEAST:
            return ""
        return f"usable {plural} of {people} people; at least {LEAST} are needed"

    @cached_property
    def _skin(self) -> np.ndarray:
        """Median skin between the features, (height, width, 3) float32, the same on both sides."""
        skin = np.median([_logarithms(one).clip(*_CALM) for one in self.textures], axis=0)
        return (skin + skin[:, ::-1]) / 2

    def mixed(self, pose: Pose, traits: tuple[bool, bool], rng: np.random.Generator) -> np.ndarray:
        """A new face, (height, width, 3) float32 logarithms relative to smooth skin.

        Args:
            pose: pose of the old head; donors have a similar pose, and sufficient sharpness.
            traits: traits of the old head; donors have the same, if there are enough.
            rng: random generator for the donors.
        """
        # One random number per person, so that the choice is stable when the head turns a little.
        people, person = np.unique(self.people, return_inverse=True)
        order = rng.random(len(people))[np.tile(person, 2)]
        face = masks()[-1][..., None] * self._skin
        for number, mask in enumerate(masks()[:-1]):
            near = self._near(pose, traits, number)
            chosen = int(near[np.argmin(order[near])])
            face += mask[..., None] * self._texture(chosen)
            # Another person for each part.
            order = order + (np.tile(self.people, 2) == self.people[chosen % len(self)])
        return face

    def _near(self, pose: Pose, traits: tuple[bool, bool], part: int) -> np.ndarray:
        """Numbers of donors of a part in about a pose, nearest first; from n, mirrored donors.

        Args:
            pose: pose of the old head.
            traits: traits of the old head.
            part: number of the part.
        """
        yaw, pitch = self.poses.T
        away = np.abs(np.concatenate([yaw, -yaw]) - pose.yaw)
        away += _PITCH * np.abs(np.tile(pitch, 2) - pose.pitch)
        differences = np.tile((self.traits != traits).sum(axis=1), 2)
        sharp = np.tile(self.units, 2) >= min(_SHARP * pose.unit, _SHARPEST)
        fits = (differences == 0) & sharp
        order = np.lexsort((away, differences, ~sharp))
        order = order[np.tile(self.usable[:, part], 2)[order]]
        # Only the best face of each person, so that a person with many photographs is never alone.
        _, first = np.unique(self.people[order % len(self)], return_index=True)
        order = order[np.sort(first)]
        # If there are too few people, less suitable ones follow.
        order = order[: max(int(fits[order].sum()), _FEWEST)]
        return order[np.argsort(away[order], kind="stable")][:_NEAREST]

    def _texture(self, number: int) -> np.ndarray:
        """Texture of a donor, from `len(self)` mirrored, (height, width, 3) logarithms."""
        mirrored, number = divmod(number, len(self))
        return _logarithms(self.textures[number][:, :: -1 if mirrored else 1])


def quantized(texture: np.ndarray) -> np.ndarray:
    """Texture (logarithms) as stored by `Donors`, uint8."""
    return np.rint((texture - np.float32(LOWEST)) / _STEP).clip(0, 255).astype(np.uint8)


def _logarithms(texture: np.ndarray) -> np.ndarray:
    return texture * _STEP + np.float32(LOWEST)


def mixed_head(
    donors: Donors, who: Identity, pose: Pose, skin: Skin, traits: tuple[bool, bool]
) -> DrawnHead:
    """Head with a face mixed from donors.

    Args:
        donors: people whose faces are mixed.
        who: the new person, whose seed determines the choice of donors.
        pose: pose of the old head.
        skin: skin of the old face.
        traits: traits of the old head.
    """
    face = donors.mixed(pose, traits, np.random.default_rng(who.seed))
    face = (face * inner()[..., None]).clip(LOWEST, HIGHEST)
    display = from_log(face + to_log(display_tone(skin)).ravel())
    rgb = (display.clip(0, 255) / np.float32(255)) ** np.float32(GAMMA)
    rgb = blurred(rgb, _SOFT * sharpness_of(DENSITY, pose))
    half, height = average_head()
    who = who.in_place_of(pose.chin, pose.width)
    return DrawnHead(plane(), who, half, rgb, *turned_sideways(plane(), height, pose.yaw))
