"""`report html`: an experiment's results on one page."""

from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.files import write_text

from workflow_scripts.analysis.report.page import render
from workflow_scripts.analysis.report.results import read_results
from workflow_scripts.analysis.run_arguments import Tables
from workflow_scripts.common.cli import File, Folder, NewFile, Settings
from workflow_scripts.contracts.settings import Report


def html(
    results: Folder,
    /,
    *,
    settings: Settings[Report],
    tables: Tables | None = None,
    provenance: File | None = None,
    output: NewFile | None = None,
) -> None:
    """Make one self-contained page of all results in an experiment's folder.

    Args:
        results: results/<experiment>.
        provenance: a provenance.json (default: the one in the results folder, if any).
        output: the page (default: report.html in the results folder).
    """
    read = read_results(results, tables, provenance)
    output = output or results / "report.html"
    show_originals = bool(settings.show_originals)
    page = render(read, show_originals)
    write_text(output, page, private=show_originals)
    log.info("%s: %.1f MB", output, len(page.encode()) / 1e6)
    unfinished = len(read.unfinished)
    if unfinished:
        runs = counted(len(read.runs), "run")
        log.warning("%d of %s missing; the report lists what is", unfinished, runs)
