"""`report figures`: the figures of an experiment's results."""

from figures_and_tables.figures import save, say, style
from plain_commands.console import log
from plain_commands.errors import UserError

from workflow_scripts.analysis.report.figures import FIGURES
from workflow_scripts.analysis.report.results import read_results
from workflow_scripts.analysis.run_arguments import Tables
from workflow_scripts.common.cli import Folder, NewFolder


def figures(
    results: Folder, /, *, tables: Tables | None = None, output: NewFolder | None = None
) -> None:
    """Draw the figures of the results, as svg and png, e.g. for papers.

    Args:
        results: results/<experiment>.
        output: folder for the figures (default: `figures` in the results folder).

    Raises:
        UserError: there is no verdict yet.
    """
    read = read_results(results, tables)
    if read.verdict is None:
        raise UserError(f"{results}: no tables/verdict.json; make it first, or --tables")
    folder = output or results / "figures"
    for figure in FIGURES:
        panels = figure.panels(read)
        with style(figure.NAME):
            drawn = (
                figure.draw(read, panels, figure.COLUMNS, figure.WIDTH)
                if panels
                else say("No data for this figure.")
            )
            save(drawn, folder, figure.NAME)
    if read.not_drawn:
        log.warning("%s", read.not_drawn)
    log.info("%s: %d figures", folder, len(FIGURES))
