"""Figure 3: how many frames have how many regions."""

from pathlib import Path

from figures_and_tables.figures import TEXT, save, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from workflow_scripts.contracts.pii_summary import PiiSummary, RegionsPerFrame
from workflow_scripts.contracts.regions import Kind

NAME = "figure_3"
# From the palette of Okabe and Ito, which is told apart with any colour vision.
ALL, FACES, PLATES, MEAN = "#9aa3ab", "#56b4e9", "#e69f00", TEXT


def draw(summary: PiiSummary, folder: Path) -> None:
    """Write `figure_3.svg` and `figure_3.png` to `folder`, each atomically."""
    panels = (
        (" and ".join(kind.plural for kind in summary.by_kind) or "nothing", summary.total, ALL),
        *(
            (kind.plural, summary.by_kind.get(kind), colour)
            for kind, colour in ((Kind.FACE, FACES), (Kind.LICENSE_PLATE, PLATES))
        ),
    )
    with style(NAME, axes_grid=True, axes_grid_axis="y"):
        figure = Figure(figsize=(9.6, 3.6), layout="constrained")
        columns = figure.subplots(1, 3, sharey=True, width_ratios=(2, 1.3, 1.3))
        for axes, (title, counts, colour) in zip(columns, panels, strict=True):
            axes.set_title(title.capitalize(), loc="left", fontsize=11)
            axes.set_xlabel("Regions in a frame")
            if counts:
                _draw_panel(axes, counts, colour)
            else:
                axes.text(0.05, 0.9, "not looked for", transform=axes.transAxes)
        columns[0].set_ylabel("Training frames")
        save(figure, folder, NAME)


def _draw_panel(axes: Axes, counts: RegionsPerFrame, colour: str) -> None:
    axes.bar(range(len(counts.histogram)), counts.histogram, width=0.8, color=colour)
    axes.axvline(counts.mean, color=MEAN, linestyle=(0, (5, 3)), linewidth=1.6)
    end = max(len(counts.histogram) - 0.3, 4.5)
    left_of_it = counts.mean > 0.6 * end
    axes.annotate(
        f"mean {counts.mean:.2f}",
        (counts.mean, 1),
        xycoords=("data", "axes fraction"),
        xytext=(-5 if left_of_it else 5, -2),
        textcoords="offset points",
        horizontalalignment="right" if left_of_it else "left",
        verticalalignment="top",
        color=MEAN,
        backgroundcolor="#ffffffcc",
    )
    axes.set_xlim(-0.7, end)
    axes.margins(y=0.15)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
