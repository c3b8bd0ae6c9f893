"""Table of the runs needed, from standard deviations, margins and powers."""

from collections.abc import Iterable, Sequence

import pandas as pd
from run_equivalence.power import (
    detectable_difference,
    runs_for_difference,
    runs_for_equivalence,
)
from run_equivalence.verdicts import MOST_RUNS
from run_equivalence.welch import error_and_df, pooled_std

from workflow_scripts.analysis.numbers import unsigned
from workflow_scripts.analysis.statistics.sources import Samples

FIVE = 5
"""The whitepaper's number of runs."""

CAPTION = (
    'AP in points. Runs per variant; "same": two one-sided tests at {level:g} pass if there is no '
    'difference; "differs": Welch\'s test at {level:g} detects a difference equal to the margin. '
    "Last column: the smallest difference that five runs detect. A standard deviation estimated "
    "from five runs may be off by a factor of two: plan with a larger one."
)


def deviations_of(samples: Samples) -> dict[str, float]:
    """Standard deviation of each class, pooled over the variants of a pilot."""
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
    """Runs per variant that show equivalence if nothing differs, and that detect a difference.

    Args:
        deviations: name and standard deviation of the runs (AP), the same in both variants.
        margins: AP.
        powers: probabilities of the right answer.
        level: significance level of each test.

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
            unsigned(row["std"]),
            f"{100 * row['margin']:g}",
            f"{row['power']:g}",
            _count(row["runs_equivalent"]),
            _count(row["runs_different"]),
            unsigned(row["detectable_with_5"]),
        ]
        for row in table.to_dict("records")
    ]


def _count(runs: int) -> str:
    return f"> {MOST_RUNS}" if pd.isna(runs) else str(runs)
