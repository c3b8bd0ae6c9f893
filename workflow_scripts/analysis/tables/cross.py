"""The cross test: AP by the images of training and test."""

from collections.abc import Mapping, Sequence

import pandas as pd
from figures_and_tables import latex
from figures_and_tables.tables import TextTable

from workflow_scripts.analysis.numbers import cell
from workflow_scripts.analysis.tables.table import long_table
from workflow_scripts.contracts.runs import ALL, EvaluatedRun, ExpectedRuns, class_title
from workflow_scripts.contracts.tables import CrossTables, records_of
from workflow_scripts.contracts.tasks import Task

COLUMNS = ["class", "trained_on", "tested_on", "mean", "std", "n"]


def cross_table(
    by_test: Mapping[str, Sequence[EvaluatedRun]], expected: ExpectedRuns
) -> pd.DataFrame:
    """AP by class, training and test: of masks, or of boxes for box models.

    Args:
        by_test: the runs' evaluations by the variant of the test images.
        expected: variants and classes.

    Returns:
        columns class (the last is `all`), trained_on, tested_on, mean, std (n-1), n. Fractions of
        1, NaN where undefined.
    """
    parts = []
    for tested_on, runs in by_test.items():
        long = long_table(runs, expected.variants, expected.classes)
        metric = runs[0].evaluation.task.metric
        chosen = long[long["metric"] == metric].rename(columns={"variant": "trained_on"})
        parts.append(chosen.assign(tested_on=tested_on))
    return pd.concat(parts)[COLUMNS].reset_index(drop=True)


def as_tables(table: pd.DataFrame, expected: ExpectedRuns, task: Task) -> CrossTables:
    """Content of cross.json, from `cross_table`."""
    return CrossTables(
        trained_on=expected.variants,
        tested_on=tuple(table["tested_on"].unique()),
        classes=expected.classes,
        cells=records_of(table),
        caption=CAPTION.format(task.noun.capitalize()),
        layouts=tuple(_matrices(table, expected)),
    )


def as_latex(tables: CrossTables) -> str:
    r"""The matrix for all classes, as a `table` to `\input`; needs booktabs and graphicx."""
    matrix = tables.layouts[0]
    tabular = latex.tabular(matrix.columns, matrix.rows)
    return latex.table([tabular], f"{class_title(ALL)}. {tables.caption}", "cross")


CAPTION = (
    "{} AP, mean and standard deviation over the runs. Rows: training images; columns: "
    "validation images."
)


def _matrices(table: pd.DataFrame, expected: ExpectedRuns) -> list[TextTable]:
    """A matrix for all classes, then one per class: a row per training, a column per test."""
    tests = list(table["tested_on"].unique())
    text = {
        (row["class"], row["trained_on"], row["tested_on"]): cell(
            row["mean"], row["std"], row["n"], len(expected.seeds_of(row["trained_on"]))
        )
        for row in table.to_dict("records")
    }
    return [
        TextTable(
            title=class_title(name),
            columns=("Trained on", *(f"tested on {test}" for test in tests)),
            rows=tuple(
                (variant, *(text[name, variant, test] for test in tests))
                for variant in expected.variants
            ),
        )
        for name in (ALL, *expected.classes)
    ]
