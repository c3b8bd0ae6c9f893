"""Privacy against utility, one point per variant."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from figures_and_tables.figures import BAND, GRID, QUIET, colours_of, draw_panels, short, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from workflow_scripts.analysis.report.results import ExperimentResults
from workflow_scripts.contracts.audits import RegionLikeness
from workflow_scripts.contracts.regions import Kind

NAME = "privacy_utility"
COLUMNS, WIDTH = 2, 4.6
"""Panels side by side in the figure for papers, and the width of one, inches."""
ON_PAGE = 3.9
"""Width of a panel on a page, inches."""
KINDS = {
    Kind.FACE: ("Faces", "correlation_band_passed"),
    Kind.LICENSE_PLATE: ("License plates", "correlation"),
}
"""Title of each kind, and the audit's measure of its likeness."""
LINE = 0.085
"""Least distance of two names, as a share of the panel's height."""


@dataclass(frozen=True)
class Point:
    """One variant in the plane."""

    variant: str
    role: str
    likeness: float
    """Mean correlation of a region with itself in the original."""
    difference: float
    """Difference of the mean AP from the reference in points; 0 for the reference."""
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Plane:
    """The variants by one kind of region."""

    title: str
    points: tuple[Point, ...]
    baseline: float | None
    """Likeness of different people or plates."""


def panels(results: ExperimentResults) -> list[Plane]:
    """One panel per kind of region that the audit found; none without audit or verdict."""
    if results.privacy is None or results.verdict is None:
        return []
    found = []
    for kind, (title, measure) in KINDS.items():
        points, baselines = [], []
        for audit in results.privacy.audits:
            likeness: RegionLikeness | None = getattr(audit.of(kind), measure)
            if likeness is None or likeness.mean is None:
                continue
            baselines.append(likeness.baseline[1].mean)
            if point := _point(results, audit.variant, likeness.mean):
                points.append(point)
        if len(points) > 1:
            found.append(Plane(title, tuple(points), next(iter(baselines), None)))
    return found


def _point(results: ExperimentResults, variant: str, likeness: float) -> Point | None:
    if variant == results.reference:
        return Point(variant, "reference", likeness, 0.0, None, None)
    for of in results.verdict.variants if results.verdict else ():
        mean = of.over_all
        if of.variant == variant and mean.difference is not None:
            low, high = (None if end is None else 100 * end for end in (mean.low, mean.high))
            return Point(variant, of.role, likeness, 100 * mean.difference, low, high)
    return None


def label(plane: Plane) -> str:
    """Description of a panel."""
    return f"{plane.title}: likeness to the originals against the difference in mean AP"


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

    def draw_panel(axes: Axes, plane: Plane) -> None:
        axes.axhspan(-margin, margin, color=BAND, linewidth=0, zorder=0)
        axes.axhline(0, color=QUIET, linewidth=0.9, zorder=1)
        if plane.baseline is not None:
            axes.axvline(plane.baseline, color=QUIET, linestyle=(0, (4, 3)), linewidth=1, zorder=1)
        _finish(axes, plane, margin, looks)

    with style(NAME):
        return draw_panels(chosen, draw_panel, (width, 3.6), columns)


def _draw_point(axes: Axes, point: Point, difference: float, look: tuple[str, str]) -> None:
    """Draw a point at a difference, which is the end of the scale where its own is beyond."""
    colour, marker = look
    at = point.likeness
    if point.low is not None and point.high is not None:
        axes.plot([at] * 2, [point.low, point.high], color=colour, linewidth=1.2)
    options: dict[str, Any] = {"linestyle": "none", "markersize": 7, "clip_on": False, "zorder": 3}
    axes.plot([at], [difference], marker=marker, color=colour, **options)


def _finish(axes: Axes, plane: Plane, margin: float, looks: dict[str, tuple[str, str]]) -> None:
    inside = [p for p in plane.points if p.role != "positive control"]
    ends = [end for p in inside for end in (p.difference, p.low, p.high) if end is not None]
    low, high = min(-1.5 * margin, *ends), max(1.5 * margin, *ends)
    room = 0.08 * (high - low)
    low, high = low - room, high + room
    axes.set_ylim(low, high)
    axes.set_xlim(min(-0.05, *(p.likeness - 0.05 for p in plane.points)), 1.05)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1])
    shown = [min(max(p.difference, low), high) for p in plane.points]
    heights = _apart([(difference - low) / (high - low) for difference in shown])
    for point, difference, height in zip(plane.points, shown, heights, strict=True):
        _draw_point(axes, point, difference, looks[point.variant])
        far = "" if difference == point.difference else f" ({point.difference:+.1f})"
        axes.annotate(
            short(point.variant) + far,
            (point.likeness, difference),
            xytext=(1.04, height),
            textcoords="axes fraction",
            fontsize=9,
            va="center",
            arrowprops={"arrowstyle": "-", "color": QUIET, "linewidth": 0.5, "shrinkB": 4},
        )
    axes.grid(axis="x", color=GRID)
    axes.set_title(plane.title)
    axes.set_xlabel("Likeness to the original (correlation)")
    axes.set_ylabel("Difference in mAP, points")


def _apart(heights: Sequence[float]) -> list[float]:
    """Heights (0 to 1), moved so that each is at least `LINE` from the next."""
    order = sorted(range(len(heights)), key=lambda at: heights[at])
    moved = list(heights)
    for below, at in pairwise(order):
        moved[at] = max(moved[at], moved[below] + LINE)
    highest = 1.0
    for at in reversed(order):
        moved[at] = min(moved[at], highest)
        highest = moved[at] - LINE
    return moved
