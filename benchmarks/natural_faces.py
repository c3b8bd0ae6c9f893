"""`python -m benchmarks.natural_faces FOLDER`: faces in photographs before and after `natural`.

FOLDER contains your photographs with faces of at least 40 px; none is part of this repository. The
people in the originals are identified by dlib's recogniser. One face of each person is replaced, at
its size (up to 256 px) and reduced to 64 px, and looked up as an attacker would. `blackbox`, which
leaves nothing, gives the values by chance.

`--sheets OUTPUT` writes pages for visual inspection instead: originals beside new faces, by size.
"""

import argparse
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from identity_attacks.alterations import another_picture
from identity_attacks.cutouts import FaceCutout, without_landmarks
from identity_attacks.evidence import Evidence
from identity_attacks.intervals import rate_of, rate_over_people
from identity_attacks.rates import Rate
from identity_attacks.recognition import informed_recognition, recognition
from identity_attacks.recognizers import Dlib
from plain_commands.errors import UserError

from benchmarks.donors import add_donors, natural
from benchmarks.pages import pages_of, side_by_side
from benchmarks.photographs import (
    Face,
    Sizes,
    cutout_of,
    faces_in,
    of_size,
    photographs_in,
    picture_with,
    size_of,
    surroundings,
    with_people,
)
from workflow_scripts.anonymization.method import Method
from workflow_scripts.anonymization.methods.blackbox import Blackbox
from workflow_scripts.anonymization.methods.natural import Natural
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.imaging.images import write_png
from workflow_scripts.imaging.pictures import Picture

LEAST, LARGEST, REDUCED = 40, 256, 64
"""Smallest face used; size to which larger faces are always reduced, since a recogniser uses 150
pixels; and size of a second table; pixels."""
OTHERS = 3
"""Largest number of further photographs per person."""
SAME = -Dlib.threshold
"""Distance below which dlib's authors consider two faces the same person."""
SHEETS: Sizes = {"10-20": (10, 20), "20-40": (20, 40), "40-80": (40, 80), "80-160": (80, 160)}
"""Sizes of the faces on a sheet, pixels."""
PAIRS = 20
"""Number of faces of each size."""
AROUND, ENLARGED = 3, 200
"""Side of the area shown on a sheet, in sides of the face, and its enlarged side, pixels."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Faces to attack."""

    probes: tuple[Face, ...]
    """One face of each person."""
    others: tuple[Face, ...]
    """Faces of the same people in other photographs, for those who have any."""
    found: str
    """Description of how they were found."""


def sample_of(folder: Path, most: int, recognizer: Dlib) -> Sample:
    """Random sample of the people in a folder of photographs, always the same one.

    Raises:
        UserError: there are fewer than three people, which give no shares.
    """
    found: list[Face] = []
    small = photographs = 0
    for photograph in photographs_in(folder, Kind.FACE):
        large = faces_in(photograph, LEAST, recognizer)
        found += large
        small += len(photograph.regions) - len(large)
        photographs += 1
    by_person: dict[str, list[Face]] = {}
    faces = with_people(found, recognizer) if found else []
    for number in np.random.default_rng(0).permutation(len(faces)):
        by_person.setdefault(faces[number].person, []).append(faces[number])
    if len(by_person) < 3:
        raise UserError(
            f"{folder}: {len(by_person)} people with faces of at least {LEAST} px in {photographs} "
            "photographs; at least 3 are needed, and about 100 for a useful result"
        )
    chosen = list(by_person.values())[:most]
    return Sample(
        tuple(first for first, *_ in chosen),
        tuple(other for _, *rest in chosen for other in rest[:OTHERS]),
        f"{photographs} photographs; {len(faces)} faces of at least {LEAST} px, "
        f"{len(by_person)} people; {small} smaller faces left out",
    )


