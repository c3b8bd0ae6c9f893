"""`python -m benchmarks.attack_error_rates`: error rates of the statistics of attacks.

The truth is known: simulated methods leak identity in a share of the faces or a character in a
share of the plates, and searches miss a share of the regions. Each simulation is repeated with
other random numbers.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from identity_attacks.intervals import chapman, clopper_pearson, rate_over_people
from identity_attacks.rates import Conclusion, Success
from identity_attacks.retrieval import retrieve
from identity_attacks.verdicts import judge

PEOPLE = (50, 145, 500, 2000)
DIMENSIONS = 128
"""Length of a face's vector, as for dlib and SFace."""
MARGIN = 0.01
FACE_ATTACKS, PLATE_ATTACKS = 5, 2
"""Default numbers of attacks on a variant, which share the level."""


@dataclass(frozen=True)
class SimulatedFace:
    """Face without pixels."""

    region: str
    person: str
    image: str = "simulated"


def faces_that_keep_identity(
    rng: np.random.Generator, people: int, pictures: int, share: float
) -> Success:
    """Success of looking up faces of which a share keep their identity and the others lose it.

    A person keeps it in all pictures or in none.
    """
    gallery = rng.normal(size=(people, DIMENSIONS)).astype(np.float32)
    who = np.repeat(np.arange(people), pictures)
    kept = rng.random(people)[who] < share
    noise = rng.normal(size=(who.size, DIMENSIONS)).astype(np.float32)
    probes = np.where(kept[:, None], gallery[who] + 0.1 * noise, noise)
    gallery, probes = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in (gallery, probes))
    named = [SimulatedFace(str(number), str(number)) for number in range(people)]
    shown = [SimulatedFace(str(number), str(one)) for number, one in enumerate(who)]
    return retrieve(probes @ gallery.T, shown, named)


def true_rates(people: int, share: float) -> dict[str, float]:
    """Expected rates of `faces_that_keep_identity`; faces without identity are found by chance."""
    chances = {
        "rank_1": 1 / people,
        "rank_5": 5 / people,
        "tar_at_far_0.01": 0.01,
        "tar_at_far_0.001": 0.001,
        "auc": 0.5,
    }
    return {measure: share + (1 - share) * chance for measure, chance in chances.items()}


def face_rows(repetitions: int) -> Iterator[dict[str, object]]:
    """Coverage and verdicts for faces; the originals keep identity in 19 of 20."""
    for n, pictures in [(145, 4), *((n, 1) for n in PEOPLE)]:
        originals = faces_that_keep_identity(np.random.default_rng(0), n, pictures, 0.95)
        for share in (0.0, MARGIN / (1 - 1 / n), 0.1):
            truth = true_rates(n, share)
            covered: Counter[str] = Counter()
            verdicts: Counter[Conclusion] = Counter()
            for seed in range(repetitions):
                rng = np.random.default_rng(seed)
                success = faces_that_keep_identity(rng, n, pictures, share)
                judged = judge(success, originals, margin=MARGIN, attacks=FACE_ATTACKS)
                verdicts[judged.conclusion] += 1
                for measure, rate in success.rates.items():
                    covered[measure] += rate.low <= truth[measure] <= rate.high
            yield {
                "people": str(n),
                "pictures": str(pictures),
                "kept": share,
                **{name: covered[name] / repetitions for name in truth if name in covered},
                **{str(verdict): verdicts[verdict] / repetitions for verdict in Conclusion},
            }


def plates_with_a_character(
    rng: np.random.Generator, vehicles: int, share: float, guessed: float
) -> Success:
    """Success of reading one to three pictures of each vehicle, of which a share keep a character.

    The others are guessed with probability `guessed`, independently for each picture.
    """
    who = np.repeat(np.arange(vehicles), rng.integers(1, 4, vehicles))
    kept = rng.random(vehicles)[who] < share
    outcomes = kept | (rng.random(who.size) < guessed)
    return Success({"any_character": rate_over_people(outcomes, who, guessed)})


