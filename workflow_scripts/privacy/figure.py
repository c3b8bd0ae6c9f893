"""Figure 2: regions before and after anonymization, by size; or only after it."""

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figures_and_tables.figures import GRID, QUIET, TEXT, save, short, style
from matplotlib.figure import Figure

from workflow_scripts.contracts.regions import Kind
from workflow_scripts.privacy.samples import ASPECT, ORIGINAL, FigureContent, FigureRow, Tile

if TYPE_CHECKING:
    from matplotlib.patches import Rectangle

NAME = "before_after"
TILE = 1.05
"""Width of a picture; all lengths in this module are in inches."""
GAP, BETWEEN = 0.05, 0.22
"""Gaps between pictures of one region, and between regions."""
LEFT, RIGHT, TOP, BOTTOM = 0.62, 0.15, 0.72, 0.12
HEAD, CAPTION = 0.62, 0.24
"""Heights of a block's heading and of the line below a picture."""


@dataclass
class Page:
    """A figure filled from top to bottom; lengths in inches."""

    figure: Figure
    width: float
    height: float
    top: float

    def text(self, x: float, y: float, text: str, **options: Any) -> None:
        """Write at x from the left and y below `top`."""
        at = (x / self.width, 1 - (self.top + y) / self.height)
        self.figure.text(*at, text, **{"color": TEXT, "verticalalignment": "top"} | options)

    def picture(self, x: float, width: float, height: float, tile: Tile) -> None:
        """Place a picture with its upper left corner at x and `top`."""
        axes = self.figure.add_axes(
            (
                x / self.width,
                1 - (self.top + height) / self.height,
                width / self.width,
                height / self.height,
            )
        )
        axes.set_axis_off()
        if tile.pixels is None:
            axes.add_patch(_grey())
            axes.text(
                0.5,
                0.5,
                tile.caption,
                fontsize=6.5,
                color=QUIET,
                horizontalalignment="center",
                verticalalignment="center",
            )
        else:
            # Without interpolation, to show the actual pixels.
            axes.imshow(tile.pixels, interpolation="none", aspect="auto")
            middle = x + width / 2
            self.text(
                middle,
                height + 0.03,
                tile.caption,
                fontsize=6.5,
                color=QUIET,
                horizontalalignment="center",
            )


def _grey() -> "Rectangle":
    from matplotlib.patches import Rectangle  # noqa: PLC0415 - for this alone

    return Rectangle((0, 0), 1, 1, facecolor=GRID, edgecolor="none")


def draw(samples: FigureContent, folder: Path) -> None:
    """Write `before_after.svg` and `before_after.png` to `folder`, each atomically."""
    columns = samples.columns
    blocks = [
        (kind, [list(row) for _, row in groupby(rows, key=lambda sample: sample.near)])
        for kind, rows in groupby(samples.rows, key=lambda sample: sample.kind)
    ]
    groups = max((len(row) for _, rows in blocks for row in rows), default=1)
    of_group = len(columns) * TILE + max(len(columns) - 1, 0) * GAP
    width = max(LEFT + groups * (of_group + BETWEEN) - BETWEEN + RIGHT, 6.0)
    height = TOP + BOTTOM + sum(
        HEAD + len(rows) * (TILE * ASPECT[kind] + CAPTION) for kind, rows in blocks
    )  # fmt: skip
    with style(NAME):
        page = Page(Figure(figsize=(width, height)), width, height, 0.0)
        page.text(0.15, 0.12, _title(samples), fontsize=13)
        page.text(0.15, 0.40, _subtitle(samples), fontsize=8, color=QUIET)
        page.top = TOP
        for kind, rows in blocks:
            _draw_block(page, kind, rows, columns, of_group + BETWEEN)
        private = ORIGINAL in samples.columns
        keywords = [f"originals {'shown' if private else 'not shown'}"]
        save(page.figure, folder, NAME, keywords, private=private)


def _draw_block(
    page: Page, kind: Kind, rows: list[list[FigureRow]], columns: tuple[str, ...], step: float
) -> None:
    page.text(0.15, 0.08, kind.plural.capitalize(), fontsize=11, fontweight="bold")
    # A single column needs only one heading.
    for group in range(max(map(len, rows)) if len(columns) > 1 else 1):
        for number, name in enumerate(columns):
            x = LEFT + group * step + number * (TILE + GAP) + TILE / 2
            page.text(x, 0.41, short(name, 16), fontsize=8, horizontalalignment="center")
    page.top += HEAD
    height = TILE * ASPECT[kind]
    for row in rows:
        page.text(
            LEFT - 0.1,
            height / 2,
            f"{row[0].near} px",
            fontsize=9,
            horizontalalignment="right",
            verticalalignment="center",
        )
        for group, sample in enumerate(row):
            for number, tile in enumerate(sample.tiles):
                x = LEFT + group * step + number * (TILE + GAP)
                page.picture(x, TILE, height, tile)
        page.top += height + CAPTION


def _title(samples: FigureContent) -> str:
    if not samples.rows:
        return "No faces or license plates to show"
    return (
        "Regions before and after anonymization"
        if ORIGINAL in samples.columns
        else "Regions after anonymization"
    )


def _subtitle(samples: FigureContent) -> str:
    text = "By detected width. Below each picture: the method that changed it."
    if ORIGINAL in samples.columns:
        return text
    return f"{text} Originals are not shown."
