"""Table II as csv, Markdown, LaTeX and on the terminal."""

import sys

import pandas as pd
from figures_and_tables import latex
from figures_and_tables.tables import TextTable, csv_of, in_markdown
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from tabulate import tabulate

from workflow_scripts.analysis.tables.table import absent_lines, blocks
from workflow_scripts.contracts.tables import ResultTable


def as_csv(table: ResultTable) -> str:
    """The long table; undefined numbers are empty."""
    cells = pd.DataFrame([cell.model_dump(by_alias=True) for cell in table.cells])
    return csv_of(cells)


def as_markdown(table: ResultTable) -> str:
    """The whitepaper's layout, with the variants in the first row below the AP's name."""
    parts = [_pipes(block, table.task.heading) for block in blocks(table)]
    return "\n\n".join(filter(None, [*parts, table.caption, *absent_lines(table)])) + "\n"


def _pipes(block: TextTable, title: str) -> str:
    variants = ["", *(f"**{name}**" for name in block.columns)]
    rows = [tuple(map(in_markdown, row)) for row in block.rows]
    headers = ["Class", title, *[""] * (len(block.columns) - 1)]
    return tabulate([variants, *rows], headers, "pipe", disable_numparse=True)


def as_plain_text(table: ResultTable) -> str:
    """The layout for files and logs."""
    parts = []
    for block in blocks(table):
        first, *others = block.columns
        headers = ["\nClass", f"{table.task.heading}\n{first}", *(f"\n{name}" for name in others)]
        parts.append(tabulate(block.rows, headers, "simple", disable_numparse=True))
    return "\n\n".join(filter(None, [table.caption, *parts, *absent_lines(table)])) + "\n"


def as_latex(table: ResultTable, label: str = "results") -> str:
    r"""A `table` to `\input`; needs the package booktabs."""
    text = " ".join(filter(None, [table.caption, *absent_lines(table)]))
    return latex.table(
        [_tabular(block, table.task.heading) for block in blocks(table)], text, label
    )


def _tabular(block: TextTable, title: str) -> str:
    width = len(block.columns)
    body = [
        " & ".join([latex.escape(name), *map(latex.number, cells)]) + r" \\"
        for name, *cells in block.rows
    ]
    lines = [
        rf"\begin{{tabular}}{{l{'c' * width}}}",
        r"\toprule",
        rf"Class & \multicolumn{{{width}}}{{c}}{{{title}}} \\",
        rf"\cmidrule(l){{2-{width + 1}}}",
        " & ".join(["", *map(latex.escape, block.columns)]).strip() + r" \\",
        r"\midrule",
        *body[:-1],
        r"\midrule",
        body[-1],
        r"\bottomrule",
        r"\end{tabular}",
    ]
    return "\n".join(f"  {line}" for line in lines)


def show(table: ResultTable) -> None:
    """Print the table on standard output: formatted on a terminal, plain text elsewhere."""
    if not sys.stdout.isatty():
        print(as_plain_text(table), end="")
        return
    console = Console()
    for block in blocks(table):
        grid = Table(box=box.SIMPLE_HEAD, title=table.task.heading, title_justify="center")
        grid.add_column("Class")
        for variant in block.columns:
            grid.add_column(variant, justify="right", min_width=len("0.309 ± 0.002"))
        for row in block.rows:
            grid.add_row(*map(escape, row), style="bold" if row is block.rows[-1] else None)
        console.print(grid)
    console.print(table.caption, style="dim", highlight=False, markup=False)
    for line in absent_lines(table):
        console.print(line, style="yellow", highlight=False, markup=False)
