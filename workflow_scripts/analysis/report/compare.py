"""Several experiments side by side, e.g. with other models, data sets or anonymizers."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from figures_and_tables.figures import colours_of, draw_panels, short, style
from figures_and_tables.latex import UNDEFINED
from figures_and_tables.tables import in_markdown
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from plain_commands.errors import UserError
from run_equivalence.verdicts import ClassVerdict
from tabulate import tabulate

from workflow_scripts.analysis.numbers import ap, interval, signed
from workflow_scripts.analysis.report.figures.forest import draw_margins, finish_rows
from workflow_scripts.analysis.report.results import ExperimentResults, read_results
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.contracts.verdicts import Role, VariantVerdict

NAME = "compare"
ROW, HEAD, WIDTH = 0.3, 1.0, 7.0
"""Height of a row, height of the space above and below the rows, and width, inches."""
CAPTION = (
    "Reference: mask AP, or box AP if stated, mean over the classes, a fraction of 1. "
    "Difference: from the experiment's own reference, in points (0.01), with its confidence "
    "interval. APs on other test images or classes, or of masks and of boxes, are not comparable: "
    "compare the differences. Relative: difference as a percentage of the reference's AP."
)


@dataclass(frozen=True)
class Row:
    """One variant of one experiment; APs are fractions of 1."""

    experiment: str
    reference: str
    of: VariantVerdict
    tested_on: str
    classes: int
    engine: str
    task: Task = Task.MASKS

    @property
    def mean(self) -> ClassVerdict:
        """The mean over the classes."""
        return self.of.over_all


def read_experiments(folders: Sequence[Path]) -> list[ExperimentResults]:
    """Read the experiments' folders.

    Raises:
        UserError: a folder has no verdict, or is given twice.
    """
    experiments = [read_results(folder) for folder in folders]
    for results in experiments:
        if results.verdict is None or results.table is None:
            raise UserError(
                f"{results.folder}: no tables/verdict.json; finish the experiment first"
            )
    paths = [results.folder.resolve() for results in experiments]
    if len(set(paths)) < len(paths):
        raise UserError(f"{max(paths, key=paths.count)} is given twice; name each experiment once")
    return experiments


def rows_of(experiments: Sequence[ExperimentResults]) -> list[Row]:
    """Every variant of every experiment except the references."""
    names = _names(experiments)
    return [
        Row(
            experiment=name,
            reference=results.reference,
            of=of,
            tested_on=f"{table.images} {table.tested_on}",
            classes=len(results.classes),
            engine=table.engine,
            task=table.task,
        )
        for name, results in zip(names, experiments, strict=True)
        if (table := results.table) and (verdict := results.verdict)
        for of in verdict.variants
    ]


def _names(experiments: Sequence[ExperimentResults]) -> list[str]:
    """Names of the experiments, or their folders if two have the same name."""
    names = [results.name for results in experiments]
    return [
        "/".join(results.folder.resolve().parts[-3:])
        if names.count(results.name) > 1
        else results.name
        for results in experiments
    ]


def as_table(rows: Sequence[Row]) -> pd.DataFrame:
    """One row per variant and margin; fractions of 1."""
    return pd.DataFrame(
        {
            "experiment": row.experiment,
            "variant": row.of.variant,
            "role": row.of.role,
            "reference": row.reference,
            "engine": row.engine,
            "task": row.task,
            "tested_on": row.tested_on,
            "classes": row.classes,
            "n": row.mean.variant.n,
            "reference_mean": row.mean.reference.mean,
            "mean": row.mean.variant.mean,
            "difference": row.mean.difference,
            "low": row.mean.low,
            "high": row.mean.high,
            "margin": at.margin,
            "verdict": at.claimed,
        }
        for row in rows
        for at in row.mean.margins
    )


def as_text(rows: Sequence[Row], layout: str) -> str:
    """The table as text: `pipe` for Markdown, `simple` for a terminal."""
    margins = sorted({at.margin for row in rows for at in row.mean.margins})
    headers = ["Experiment", "Variant", "Tested on", "n", "Reference", "Difference", "Relative"]
    headers += ["Interval", *(f"Within {100 * margin:g}?" for margin in margins)]
    cells = [_cells(row, margins) for row in rows]
    if layout == "pipe":
        cells = [[in_markdown(cell) for cell in row] for row in cells]
    table = tabulate(cells, headers, layout, disable_numparse=True)
    return f"{table}\n\n{CAPTION}\n"


def _cells(row: Row, margins: Sequence[float]) -> list[str]:
    mean, role = row.mean, f" ({row.of.role})" if row.of.is_control else ""
    box = " (box AP)" if row.task is Task.BOXES else ""
    verdicts = {at.margin: at.claimed for at in mean.margins}
    base, difference = mean.reference.mean, mean.difference
    return [
        row.experiment,
        row.of.variant + role,
        row.tested_on,
        str(mean.variant.n),
        ap(None if difference is None else base) + box,
        signed(difference),
        f"{100 * difference / base:+.1f} %" if base and difference is not None else UNDEFINED,
        interval(mean.low, mean.high),
        *(verdicts.get(margin, UNDEFINED) for margin in margins),
    ]


def draw(rows: Sequence[Row]) -> Figure:
    """Differences of the mean AP with their intervals, one colour per experiment.

    Positive controls are omitted: their scale would hide all other differences.
    """
    rows = [row for row in rows if row.of.role is not Role.POSITIVE_CONTROL] or rows
    names = list(dict.fromkeys(row.experiment for row in rows))
    looks = colours_of(["", *names], "")
    margins = {at.margin for row in rows for at in row.mean.margins}

    def draw_rows(axes: Axes, shown: Sequence[Row]) -> None:
        draw_margins(axes, margins)
        for place, row in enumerate(shown):
            colour, marker = looks[row.experiment]
            mean = row.mean
            if mean.interval:
                axes.plot([100 * end for end in mean.interval], [place] * 2, color=colour)
            if mean.difference is not None:
                axes.plot([100 * mean.difference], [place], marker=marker, color=colour)
        finish_rows(
            axes, [f"{short(row.experiment, 24)}: {short(row.of.variant)}" for row in shown]
        )
        axes.set_xlabel("Difference in mAP from the experiment's reference, points")

    with style(NAME):
        return draw_panels([rows], draw_rows, (WIDTH, HEAD + ROW * len(rows)), 1)