def measure(
    sample: Sample, recognizer: Dlib, most: float, methods: Mapping[str, Method | None]
) -> pd.DataFrame:
    """Table with a column of measures for each method.

    Rates are shown with 95 % intervals over people.

    Args:
        sample: the faces.
        recognizer: the attacker's recogniser.
        most: size in pixels to which larger faces are reduced.
        methods: methods by name; None for the originals.
    """
    old = [cutout_of(face, face.picture(most)) for face in sample.probes]
    altered = [
        another_picture(cutout, np.random.default_rng([1, number]))
        for number, cutout in enumerate(old)
    ]
    other = [cutout_of(face, face.picture(most)) for face in sample.others]
    with_others = {face.person for face in sample.others}
    originals = Evidence(old)
    known = originals.frame_vectors(recognizer)
    columns = {}
    for name, method in methods.items():
        treatment = Treatment(method)
        if method is None:  # an attacker's own pictures are looked up, like anonymized faces
            new, pictures, others = altered, old, other
        else:
            new = [treatment.face(face, most, (2, n)) for n, face in enumerate(sample.probes)]
            pictures = [treatment.cutout(cutout, (3, n)) for n, cutout in enumerate(altered)]
            others = [treatment.face(face, most, (4, n)) for n, face in enumerate(sample.others)]
        variant = Evidence(new, pictures)
        vectors = variant.frame_vectors(recognizer)
        similar = recognizer.similarity(vectors, known)
        plain = recognition(originals, variant, recognizer).rates
        informed = informed_recognition(variant, recognizer).rates
        seen = [cutout for cutout in new if cutout.person in with_others]
        real = informed_recognition(Evidence(seen, others), recognizer).rates
        columns[name] = {
            "faces, of as many people": str(len(new)),
            "size, px: median (smallest to largest)": _spread([_size(one) for one in old]),
            "distance old to new: mean (smallest)": _distances(-np.diag(similar)),
            f"distance below {SAME:g}": _below(-similar),
            "rank 1 among the originals": _text(plain.get("rank_1")),
            "AUC among the originals": _text(plain.get("auc"), 1),
            "informed attacker, altered pictures: AUC": _text(informed.get("auc"), 1),
            f"informed attacker, other photographs ({len(others)} of {len(with_others)} people): "
            "AUC": _text(real.get("auc"), 1),
            f"pairs of two people below {SAME:g}": _text(
                alike(known if method is None else vectors)
            ),
            "ms per face": treatment.milliseconds,
            "ways": treatment.ways,
        }
    return pd.DataFrame(columns)


@dataclass(eq=False)
class Treatment:
    """Faces treated by a method, with its time and its routes."""

    method: Method | None
    seconds: list[float] = field(default_factory=list)
    routes: Counter[str] = field(default_factory=Counter)

    def face(self, face: Face, most: float, seed: Sequence[int]) -> FaceCutout:
        """Cut-out of a face that was treated in its photograph."""
        picture = face.picture(most)
        return without_landmarks(cutout_of(face, picture, self._pixels(picture, seed)))

    def cutout(self, cutout: FaceCutout, seed: Sequence[int]) -> FaceCutout:
        """Cut-out that was treated by itself."""
        pixels = self._pixels(picture_with(cutout), seed)
        return without_landmarks(replace(cutout, pixels=pixels))

    def _pixels(self, picture: Picture, seed: Sequence[int]) -> np.ndarray:
        assert self.method is not None
        started = time.process_time()
        pixels, changes = self.method.anonymize(picture, np.random.default_rng(seed))
        self.seconds.append(time.process_time() - started)
        self.routes.update(change.method for change in changes)
        return pixels

    @property
    def milliseconds(self) -> str:
        """Mean CPU time per face, without reading and detection."""
        return f"{1000 * np.mean(self.seconds):.1f}" if self.seconds else ""

    @property
    def ways(self) -> str:
        """Number of faces by route."""
        return ", ".join(f"{route} {count}" for route, count in self.routes.most_common())


def alike(vectors: np.ndarray) -> Rate:
    """Share of the pairs of people whose faces have a distance below `SAME`.

    Since a person is in many pairs, the variance is that of a U-statistic (Hoeffding 1948). The
    effective number of trials is at least n/2, that of separate pairs, which is also used if the
    variance is 0.

    Args:
        vectors: (n, d), one per person, n at least 3.
    """
    n = len(vectors)
    distances = -Dlib.similarity(vectors, vectors)
    below = (distances < SAME) & ~np.eye(n, dtype=bool)
    by_person = below.sum(axis=1) / (n - 1)
    value, variance = float(by_person.mean()), 4 * float(by_person.var(ddof=1)) / n
    pairs = n * (n - 1) // 2
    spread = value * (1 - value)
    independent = min(spread / variance, pairs) if variance else n / 2
    return rate_of(value, pairs, max(independent, n / 2), chance=0.0)


