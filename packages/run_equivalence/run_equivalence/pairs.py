"""Runs that share a seed, compared as pairs.

Runs of one seed share their initialisation and the order of their images. If they therefore
correlate, the difference of a pair varies less than that of two independent runs; if they do not, a
test of pairs loses degrees of freedom. Which of both it is should not be read from the runs that
are tested, hence a rule by their number.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from run_equivalence.effects import IntervalEstimate
from run_equivalence.welch import SampleStatistics

FEWEST_PAIRS = 10
"""Pairs from which pairing costs at most 6 % of the interval's width without any correlation."""


@dataclass(frozen=True)
class PairedRuns:
    """Runs of one class by pairs."""

    values: tuple[float, ...]
    """The variant's, a value per pair."""
    reference: tuple[float, ...]
    """The reference's."""

    @classmethod
    def of(cls, values: Mapping[int, float], reference: Mapping[int, float]) -> "PairedRuns":
        """The pairs among runs by seed, in the order of seeds; runs without a partner are left out.

        Args:
            values: the variant's runs by seed.
            reference: the reference's.
        """
        seeds = sorted(values.keys() & reference.keys())
        return cls(tuple(values[seed] for seed in seeds), tuple(reference[seed] for seed in seeds))

    @property
    def differences(self) -> tuple[float, ...]:
        """Variant minus reference, pair by pair."""
        return tuple(np.subtract(self.values, self.reference).tolist())

    @property
    def statistics(self) -> SampleStatistics:
        """Mean, standard deviation and number of the differences."""
        return SampleStatistics.of(self.differences)

    def correlation(self, level: float) -> IntervalEstimate | None:
        """Pearson's correlation over the pairs, with Fisher's interval of 1 - 2 * level.

        None with fewer than three pairs, or without variation; the interval takes four pairs.
        """
        groups = SampleStatistics.of(self.values), SampleStatistics.of(self.reference)
        if groups[0].n < 3 or not all(group.has_spread for group in groups):
            return None
        r = float(np.clip(np.corrcoef(self.values, self.reference)[0, 1], -1, 1))
        if groups[0].n < 4 or abs(r) > 1 - 1e-12:
            return IntervalEstimate(r)
        reach = float(special.ndtri(1 - level)) / math.sqrt(groups[0].n - 3)
        return IntervalEstimate(
            r, math.tanh(math.atanh(r) - reach), math.tanh(math.atanh(r) + reach)
        )


def deviation_of_differences(std: float, other: float, correlation: float) -> float:
    """Standard deviation of the difference of two runs that correlate."""
    return math.sqrt(std**2 + other**2 - 2 * correlation * std * other)


def break_even(n: int, level: float) -> float:
    """Correlation from which n pairs have a narrower interval than n and n independent runs.

    Both have equal standard deviations; intervals of 1 - 2 * level.
    """
    independent, paired = (float(special.stdtrit(df, 1 - level)) for df in (2 * n - 2, n - 1))
    return 1 - (independent / paired) ** 2
