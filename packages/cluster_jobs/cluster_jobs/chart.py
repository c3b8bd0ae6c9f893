"""A schedule as a chart: time by GPU, with one more row per node for jobs without GPUs."""

from collections.abc import Sequence
from dataclasses import dataclass

import matplotlib
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from .scheduling import Placed

QUIET = "#6b747c"
HOUR = 3600.0
WIDTH, ROW_HEIGHT, MOST_HEIGHT = 9.0, 0.16, 14.0
"""Inches."""


@dataclass(frozen=True)
class Bar:
    """A job, or its share on one GPU."""

    job: Placed
    row: float
    """Upper edge, in rows from the top of the node."""
    height: float
    """Height in rows."""


def draw_schedule(placed: Sequence[Placed], local: str = "local") -> Figure:
    """A figure of a schedule.

    Args:
        placed: at least one task that takes time.
        local: name of the rows of local tasks.
    """
    placed = [one for one in placed if one.task.seconds]
    kinds = list(dict.fromkeys(one.task.kind for one in placed))
    palette = matplotlib.colormaps["tab20"]
    colours = {kind: palette(number % 20) for number, kind in enumerate(kinds)}
    nodes = sorted({one.node for one in placed}, key=lambda node: (node is None, node))
    bands = {node: bars_of([one for one in placed if one.node == node]) for node in nodes}
    heights = {node: max(bar.row + bar.height for bar in bars) for node, bars in bands.items()}
    height = min(MOST_HEIGHT, 1.8 + ROW_HEIGHT * sum(heights.values()))
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots()
    top, names = 0.0, {}
    for node, bars in bands.items():
        names[top + heights[node] / 2] = local if node is None else f"node {node + 1}"
        for bar in bars:
            axes.broken_barh(
                [(bar.job.start / HOUR, bar.job.task.seconds / HOUR)],
                (top + bar.row, 0.9 * bar.height),
                facecolor=colours[bar.job.task.kind],
                edgecolor="white",
                linewidth=0.2,
            )
        top += heights[node]
        axes.axhline(top, color=QUIET, linewidth=0.5)
    axes.set_yticks(list(names), list(names.values()))
    axes.tick_params(axis="y", length=0)
    axes.set_ylim(top, 0)
    axes.set_xlim(0)
    axes.set_xlabel("hours")
    legend = [Patch(color=colours[kind], label=kind) for kind in kinds]
    figure.legend(handles=legend, loc="outside upper left", ncols=5, frameon=False)
    return figure


def bars_of(placed: Sequence[Placed]) -> list[Bar]:
    """The jobs of one node: one row per GPU, and the jobs without GPUs below in one row."""
    in_order = sorted(placed, key=lambda one: one.start)
    rows: list[float] = []
    """Time at which each GPU is released."""
    bars = []
    for one in in_order:
        free = [row for row, end in enumerate(rows) if end <= one.start]
        missing = max(0, one.task.gpus - len(free))
        free += range(len(rows), len(rows) + missing)
        rows += [0.0] * missing
        for row in free[: one.task.gpus]:
            rows[row] = one.end
            bars.append(Bar(one, row, 1.0))
    lanes = lanes_of([one for one in in_order if not one.task.gpus])
    return bars + [
        Bar(one, len(rows) + number / len(lanes), 1 / len(lanes))
        for number, lane in enumerate(lanes)
        for one in lane
    ]


def lanes_of(placed: Sequence[Placed]) -> list[list[Placed]]:
    """Jobs in as few lanes as possible, without overlap in a lane.

    Args:
        placed: ordered by start.
    """
    lanes: list[list[Placed]] = []
    for one in placed:
        free = next((lane for lane in lanes if lane[-1].end <= one.start), None)
        if free is None:
            lanes.append([one])
        else:
            free.append(one)
    return lanes
