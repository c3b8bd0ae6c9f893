"""`python -m workflow_scripts.operations.usage results/<experiment>`: what an experiment cost."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from tabulate import tabulate

from workflow_scripts.analysis.usage import HEADERS, rows_of
from workflow_scripts.common.cli import Command, main_of
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import write_text
from workflow_scripts.contracts.usage import FOLDER, read_usage
from workflow_scripts.operations.usage.accounting import with_accounting, with_benchmark

DESCRIPTION = """\
Gather what each job of an experiment used in usage.jsonl, a line an attempt, and print it by stage.
Slurm's accounting is asked where there is one; else the numbers are the jobs' own. What nobody
recorded is said to be so.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    command = Command("workflow_scripts.operations.usage", DESCRIPTION)
    command.argument("results", type=Path, metavar="FOLDER", help="results/<experiment>")
    return command.run(show, argv)


def show(arguments: argparse.Namespace) -> None:
    """Gather and print.

    Raises:
        UserError: nothing was recorded there.
    """
    results = arguments.results
    records = [with_benchmark(record, results) for record in read_usage(results)]
    if not records:
        raise UserError(f"{results / FOLDER}: no records; is {results} an experiment's folder?")
    records = sorted(with_accounting(records), key=lambda record: record.start)
    file = results / "usage.jsonl"
    write_text(file, "".join(f"{record.model_dump_json()}\n" for record in records))
    print(tabulate(rows_of(records), HEADERS.values(), disable_numparse=True))
    log.info("%s: %d attempts", file, len(records))


if __name__ == "__main__":
    main_of(main)
