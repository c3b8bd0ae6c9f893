"""`usage`: resource usage of an experiment."""

from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.errors import UserError
from plain_commands.files import write_text
from tabulate import tabulate

from workflow_scripts.analysis.usage import HEADERS, rows_of
from workflow_scripts.common.cli import Folder
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.usage import read_usage
from workflow_scripts.operations.usage import with_accounting, with_benchmark


def usage(results: Folder, /) -> None:
    """Collect the resource usage of each job of an experiment, and print it by stage.

    The file usage.jsonl in the results folder has one line per attempt. Slurm's accounting is
    queried if available; otherwise the numbers are measured by the jobs. Missing values read "not
    recorded".

    Args:
        results: results/<experiment>.

    Raises:
        UserError: there are no records.
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
    log.info("%s: %s", file, counted(len(records), "attempt"))
