"""Reliability diagram: precision over score of every run, with the reference in the background."""

from collections.abc import Sequence

from figures_and_tables.figures import GRID, draw_panels, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_scripts.analysis.report.figures.curves import draw_runs
from workflow_scripts.analysis.report.results import ExperimentResults, Run

NAME = "reliability"
COLUMNS, WIDTH = 3, 3.3
"""Panels side by side in the figure for papers, and the width of one, inches."""
ON_PAGE = 3.1
"""Width of a panel on a page, inches."""
FEWEST = 10
"""Minimum number of predictions in a drawn bin."""


def panels(results: ExperimentResults) -> list[str]:
    """One panel per shown variant whose runs have enough predictions."""
    there = {run.variant for run in results.runs if _points(run)}
    return [variant for variant in results.drawn if variant in there]


def label(variant: str) -> str:
    """Description of a panel."""
    return f"{variant}: share of correct predictions over their score, one line per run"


def draw(results: ExperimentResults, chosen: Sequence[str], columns: int, width: float) -> Figure:
    """The chosen panels, at least one.

    Args:
        results: the experiment.
        chosen: some of `panels`.
        columns: panels side by side.
        width: width of a panel, inches.
    """

    def draw_panel(axes: Axes, variant: str) -> None:
        axes.plot([0, 1], [0, 1], color=GRID, linewidth=1.0)
        draw_runs(axes, results, variant, _points)
        axes.set_xlim(0, 1)
        axes.set_ylim(0, 1)
        axes.set_xlabel("Score")
        axes.set_ylabel("Precision at IoU 0.5")

    with style(NAME):
        return draw_panels(chosen, draw_panel, (width, 2.8), columns)


def _points(run: Run) -> list[tuple[float, float]]:
    """Score and precision of the drawn bins."""
    return [(of.score, of.precision) for of in run.reliability if of.predictions >= FEWEST]
