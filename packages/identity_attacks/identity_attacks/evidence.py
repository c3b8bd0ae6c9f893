"""What an attacker has."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from .cutouts import FaceCutout, PlateCutout


class NotPossibleError(Exception):
    """An attack cannot be tried; the message says why, as the end of a sentence."""


class TellsFaces(Protocol):
    """What turns faces into vectors, such as a `Recognizer`."""

    @property
    def name(self) -> str:
        """Its name, unique among those that are used."""

    def vectors(self, cutouts: Sequence[FaceCutout]) -> np.ndarray:
        """A row of numbers for each face, (n, d) float32; NaN where a face gives none."""


@dataclass(eq=False)
class Evidence:
    """Regions of one kind under one treatment.

    For the success on the originals, take them `exchanged`.
    """

    frames: Sequence[FaceCutout] | Sequence[PlateCutout]
    """The regions as they are handed over; treated faces `without_landmarks`."""
    pictures: Sequence[FaceCutout] | Sequence[PlateCutout] = ()
    """The attacker's own pictures of the same people, treated in the same way with other random
    numbers; empty where an attacker could not do that."""
    _known: dict[tuple[int, str], np.ndarray] = field(default_factory=dict, repr=False)

    def exchanged(self) -> "Evidence":
        """The attacker's own pictures as `frames`, and the frames as `pictures`."""
        return Evidence(self.pictures, self.frames, self._known)

    def frame_vectors(self, recognizer: TellsFaces) -> np.ndarray:
        """Vectors of `frames`, computed once for each recogniser."""
        return self._vectors(self.frames, recognizer)

    def picture_vectors(self, recognizer: TellsFaces) -> np.ndarray:
        """Vectors of `pictures`, computed once for each recogniser."""
        return self._vectors(self.pictures, recognizer)

    def _vectors(self, faces: Sequence[Any], recognizer: TellsFaces) -> np.ndarray:
        key = id(faces), recognizer.name
        if key not in self._known:
            self._known[key] = recognizer.vectors(faces)
        return self._known[key]
