"""Reading of license plates before and after: which characters of the original remain legible.

There are no labels of the registrations, so the ground truth is what a reader reads in the
originals. Whether the attack works is measured on other pictures of the same plates.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from .cutouts import PlateCutout
from .intervals import rate_over_people
from .plate_readers import Line, PlateReader
from .rates import Candidates, ExposedRegion, Success

LEAST_CHARACTERS = 4
"""Number of characters below which a text is not a registration."""
SAME_SIZE = 0.75
"""Least height of a line that belongs to the registration, relative to the highest line."""
SMALL = (60.0, 20.0)
"""Width and height, pixels, below which unreadable originals are counted separately as small."""
REACH = 0.75
"""Distance from its position within which a character counts as read there, relative to the usual
spacing; networks locate characters to within about half a spacing."""
UNREADABLE = "not readable in the original"
TOO_SMALL = f"not readable in the original, below {SMALL[0]:.0f} x {SMALL[1]:.0f} pixels"
NO_PICTURE = "no picture"
EXPOSED = 5
"""Number of plates to name as most exposed."""
_ALIKE = str.maketrans("OI", "01")
"""Characters that look alike on most plates and are treated as the same."""


@dataclass(frozen=True, eq=False)
class KnownPlate:
    """Plate, and the text that a reader reads in the original."""

    region: str
    person: str
    image: str
    corners: tuple[np.ndarray, ...]
    """Corners of each line, as returned by `PlateReader.lines`."""
    lines: tuple[Line, ...]
    """Characters of the lines, from top to bottom."""

    @cached_property
    def text(self) -> str:
        """All characters, with O as 0 and I as 1."""
        return "".join(_text(line) for line in self.lines)

    @cached_property
    def outside(self) -> np.ndarray:
        """Whether the centre of each character is outside the quad, (n,) bool."""
        middles = []
        for corners, line in zip(self.corners, self.lines, strict=True):
            start, end = _ends(corners)
            middles += [start + one.at * (end - start) for one in line]
        found = np.array(middles)
        return np.asarray(((found < 0) | (found > 1)).any(axis=1))


@dataclass(frozen=True, eq=False)
class KnownPlates:
    """Plates that a reader reads in the originals."""

    reader: PlateReader
    plates: tuple[KnownPlate, ...]
    left_out: dict[str, int] = field(default_factory=dict)
    """Number of the other plates by reason."""

    @classmethod
    def of(cls, originals: Sequence[PlateCutout], reader: PlateReader) -> "KnownPlates":
        """Read the plates of the originals, which have unique region ids."""
        plates: list[KnownPlate] = []
        left_out: Counter[str] = Counter()
        for cutout in originals:
            corners, lines = registration(cutout, reader)
            certainties = [one.certainty for line in lines for one in line]
            if len(certainties) >= LEAST_CHARACTERS and np.mean(certainties) >= reader.believed:
                plates.append(
                    KnownPlate(cutout.region, cutout.person, cutout.image, corners, lines)
                )
            else:
                small = cutout.place.width < SMALL[0] or cutout.place.height < SMALL[1]
                left_out[TOO_SMALL if small else UNREADABLE] += 1
        return cls(reader, tuple(plates), dict(left_out))

    def success(self, pictures: Sequence[PlateCutout]) -> Success:
        """Rates of reading other pictures of these plates.

        Rates, each among the plates that are read in the original:
            read_whole: all characters are read at their positions.
            characters: mean share of a plate's characters that are read. Since the characters of
                a plate are not independent, the interval counts plates, and is rather too wide.
            any_character: at least one character is read.
            singled_out: the reading fits this plate better than all others of the data set.
            outside_of_quad: at least one character is read whose centre is outside the quad,
                among the plates that have such characters.

        Args:
            pictures: anonymized pictures with the region ids of the originals, or other pictures
                with the same `person` as the original. Pictures of other plates are ignored.
        """
        by_region = {picture.region: picture for picture in pictures}
        by_person = {picture.person: picture for picture in pictures}
        found, missing = [], 0
        for plate in self.plates:
            picture = by_region.get(plate.region) or by_person.get(plate.person)
            if picture is None:
                missing += 1
            else:
                lines = self._lines(plate, picture)
                found.append(self._gallery.compared(plate, read_at(plate, lines)))
        left_out = self.left_out | ({NO_PICTURE: missing} if missing else {})
        if not found:
            return Success({}, left_out=left_out)
        measures: dict[str, list[tuple[float, float, str]]] = {}
        for one in found:
            for measure, (outcome, chance) in one.outcomes().items():
                measures.setdefault(measure, []).append((outcome, chance, one.plate.person))
        rates = {}
        for measure, trials in measures.items():
            outcomes, chances, people = zip(*trials, strict=True)
            rates[measure] = rate_over_people(outcomes, people, float(np.mean(chances)))
        not_measured = {}
        if "outside_of_quad" not in rates:
            not_measured["outside_of_quad"] = "no plate has characters outside of its quad"
        found.sort(key=lambda one: (-one.share, one.candidates))
        exposed = tuple(
            ExposedRegion(one.plate.region, one.plate.image, one.share, one.singled_out)
            for one in found[:EXPOSED]
        )
        fitting = [one.candidates for one in found if one.right.any()]
        candidates = None
        if fitting:
            of = len(self._gallery.texts)
            candidates = Candidates(len(fitting), float(np.median(fitting)), min(fitting), of)
        return Success(rates, exposed, left_out, not_measured, candidates)

    def _lines(self, plate: KnownPlate, picture: PlateCutout) -> list[Line]:
        """Characters read at the positions of a plate's lines."""
        if picture.region != plate.region:
            # The corners in another picture are slightly off, so its lines are detected again.
            corners, lines = registration(picture, self.reader)
            if lines:
                return [_moved(corners, lines, known) for known in plate.corners]
        return self.reader.read(picture, plate.corners)

    @cached_property
    def _gallery(self) -> "_Gallery":
        return _Gallery(sorted({plate.text for plate in self.plates}))


