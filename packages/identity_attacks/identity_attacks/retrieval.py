"""Success of finding people in a gallery by the similarity of their pictures.

All measures are based on two counts for each pair of pictures of the same person: how many pairs
with other people are more similar, and how many are equally similar. Ties are treated as randomly
ordered, so that uninformative similarities give exactly the rates of chance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .intervals import independent_people, rate_of, rate_over_people
from .rates import ExposedRegion, Rate, Success

RANKS = (1, 5)
FALSE_ACCEPT_RATES = (0.01, 0.001)
FALSE_ACCEPTS = 10
"""False accepts needed for a threshold; with fewer, its rate is uncertain by more than a third."""
LEAST_PEOPLE = 3
"""People needed for an AUC. With two, the pairs of one person are by chance the most similar two of
all four in one of six cases, which would count as a leak."""
_BLOCK = 1 << 22


class ShowsPerson(Protocol):
    """Protocol of a region that shows a person, such as a `Cutout`."""

    @property
    def region(self) -> str:
        """Id of the region."""

    @property
    def person(self) -> str:
        """Person in the region."""

    @property
    def image(self) -> str:
        """File name of the frame."""


def retrieve(
    scores: np.ndarray,
    probes: Sequence[ShowsPerson],
    gallery: Sequence[ShowsPerson],
    *,
    level: float = 0.95,
    exposed: int = 5,
) -> Success:
    """Success of finding the people of `probes` in `gallery` by similarity.

    - `rank_1`, `rank_5`: share of the probes with a picture of the same person among the 1 or 5
      most similar of the gallery. If each person has one picture, chance is 1 or 5 divided by the
      number of pictures.
    - `tar_at_far_0.01`, `tar_at_far_0.001` (true accept rate at a false accept rate): share of the
      pairs of one person above the threshold that 1 % or 0.1 % of the pairs of two people exceed.
    - `auc`: probability that a pair of one person is more similar than a pair of two people.

    Args:
        scores: (probes, gallery) similarity, larger for more similar pictures. NaN for pairs that
            are not compared: rows or columns without a vector, or a picture with itself.
        probes: regions to look up, one per row.
        gallery: regions among which they are looked up, one per column.
        level: confidence of the intervals, 0 to 1.
        exposed: number of most exposed probes to name.

    Raises:
        ValueError: the scores have another shape.
    """
    scores = np.asarray(scores)
    scores = scores.astype(np.result_type(scores, np.float32), copy=False)  # NaN needs floats
    if scores.shape != (len(probes), len(gallery)):
        raise ValueError(f"scores {scores.shape} of {len(probes)} probes, {len(gallery)} pictures")
    comparison = _Comparison.of(scores, probes, gallery)
    ranks = _Ranks.of(comparison)
    used = np.flatnonzero(ranks.own > 0)
    blank = (ranks.compared == 0) & (len(gallery) > 0)
    left_out = {
        "no vector": int(np.sum(blank)),
        "not in the gallery": int(np.sum(~blank & (ranks.own == 0))),
    }
    rates: dict[str, Rate] = {}
    not_measured: dict[str, str] = {}
    others = np.any(ranks.compared > ranks.own)
    if not used.size or not others:
        reason = "nobody else to be mistaken for" if used.size else "nobody to look up"
        names = [*(f"rank_{k}" for k in RANKS), *map(_tar_name, FALSE_ACCEPT_RATES), "auc"]
        not_measured = dict.fromkeys(names, reason)
    else:
        people = comparison.probe_people[used]
        for k in RANKS:
            if np.max(ranks.compared[used]) <= k:
                not_measured[f"rank_{k}"] = f"no more than {k} pictures in the gallery"
                continue
            hits, chance = ranks.found(k)[used], ranks.chance(k)[used]
            rates[f"rank_{k}"] = rate_over_people(hits, people, float(chance.mean()), level)
        verification = _Verification.of(comparison)
        for far in FALSE_ACCEPT_RATES:
            fewest = round(FALSE_ACCEPTS / far)
            if verification.impostors < fewest:
                not_measured[_tar_name(far)] = (
                    f"{verification.impostors} pairs of two people, fewer than {fewest}"
                )
            else:
                rates[_tar_name(far)] = verification.true_accept_rate(far, level)
        if np.unique(people).size < LEAST_PEOPLE:
            not_measured["auc"] = f"fewer than {LEAST_PEOPLE} people"
        else:
            rates["auc"] = verification.auc(level)
    return Success(
        rates=rates,
        most_exposed=tuple(
            ExposedRegion(
                region=probes[row].region,
                image=probes[row].image,
                score=float(ranks.margin[row]),
                found=bool(ranks.margin[row] > 0),
            )
            for row in used[np.argsort(-ranks.margin[used], kind="stable")][:exposed]
            if others
        ),
        left_out={reason: count for reason, count in left_out.items() if count},
        not_measured=not_measured,
    )


def _tar_name(far: float) -> str:
    return f"tar_at_far_{far:g}"


@dataclass(frozen=True, eq=False)
class _Comparison:
    """Scores of all pairs, and the people in them."""

    scores: np.ndarray
    probe_people: np.ndarray
    """Number of the person of each probe, (probes,)."""
    gallery_people: np.ndarray
    """Number of the person of each picture in the gallery, (gallery,)."""

    @classmethod
    def of(
        cls, scores: np.ndarray, probes: Sequence[ShowsPerson], gallery: Sequence[ShowsPerson]
    ) -> "_Comparison":
        numbers: dict[str, int] = {}
        people = [
            np.array([numbers.setdefault(one.person, len(numbers)) for one in side], int)
            for side in (probes, gallery)
        ]
        return cls(scores, *people)

    @property
    def people(self) -> int:
        return 1 + int(max(self.probe_people.max(), self.gallery_people.max()))

    def blocks(self) -> Iterator[tuple[slice, np.ndarray, np.ndarray, np.ndarray]]:
        """Blocks of rows, so that memory use stays bounded.

        Yields:
            The rows, their scores, and two masks: pairs of one person, pairs of two people.
        """
        step = max(_BLOCK // max(len(self.gallery_people), 1), 1)
        for start in range(0, len(self.probe_people), step):
            rows = slice(start, start + step)
            scores = self.scores[rows]
            compared = ~np.isnan(scores)
            same = self.probe_people[rows, None] == self.gallery_people
            yield rows, scores, compared & same, compared & ~same

    def by_person(self, values: np.ndarray) -> np.ndarray:
        """Sums of the rows' values by person, (people,)."""
        return np.bincount(self.probe_people, values, self.people)

    @property
    def turned(self) -> "_Comparison":
        """Comparison with the gallery in rows."""
        return _Comparison(self.scores.T, self.gallery_people, self.probe_people)


