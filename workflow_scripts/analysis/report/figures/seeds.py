"""Every run as a point: AP by class and variant."""

from collections.abc import Sequence
from statistics import fmean

from figures_and_tables.figures import GRID, QUIET, TEXT, colours_of, draw_panels, short, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from workflow_scripts.analysis.report.figures.forest import finish_rows
from workflow_scripts.analysis.report.results import ExperimentResults, Run
from workflow_scripts.contracts.runs import ALL, class_title

NAME = "runs"
COLUMNS, WIDTH = 3, 3.3
"""Panels side by side in the figure for papers, and the width of one, inches."""
ON_PAGE = 3.1
"""Width of a panel on a page, inches."""
ROW, HEAD = 0.25, 0.9
"""Height of a variant, and of the space above and below, inches."""
SPREAD = 0.5
"""Share of a variant's row over which its runs are spread, the first seed on top."""


def panels(results: ExperimentResults) -> list[str]:
    """One panel per class, then one for their mean."""
    return [*results.classes, ALL] if any(run.aps for run in results.runs) else []


def label(name: str) -> str:
    """Description of a panel."""
    return f"{class_title(name)}: AP of each run by variant"


def draw(results: ExperimentResults, chosen: Sequence[str], columns: int, width: float) -> Figure:
    """The chosen panels, at least one, with one row per variant.

    Args:
        results: the experiment.
        chosen: some of `panels`.
        columns: panels side by side.
        width: width of a panel, inches.
    """
    done = [run for run in results.runs if run.aps]
    looks = colours_of(results.variants, results.reference)

    def draw_panel(axes: Axes, name: str) -> None:
        of_variants = [[run for run in done if run.variant == v] for v in results.variants]
        shown = [run for run in done if results.role(run.variant) != "positive control"]
        _limit(axes, [ap for run in shown or done if (ap := run.aps.get(name)) is not None])
        for place, runs in enumerate(of_variants):
            _draw_variant(axes, place, name, runs, looks)
        _finish(axes, name, results)

    with style(NAME):
        size = (width, HEAD + ROW * len(results.variants))
        return draw_panels(chosen, draw_panel, size, columns)


def _limit(axes: Axes, aps: Sequence[float]) -> None:
    """Set a scale that is not compressed by a distant positive control."""
    low, high = min(aps, default=0), max(aps, default=1)
    room = 0.12 * (high - low) or 0.01
    axes.set_xlim(low - room, high + room)


def _draw_variant(
    axes: Axes, place: int, name: str, runs: Sequence[Run], looks: dict[str, tuple[str, str]]
) -> None:
    points = [
        (value, place + SPREAD * ((number + 0.5) / len(runs) - 0.5))
        for number, run in enumerate(runs)
        if (value := run.aps.get(name)) is not None
    ]
    values = [value for value, _ in points]
    low, high = axes.get_xlim()
    if not values:
        _write(axes, 0.5, place, "none")
        return
    if max(values) < low or min(values) > high:
        below = max(values) < low
        ends = dict.fromkeys(f"{value:.3f}" for value in (min(values), max(values)))
        text = f"{'← ' if below else ''}{' to '.join(ends)}{'' if below else ' →'}"
        _write(axes, 0.02 if below else 0.98, place, text)
        return
    colour, marker = looks[runs[0].variant]
    axes.plot(
        values,
        [height for _, height in points],
        linestyle="none",
        marker=marker,
        markersize=4.5,
        color=colour,
        alpha=0.75,
        markeredgewidth=0,
    )
    mean = fmean(values)
    axes.plot([mean, mean], [place - 0.36, place + 0.36], color=TEXT, linewidth=1.6)


def _write(axes: Axes, x: float, place: int, text: str) -> None:
    """Write a word into a variant's row, at x from 0 (left) to 1."""
    side = "left" if x < 0.5 else "right" if x > 0.5 else "center"
    at = ("axes fraction", "data")
    axes.annotate(text, (x, place), xycoords=at, color=QUIET, fontsize=8, va="center", ha=side)


def _finish(axes: Axes, name: str, results: ExperimentResults) -> None:
    variants = results.variants
    axes.set_title(short(class_title(name), 24))
    finish_rows(axes, [short(name) for name in variants])
    axes.tick_params(axis="y", labelsize=9)
    for place in range(len(variants)):
        axes.axhline(place, color=GRID, linewidth=0.8, zorder=0)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3, min_n_ticks=2))
    axes.set_xlabel(results.task.heading)
