"""`python -m workflow_scripts.analysis.tables make|cross|show`: Table II from the runs' evaluations."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.analysis.run_arguments import add_expected, add_reference, add_runs_in
from workflow_scripts.analysis.tables import cross_command, formats
from workflow_scripts.analysis.tables.table import result_table
from workflow_scripts.common.cli import Action, Command, dispatch, main_of
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import write_text
from workflow_scripts.contracts.runs import (
    ExpectedRuns,
    expected_of,
    list_of,
    missing_runs,
    read_expected,
    read_runs,
    runs_in,
)
from workflow_scripts.contracts.tables import ResultTable

NAME = "workflow_scripts.analysis.tables"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the action that the first argument names; returns its exit code."""
    return dispatch(
        NAME,
        "The whitepaper's Table II: AP per class and variant, mean and standard deviation over "
        "the seeds.",
        {
            "make": Action(
                "bring eval.json files together in table_2.csv, .md, .tex and .json",
                lambda argv: _make_command().run(_make, argv),
            ),
            "cross": Action(
                "each training by each test, where models are tested on anonymized images too",
                cross_command.run,
            ),
            "show": Action("print a table_2.json", lambda argv: _show_command().run(_show, argv)),
        },
        argv,
    )


def _make_command() -> Command:
    command = Command(f"{NAME} make", "Bring the evaluations of all runs together in Table II.")
    command.argument(
        "--runs", type=Path, nargs="+", default=[], metavar="FILE", help="eval.json of each run"
    )
    command.argument(
        "--runs-from",
        type=Path,
        metavar="FILE",
        help="a file that names eval.json files, one a line, beside those of --runs",
    )
    add_runs_in(command.parser)
    add_expected(command)
    add_reference(command)
    command.argument(
        "--partial",
        action="store_true",
        help="make the table from the runs there are, and name those that are missing; give "
        "it a folder of its own, so that it does not take the place of the complete one",
    )
    command.argument(
        "--output", type=Path, required=True, metavar="FOLDER", help="where the tables go"
    )
    return command


def _show_command() -> Command:
    command = Command(f"{NAME} show", "Print Table II.")
    command.argument("table", type=Path, metavar="FILE", help="a table_2.json")
    return command


def _make(arguments: argparse.Namespace) -> None:
    expected = read_expected(arguments.expected) if arguments.expected else None
    runs = read_runs(_paths(arguments, expected))
    if not runs:
        raise UserError("no eval.json in --runs, --runs-from, --runs-in: no run is evaluated yet")
    if expected is None:
        expected = expected_of(runs, arguments.reference)
    missing = missing_runs(runs, expected)
    if missing and not arguments.partial:
        raise UserError(
            f"runs are missing: {list_of(missing)}; "
            "evaluate them, or give --partial for a table without them"
        )
    table = result_table(runs, expected, arguments.reference, missing)
    stem = arguments.output / "table_2"
    write_text(stem.with_suffix(".csv"), formats.as_csv(table))
    write_text(stem.with_suffix(".md"), formats.as_markdown(table))
    write_text(stem.with_suffix(".tex"), formats.as_latex(table))
    table.write(stem.with_suffix(".json"))
    log.info("%s.{csv,md,tex,json}: %d runs", stem, len(table.runs))


def _paths(arguments: argparse.Namespace, expected: ExpectedRuns | None) -> list[Path]:
    """Paths of the evaluations; a partial table skips missing ones."""
    paths = [*arguments.runs, *_listed(arguments.runs_from)]
    if arguments.partial:
        for path in paths:
            if not path.exists():
                log.info("%s is missing", path)
        paths = [path for path in paths if path.exists()]
    if arguments.runs_in is not None:
        if expected is None:
            raise UserError("--runs-in needs --expected, which names the runs")
        paths += runs_in(arguments.runs_in, expected)
    return paths


def _listed(path: Path | None) -> list[Path]:
    if path is None:
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    return [Path(line.strip()) for line in lines if line.strip()]


def _show(arguments: argparse.Namespace) -> None:
    formats.show(ResultTable.read(arguments.table))


if __name__ == "__main__":
    main_of(main)
