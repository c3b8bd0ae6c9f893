"""Forest plot: each class's difference from the reference with its interval, and the margins."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from run_equivalence.verdicts import ClassVerdict, Verdict

from workflow_scripts.analysis.report.results import ExperimentResults
from workflow_scripts.common.figures import (
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
from workflow_scripts.contracts.runs import ALL, class_title
from workflow_scripts.contracts.verdicts import VariantVerdict

NAME = "forest"
COLUMNS, WIDTH = 2, 4.4
"""Of the figure for papers: panels side by side, and width of one, inches."""
ON_PAGE = 3.9
"""Width of a panel on a page, inches."""
LOOKS = {
    Verdict.EQUIVALENT: (BLUE, "o", True),
    Verdict.BOTH: (BLUE, "D", True),
    Verdict.DIFFERENT: (RED, "s", True),
    Verdict.INCONCLUSIVE: (QUIET, "o", False),
    Verdict.UNTESTABLE: (QUIET, "x", True),
}
"""Colour, marker and whether it is filled, by the verdict within the widest margin."""
ROW, HEAD = 0.26, 0.95
"""Heights of a row, and of what stands above and below the rows, inches."""


def panels(results: ExperimentResults) -> list[VariantVerdict]:
    """A panel a variant."""
    return list(results.verdict.variants) if results.verdict else []


def label(of: VariantVerdict) -> str:
    """What a panel shows."""
    return f"{of.variant}: difference of each class with its interval; the table above has them"


def draw(
    results: ExperimentResults, chosen: Sequence[VariantVerdict], columns: int, width: float
) -> Figure:
    """The chosen panels, at least one.

    Args:
        results: the experiment.
        chosen: of `panels`.
        columns: panels side by side.
        width: of a panel, inches.
    """
    height = HEAD + ROW * max(len(of.rows) for of in chosen)
    margins = results.verdict.settings.margins
    with style(NAME):
        return draw_panels(
            chosen, lambda axes, of: _draw(axes, of, margins), (width, height), columns
        )


def _draw(axes: Axes, of: VariantVerdict, of_one: Sequence[float]) -> None:
    margins = sorted((100 * margin for margin in of_one), reverse=True)
    for number, margin in enumerate(margins):
        axes.axvspan(-margin, margin, color=(BAND, GRID)[number % 2], linewidth=0, zorder=0)
    axes.axvline(0, color=QUIET, linewidth=0.9, zorder=1)
    for place, row in enumerate(of.rows):
        _draw_row(axes, place, row, of)
    titles = [short(class_title(row.name)) for row in of.rows]
    axes.set_yticks(range(len(of.rows)), titles)
    axes.set_ylim(len(of.rows) - 0.4, -0.6)
    axes.axhline(len(of.rows) - 1.5, color=GRID, linewidth=0.8)
    ends = [end for row in of.rows for end in (row.low, row.high, row.difference)]
    ends = [100 * end for end in ends if end is not None]
    axes.set_xlim(min(1.1 * min(ends, default=0), -1.35 * margins[0]),
                  max(1.1 * max(ends, default=0), 1.35 * margins[0]))  # fmt: skip
    axes.xaxis.set_major_locator(MaxNLocator(nbins=7, steps=[1, 2, 5, 10]))
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    name = short(of.variant, 28)
    axes.set_title(f"{name} ({of.role})" if of.is_control else name)
    axes.set_xlabel("Difference in AP, points")


def _draw_row(axes: Axes, place: int, row: ClassVerdict, of: VariantVerdict) -> None:
    if row.difference is None:
        axes.annotate("undefined", (0, place), color=QUIET, fontsize=8, va="center", ha="center")
        return
    verdict = max(row.margins, key=lambda at: at.margin).verdict
    colour, marker, filled = LOOKS[verdict]
    if row.low is not None:
        ends = [100 * row.low, 100 * row.high]
        axes.plot(ends, [place] * 2, color=colour, linewidth=2 if row is of.over_all else 1.6)
    axes.plot(
        [100 * row.difference],
        [place],
        marker=marker,
        markersize=7 if row.name == ALL else 6,
        color=colour,
        markerfacecolor=colour if filled else "#ffffff",
        markeredgewidth=1.4,
        markeredgecolor=TEXT if row.name == ALL and filled else colour,
        linestyle="none",
    )