@dataclass(frozen=True, eq=False)
class _Ranks:
    """Rank of the most similar picture of the same person, for each probe: (probes,) each."""

    compared: np.ndarray
    """Number of pictures compared."""
    own: np.ndarray
    """Number of these that show the same person."""
    before: np.ndarray
    """Number of other people's pictures that are more similar than the best of these."""
    tied: np.ndarray
    """Number of other people's pictures that are equally similar."""
    own_tied: np.ndarray
    """Number of the person's own pictures that are equally similar, including the best."""
    margin: np.ndarray
    """Similarity of the best own picture minus that of the best other one."""

    @classmethod
    def of(cls, comparison: _Comparison) -> "_Ranks":
        blocks = [cls._of_block(*block[1:]) for block in comparison.blocks()]
        columns = zip(*blocks, strict=True) if blocks else [[np.zeros(0)]] * 6
        return cls(*(np.concatenate(column) for column in columns))

    @staticmethod
    def _of_block(scores: np.ndarray, own: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, ...]:
        best = np.max(scores, axis=1, where=own, initial=-np.inf)[:, None]
        rival = np.max(scores, axis=1, where=other, initial=-np.inf)
        with np.errstate(invalid="ignore"):  # a probe without either: infinity minus infinity
            margin = best[:, 0] - rival
        return (
            np.sum(own, axis=1) + np.sum(other, axis=1),
            np.sum(own, axis=1),
            np.sum(other & (scores > best), axis=1),
            np.sum(other & (scores == best), axis=1),
            np.sum(own & (scores == best), axis=1),
            margin,
        )

    def found(self, k: int) -> np.ndarray:
        """Probability that an own picture is among the first `k`, with ties in random order."""
        return _among_first(k - self.before, self.own_tied, self.tied, k)

    def chance(self, k: int) -> np.ndarray:
        """Same probability for pictures in random order."""
        return _among_first(np.full_like(self.own, k), self.own, self.compared - self.own, k)


def _among_first(places: np.ndarray, own: np.ndarray, others: np.ndarray, most: int) -> np.ndarray:
    """Probability that `places` draws from all, at most `most`, include one of `own`."""
    missed = np.ones(len(own))
    for drawn in range(most):
        left = own + others - drawn
        miss = np.clip(others - drawn, 0, None) / np.clip(left, 1, None)
        missed *= np.where(drawn < places, miss, 1.0)
    return 1 - missed


