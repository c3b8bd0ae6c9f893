"""`statistics variance`: sources of the variance of each difference."""

import textwrap

from figures_and_tables.tables import csv_of
from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import write_text

from workflow_scripts.analysis.report.results import read_results
from workflow_scripts.analysis.report.variance import spreads_of, variance_report
from workflow_scripts.analysis.run_arguments import Tables
from workflow_scripts.analysis.statistics.formats import WIDTH
from workflow_scripts.analysis.statistics.variance import as_frame
from workflow_scripts.common.cli import Folder, NewFile


def variance(
    results: Folder, /, *, tables: Tables | None = None, output: NewFile | None = None
) -> None:
    """Show the sources of the variance of each difference, and where more runs help most.

    Sources are the runs, the test images and, for variants with `twins`, the drawing of the images.
    The interval's half-width is also given for twice the runs and for unlimited runs.

    Args:
        results: results/<experiment>.
        output: file for the shares of all classes, as csv.

    Raises:
        UserError: there is no verdict yet, or nothing could be tested.
    """
    read = read_results(results, tables)
    if read.verdict is None:
        raise UserError(f"{results}: no tables/verdict.json; make it first, or --tables")
    report = variance_report(read)
    if report is None:
        raise UserError(
            f"{results}: no variance is known; this takes two runs of each variant, with differing "
            "results"
        )
    if output is not None:
        frame = as_frame(read.verdict, spreads_of(read))
        write_text(output, csv_of(frame))
        log.info("%s: %d differences", output, len(frame))
    lines = [
        textwrap.fill(line, WIDTH, subsequent_indent="  ")
        for line in (*report.advice, report.caption)
    ]
    print("\n".join([report.table.title, "", report.table.plain(), "", *lines]))
