"""Figure 3: histogram of the number of regions per frame."""

from pathlib import Path

from figures_and_tables.figures import ORANGE, SKY, draw_histogram, save, style
from matplotlib.figure import Figure

from workflow_scripts.contracts.pii_summary import PiiSummary
from workflow_scripts.contracts.regions import Kind

NAME = "figure_3"
ALL = "#9aa3ab"


def draw(summary: PiiSummary, folder: Path) -> None:
    """Write `figure_3.svg` and `figure_3.png` to `folder`, each atomically."""
    panels = (
        (" and ".join(kind.plural for kind in summary.by_kind) or "nothing", summary.total, ALL),
        *(
            (kind.plural, summary.by_kind.get(kind), colour)
            for kind, colour in ((Kind.FACE, SKY), (Kind.LICENSE_PLATE, ORANGE))
        ),
    )
    with style(NAME, axes_grid=True, axes_grid_axis="y"):
        figure = Figure(figsize=(9.6, 3.6), layout="constrained")
        columns = figure.subplots(1, 3, sharey=True, width_ratios=(2, 1.3, 1.3))
        for axes, (title, counts, colour) in zip(columns, panels, strict=True):
            axes.set_title(title.capitalize(), loc="left", fontsize=11)
            axes.set_xlabel("Regions per frame")
            if counts:
                draw_histogram(axes, counts.histogram, counts.mean, colour)
            else:
                axes.text(0.05, 0.9, "not looked for", transform=axes.transAxes)
                axes.set_xticks([])
        columns[0].set_ylabel("Training frames")
        save(figure, folder, NAME)
