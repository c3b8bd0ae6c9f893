"""An attacker's data."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from .cutouts import FaceCutout, PlateCutout


class NotPossibleError(Exception):
    """An attack cannot be tried; the message is the reason, phrased as the end of a sentence."""


class TellsFaces(Protocol):
    """Protocol of a mapping from faces to vectors, such as a `Recognizer`."""

    @property
    def name(self) -> str:
        """Name, unique among those in use."""

    def vectors(self, cutouts: Sequence[FaceCutout]) -> np.ndarray:
        """One vector per face, (n, d) float32; NaN if there is none."""


@dataclass(eq=False)
class Evidence:
    """Regions of one kind under one treatment.

    For the success on the originals, use `exchanged`.
    """

    frames: Sequence[FaceCutout] | Sequence[PlateCutout]
    """Regions of the published images; treated faces `without_landmarks`."""
    pictures: Sequence[FaceCutout] | Sequence[PlateCutout] = ()
    """The attacker's own pictures of the same people, treated in the same way with different random
    numbers; empty if the attacker cannot do that."""
    _known: dict[tuple[int, str], np.ndarray] = field(default_factory=dict, repr=False)

    def exchanged(self) -> "Evidence":
        """Evidence with the attacker's own pictures as `frames`, and the frames as `pictures`."""
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
