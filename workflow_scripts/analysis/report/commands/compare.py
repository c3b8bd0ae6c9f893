"""`report compare`: experiments side by side."""

from pathlib import Path
from typing import Annotated

from figures_and_tables.figures import save, style
from figures_and_tables.tables import csv_of
from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.errors import UserError
from plain_commands.files import write_text

from workflow_scripts.analysis.report import compare as comparison
from workflow_scripts.common.cli import NewFolder, option


def compare(
    results: Annotated[tuple[Path, ...], option("FOLDER")], /, *, output: NewFolder | None = None
) -> None:
    """Compare experiments in one table and one plot.

    Args:
        results: results/<experiment> of two or more.
        output: folder for compare.csv, .md, .svg and .png; without it the table is printed.

    Raises:
        UserError: there is nothing to compare.
    """
    rows = comparison.rows_of(comparison.read_experiments(results))
    if not rows:
        raise UserError("nothing to compare: there are no variants besides the references")
    if output is None:
        print(comparison.as_text(rows, "simple"), end="")
        return
    stem = output / comparison.NAME
    write_text(stem.with_suffix(".csv"), csv_of(comparison.as_table(rows)))
    write_text(stem.with_suffix(".md"), comparison.as_text(rows, "pipe"))
    with style(comparison.NAME):
        save(comparison.draw(rows), output, comparison.NAME)
    log.info("%s.{csv,md,svg,png}: %s", stem, counted(len(rows), "variant"))
