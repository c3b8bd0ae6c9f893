"""Two groups of runs compared by their means, deviations and sizes: Welch's test and TOST.

Sources: Welch 1947 (degrees of freedom of Satterthwaite), Schuirmann 1987 and Lakens 2017 (two
one-sided tests), Holm 1979.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

NO_SPREAD = 1e-12
"""A deviation below this is rounding in the mean of equal numbers."""


@dataclass(frozen=True)
class SampleStatistics:
    """APs of a group of runs: all that the tests need to know of them."""

    mean: float
    """NaN if n is 0."""
    std: float
    """With n-1; NaN if n is below 2."""
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "SampleStatistics":
        """From the runs' values."""
        n = len(values)
        mean = float(np.mean(values)) if n else math.nan
        return cls(mean, float(np.std(values, ddof=1)) if n > 1 else math.nan, n)

    @property
    def has_spread(self) -> bool:
        """Whether the deviation is known and not zero."""
        return self.std > NO_SPREAD


@dataclass(frozen=True)
class Difference:
    """A sample's mean minus the reference's, with what its distribution follows from."""

    value: float
    error: float
    """Standard error, above 0."""
    df: float
    """Degrees of freedom."""
    part: "Difference | None" = None
    """The same with some of the variance only; no claim is made that it does not allow."""

    @classmethod
    def between(cls, sample: SampleStatistics, reference: SampleStatistics) -> "Difference":
        """Welch's; at least one of the two needs spread, and both need two runs."""
        value = sample.mean - reference.mean
        error, df = error_and_df((sample.std, reference.std), (sample.n, reference.n))
        return cls(value, error, df)

    def with_more(self, variance: float, df: float) -> "Difference":
        """The same with another source of variance (and its degrees of freedom) beside.

        Degrees of freedom of the sum are Satterthwaite's. They grow with the second source, so that
        the interval of a sum can be narrower than that of its part: of the two the wider one
        counts, and the larger p value.
        """
        whole = self.error**2 + variance
        shares = self.error**2 / whole, variance / whole
        joint = 1 / (shares[0] ** 2 / self.df + shares[1] ** 2 / df)
        return Difference(self.value, math.sqrt(whole), joint, part=self)

    def interval(self, level: float) -> tuple[float, float]:
        """Confidence interval of 1 - 2 * level; it goes with one-sided tests at `level`."""
        reach = self.reach(level)
        return self.value - reach, self.value + reach

    def reach(self, level: float) -> float:
        """Half the interval's width."""
        own = float(stats.t.ppf(1 - level, self.df)) * self.error
        return max(own, self.part.reach(level)) if self.part else own

    def p_different(self) -> float:
        """Welch's two-sided test against "no difference"."""
        own = float(2 * stats.t.sf(abs(self.value) / self.error, self.df))
        return max(own, self.part.p_different()) if self.part else own

    def p_equivalent(self, margin: float) -> float:
        """Two one-sided tests against "the difference is `margin` or more"."""
        above = stats.t.sf((self.value + margin) / self.error, self.df)
        below = stats.t.cdf((self.value - margin) / self.error, self.df)
        own = float(max(above, below))
        return max(own, self.part.p_equivalent(margin)) if self.part else own


def error_and_df(stds: tuple[float, float], sizes: tuple[int, int]) -> tuple[float, float]:
    """Standard error of a difference of means, and Satterthwaite's degrees of freedom."""
    parts = [std**2 / n for std, n in zip(stds, sizes, strict=True)]
    # As shares of their sum: fourth powers of small deviations would lose digits.
    shares = [part / sum(parts) for part in parts]
    df = 1 / sum(share**2 / (n - 1) for share, n in zip(shares, sizes, strict=True))
    return math.sqrt(sum(parts)), df


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p values, in the given order: compare each with the level."""
    order = np.argsort(p_values, kind="stable")
    left = np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(np.asarray(p_values)[order] * left), 1)
    return adjusted.tolist()