def registration(
    plate: PlateCutout, reader: PlateReader
) -> tuple[tuple[np.ndarray, ...], tuple[Line, ...]]:
    """Lines of a plate's registration from top to bottom: corners and characters.

    They are the highest line in the plate and others that are nearly as high; a slogan or the name
    of a country is smaller. Empty if there is no text.
    """
    inside = []
    for corners in reader.lines(plate):
        middle, high = corners.mean(axis=0), corners[[2, 3], 1].mean() - corners[[0, 1], 1].mean()
        if (middle >= 0).all() and (middle <= 1).all() and high > 0:
            inside.append((middle[1], high, corners))
    if not inside:
        return (), ()
    highest = max(high for _, high, _ in inside)
    inside = [one for one in inside if one[1] >= SAME_SIZE * highest]
    inside.sort(key=lambda one: one[0])
    every = [corners for _, _, corners in inside]
    read = list(zip(every, reader.read(plate, every), strict=True))
    read = [(corners, line) for corners, line in read if line]
    return tuple(corners for corners, _ in read), tuple(line for _, line in read)


def read_at(plate: KnownPlate, lines: Sequence[Line]) -> str:
    """Text read at the positions of a plate's characters; a space if nothing was read there."""
    pairs = zip(plate.lines, lines, strict=True)
    return "".join(_aligned(known, line) for known, line in pairs)


def _aligned(known: Line, line: Line) -> str:
    """Characters of a line at the positions of a known line's characters.

    The order of both is kept, and the sum of distances is minimal, whatever the characters are.
    Characters farther away than `REACH` are left out.
    """
    text, at = _text(line), np.array([one.at for one in known])
    pitch = np.median(np.diff(at)) if len(at) > 1 else 1.0
    away = np.abs(at[:, None] - [one.at for one in line]) / max(pitch, 1e-6)
    # Dynamic programming: the lowest cost for the first characters of both, where each character
    # left over costs half of the reach, and the resulting text.
    skip = REACH / 2
    row = [(skip * count, "") for count in range(len(line) + 1)]
    for place in range(len(at)):
        above, row = row, [(row[0][0] + skip, row[0][1] + " ")]
        for number, char in enumerate(text):
            row.append(
                min(
                    (above[number][0] + float(away[place, number]), above[number][1] + char),
                    (above[number + 1][0] + skip, above[number + 1][1] + " "),
                    (row[number][0] + skip, row[number][1]),
                    key=lambda one: one[0],
                )
            )
    return row[-1][1]


