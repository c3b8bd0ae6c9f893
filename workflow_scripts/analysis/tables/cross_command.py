"""`python -m workflow_scripts.analysis.tables cross …`: each training by each test."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.analysis.run_arguments import add_expected
from workflow_scripts.analysis.tables import cross
from workflow_scripts.common.cli import Command
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.runs import (
    EvaluatedRun,
    ExpectedRuns,
    list_of,
    missing_runs,
    read_expected,
    read_runs,
    runs_in,
)
from workflow_scripts.contracts.tables import markdown, write_formats


def run(argv: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    command = Command(
        "workflow_scripts.analysis.tables cross",
        "Mask AP of models by the images that they were trained on and tested on.",
    )
    command.argument(
        "--runs-in",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="the experiment's folder of runs: takes VARIANT/seed~SEED/eval.json and "
        "VARIANT/seed~SEED/on~TEST/eval.json of each expected run",
    )
    add_expected(command, required=True)
    command.argument(
        "--on",
        nargs="+",
        required=True,
        metavar="TEST",
        help="`unmodified` and the variants of the images that were tested on",
    )
    command.argument(
        "--output",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="where cross.csv, .md, .tex and .json go",
    )
    return command.run(_cross, argv)


def _cross(arguments: argparse.Namespace) -> None:
    expected = read_expected(arguments.expected)
    by_test = {test: _tested(arguments.runs_in, expected, test) for test in arguments.on}
    table = cross.cross_table(by_test, expected)
    write_formats(
        arguments.output,
        "cross",
        csv=table.to_csv(index=False),
        md=markdown(cross.matrices(table, expected), cross.CAPTION),
        tex=cross.as_latex(table, expected),
        json=cross.as_json(table, expected),
    )
    log.info("%s.{csv,md,tex,json}: %d tests", arguments.output / "cross", len(by_test))


def _tested(folder: Path, expected: ExpectedRuns, test: str) -> list[EvaluatedRun]:
    """The runs tested on one variant of the images, which have to be complete."""
    runs = read_runs(runs_in(folder, expected, test))
    findings = [
        f"{run.path}: tested on {run.evaluation.tested_on!r}, expected {test!r}; evaluate it again"
        for run in runs
        if run.evaluation.tested_on != test
    ]
    missing = missing_runs(runs, expected)
    if missing:
        findings.append(f"not tested on {test}: {list_of(missing)}; evaluate these runs")
    if findings:
        raise UserError.of(findings)
    return runs
