"""Privacy against utility, one point per variant."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from figures_and_tables.figures import BAND, GRID, QUIET, colours_of, draw_panels, short, style
from identity_attacks.rates import Rate
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_scripts.analysis.report.results import ExperimentResults
from workflow_scripts.contracts.attacks import headline
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.settings import UNMODIFIED

NAME = "privacy_utility"
COLUMNS, WIDTH = 2, 4.6
"""Panels side by side in the figure for papers, and the width of one, inches."""
ON_PAGE = 3.9
"""Width of a panel on a page, inches."""
KINDS = {
    Kind.FACE: ("Faces", "Faces found by the strongest attack, %"),
    Kind.LICENSE_PLATE: ("License plates", "Plates read or found by the strongest attack, %"),
}
"""Title of each kind, and axis label of its attacks' success."""
HEIGHT, LINE = 3.6, 0.085
"""Height of a panel in inches, and minimum distance of two names as a share of it. Panels grow if
the names do not fit."""


@dataclass(frozen=True)
class Point:
    """One variant as a point."""

    variant: str
    role: str
    success: float
    """Success of the strongest attack, in percent."""
    reach: tuple[float, float]
    """Confidence interval of this success."""
    difference: float
    """Difference of the mean AP from the reference in points; 0 for the reference."""
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Plane:
    """The variants by one kind of region."""

    title: str
    scale: str
    points: tuple[Point, ...]
    chance: float
    """Success of guessing, in percent."""


def panels(results: ExperimentResults) -> list[Plane]:
    """One panel per attacked kind of region; empty without attacks or verdict."""
    if results.privacy is None or results.verdict is None:
        return []
    found = []
    for kind, (title, scale) in KINDS.items():
        strongest: dict[str, Rate] = {}
        for one in results.privacy.attacks:
            for variant, success in ((one.variant, one.run.success), (UNMODIFIED, one.originals)):
                measure = headline(success) if one.run.kind is kind else None
                rate = success.rates[measure] if success and measure else None
                if rate and (variant not in strongest or rate.value > strongest[variant].value):
                    strongest[variant] = rate
        points = [_point(results, variant, rate) for variant, rate in strongest.items()]
        shown = tuple(point for point in points if point is not None)
        if len(shown) > 1:
            chance = max(100 * rate.chance for rate in strongest.values())
            found.append(Plane(title, scale, shown, chance))
    return found


def _point(results: ExperimentResults, variant: str, rate: Rate) -> Point | None:
    success, reach = 100 * rate.value, (100 * rate.low, 100 * rate.high)
    if variant == UNMODIFIED:
        return Point(results.reference, "reference", success, reach, 0.0, None, None)
    for of in results.verdict.variants if results.verdict else ():
        mean = of.over_all
        if of.variant == variant and mean.difference is not None:
            low, high = (None if end is None else 100 * end for end in (mean.low, mean.high))
            return Point(variant, of.role, success, reach, 100 * mean.difference, low, high)
    return None


def label(plane: Plane) -> str:
    """Description of a panel."""
    return f"{plane.title}: success of the strongest attack against the difference in mean AP"


def draw(results: ExperimentResults, chosen: Sequence[Plane], columns: int, width: float) -> Figure:
    """The chosen panels, at least one.

    Args:
        results: the experiment.
        chosen: some of `panels`.
        columns: panels side by side.
        width: width of a panel, inches.
    """
    looks = colours_of(results.variants, results.reference)
    margin = 100 * max(results.margins)
    taller = max(1.0, LINE * max(len(plane.points) for plane in chosen))

    def draw_panel(axes: Axes, plane: Plane) -> None:
        axes.axhspan(-margin, margin, color=BAND, linewidth=0, zorder=0)
        axes.axhline(0, color=QUIET, linewidth=0.9, zorder=1)
        axes.axvline(plane.chance, color=QUIET, linestyle=(0, (4, 3)), linewidth=1, zorder=1)
        _finish(axes, plane, margin, looks, LINE / taller)

    with style(NAME):
        return draw_panels(chosen, draw_panel, (width, HEIGHT * taller), columns)


def _draw_point(axes: Axes, point: Point, difference: float, look: tuple[str, str]) -> None:
    """Draw a point at a difference, clipped to the end of the scale."""
    colour, marker = look
    at = point.success
    axes.plot(point.reach, [difference] * 2, color=colour, linewidth=1.2)
    if point.low is not None and point.high is not None:
        axes.plot([at] * 2, [point.low, point.high], color=colour, linewidth=1.2)
    options: dict[str, Any] = {"linestyle": "none", "markersize": 7, "clip_on": False, "zorder": 3}
    axes.plot([at], [difference], marker=marker, color=colour, **options)


def _finish(
    axes: Axes, plane: Plane, margin: float, looks: dict[str, tuple[str, str]], line: float
) -> None:
    """Draw the scales, and the points with names at least a line apart."""
    inside = [p for p in plane.points if p.role != "positive control"]
    ends = [end for p in inside for end in (p.difference, p.low, p.high) if end is not None]
    low, high = min(-1.5 * margin, *ends), max(1.5 * margin, *ends)
    room = 0.08 * (high - low)
    low, high = low - room, high + room
    axes.set_ylim(low, high)
    axes.set_xlim(-4, 104)
    axes.set_xticks([0, 25, 50, 75, 100])
    shown = [min(max(p.difference, low), high) for p in plane.points]
    heights = _apart([(difference - low) / (high - low) for difference in shown], line)
    for point, difference, height in zip(plane.points, shown, heights, strict=True):
        _draw_point(axes, point, difference, looks[point.variant])
        far = "" if difference == point.difference else f" ({point.difference:+.1f})"
        axes.annotate(
            short(point.variant) + far,
            (point.success, difference),
            xytext=(1.04, height),
            textcoords="axes fraction",
            fontsize=9,
            va="center",
            arrowprops={"arrowstyle": "-", "color": QUIET, "linewidth": 0.5, "shrinkB": 4},
        )
    axes.grid(axis="x", color=GRID)
    axes.set_title(plane.title)
    axes.set_xlabel(plane.scale)
    axes.set_ylabel("Difference in mAP, points")


def _apart(heights: Sequence[float], line: float) -> list[float]:
    """Heights (0 to 1), shifted so that they are at least a line apart."""
    order = sorted(range(len(heights)), key=lambda at: heights[at])
    moved = list(heights)
    for below, at in pairwise(order):
        moved[at] = max(moved[at], moved[below] + line)
    highest = 1.0
    for at in reversed(order):
        moved[at] = min(moved[at], highest)
        highest = moved[at] - line
    return moved
