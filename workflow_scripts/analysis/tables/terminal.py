"""Table II on the terminal."""

import sys

from rich import box
from rich.console import Console
from rich.table import Table

from workflow_scripts.analysis.tables.formats import as_plain_text
from workflow_scripts.analysis.tables.table import ResultTable, blocks, caption, missing_line


def show(table: ResultTable) -> None:
    """Print the table on standard output: drawn on a terminal, plain text elsewhere."""
    if not sys.stdout.isatty():
        print(as_plain_text(table), end="")
        return
    console = Console()
    for block in blocks(table):
        grid = Table(box=box.SIMPLE_HEAD, title="AP", title_justify="center")
        grid.add_column(block.index.name)
        for variant in block.columns:
            grid.add_column(variant, justify="right", min_width=len("0.309 ± 0.002"))
        for title, *cells in block.itertuples():
            is_mean = title == block.index[-1]
            grid.add_row(title, *cells, style="bold" if is_mean else None)
        console.print(grid)
    console.print(caption(table), style="dim", highlight=False, markup=False)
    if table.missing:
        console.print(missing_line(table), style="yellow", highlight=False, markup=False)
