"""Paired comparison of runs with the same seed.

Runs with the same seed share their initialisation and the order of their images. If this correlates
their results, the difference of a pair varies less than that of two independent runs; if not, a
paired test loses degrees of freedom. The tested runs themselves should not decide between the two,
hence a rule by their number.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import special

from run_equivalence.effects import IntervalEstimate
from run_equivalence.welch import SampleStatistics

FEWEST_PAIRS = 10
"""Number of pairs from which on pairing widens the interval by at most 6 % without correlation."""


@dataclass(frozen=True)
class PairedRuns:
    """Runs of one class by pairs."""

    values: tuple[float, ...]
    """Values of the variant, one per pair."""
    reference: tuple[float, ...]
    """Values of the reference, one per pair."""

    @classmethod
    def of(cls, values: Mapping[int, float], reference: Mapping[int, float]) -> "PairedRuns":
        """The pairs of runs by seed, in the order of seeds, without runs that have no partner.

        Args:
            values: the variant's runs by seed.
            reference: the reference's runs by seed.
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

        None with fewer than three pairs, or without variation; the interval needs four pairs.
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
    """Standard deviation of the difference of two correlated runs."""
    return math.sqrt(std**2 + other**2 - 2 * correlation * std * other)


def break_even(n: int, level: float) -> float:
    """Correlation above which n pairs have a narrower interval than n and n independent runs.

    Both have equal standard deviations; intervals of 1 - 2 * level.
    """
    independent, paired = (float(special.stdtrit(df, 1 - level)) for df in (2 * n - 2, n - 1))
    return 1 - (independent / paired) ** 2
