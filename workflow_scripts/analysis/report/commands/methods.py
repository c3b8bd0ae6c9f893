"""`report methods`: the methods section of a paper."""

from plain_commands.console import log
from plain_commands.files import write_text

from workflow_scripts.analysis.report.methods import methods_text
from workflow_scripts.analysis.report.results import read_results
from workflow_scripts.analysis.run_arguments import Tables
from workflow_scripts.common.cli import Folder, NewFile


def methods(
    results: Folder, /, *, tables: Tables | None = None, output: NewFile | None = None
) -> None:
    """Write the methods section of a paper, with numbers and references.

    Args:
        results: results/<experiment>.
        output: file for the text, Markdown; without it the text is printed.
    """
    text = methods_text(read_results(results, tables))
    if output is None:
        print(text, end="")
        return
    write_text(output, text)
    log.info("%s: %d words", output, len(text.split()))
