"""Exact permutation tests for few runs, over all rearrangements.

Independent runs are exchanged between the variants; the signs of paired differences are flipped. If
the variants differ only in their mean, the tests keep their level exactly for any distribution of
the runs. The statistic is the t of Welch's test (or of the differences), so that the level also
holds for unequal standard deviations, asymptotically.

For groups of equal size, this t increases with the difference of the means, since the total
variation is fixed. It is then enough to count the rearrangements whose sum is at least the observed
one, without forming each: the sorted sums over each half of the runs are searched for the
complement.

Sources: Fisher 1935 and Pitman 1937 (permutation tests), Janssen 1997 and Chung and Romano 2013 (a
studentized statistic), Horowitz and Sahni 1974 (sums of halves).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

MOST_EXACT = 10
"""Maximum number of runs per variant: 10 against 10 have 184,756 rearrangements."""
TIE = 1e-9
"""Relative tolerance within which statistics count as equal, because of rounding."""
ROUNDING = 1e-12
"""Tolerance within which sums count as equal, because of rounding, relative to the largest run of a
call. A margin can shift a run to 0, so its own size is no scale."""


@dataclass(frozen=True)
class TailShares:
    """Shares (B,) of the rearrangements with a statistic at least as extreme as observed."""

    upper: np.ndarray
    lower: np.ndarray
    both: np.ndarray


@dataclass(frozen=True)
class ExactTest:
    """P values over all rearrangements."""

    p_different: float
    """Two-sided, against "no difference"."""
    p_equivalent: tuple[float, ...]
    """P values of two one-sided tests against "the difference is the margin or more", by margin."""
    p_not_worse: tuple[float, ...]
    """P values of a one-sided test against "the loss is the margin or more", by margin."""
    smallest_different: float
    """Smallest possible two-sided p value for these numbers of runs."""
    smallest_one_sided: float
    """Smallest possible p value of the one-sided tests for these numbers of runs."""


def permutation_test(
    values: Sequence[float], reference: Sequence[float], margins: Sequence[float]
) -> ExactTest | None:
    """Test of two independent groups of runs.

    Args:
        values: runs of the variant.
        reference: runs of the reference.
        margins: differences that do not matter.

    Returns:
        None with fewer than two runs on a side, or more than `MOST_EXACT`.
    """
    sizes = len(values), len(reference)
    if min(sizes) < 2 or max(sizes) > MOST_EXACT:
        return None
    shifted = np.asarray(values)[None] + _shifts(margins)[:, None]
    others = np.broadcast_to(np.asarray(reference), (len(shifted), sizes[1]))
    arrangements = math.comb(sum(sizes), sizes[0])
    # With equal sizes, each rearrangement has an equally extreme mirror image.
    return _tested(
        tails_of_groups(shifted, others), margins, arrangements, 2 if len({*sizes}) == 1 else 1
    )


def sign_flip_test(differences: Sequence[float], margins: Sequence[float]) -> ExactTest | None:
    """Test of paired runs.

    Args:
        differences: variant minus reference, pair by pair.
        margins: differences that do not matter.

    Returns:
        None with fewer than two pairs, or more than `MOST_EXACT`.
    """
    if not 2 <= len(differences) <= MOST_EXACT:
        return None
    shifted = np.asarray(differences)[None] + _shifts(margins)[:, None]
    return _tested(tails_of_pairs(shifted), margins, 2 ** len(differences), 2)


def tails_of_groups(values: np.ndarray, reference: np.ndarray) -> TailShares:
    """Shares over all exchanges of runs between two groups.

    Args:
        values: (B, n) runs of the variant in B experiments.
        reference: (B, m) runs of the reference.
    """
    n, m = values.shape[1], reference.shape[1]
    pooled = np.concatenate((values, reference), axis=1)
    slack = ROUNDING * float(np.abs(pooled).max())
    # Around their mean, so that squares lose no digits.
    pooled = pooled - pooled.mean(axis=1, keepdims=True)
    if n == m:
        return _tails_of_sums(pooled, slack)
    chosen = _choices(n, m)
    sums, squares = pooled @ chosen.T, pooled**2 @ chosen.T
    other_sums = pooled.sum(axis=1, keepdims=True) - sums
    other_squares = (pooled**2).sum(axis=1, keepdims=True) - squares
    variance = _variance_of_mean(sums, squares, n) + _variance_of_mean(other_sums, other_squares, m)
    return _tails(_ratio(sums / n - other_sums / m, variance, slack))


def _tails_of_sums(pooled: np.ndarray, slack: float) -> TailShares:
    """Shares of the halves whose sum is at least as extreme as that of the first half.

    Args:
        pooled: (B, 2 n), around their mean.
        slack: tolerance for sums that are equal up to rounding.
    """
    n = pooled.shape[1] // 2
    observed = pooled[:, :n].sum(axis=1)
    # The complement has the negative sum, so small sums are as frequent as large ones.
    upper, lower = np.array(
        [
            _sums_from(row, (sum_ - slack, -sum_ - slack))
            for row, sum_ in zip(pooled, observed, strict=True)
        ]
    ).T / math.comb(2 * n, n)
    return TailShares(upper, lower, np.minimum(2 * np.minimum(upper, lower), 1))


def _sums_from(row: np.ndarray, least: tuple[float, ...]) -> np.ndarray:
    """Number of halves of the runs, (2 n,), whose sum is at least each of the bounds."""
    n = len(row) // 2
    by_size = _subsets(n)
    first, second = ([chosen @ half for chosen in by_size] for half in (row[:n], row[n:]))
    bounds = np.array(least)[:, None]
    found = np.zeros(len(least), int)
    for size, sums in enumerate(first):
        others = np.sort(second[n - size])
        below = np.searchsorted(others, (bounds - sums).ravel()).reshape(len(least), -1)
        found += (len(others) - below).sum(axis=1)
    return found


def tails_of_pairs(differences: np.ndarray) -> TailShares:
    """Shares over all signs of the differences, (B, n), of pairs in B experiments."""
    n = differences.shape[1]
    sums = differences @ _signs(n).T
    squares = np.broadcast_to((differences**2).sum(axis=1, keepdims=True), sums.shape)
    slack = ROUNDING * float(np.abs(differences).max())
    return _tails(_ratio(sums / n, _variance_of_mean(sums, squares, n), slack))


def _shifts(margins: Sequence[float]) -> np.ndarray:
    """Shifts of the variant: zero, plus each margin, minus each margin."""
    return np.array([0.0, *margins, *(-margin for margin in margins)])


def _tested(
    tails: TailShares, margins: Sequence[float], arrangements: int, mirrored: int
) -> ExactTest:
    upper = tails.upper[1 : len(margins) + 1]
    lower = tails.lower[len(margins) + 1 :]
    return ExactTest(
        p_different=float(tails.both[0]),
        p_equivalent=tuple(np.maximum(upper, lower).tolist()),
        p_not_worse=tuple(upper.tolist()),
        smallest_different=mirrored / arrangements,
        smallest_one_sided=1 / arrangements,
    )


def _variance_of_mean(sums: np.ndarray, squares: np.ndarray, n: int) -> np.ndarray:
    return np.maximum(squares - sums**2 / n, 0) / (n * (n - 1))


def _ratio(difference: np.ndarray, variance: np.ndarray, slack: float) -> np.ndarray:
    """The statistic; infinite if the runs within both groups are all equal.

    Args:
        difference: (B, A) of the means.
        variance: (B, A) of the difference.
        slack: differences up to this count as 0, because of rounding.
    """
    error = np.sqrt(variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(np.abs(difference) <= slack, 0.0, difference / error)


def _tails(statistics: np.ndarray) -> TailShares:
    """Shares from (B, A) statistics, the observed one first."""
    observed = statistics[:, :1]
    with np.errstate(invalid="ignore"):
        slack = np.where(np.isfinite(observed), TIE * np.abs(observed), 0)
    upper, lower, both = (
        (one >= other - slack).mean(axis=1)
        for one, other in (
            (statistics, observed),
            (-statistics, -observed),
            (np.abs(statistics), np.abs(observed)),
        )
    )
    return TailShares(upper, lower, both)


@cache
def _choices(n: int, m: int) -> np.ndarray:
    """(A, n + m) float, 1 where a run goes to the variant; the first row is as observed."""
    bits = np.arange(2 ** (n + m), dtype=np.uint32)
    bits = bits[np.bitwise_count(bits) == n]
    # Bit 0 is the first run: the smallest number has the first n bits, as observed.
    return ((bits[:, None] >> np.arange(n + m, dtype=np.uint32)) & 1).astype(float)


@cache
def _subsets(n: int) -> list[np.ndarray]:
    """All subsets of n runs, by size from 0 to n: (A, n) float, 1 for members."""
    bits = np.arange(2**n, dtype=np.uint32)
    sizes = np.bitwise_count(bits)
    chosen = ((bits[:, None] >> np.arange(n, dtype=np.uint32)) & 1).astype(float)
    return [chosen[sizes == size] for size in range(n + 1)]


@cache
def _signs(n: int) -> np.ndarray:
    """(2^n, n) float, -1 and 1; the first row is all 1."""
    bits = np.arange(2**n, dtype=np.uint32)
    return 1.0 - 2 * ((bits[:, None] >> np.arange(n, dtype=np.uint32)) & 1)