def _below(distances: np.ndarray) -> str:
    """Faces close to their own original; chance: close to the original of another person."""
    below, n = distances < SAME, len(distances)
    own = np.diag(below)
    chance = (below.sum() - own.sum()) / (n * (n - 1))
    return f"{own.sum()}: {_text(rate_over_people(own, np.arange(n), float(chance)))}"


def _distances(values: np.ndarray) -> str:
    half = 1.96 * values.std(ddof=1) / len(values) ** 0.5
    return f"{values.mean():.3f} ± {half:.3f} ({values.min():.3f})"


def _size(cutout: FaceCutout) -> float:
    return min(cutout.place.width, cutout.place.height)


def _spread(values: Sequence[float]) -> str:
    low, middle, high = np.percentile(values, (0, 50, 100))
    return f"{middle:.0f} ({low:.0f} to {high:.0f})"


def _text(rate: Rate | None, scale: int = 100) -> str:
    """Rate in percent (or as a fraction if the scale is 1), with its interval and chance."""
    if rate is None:
        return "not measured"
    value, low, high = (scale * one for one in (rate.value, rate.low, rate.high))
    digits, unit = (1, " %") if scale == 100 else (3, "")
    chance = f", chance {scale * rate.chance:.1f}" if rate.chance else ""
    return f"{value:.{digits}f}{unit} ({low:.{digits}f} to {high:.{digits}f}{chance})"


def sheets(folder: Path, method: Method, output: Path) -> None:
    """Write pages of faces before and after, at 1:1, with small ones also enlarged.

    Photographs are reduced if they contain no face of the size; all faces in them are replaced.
    """
    photographs = list(photographs_in(folder, Kind.FACE))
    for size, limits in SHEETS.items():
        rng = np.random.default_rng(1)
        mixed = [photographs[number] for number in rng.permutation(len(photographs))]
        tiles: list[tuple[str, np.ndarray]] = []
        for photograph, region in of_size(mixed, *limits, PAIRS, rng):
            both = [photograph.pixels, photograph.treated(method, (2, len(tiles)))]
            pair = [surroundings(pixels, region, AROUND * size_of(region))[0] for pixels in both]
            large = [_enlarged(pixels) for pixels in pair]
            caption = f"{len(tiles) + 1}: {size_of(region):.0f} px, {photograph.name[-40:]}"
            tiles.append((caption, side_by_side(pair if large[0] is pair[0] else pair + large)))
        for number, page in enumerate(pages_of(tiles), start=1):
            write_png(output / f"{size} {number:02}.png", page)


def _enlarged(pixels: np.ndarray) -> np.ndarray:
    factor = ENLARGED / max(pixels.shape[:2])
    if factor <= 1:
        return pixels
    return cv2.resize(pixels, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)


def benchmark(folder: Path, most: int, method: Natural) -> tuple[str, pd.DataFrame]:
    """Description of the sample, and the table: measures in rows, columns by size and method."""
    methods: dict[str, Method | None] = {
        "originals": None,
        "natural": method,
        "blackbox": Blackbox(),
    }
    large: dict[str, Method | None] = {
        "natural, large faces drawn": method.model_copy(update={"large": "natural"})
    }
    recognizer = Dlib()
    sample = sample_of(folder, most, recognizer)
    tables = {
        "original size": measure(sample, recognizer, LARGEST, methods | large),
        f"at most {REDUCED} px": measure(sample, recognizer, REDUCED, methods),
    }
    return sample.found, pd.concat(
        [table.add_suffix(f", {size}") for size, table in tables.items()], axis=1
    )


def main() -> None:
    """Print one table, or write the sheets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder with photographs, searched recursively")
    parser.add_argument("--faces", type=int, default=150, help="most people, one face each")
    add_donors(parser)
    parser.add_argument("--sheets", type=Path, metavar="OUTPUT", help="write pages to this folder")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    method = natural(arguments.donors)
    if arguments.sheets is not None:
        sheets(arguments.folder, method, arguments.sheets)
        return
    found, table = benchmark(arguments.folder, arguments.faces, method)
    print(f"{found}\n")
    print(table.to_markdown())


if __name__ == "__main__":
    main()