def _moved(corners: Sequence[np.ndarray], lines: Sequence[Line], known: np.ndarray) -> Line:
    """Line closest to a known one, with its characters positioned along the known one."""
    away = [np.linalg.norm(one.mean(axis=0) - known.mean(axis=0)) for one in corners]
    nearest = int(np.argmin(away))
    (start, end), (known_start, known_end) = _ends(corners[nearest]), _ends(known)
    along = known_end - known_start
    along /= along @ along
    return tuple(
        replace(one, at=float((start + one.at * (end - start) - known_start) @ along))
        for one in lines[nearest]
    )


def _ends(corners: np.ndarray) -> np.ndarray:
    """Centres of a line's left and right sides, (2, 2)."""
    ends: np.ndarray = (corners[[0, 1]] + corners[[3, 2]]) / 2
    return ends


def _text(line: Line) -> str:
    return "".join(one.char for one in line).translate(_ALIKE)


@dataclass(frozen=True, eq=False)
class _ReadPlate:
    """Plate, and its reading in another picture."""

    plate: KnownPlate
    right: np.ndarray
    """Whether each character was read at its position, (n,) bool."""
    by_chance: np.ndarray
    """Probability that a guess from the other plates gives each character that was read, (n,)."""
    candidates: int
    """Number of plates that the reading fits at least as well as this one, itself included."""
    of: int
    """Number of plates."""

    @property
    def share(self) -> float:
        return float(self.right.mean())

    @property
    def singled_out(self) -> bool:
        return bool(self.right.any()) and self.candidates == 1

    def outcomes(self) -> dict[str, tuple[float, float]]:
        """Success and its chance, by measure."""
        right, chance, outside = self.right, self.by_chance, self.plate.outside
        result = {
            "read_whole": (float(right.all()), float(chance.prod())),
            "characters": (self.share, float(chance.mean())),
            "any_character": (float(right.any()), float(1 - (1 - chance).prod())),
            "singled_out": (float(self.singled_out), 1 / self.of),
        }
        if outside.any():
            by_chance = float(1 - (1 - chance[outside]).prod())
            result["outside_of_quad"] = (float(right[outside].any()), by_chance)
        return result


class _Gallery:
    """Distinct plates of a data set, for comparisons by position.

    Plates with a different number of characters are stretched: the k-th of n positions shows the
    character at the same fraction of the plate's length.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self._number = {text: number for number, text in enumerate(texts)}
        self._stretched: dict[int, tuple[np.ndarray, np.ndarray]] = {}

    def _at_places(self, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Characters of each plate at `count` positions, (plates, count) strings of length 1, and
        whether they are digits.
        """
        if count not in self._stretched:
            places = (np.arange(count) + 0.5) / count
            gallery = np.array(
                [[text[int(place * len(text))] for place in places] for text in self.texts]
            )
            self._stretched[count] = gallery, np.char.isdigit(gallery)
        return self._stretched[count]

    def compared(self, plate: KnownPlate, read: str) -> _ReadPlate:
        """Comparison of a plate with the text read at its positions."""
        own, seen = np.array(list(plate.text)), np.array(list(read))
        gallery, digits = self._at_places(len(own))
        same = (gallery == seen) & (seen != " ")
        number = self._number[plate.text]
        fits = same.sum(axis=1)
        # A guess is drawn from the characters of the same kind at this position on other plates.
        # Each character is counted once more, so that a guess stays possible with few plates.
        kind = np.char.isdigit(own)
        others = np.arange(len(gallery)) != number
        alike = (same & others[:, None]).sum(axis=0)
        of_kind = ((digits == kind) & others[:, None]).sum(axis=0)
        possible = (seen != " ") & (np.char.isdigit(seen) == kind)
        by_chance = np.where(possible, (alike + 1) / (of_kind + np.where(kind, 10, 26)), 0.0)
        return _ReadPlate(
            plate, own == seen, by_chance, int((fits >= fits[number]).sum()), len(gallery)
        )
