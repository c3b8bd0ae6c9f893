"""`python -m benchmarks.natural_faces FOLDER`: faces of photographs before and after `natural`.

FOLDER holds photographs of yours with faces of at least 40 px; none is part of this repository. Who
is in which photograph is told by dlib's recogniser from the originals. One face of each person is
replaced, in its size and reduced to 64 px, and looked up as an attacker would. `blackbox`, which
leaves nothing, shows what the same numbers are by chance.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
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

from benchmarks.photographs import cutouts_of, people_of, photographs_in, shrunk, size_of, treated
from workflow_scripts.anonymization.method import Method
from workflow_scripts.anonymization.methods.blackbox import Blackbox
from workflow_scripts.anonymization.methods.natural import Natural

LEAST, REDUCED = 40, 64
"""Smallest face that is taken, and the size that larger ones are reduced to, pixels."""
OTHERS = 3
"""Further photographs of a person that are used at most."""
SAME = -Dlib.threshold
"""Distance below which dlib's authors take two faces for one person."""
METHODS: dict[str, Method | None] = {
    "originals": None,
    "natural": Natural(),
    "blackbox": Blackbox(),
}


@dataclass(frozen=True, eq=False)
class Sample:
    """Faces to attack."""

    probes: tuple[FaceCutout, ...]
    """One of each person."""
    others: tuple[FaceCutout, ...]
    """Faces of the same people in other photographs, for those who have any."""
    found: str
    """How they were found, in words."""

    def reduced(self, size: float) -> "Sample":
        """The same with faces of at most `size` pixels."""
        probes, others = (
            tuple(shrunk(cutout, size) for cutout in some) for some in (self.probes, self.others)
        )
        return replace(self, probes=probes, others=others)


def sample_of(folder: Path, most: int, recognizer: Dlib) -> Sample:
    """A random sample of the people in a folder of photographs, always the same one.

    Raises:
        UserError: fewer than three people, of whom no share can be told.
    """
    cutouts, small, photographs = [], 0, 0
    for photograph in photographs_in(folder):
        large = cutouts_of(photograph, LEAST)
        cutouts += large
        small += len(photograph.faces) - len(large)
        photographs += 1
    vectors = recognizer.vectors(cutouts)
    faces = people_of(cutouts, -recognizer.similarity(vectors, vectors))
    by_person: dict[str, list[FaceCutout]] = {}
    for number in np.random.default_rng(0).permutation(len(faces)):
        by_person.setdefault(faces[number].person, []).append(faces[number])
    if len(by_person) < 3:
        raise UserError(
            f"{folder}: {len(by_person)} people with faces of at least {LEAST} px in {photographs} "
            "photographs; 3 is the least, and 100 say something"
        )
    chosen = list(by_person.values())[:most]
    return Sample(
        tuple(first for first, *_ in chosen),
        tuple(other for _, *rest in chosen for other in rest[:OTHERS]),
        f"{photographs} photographs; {len(faces)} faces of at least {LEAST} px, "
        f"{len(by_person)} people; {small} smaller faces left out",
    )


def measure(sample: Sample, recognizer: Dlib) -> pd.DataFrame:
    """A column of measures for each of `METHODS`.

    Rates are shown with 95 % intervals over people.
    """
    originals = Evidence(sample.probes)
    pictures = [
        another_picture(cutout, np.random.default_rng([1, number]))
        for number, cutout in enumerate(sample.probes)
    ]
    sizes = [size_of(cutout.place) for cutout in sample.probes]
    columns = {}
    for name, method in METHODS.items():
        seconds: list[float] = []
        routes: Counter[str] = Counter()
        treat = _treatment(method, seconds, routes)
        new, known, others = treat(sample.probes, 2), treat(pictures, 3), treat(sample.others, 4)
        variant = Evidence(new, known)
        if method is None:  # their own pictures stand for what an attacker sees
            variant = Evidence(known, new)
        vectors = variant.frame_vectors(recognizer)
        similar = recognizer.similarity(vectors, originals.frame_vectors(recognizer))
        found = recognition(originals, variant, recognizer).rates
        with_others = {other.person for other in others}
        seen = [cutout for cutout in new if cutout.person in with_others]
        real = informed_recognition(Evidence(seen, others), recognizer).rates
        if method is None:
            vectors = originals.frame_vectors(recognizer)
        columns[name] = {
            "faces, of as many people": str(len(new)),
            "size, px: median (smallest to largest)": _spread(sizes, ".0f"),
            "distance old to new: mean (smallest)": _smallest(-np.diag(similar)),
            f"distance below {SAME:g}": _below(-similar),
            "rank 1 among the originals": _text(found.get("rank_1")),
            "AUC among the originals": _text(found.get("auc"), 1),
            "informed attacker, altered pictures: AUC": _text(
                informed_recognition(variant, recognizer).rates.get("auc"), 1
            ),
            f"informed attacker, other photographs ({len(others)} of {len(with_others)} people): "
            "AUC": _text(real.get("auc"), 1),
            f"pairs of faces of two people below {SAME:g}": _text(alike(vectors)),
            "ms per face": f"{1000 * np.mean(seconds):.1f}" if seconds else "",
            "ways": ", ".join(f"{way} {n}" for way, n in routes.most_common()),
        }
    return pd.DataFrame(columns)


