"""Table of the runs needed, from standard deviations, margins and powers."""

import pandas as pd
from run_equivalence.verdicts import MOST_RUNS

from workflow_scripts.analysis.numbers import unsigned

CAPTION = (
    'AP in points. Runs per variant; "same": two one-sided tests at {level:g} pass if there is no '
    'difference; "not worse": the one against a loss passes (question: non-inferiority); '
    '"differs": Welch\'s test at {level:g} detects a difference equal to the margin. '
    "Last column: the smallest difference that five runs detect. A standard deviation estimated "
    "from five runs may be off by a factor of two: plan with a larger one."
)

HEADERS = (
    *("", "Deviation", "Margin", "Power"),
    *("Runs: same", "Runs: not worse", "Runs: differs", "Detected with 5"),
)


def as_rows(table: pd.DataFrame) -> list[list[str]]:
    """The table's cells as text, in points."""
    return [
        [
            row["name"],
            unsigned(row["std"]),
            f"{100 * row['margin']:g}",
            f"{row['power']:g}",
            _count(row["runs_equivalent"]),
            _count(row["runs_non_inferior"]),
            _count(row["runs_different"]),
            unsigned(row["detectable_with_5"]),
        ]
        for row in table.to_dict("records")
    ]


def _count(runs: int) -> str:
    return f"> {MOST_RUNS}" if pd.isna(runs) else str(runs)