@dataclass(frozen=True, eq=False)
class _Places:
    """Ranks of the pairs of two people among the sorted pairs of one person."""

    exceeded: np.ndarray
    """(pairs of one person + 1,) number of pairs of two people that exceed exactly that many."""
    reached: np.ndarray
    """The same count, where ties count as exceeded."""
    lower: np.ndarray
    """(people,) share of the pairs of one person that a pair of two people exceeds, ties counted
    half, summed over the rows of each person."""
    pairs: np.ndarray
    """(people,) number of pairs of two people in the rows of each person."""

    @classmethod
    def of(cls, comparison: _Comparison, ordered: np.ndarray) -> "_Places":
        bins = ordered.size + 1
        first = np.searchsorted(ordered, ordered, "left")
        exceeded, reached = (np.zeros(bins, int) for _ in range(2))
        lower, pairs = (np.zeros(len(comparison.probe_people)) for _ in range(2))
        for rows, scores, _, other in comparison.blocks():
            # Looking up sorted values is many times faster. NaN sorts last and is not a pair.
            values = np.sort(np.where(other, scores, scores.dtype.type(np.nan)), axis=1)
            right = np.searchsorted(ordered, values, "right")
            before = np.maximum(right - 1, 0)
            left = np.where(ordered[before] == values, first[before], right)
            used = ~np.isnan(values)
            exceeded += np.bincount(left[used], minlength=bins)
            reached += np.bincount(right[used], minlength=bins)
            lower[rows] = np.sum((left + right) / (2 * ordered.size), axis=1, where=used)
            pairs[rows] = used.sum(axis=1)
        return cls(exceeded, reached, *(comparison.by_person(x) for x in (lower, pairs)))


@dataclass(frozen=True, eq=False)
class _Verification:
    """Pairs of one person among the pairs of two people."""

    people: np.ndarray
    """(pairs,) person of each pair of one person."""
    above: np.ndarray
    """(pairs,) number of pairs of two people that are more similar."""
    tied: np.ndarray
    """(pairs,) number of pairs of two people that are equally similar."""
    impostors: int
    """Number of pairs of two people."""
    lower: np.ndarray
    """(people,) share of the pairs of one person that a pair of two people exceeds, ties counted
    half, summed over the pairs of two people that include the person."""
    impostors_by_person: np.ndarray
    """(people,) number of pairs of two people that include the person."""

    @classmethod
    def of(cls, comparison: _Comparison) -> "_Verification":
        values, people = [], []
        for rows, scores, same, _ in comparison.blocks():
            values.append(scores[same])
            people.append(comparison.probe_people[rows][np.nonzero(same)[0]])
        genuine = np.concatenate(values)
        ordered = np.sort(genuine)
        of_rows = _Places.of(comparison, ordered)
        of_columns = _Places.of(comparison.turned, ordered)
        # A pair of two people exceeds a pair of one person if it exceeds all up to that rank.
        places = np.searchsorted(ordered, genuine, "right")
        above, reaching = (
            np.cumsum(counts[::-1])[::-1][places] for counts in (of_rows.exceeded, of_rows.reached)
        )
        return cls(
            people=np.concatenate(people),
            above=above,
            tied=reaching - above,
            impostors=int(of_rows.pairs.sum()),
            lower=of_rows.lower + of_columns.lower,
            impostors_by_person=of_rows.pairs + of_columns.pairs,
        )

    def true_accept_rate(self, far: float, level: float) -> Rate:
        """Share of the pairs of one person among the most similar `far` of all pairs of two people.

        Based on the smoothed rank of conformal prediction (Vovk et al. 2005), whose expectation
        under chance is exactly `far`, also with ties. The interval treats the threshold as known.
        """
        accepted = np.clip((far * (self.impostors + 1) - self.above) / (self.tied + 1), 0, 1)
        return rate_over_people(accepted, self.people, far, level)

    def auc(self, level: float) -> Rate:
        """Area under the ROC curve, with its variance over people.

        Each person contributes through the own pairs and through all pairs with others, as in
        DeLong's variance (1988), summed by person (Obuchowski 1997).
        """
        n = self.people.size
        exceeds = 1 - (self.above + self.tied / 2) / self.impostors
        value = float(exceeds.mean())
        influence = np.bincount(self.people, exceeds - value, self.lower.size) / n
        influence -= (self.lower - (1 - value) * self.impostors_by_person) / self.impostors
        variance = float(np.sum(influence**2))
        # If nearly all exceed the same share, this variance is close to 0 and unreliable. Shares
        # that vary as under chance, uniformly from 0 to 1, are worth three binary trials.
        most = 3 * independent_people(self.people)
        spread = value * (1 - value)
        independent = min(spread / variance, most) if variance else most
        return rate_of(value, n, independent, 0.5, level)