def _treatment(
    method: Method | None, seconds: list[float], routes: Counter[str]
) -> Callable[[Sequence[FaceCutout], int], list[FaceCutout]]:
    """Treats faces with random numbers of a seed, and notes the time and the ways."""

    def treat(cutouts: Sequence[FaceCutout], seed: int) -> list[FaceCutout]:
        if method is None:
            return list(cutouts)
        results = []
        for number, cutout in enumerate(cutouts):
            started = time.process_time()
            result, route = treated(cutout, method, (seed, number))
            seconds.append(time.process_time() - started)
            routes[route] += 1
            results.append(without_landmarks(result))
        return results

    return treat


def alike(vectors: np.ndarray) -> Rate:
    """Share of the pairs of people whose faces are below `SAME`.

    A person is in many pairs, so the variance is that of a U-statistic (Hoeffding 1948), but not
    less than n/2 separate pairs allow to say where it is 0.

    Args:
        vectors: (n, d), one of each person, n at least 3.
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
    """Faces near their own original; chance: near the original of somebody else."""
    below, n = distances < SAME, len(distances)
    own = np.diag(below)
    chance = (below.sum() - own.sum()) / (n * (n - 1))
    return f"{own.sum()}: {_text(rate_over_people(own, np.arange(n), float(chance)))}"


def _smallest(values: np.ndarray) -> str:
    half = 1.96 * values.std(ddof=1) / len(values) ** 0.5
    return f"{values.mean():.3f} ± {half:.3f} ({values.min():.3f})"


def _spread(values: Sequence[float], form: str) -> str:
    low, middle, high = np.percentile(values, (0, 50, 100))
    return f"{middle:{form}} ({low:{form}} to {high:{form}})"


def _text(rate: Rate | None, scale: int = 100) -> str:
    """A rate in percent, or as it is with scale 1, with its interval and chance."""
    if rate is None:
        return "not measured"
    value, low, high = (scale * one for one in (rate.value, rate.low, rate.high))
    digits, unit = (1, " %") if scale == 100 else (3, "")
    chance = f", chance {scale * rate.chance:.1f}" if rate.chance else ""
    return f"{value:.{digits}f}{unit} ({low:.{digits}f} to {high:.{digits}f}{chance})"


def benchmark(folder: Path, most: int) -> tuple[str, pd.DataFrame]:
    """How the faces were found, and the table: measures in rows, a column by size and method."""
    recognizer = Dlib()
    sample = sample_of(folder, most, recognizer)
    sizes = {"as they are": sample, f"at most {REDUCED} px": sample.reduced(REDUCED)}
    tables = {name: measure(some, recognizer) for name, some in sizes.items()}
    return sample.found, pd.concat(tables, axis=1)


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="photographs, in any folders below it")
    parser.add_argument("--faces", type=int, default=150, help="people at most, one face each")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    found, table = benchmark(arguments.folder, arguments.faces)
    table.columns = [f"{method}, {size}" for size, method in table.columns]
    print(f"{found}\n")
    print(table.to_markdown())


if __name__ == "__main__":
    main()
