"""Effect sizes as forest plots: percent of the reference's AP, Hedges' g, P(better)."""

import math
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
from workflow_scripts.analysis.statistics.words import asks_for_equivalence
from workflow_scripts.contracts.runs import class_title
from workflow_scripts.contracts.supplements import ClassSupplement
from workflow_scripts.contracts.verdicts import VariantVerdict

NAME = "effect_sizes"
COLUMNS, WIDTH = 3, 3.9
"""Panels side by side in the figure for papers, and the width of one, inches."""
ON_PAGE = 3.9
"""Width of a panel on a page, inches."""
_LONG = 1000
"""Number from which tick labels are long."""


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
    """A panel per shown variant and measure; empty without a supplement."""
    if results.verdict is None or results.supplement is None:
        return []
    beside = {of.variant: of.rows for of in results.supplement.variants}
    return [
        SizePanel(of, rows, measure)
        for of in results.verdict.variants
        for rows in [beside.get(of.variant, ())]
        if of.variant in results.drawn and any(row.effects for row in rows)
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
    both_ways = results.verdict is None or asks_for_equivalence(results.verdict)

    def draw_panel(axes: Axes, panel: SizePanel) -> None:
        _draw(axes, panel, results.margins, both_ways=both_ways)

    with style(NAME):
        return draw_panels(chosen, draw_panel, (width, height), columns)


def _draw(axes: Axes, panel: SizePanel, margins: Sequence[float], *, both_ways: bool) -> None:
    measure = panel.measure
    shown = [
        _on_axis(estimate, measure.scale)
        if beside.effects and (estimate := measure.of(beside.effects))
        else None
        for beside in panel.rows
    ]
    ends = [measure.nothing, *(end for one in shown if one for end in one if math.isfinite(end))]
    room = 0.08 * (max(ends) - min(ends)) or 1
    axes.set_xlim(min(ends) - room, max(ends) + room)
    if measure.nothing:  # a probability
        axes.set_xlim(-0.04, 1.04)
    axes.axvline(measure.nothing, color=QUIET, linewidth=0.9, zorder=1)
    for place, (row, drawn) in enumerate(zip(panel.of.rows, shown, strict=True)):
        if measure.name == "percent":
            _draw_margins(axes, place, row, margins, both_ways=both_ways)
        if drawn is not None:
            value, *interval = drawn
            draw_estimate(axes, place, row, value, interval)
    finish_rows(axes, [short(class_title(row.name)) for row in panel.of.rows])
    axes.axhline(len(panel.rows) - 1.5, color=GRID, linewidth=0.8)
    few = max(map(abs, ends)) >= _LONG  # whose labels would overlap
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3 if few else 6, steps=[1, 2, 5, 10]))
    name = short(panel.of.variant, 24)
    axes.set_title(f"{name} ({panel.of.role})" if panel.of.is_control else name)
    axes.set_xlabel(measure.axis)


def _on_axis(estimate: IntervalEstimate, scale: float) -> tuple[float, float, float]:
    """Axis positions of the value and of its interval's ends, infinite if it is unbounded."""
    low = -math.inf if estimate.low is None else scale * estimate.low
    high = math.inf if estimate.high is None else scale * estimate.high
    return scale * estimate.value, low, high


def _draw_margins(
    axes: Axes, place: int, row: ClassVerdict, margins: Sequence[float], *, both_ways: bool
) -> None:
    """The margins as shares of the reference's AP, which differ from class to class."""
    base = row.reference.mean
    if not base:
        return
    left, right = axes.get_xlim()
    for number, margin in enumerate(sorted(margins, reverse=True)):
        reach = 100 * margin / base
        start, end = max(-reach, left), min(reach, right) if both_ways else right
        colour = (BAND, GRID)[number % 2]
        axes.add_patch(
            Rectangle((start, place - 0.5), end - start, 1, color=colour, linewidth=0, zorder=0)
        )
