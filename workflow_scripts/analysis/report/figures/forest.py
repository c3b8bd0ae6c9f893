"""Forest plot: each class's difference from the reference with its interval, and the margins."""

import math
from collections.abc import Iterable, Sequence

from figures_and_tables.figures import (
    BAND,
    BLUE,
    GRID,
    QUIET,
    RED,
    TEXT,
    draw_panels,
    short,
    style,
)
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from run_equivalence.verdicts import ClassVerdict, Verdict

from workflow_scripts.analysis.report.results import ExperimentResults
from workflow_scripts.analysis.statistics.words import asks_for_equivalence
from workflow_scripts.contracts.runs import ALL, class_title
from workflow_scripts.contracts.verdicts import VariantVerdict

NAME = "forest"
COLUMNS, WIDTH = 2, 4.4
"""Panels side by side in the figure for papers, and the width of one, inches."""
ON_PAGE = 3.9
"""Width of a panel on a page, inches."""
LOOKS = {
    Verdict.EQUIVALENT: (BLUE, "o", True),
    Verdict.BOTH: (BLUE, "D", True),
    Verdict.DIFFERENT: (RED, "s", True),
    Verdict.NOT_INFERIOR: (BLUE, "o", True),
    Verdict.BETTER: (BLUE, "^", True),
    Verdict.WORSE_WITHIN: (BLUE, "D", True),
    Verdict.WORSE: (RED, "s", True),
    Verdict.INCONCLUSIVE: (QUIET, "o", False),
    Verdict.UNTESTABLE: (QUIET, "x", True),
}
"""Colour, marker and whether it is filled, by the corrected verdict within the widest margin."""
ROW, HEAD = 0.26, 0.95
"""Height of a row, and of the space above and below the rows, inches."""


def panels(results: ExperimentResults) -> list[VariantVerdict]:
    """One panel per shown variant."""
    judged = results.verdict.variants if results.verdict else ()
    return [of for of in judged if of.variant in results.drawn]


def label(of: VariantVerdict) -> str:
    """Description of a panel."""
    return f"{of.variant}: difference of each class with its interval; the table above has them"


def draw(
    results: ExperimentResults, chosen: Sequence[VariantVerdict], columns: int, width: float
) -> Figure:
    """The chosen panels, at least one.

    Args:
        results: the experiment.
        chosen: some of `panels`.
        columns: panels side by side.
        width: width of a panel, inches.
    """
    height = HEAD + ROW * max(len(of.rows) for of in chosen)
    both_ways = results.verdict is None or asks_for_equivalence(results.verdict)

    def draw_panel(axes: Axes, of: VariantVerdict) -> None:
        _draw(axes, of, results, both_ways=both_ways)

    with style(NAME):
        return draw_panels(chosen, draw_panel, (width, height), columns)


def draw_margins(axes: Axes, margins: Iterable[float], *, both_ways: bool = True) -> None:
    """Draw margins as bands around zero, the widest at the back.

    Args:
        axes: a panel; its limits are set unless bands end both ways.
        margins: fractions of 1.
        both_ways: whether a band also ends at a gain of the margin.
    """
    for number, margin in enumerate(sorted((100 * each for each in margins), reverse=True)):
        end = margin if both_ways else axes.get_xlim()[1]
        axes.axvspan(-margin, end, color=(BAND, GRID)[number % 2], linewidth=0, zorder=0)
    axes.axvline(0, color=QUIET, linewidth=0.9, zorder=1)


def finish_rows(axes: Axes, titles: Sequence[str]) -> None:
    """Label the rows, the first at the top."""
    axes.set_yticks(range(len(titles)), titles)
    axes.set_ylim(len(titles) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.yaxis.set_label_coords(0, 0.5)  # no label: its place need not be looked for
    axes.spines["left"].set_visible(False)


def _draw(axes: Axes, of: VariantVerdict, results: ExperimentResults, *, both_ways: bool) -> None:
    ends = [
        100 * end
        for row in of.rows
        for end in (row.low, row.high, row.difference)
        if end is not None
    ]
    room = 1.35 * 100 * max(results.margins)
    axes.set_xlim(min(1.1 * min(ends, default=0), -room), max(1.1 * max(ends, default=0), room))
    draw_margins(axes, results.margins, both_ways=both_ways)
    for place, row in enumerate(of.rows):
        _draw_row(axes, place, row)
    finish_rows(axes, [short(class_title(row.name)) for row in of.rows])
    axes.axhline(len(of.rows) - 1.5, color=GRID, linewidth=0.8)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    name = short(of.variant, 28)
    axes.set_title(f"{name} ({of.role})" if of.is_control else name)
    axes.set_xlabel(f"Difference in {results.task.ap}, points")


def _draw_row(axes: Axes, place: int, row: ClassVerdict) -> None:
    if row.difference is None:
        at = axes.annotate(
            "undefined", (0, place), color=QUIET, fontsize=8, va="center", ha="center"
        )
        at.set_bbox({"facecolor": "#ffffff", "edgecolor": "none", "pad": 1})
        return
    ends = [100 * end for end in row.interval] if row.interval else None
    draw_estimate(axes, place, row, 100 * row.difference, ends)


def draw_estimate(
    axes: Axes, place: int, row: ClassVerdict, value: float, ends: Sequence[float] | None
) -> None:
    """Draw a value in the style of the verdict on its class.

    Args:
        axes: a panel.
        place: number of the row.
        row: the class.
        value: position on the axis.
        ends: ends of the interval; infinite ones are drawn as dots across the panel; None if there
            is no interval.
    """
    verdict, is_mean = max(row.margins, key=lambda at: at.margin).claimed, row.name == ALL
    colour, marker, filled = LOOKS[verdict]
    if ends is not None:
        bounded = all(map(math.isfinite, ends))
        shown = ends if bounded else axes.get_xlim()
        look = "-" if bounded else ":"
        axes.plot(shown, [place] * 2, look, color=colour, linewidth=2 if is_mean else 1.6)
    axes.plot(
        [value],
        [place],
        marker=marker,
        markersize=7 if is_mean else 6,
        color=colour,
        markerfacecolor=colour if filled else "#ffffff",
        markeredgewidth=1.4,
        markeredgecolor=TEXT if is_mean and filled else colour,
        linestyle="none",
    )
