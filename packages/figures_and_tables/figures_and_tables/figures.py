"""Style of all figures, and writing them to files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from plain_commands.files import atomic

TEXT = "#1a1a1a"
QUIET = "#6b747c"
GRID = "#e3e3e3"
BAND = "#eef2f5"
"""Colour of a background area."""
# The palette of Okabe and Ito, which is distinguishable with any colour vision.
BLUE, ORANGE, GREEN, RED, PINK, SKY = (
    *("#0072b2", "#e69f00", "#009e73"),
    *("#d55e00", "#cc79a7", "#56b4e9"),
)
COLOURS = (BLUE, ORANGE, GREEN, RED, PINK, SKY)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
"""Their number and that of the colours have no common factor: pairs distinguish 42 variants."""

Panel = TypeVar("Panel")


def style(name: str, **more: Any) -> Any:
    """Context in which a figure is drawn and saved.

    Args:
        name: name of the figure's files; the same figure under the same name has the same bytes.
        more: further settings of matplotlib, by their names with _ instead of the point.
    """
    settings: Any = {
        "svg.fonttype": "none",  # text stays text
        "svg.hashsalt": name,
        "font.size": 10,
        "text.color": TEXT,
        "axes.labelcolor": TEXT,
        "axes.edgecolor": QUIET,
        "xtick.color": QUIET,
        "ytick.color": QUIET,
        "xtick.labelcolor": TEXT,
        "ytick.labelcolor": TEXT,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "axes.titlelocation": "left",
        "axes.titlesize": 11,
        "axes.titley": 1.0,  # otherwise computed in each drawing, a sixth of its time
        "grid.color": GRID,
        "text.parse_math": False,  # a name may have dollar signs
        **{key.replace("_", "."): value for key, value in more.items()},
    }
    return matplotlib.rc_context(settings)


def short(name: str, most: int = 18) -> str:
    """Name shortened to at most `most` characters."""
    return name if len(name) <= most else f"{name[: most - 1]}…"


def colours_of(variants: Sequence[str], reference: str) -> dict[str, tuple[str, str]]:
    """Colour and marker of each variant; the reference is dark, and a circle."""
    others = [variant for variant in variants if variant != reference]
    return {reference: (TEXT, "o")} | {
        variant: (COLOURS[number % len(COLOURS)], MARKERS[(number + 1) % len(MARKERS)])
        for number, variant in enumerate(others)
    }


def draw_panels(
    panels: Sequence[Panel],
    draw: Callable[[Axes, Panel], None],
    size: tuple[float, float],
    columns: int = 3,
) -> Figure:
    """Panels in rows and columns; call it within `style`.

    Args:
        panels: content of each panel; at least one.
        draw: function that draws a panel.
        size: width and height of a panel, inches.
        columns: largest number of panels per row.
    """
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(columns * size[0], rows * size[1]), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes, panel in zip(grid, panels, strict=False):
        draw(axes, panel)
    for axes in grid[len(panels) :]:
        axes.set_axis_off()
    return figure


def say(text: str) -> Figure:
    """Figure with a text instead of data; call it within `style`."""
    figure = Figure(figsize=(4.4, 1.2))
    figure.text(0.5, 0.5, text, color=QUIET, ha="center", va="center")
    return figure


def lay_out(figure: Figure) -> None:
    """Compute the layout of a figure once; otherwise, each format would do so when saved.

    Args:
        figure: figure drawn within `style`; call it there as well.
    """
    if engine := figure.get_layout_engine():
        FigureCanvasSVG(figure)  # uses the text sizes of SVG
        engine.execute(figure)
        figure.set_layout_engine("none")


def save(
    figure: Figure,
    folder: Path,
    name: str,
    keywords: Sequence[str] = (),
    *,
    private: bool = False,
) -> None:
    """Write a figure as `{name}.svg` and `{name}.png` to a folder, each atomically.

    Args:
        figure: figure drawn within `style`.
        folder: folder, created if it does not exist.
        name: name of the files.
        keywords: keywords in the SVG's metadata.
        private: whether only the owner may read the files.
    """
    metadata = {"Date": None, **({"Keywords": list(keywords)} if keywords else {})}
    lay_out(figure)
    for suffix, options in (("svg", {"metadata": metadata}), ("png", {"dpi": 300})):
        with atomic(folder / f"{name}.{suffix}", private=private) as temporary:
            figure.savefig(temporary, **options)


def draw_histogram(axes: Axes, numbers: Sequence[int], mean: float, colour: str) -> None:
    """Bars of how often 0, 1, 2, … occur, with a line at their mean.

    Args:
        axes: an empty panel.
        numbers: frequency of each value.
        mean: mean of the values.
        colour: colour of the bars.
    """
    axes.bar(range(len(numbers)), numbers, width=0.8, color=colour)
    axes.axvline(mean, color=TEXT, linestyle=(0, (5, 3)), linewidth=1.6)
    end = max(len(numbers) - 0.3, 4.5)
    left_of_it = mean > 0.6 * end
    axes.annotate(
        f"mean {mean:.2f}",
        (mean, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-5 if left_of_it else 5, -2),
        textcoords="offset points",
        horizontalalignment="right" if left_of_it else "left",
        verticalalignment="top",
        color=TEXT,
        backgroundcolor="#ffffffcc",
    )
    axes.set_xlim(-0.7, end)
    axes.margins(y=0.15)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
