"""Conclusions from a reviewed sample for all images: shares of missed and of wrong regions.

All bounds are upper limits of one-sided Clopper-Pearson intervals (Biometrika 26, 1934, 404-413).

- A tile is drawn independently of its content, so the share of a stratum's tiles with a missed
  region has an exact bound.
- Detected regions of one tile are not independent of each other. Their number is replaced by Kish's
  effective number of regions, (Σr)²/Σr² over the tiles (Survey Sampling, 1965), which assumes that
  all regions of a tile are right or wrong together, the worst case.
- A bound that combines several bounds divides the error probability among them (Bonferroni).
- A stratum of which every tile was reviewed has no sampling error.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from identity_attacks.intervals import clopper_pearson

from .answers import Answers
from .sample import KINDS, SIZES, Kind, ReviewSample, ReviewStratum, ReviewTile, size_class

ERROR = 0.05
"""Probability that a bound is too low."""


@dataclass(frozen=True)
class BoundedShare:
    """Share, 0 to 1; both None if its total is zero."""

    value: float | None
    """Estimate; also None if the sample contains none of the total."""
    upper: float | None
    """One-sided upper bound with confidence 95 %."""


@dataclass(frozen=True)
class StratumNumbers:
    """Numbers of one kind of region in one stratum."""

    stratum: str
    tiles: int
    """Number of all tiles."""
    reviewed: int
    """Number of reviewed tiles."""
    found: int
    """Number of detected regions in all tiles."""
    judged: int
    """Number of detected regions in the reviewed tiles."""
    wrong: int
    missed: int
    tiles_with_missed: int
    wrong_share: BoundedShare
    """Share of the detected regions that are wrong."""
    tiles_with_missed_share: BoundedShare
    """Share of the tiles with a missed region."""
    missed_share: BoundedShare
    """Share of all existing regions, detected or not, that were missed."""


@dataclass(frozen=True)
class SizeNumbers:
    """Numbers of one kind of region by its own width, in the reviewed tiles."""

    size: str
    confirmed: int
    wrong: int
    missed: int
    missed_share: float | None
    """Estimate for all tiles, with each region weighted by its stratum: share of all existing
    regions."""


@dataclass(frozen=True)
class KindNumbers:
    """Numbers of one kind of region, in the reviewed tiles unless stated otherwise."""

    judged: int
    confirmed: int
    wrong: int
    missed: int
    found: int
    """Number of detected regions in all tiles."""
    missed_estimated: float
    """Estimated number of missed regions in all tiles."""
    wrong_share: BoundedShare
    """Share of the detected regions in all tiles that are wrong."""
    missed_share: BoundedShare
    """Share of all existing regions in all tiles, detected or not, that were missed."""
    sizes: tuple[SizeNumbers, ...]
    strata: tuple[StratumNumbers, ...]


def clopper_pearson_upper(successes: float, n: float, error: float) -> float:
    """One-sided upper limit of a share.

    Args:
        successes: 0 to n; effective numbers need not be whole.
        n: number of trials; for 0 trials, the limit is 1.
        error: probability that the limit is too low.
    """
    return clopper_pearson(successes, n, 1 - 2 * error).high


def numbers_of(sample: ReviewSample, answers: Answers) -> dict[Kind, KindNumbers]:
    """Numbers of each kind.

    Args:
        sample: the drawn sample.
        answers: answers about all of its tiles.
    """
    return {kind: _kind_numbers(kind, sample, answers) for kind in KINDS}


@dataclass(frozen=True)
class _Tally:
    """Counts of one kind of region in the reviewed tiles of one stratum."""

    stratum: ReviewStratum
    found: int
    judged: tuple[int, ...]
    """Number of detected regions by tile."""
    wrong: int
    missed: tuple[int, ...]
    """Number of missed regions by tile."""

    @property
    def is_complete(self) -> bool:
        return len(self.judged) == self.stratum.tiles

    @property
    def weight(self) -> float:
        """Number of tiles that a reviewed tile represents."""
        return self.stratum.tiles / len(self.judged) if self.judged else 0.0

    @property
    def tiles_with_missed(self) -> int:
        return sum(number > 0 for number in self.missed)

    def wrong_upper(self, error: float) -> float:
        """Upper bound of the wrong share of the detected regions."""
        judged = sum(self.judged)
        if self.is_complete:
            return self.wrong / judged if judged else 0.0
        if not judged:
            return 1.0
        effective = judged**2 / sum(number**2 for number in self.judged)
        return clopper_pearson_upper(self.wrong / judged * effective, effective, error)

    def tiles_upper(self, error: float) -> float:
        """Upper bound of the share of the tiles with a missed region."""
        if self.is_complete:
            return self.tiles_with_missed / len(self.missed)
        return clopper_pearson_upper(self.tiles_with_missed, len(self.missed), error)

    def missed_upper(self, error: float) -> float:
        """Upper bound of the number of missed regions in all tiles.

        It is the bound of the number of tiles with missed regions, times the mean number of missed
        regions in such reviewed tiles.
        """
        mean = sum(self.missed) / self.tiles_with_missed if self.tiles_with_missed else 1.0
        return self.stratum.tiles * self.tiles_upper(error) * mean


def _kind_numbers(kind: Kind, sample: ReviewSample, answers: Answers) -> KindNumbers:
    tallies = [_tally(kind, stratum, sample.tiles, answers) for stratum in sample.strata]
    judged, wrong = sum(sum(one.judged) for one in tallies), sum(one.wrong for one in tallies)
    return KindNumbers(
        judged=judged,
        confirmed=judged - wrong,
        wrong=wrong,
        missed=sum(sum(one.missed) for one in tallies),
        found=sum(one.found for one in tallies),
        missed_estimated=_missed(tallies),
        wrong_share=_wrong_share(tallies),
        missed_share=_missed_share(tallies),
        sizes=_sizes(kind, sample, answers, {one.stratum.name: one.weight for one in tallies}),
        strata=tuple(map(_stratum_numbers, tallies)),
    )


def _tally(
    kind: Kind, stratum: ReviewStratum, tiles: Sequence[ReviewTile], answers: Answers
) -> _Tally:
    own = [tile for tile in tiles if tile.stratum == stratum.name]
    regions = [[region for region in tile.regions if region.kind == kind] for tile in own]
    missed = Counter(one.tile for one in answers.missed if one.kind == kind)
    return _Tally(
        stratum,
        stratum.regions.get(kind, 0),
        tuple(map(len, regions)),
        sum(region.id in answers.wrong for in_tile in regions for region in in_tile),
        tuple(missed[tile.id] for tile in own),
    )


def _stratum_numbers(tally: _Tally) -> StratumNumbers:
    reviewed = len(tally.judged)
    with_missed = tally.tiles_with_missed / reviewed if reviewed else None
    return StratumNumbers(
        stratum=tally.stratum.name,
        tiles=tally.stratum.tiles,
        reviewed=reviewed,
        found=tally.found,
        judged=sum(tally.judged),
        wrong=tally.wrong,
        missed=sum(tally.missed),
        tiles_with_missed=tally.tiles_with_missed,
        wrong_share=_wrong_share([tally]),
        tiles_with_missed_share=BoundedShare(with_missed, tally.tiles_upper(ERROR)),
        missed_share=_missed_share([tally]),
    )


def _wrong_share(tallies: Sequence[_Tally]) -> BoundedShare:
    there = [one for one in tallies if one.found]
    if not there:
        return BoundedShare(None, None)
    error = ERROR / len(there)
    upper = sum(one.found * one.wrong_upper(error) for one in there)
    judged = sum(one.weight * sum(one.judged) for one in there)
    wrong = sum(one.weight * one.wrong for one in there)
    found = sum(one.found for one in there)
    return BoundedShare(wrong / judged if judged else None, min(upper / found, 1.0))


def _missed_share(tallies: Sequence[_Tally]) -> BoundedShare:
    missed = _missed(tallies)
    confirmed = sum(one.weight * (sum(one.judged) - one.wrong) for one in tallies)
    there = missed + confirmed
    with_found = [one for one in tallies if one.found]
    if not with_found and not missed:
        return BoundedShare(None, None)
    error = ERROR / (len(tallies) + len(with_found))
    most_missed = sum(one.missed_upper(error) for one in tallies)
    fewest = sum(one.found * (1 - one.wrong_upper(error)) for one in with_found)
    return BoundedShare(
        missed / there if there else None,
        most_missed / (most_missed + fewest) if most_missed + fewest else None,
    )


def _missed(tallies: Sequence[_Tally]) -> float:
    return sum(one.weight * sum(one.missed) for one in tallies)


def _sizes(
    kind: Kind, sample: ReviewSample, answers: Answers, weights: dict[str, float]
) -> tuple[SizeNumbers, ...]:
    counts = {mark: Counter[str]() for mark in ("confirmed", "wrong", "missed")}
    weighted: dict[str, dict[str, float]] = {
        mark: dict.fromkeys(SIZES, 0.0) for mark in ("confirmed", "missed")
    }
    stratum_of = {tile.id: tile.stratum for tile in sample.tiles}
    for tile in sample.tiles:
        for region in tile.regions:
            if region.kind == kind:
                size = size_class(region.box[2] - region.box[0])
                mark = "wrong" if region.id in answers.wrong else "confirmed"
                counts[mark][size] += 1
                if mark in weighted:
                    weighted[mark][size] += weights[tile.stratum]
    for one in answers.missed:
        if one.kind == kind:
            size = size_class(one.box[2] - one.box[0])
            counts["missed"][size] += 1
            weighted["missed"][size] += weights[stratum_of[one.tile]]
    numbers = []
    for size in SIZES:
        there = weighted["confirmed"][size] + weighted["missed"][size]
        share = weighted["missed"][size] / there if there else None
        numbers.append(
            SizeNumbers(
                size=size, **{mark: counts[mark][size] for mark in counts}, missed_share=share
            )
        )
    return tuple(numbers)
