"""Two groups of runs compared by means, standard deviations and sizes: Welch's test and TOST.

Sources: Welch 1947 and Satterthwaite 1946 (unequal variances and their degrees of freedom),
Schuirmann 1987 and Lakens 2017 (two one-sided tests), Holm 1979 (several tests); for
non-inferiority, Walker and Nowacki 2011.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

NO_SPREAD = 1e-12
"""Standard deviations below this are rounding errors of equal numbers."""


@dataclass(frozen=True)
class SampleStatistics:
    """Summary of a group of runs: everything that the tests need."""

    mean: float
    """Mean; NaN if n is 0."""
    std: float
    """Standard deviation with n-1; NaN if n is below 2, or if missing in a table."""
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "SampleStatistics":
        """Summary of values of runs."""
        n = len(values)
        mean = float(np.mean(values)) if n else math.nan
        return cls(mean, float(np.std(values, ddof=1)) if n > 1 else math.nan, n)

    @property
    def has_spread(self) -> bool:
        """Whether the standard deviation is known and not zero."""
        return self.std > NO_SPREAD


@dataclass(frozen=True)
class Difference:
    """Difference of two means, sample minus reference, with its standard error."""

    value: float
    error: float
    """Standard error, above 0."""
    df: float
    """Degrees of freedom."""
    part: "Difference | None" = None
    """The same difference without the added variance, which limits every claim."""

    @classmethod
    def between(cls, sample: SampleStatistics, reference: SampleStatistics) -> "Difference":
        """Welch's difference of two testable samples (see `is_testable`)."""
        value = sample.mean - reference.mean
        error, df = error_and_df((sample.std, reference.std), (sample.n, reference.n))
        return cls(value, error, df)

    @classmethod
    def of_pairs(cls, differences: SampleStatistics) -> "Difference":
        """Mean of the differences of paired runs: at least two, not all equal."""
        error, df = error_and_df((differences.std,), (differences.n,))
        return cls(differences.mean, error, df)

    def with_more(self, variance: float, df: float) -> "Difference":
        """The difference with a second source of variance, given with its degrees of freedom.

        The sum has Satterthwaite's degrees of freedom. They increase with the second source, so the
        interval of the sum can be narrower than without it. The wider interval and the larger p
        value are used.
        """
        whole = self.error**2 + variance
        shares = self.error**2 / whole, variance / whole
        joint = 1 / (shares[0] ** 2 / self.df + shares[1] ** 2 / df)
        return Difference(self.value, math.sqrt(whole), joint, part=self)

    def interval(self, level: float) -> tuple[float, float]:
        """Confidence interval of 1 - 2 * level, which matches one-sided tests at `level`."""
        reach = self.reach(level)
        return self.value - reach, self.value + reach

    def reach(self, level: float) -> float:
        """Half the width of the interval."""
        own = float(special.stdtrit(self.df, 1 - level)) * self.error
        return max(own, self.part.reach(level)) if self.part else own

    def p_different(self) -> float:
        """P value of Welch's two-sided test against "no difference"."""
        own = float(2 * special.stdtr(self.df, -abs(self.value) / self.error))
        return max(own, self.part.p_different()) if self.part else own

    def p_equivalent(self, margin: float) -> float:
        """P value of two one-sided tests against "the difference is `margin` or more"."""
        above = special.stdtr(self.df, -(self.value + margin) / self.error)
        below = special.stdtr(self.df, (self.value - margin) / self.error)
        own = float(max(above, below))
        return max(own, self.part.p_equivalent(margin)) if self.part else own

    def p_not_worse(self, margin: float) -> float:
        """P value of one one-sided test against "the loss is `margin` or more"."""
        own = float(special.stdtr(self.df, -(self.value + margin) / self.error))
        return max(own, self.part.p_not_worse(margin)) if self.part else own


def is_testable(sample: SampleStatistics, reference: SampleStatistics) -> bool:
    """Whether variation can be estimated: at least two runs of each, with differing results.

    A printed table may lack one of the standard deviations.
    """
    both = sample, reference
    known = all(one.n >= 2 and not math.isnan(one.std) for one in both)
    return known and any(one.has_spread for one in both)


def pooled_std(samples: Iterable[SampleStatistics]) -> float | None:
    """Standard deviation pooled over samples by degrees of freedom; None without variation."""
    known = [sample for sample in samples if sample.has_spread]
    degrees = sum(sample.n - 1 for sample in known)
    if not degrees:
        return None
    return float((sum((sample.n - 1) * sample.std**2 for sample in known) / degrees) ** 0.5)


def error_and_df(stds: Sequence[float], sizes: Sequence[int]) -> tuple[float, float]:
    """Standard error of a difference of means, and Satterthwaite's degrees of freedom.

    Args:
        stds: standard deviations of both groups, or only of the pair differences.
        sizes: sizes of the same.
    """
    parts = [std**2 / n for std, n in zip(stds, sizes, strict=True)]
    # As shares of their sum, since fourth powers of small deviations would lose digits.
    shares = [part / sum(parts) for part in parts]
    df = 1 / sum(share**2 / (n - 1) for share, n in zip(shares, sizes, strict=True))
    return math.sqrt(sum(parts)), df


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's adjusted p values in the given order, to be compared with the level."""
    order = np.argsort(p_values, kind="stable")
    left = np.arange(len(p_values), 0, -1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.maximum.accumulate(np.asarray(p_values)[order] * left), 1)
    return adjusted.tolist()