def plate_rows(repetitions: int) -> Iterator[dict[str, object]]:
    """Coverage and verdicts for plates; a picture's characters are guessed in 2 of 100."""
    guessed = 0.02
    for n in PEOPLE:
        originals = plates_with_a_character(np.random.default_rng(0), n, 0.95, guessed)
        for share in (0.0, MARGIN / (1 - guessed), 0.1):
            truth = share + (1 - share) * guessed
            covered = 0
            verdicts: Counter[Conclusion] = Counter()
            for seed in range(repetitions):
                success = plates_with_a_character(np.random.default_rng(seed), n, share, guessed)
                judged = judge(success, originals, margin=MARGIN, attacks=PLATE_ATTACKS)
                verdicts[judged.conclusion] += 1
                rate = success.rates["any_character"]
                covered += rate.low <= truth <= rate.high
            yield {
                "vehicles": str(n),
                "kept": share,
                "covered": covered / repetitions,
                **{str(verdict): verdicts[verdict] / repetitions for verdict in Conclusion},
            }


@dataclass(frozen=True)
class Searches:
    """Two searches for the same objects, some of which are hard to find for both."""

    first: tuple[float, float]
    """Recall of the first search for easy and for hard objects."""
    second: tuple[float, float]
    """Recall of the second search for easy and for hard objects."""
    hard: float = 0.0
    """Share of hard objects."""

    def counts(self, rng: np.random.Generator, things: int) -> tuple[int, int, int]:
        """Numbers found by the first search, by the second, and by both."""
        hard = (rng.random(things) < self.hard).astype(int)
        one, two = (
            rng.random(things) < np.array(recall)[hard] for recall in (self.first, self.second)
        )
        return int(one.sum()), int(two.sum()), int((one & two).sum())


def transformed_logit(first: int, second: int, both: int) -> tuple[float, float]:
    """Alternative to `chapman`'s interval: 95 % by Sadinle (2009)."""
    one, two, shared = first - both + 0.5, second - both + 0.5, both + 0.5
    error = (1 / one + 1 / two + 1 / shared + shared / (one * two)) ** 0.5
    low, high = one * two / shared * np.exp([-1.96 * error, 1.96 * error])
    found = first + second - both
    return found - 0.5 + low, found - 0.5 + high


SEARCHES = {
    "independent, 7 % missed": Searches((0.93, 0.93), (0.7, 0.7)),
    "independent, weak second": Searches((0.93, 0.93), (0.3, 0.3)),
    "independent, both good": Searches((0.93, 0.93), (0.93, 0.93)),
    "same things are hard, 7 % missed": Searches((0.98, 0.73), (0.8, 0.3), hard=0.2),
    "same things are hopeless, 7 % missed": Searches((1.0, 0.0), (0.8, 0.0), hard=0.07),
}


def search_rows(repetitions: int) -> Iterator[dict[str, object]]:
    """Coverage of the total, and of the missed share by a review of 200 random regions."""
    for name, searches in SEARCHES.items():
        for n in (20, *PEOPLE):
            trials = []
            for seed in range(repetitions):
                rng = np.random.default_rng(seed)
                counts = searches.counts(rng, n)
                total, other = chapman(*counts), transformed_logit(*counts)
                missed, looked = n - counts[0], min(n, 200)
                review = clopper_pearson(rng.hypergeometric(missed, n - missed, looked), looked)
                trials.append(
                    {
                        "covered": total.low <= n <= total.high,
                        "width": total.high - total.low,
                        "logit covered": other[0] <= n <= other[1],
                        "logit width": other[1] - other[0],
                        "missed": missed / n,
                        "estimated": 1 - counts[0] / max(total.value, 1),
                        "covered by a review": review.low <= missed / n <= review.high,
                    }
                )
            means = pd.DataFrame(trials).astype(float).mean()
            yield {"searches": name, "things": str(n), **means}


def main() -> None:
    """Print the tables; the last one line by line as it is computed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=200)
    repetitions = parser.parse_args().repetitions
    for rows in (search_rows(repetitions), plate_rows(repetitions)):
        print(pd.DataFrame(list(rows)).to_markdown(index=False, floatfmt=".3f"), end="\n\n")
    faces = []
    for row in face_rows(repetitions):
        faces.append(row)
        print(pd.DataFrame(faces).to_markdown(index=False, floatfmt=".3f"), flush=True)


if __name__ == "__main__":
    main()
