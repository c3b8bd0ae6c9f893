"""`usage`: what an experiment used."""

from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import write_text
from tabulate import tabulate

from workflow_scripts.analysis.usage import HEADERS, rows_of
from workflow_scripts.common.cli import Folder
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.usage import read_usage
from workflow_scripts.operations.usage import with_accounting, with_benchmark


def usage(results: Folder, /) -> None:
    """Gather what each job of an experiment used, and print it by stage.

    The file usage.jsonl in the results' folder holds one line per attempt. Slurm's accounting is
    asked where there is one; elsewhere the numbers are the jobs' own. Missing values read "not
    recorded".

    Args:
        results: results/<experiment>.

    Raises:
        UserError: nothing was recorded there.
    """
    records = [with_benchmark(record, results) for record in read_usage(results)]
    if not records:
        raise UserError(
            f"{Layout(results).usage}: no records; is {results} an experiment's folder?"
        )
    records = sorted(with_accounting(records), key=lambda record: record.start)
    file = results / "usage.jsonl"
    write_text(file, "".join(f"{record.model_dump_json()}\n" for record in records))
    print(tabulate(rows_of(records), list(HEADERS.values()), disable_numparse=True))
    log.info("%s: %d attempts", file, len(records))
