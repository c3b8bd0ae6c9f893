"""Learning curves: the loss of every run, with the reference's in the background."""

from collections.abc import Callable, Sequence
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
    """One panel per shown variant whose runs have a curve."""
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
    top = HIGHEST * max(_after_the_start(run) for run in there)

    def draw_panel(axes: Axes, variant: str) -> None:
        draw_runs(axes, results, variant, lambda run: run.curve)
        axes.set_ylim(0, top)
        axes.set_xlim(left=0)
        axes.grid(axis="y", color=GRID)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        axes.set_xlabel("Iteration")
        axes.set_ylabel("Training loss")

    with style(NAME):
        return draw_panels(chosen, draw_panel, (width, 2.5), columns)


def draw_runs(
    axes: Axes,
    results: ExperimentResults,
    variant: str,
    points_of: Callable[[Run], Sequence[tuple[float, float]]],
) -> None:
    """A line per run of a variant, with those of the reference in the background."""
    looks = colours_of(results.variants, results.reference)
    styles: dict[str, dict[str, Any]] = {
        results.reference: {"color": QUIET, "linewidth": 0.6, "alpha": 0.45},
        variant: {"color": looks[variant][0], "linewidth": 1.0},
    }
    for name, options in styles.items():
        for run in results.runs:
            if run.variant == name and (points := points_of(run)):
                axes.plot(*zip(*points, strict=True), **options)
    axes.set_title(short(variant, 24))


def _after_the_start(run: Run) -> float:
    return max(loss for _, loss in run.curve[len(run.curve) // 10 :])
