"""Sizes of the effect as forest plots: percent of the reference's AP, Hedges' g, P(better)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from figures_and_tables.figures import BAND, GRID, QUIET, draw_panels, short, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from run_equivalence.effects import EffectSizes, IntervalEstimate
from run_equivalence.verdicts import ClassVerdict

from workflow_scripts.analysis.report.figures.forest import HEAD, ROW, draw_estimate, finish_rows
from workflow_scripts.analysis.report.results import ExperimentResults
from workflow_scripts.contracts.runs import class_title
from workflow_scripts.contracts.supplements import ClassSupplement
from workflow_scripts.contracts.verdicts import VariantVerdict

NAME = "effect_sizes"
COLUMNS, WIDTH = 3, 3.9
"""Panels side by side in the figure for papers, and the width of one, inches."""
ON_PAGE = 3.9
"""Width of a panel on a page, inches."""


@dataclass(frozen=True)
class Measure:
    """One way to express an effect."""

    name: str
    axis: str
    of: Callable[[EffectSizes], IntervalEstimate | None]
    scale: float
    nothing: float
    """Value of no effect, on the axis."""


MEASURES = (
    Measure("percent", "Difference in AP, % of the reference's", lambda e: e.relative, 100, 0),
    Measure("Hedges' g", "Hedges' g", lambda e: e.hedges_g, 1, 0),
    Measure("P(better)", "P(variant better)", lambda e: e.better, 1, 0.5),
)


@dataclass(frozen=True)
class SizePanel:
    """One variant by one measure."""

    of: VariantVerdict
    rows: tuple[ClassSupplement, ...]
    measure: Measure


def panels(results: ExperimentResults) -> list[SizePanel]:
    """A panel per variant and measure; none without a supplement."""
    if results.verdict is None or results.supplement is None:
        return []
    beside = {of.variant: of.rows for of in results.supplement.variants}
    return [
        SizePanel(of, rows, measure)
        for of in results.verdict.variants
        for rows in [beside.get(of.variant, ())]
        if any(row.effects for row in rows)
        for measure in MEASURES
    ]


def label(panel: SizePanel) -> str:
    """Description of a panel."""
    return f"{panel.of.variant}: {panel.measure.axis} of each class with its interval"


def draw(
    results: ExperimentResults, chosen: Sequence[SizePanel], columns: int, width: float
) -> Figure:
    """The chosen panels, at least one.

    Args:
        results: the experiment.
        chosen: some of `panels`.
        columns: panels side by side.
        width: width of a panel, inches.
    """
    height = HEAD + ROW * max(len(panel.rows) for panel in chosen)
    with style(NAME):
        return draw_panels(
            chosen,
            lambda axes, panel: _draw(axes, panel, results.margins),
            (width, height),
            columns,
        )


def _draw(axes: Axes, panel: SizePanel, margins: Sequence[float]) -> None:
    measure = panel.measure
    axes.axvline(measure.nothing, color=QUIET, linewidth=0.9, zorder=1)
    ends = [measure.nothing]
    for place, (row, beside) in enumerate(zip(panel.of.rows, panel.rows, strict=True)):
        if measure.name == "percent":
            _draw_margins(axes, place, row, margins)
        estimate = measure.of(beside.effects) if beside.effects else None
        if estimate is not None:
            value, interval = measure.scale * estimate.value, None
            if estimate.low is not None and estimate.high is not None:
                interval = [measure.scale * end for end in (estimate.low, estimate.high)]
            draw_estimate(axes, place, row, value, interval)
            ends += interval or [value]
    finish_rows(axes, [short(class_title(row.name)) for row in panel.of.rows])
    axes.axhline(len(panel.rows) - 1.5, color=GRID, linewidth=0.8)
    room = 0.08 * (max(ends) - min(ends)) or 1
    axes.set_xlim(min(ends) - room, max(ends) + room)
    if measure.nothing:
        axes.set_xlim(-0.04, 1.04)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 5, 10]))
    name = short(panel.of.variant, 24)
    axes.set_title(f"{name} ({panel.of.role})" if panel.of.is_control else name)
    axes.set_xlabel(measure.axis)


def _draw_margins(axes: Axes, place: int, row: ClassVerdict, margins: Sequence[float]) -> None:
    """The margins as shares of the reference's AP, which differ from class to class."""
    base = row.reference.mean
    if not base:
        return
    for number, margin in enumerate(sorted(margins, reverse=True)):
        reach = 100 * margin / base
        colour = (BAND, GRID)[number % 2]
        axes.add_patch(
            Rectangle((-reach, place - 0.5), 2 * reach, 1, color=colour, linewidth=0, zorder=0)
        )
