"""Runs that an experiment needs, from standard deviations, margins and powers, as a table."""

from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from run_equivalence.power import (
    detectable_difference,
    runs_for_difference,
    runs_for_equivalence,
    runs_for_non_inferiority,
)
from run_equivalence.welch import SampleStatistics, error_and_df, pooled_std

FIVE = 5
"""Number of runs for the detectable difference in the table; common in publications."""


def deviations_of(samples: Mapping[str, Mapping[str, SampleStatistics]]) -> dict[str, float]:
    """Standard deviation of each class, pooled over the variants of a pilot.

    Args:
        samples: the pilot's runs, by variant, then by class.
    """
    return {
        name: std
        for name in next(iter(samples.values()))
        if (std := pooled_std(of[name] for of in samples.values())) is not None
    }


def runs_table(
    deviations: Iterable[tuple[str, float]],
    margins: Sequence[float],
    powers: Sequence[float],
    level: float,
) -> pd.DataFrame:
    """Runs per variant to show equivalence or non-inferiority, and to detect a difference.

    Args:
        deviations: name and standard deviation of the runs (AP), the same in both variants.
        margins: AP.
        powers: probabilities of a correct answer.
        level: significance level of each test.

    Returns:
        columns name, std, margin, power, runs_equivalent and runs_non_inferior (the true difference
        is 0), runs_different (it is the margin), detectable_with_5 (AP, at that power); missing if
        above `MOST_RUNS`.
    """
    rows = []
    for name, std in deviations:
        for margin in margins:
            for power in powers:
                both = (std, std)
                rows.append(
                    {
                        "name": name,
                        "std": std,
                        "margin": margin,
                        "power": power,
                        "runs_equivalent": runs_for_equivalence(0.0, margin, both, level, power),
                        "runs_non_inferior": runs_for_non_inferiority(
                            0.0, margin, both, level, power
                        ),
                        "runs_different": runs_for_difference(margin, both, level, power),
                        "detectable_with_5": detectable_difference(
                            *error_and_df(both, (FIVE, FIVE)), level, power
                        ),
                    }
                )
    counts = ("runs_equivalent", "runs_non_inferior", "runs_different")
    return pd.DataFrame(rows).astype(dict.fromkeys(counts, "Int64"))
