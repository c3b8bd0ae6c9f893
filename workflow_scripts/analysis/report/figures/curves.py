"""Learning curves: the loss of every run, in front of that of the reference."""

from collections.abc import Sequence
from typing import Any

from figures_and_tables.figures import GRID, QUIET, colours_of, draw_panels, short, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from workflow_scripts.analysis.report.results import ExperimentResults, Run

NAME = "learning_curves"
COLUMNS, WIDTH = 3, 3.3
"""Panels side by side in the figure for papers, and the width of one, inches."""
ON_PAGE = 3.1
"""Width of a panel on a page, inches."""
HIGHEST = 1.1
"""Upper end of the scale, relative to the largest loss after the first tenth of a run."""


def panels(results: ExperimentResults) -> list[str]:
    """One panel per variant that is drawn and whose runs left a curve."""
    there = {run.variant for run in results.runs if run.curve}
    return [variant for variant in results.drawn if variant in there]


def label(variant: str) -> str:
    """Description of a panel."""
    return f"{variant}: training loss over the iterations, one line per run"


def draw(results: ExperimentResults, chosen: Sequence[str], columns: int, width: float) -> Figure:
    """The chosen panels, at least one, on the scale of all panels.

    Args:
        results: the experiment.
        chosen: some of `panels`.
        columns: panels side by side.
        width: width of a panel, inches.
    """
    there = [run for run in results.runs if run.curve]
    looks = colours_of(results.variants, results.reference)
    top = HIGHEST * max(_after_the_start(run) for run in there)

    def draw_panel(axes: Axes, variant: str) -> None:
        if variant != results.reference:
            behind = [run for run in there if run.variant == results.reference]
            _draw(axes, behind, QUIET, linewidth=0.6, alpha=0.45)
        _draw(axes, [run for run in there if run.variant == variant], looks[variant][0])
        axes.set_title(short(variant, 24))
        axes.set_ylim(0, top)
        axes.set_xlim(left=0)
        axes.grid(axis="y", color=GRID)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5))
        axes.set_xlabel("Iteration")
        axes.set_ylabel("Training loss")

    with style(NAME):
        return draw_panels(chosen, draw_panel, (width, 2.5), columns)


def _draw(axes: Axes, runs: Sequence[Run], colour: str, **options: Any) -> None:
    for run in runs:
        axes.plot(*zip(*run.curve, strict=True), color=colour, **{"linewidth": 1.0} | options)


def _after_the_start(run: Run) -> float:
    return max(loss for _, loss in run.curve[len(run.curve) // 10 :])
