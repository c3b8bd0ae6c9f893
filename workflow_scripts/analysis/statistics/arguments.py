"""How a command is told which runs to judge."""

import argparse
from pathlib import Path

from workflow_scripts.analysis.run_arguments import add_expected, add_reference, add_runs_in
from workflow_scripts.common.cli import Command
from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.runs import (
    EvaluatedRun,
    ExpectedRuns,
    expected_of,
    read_expected,
    read_runs,
    runs_in,
)


def add_runs(command: Command) -> argparse._MutuallyExclusiveGroup:
    """What says which runs there are; returns the group of those that name them."""
    source = command.parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--runs", type=Path, nargs="+", metavar="FILE", help="eval.json of each run"
    )
    add_runs_in(source)
    add_expected(command)
    add_reference(command)
    return source


def read_chosen_runs(arguments: argparse.Namespace) -> tuple[list[EvaluatedRun], ExpectedRuns]:
    """The runs of the arguments of `add_runs`, and those that there have to be.

    Raises:
        UserError: there are none, or they are not of one experiment.
    """
    expected = read_expected(arguments.expected) if arguments.expected else None
    if arguments.runs is None and expected is None:
        raise UserError("--runs-in needs --expected, which names the runs")
    runs = read_runs(arguments.runs or runs_in(arguments.runs_in, expected))
    if not runs:
        raise UserError(f"{arguments.runs_in}: no expected run has been evaluated yet")
    return runs, expected or expected_of(runs, arguments.reference)
