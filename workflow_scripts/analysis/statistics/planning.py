"""How many runs does it take? A table from deviations, margins and powers."""

from collections.abc import Iterable, Sequence

import pandas as pd

from workflow_scripts.analysis.statistics.power import (
    MOST_RUNS,
    detectable_difference,
    runs_for_difference,
    runs_for_equivalence,
)
from workflow_scripts.analysis.statistics.sources import Samples
from workflow_scripts.analysis.statistics.welch import error_and_df

FIVE = 5
"""The whitepaper's number of runs."""

CAPTION = (
    'AP in points. Runs per variant; "same": two one-sided tests at {level:g} pass if there is no '
    'difference; "differs": Welch\'s test at {level:g} detects a difference equal to the margin. '
    "Last column: the smallest difference that five runs detect. A standard deviation estimated "
    "from five runs may be off by a factor of two: plan with a larger one."
)


def deviations_of(samples: Samples) -> dict[str, float]:
    """The pilot's deviation of each class: pooled over its variants by degrees of freedom."""
    names = next(iter(samples.values()))
    pooled = {}
    for name in names:
        known = [of[name] for of in samples.values() if of[name].has_spread]
        degrees = sum(sample.n - 1 for sample in known)
        if degrees:
            variance = sum((sample.n - 1) * sample.std**2 for sample in known) / degrees
            pooled[name] = variance**0.5
    return pooled


def runs_table(
    deviations: Iterable[tuple[str, float]],
    margins: Sequence[float],
    powers: Sequence[float],
    level: float,
) -> pd.DataFrame:
    """Runs of each variant that equivalence needs if nothing differs, and a difference to be found.

    Args:
        deviations: name and standard deviation of the runs, the same in both variants (AP).
        margins: AP.
        powers: probabilities of the wanted answer.
        level: of each test.

    Returns:
        columns name, std, margin, power, runs_equivalent (the true difference is 0),
        runs_different (it is the margin), detectable_with_5 (AP, at that power); missing where
        it is more than `MOST_RUNS`.
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
                        "runs_different": runs_for_difference(margin, both, level, power),
                        "detectable_with_5": detectable_difference(
                            *error_and_df(both, (FIVE, FIVE)), level, power
                        ),
                    }
                )
    return pd.DataFrame(rows).astype({"runs_equivalent": "Int64", "runs_different": "Int64"})


def as_rows(table: pd.DataFrame) -> list[list[str]]:
    """The table's cells as text, in points."""
    return [
        [
            row["name"],
            f"{100 * row['std']:.2f}",
            f"{100 * row['margin']:g}",
            f"{row['power']:g}",
            _count(row["runs_equivalent"]),
            _count(row["runs_different"]),
            f"{100 * row['detectable_with_5']:.2f}",
        ]
        for row in table.to_dict("records")
    ]


def _count(runs: int) -> str:
    return f"> {MOST_RUNS}" if pd.isna(runs) else str(runs)
