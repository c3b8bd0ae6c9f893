"""Options that select a command's runs, tables and summaries."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from plain_commands.errors import UserError

from workflow_scripts.common.cli import option
from workflow_scripts.contracts.runs import (
    EvaluatedRun,
    ExpectedRuns,
    expected_of,
    read_expected,
    read_runs,
    runs_in,
)

Runs = Annotated[tuple[Path, ...], option("FILE", "eval.json of each run.", many=(1, None))]
RunsIn = Annotated[
    Path,
    option(
        "FOLDER",
        "The experiment's folder of runs, from which VARIANT/seed~SEED/eval.json of each expected "
        "run is read if it exists.",
    ),
]
Expected = Annotated[
    str,
    option(
        "JSON|FILE",
        'The expected runs, and the order of variants and classes: {"variants": [...], '
        '"seeds": [...], "classes": [...]} (if optional, default: each variant and '
        "seed that occurs).",
    ),
]
Reference = Annotated[str, option("VARIANT", "The variant that the others are compared with.")]
Tables = Annotated[
    Path,
    option(
        "FOLDER",
        "Folder of table_2.json and verdict.json (default: `tables` in the results folder).",
    ),
]
Summary = Annotated[
    Path,
    option(
        "FILE",
        "A csv with the columns class (`all` is the mean over the classes), variant, mean, std, n, "
        "and with a column metric only its rows of AP, as tables/table_2.csv has; fractions of 1, "
        "or percentages with their sign. std is empty where none is given.",
    ),
]


def read_chosen_runs(
    runs: Sequence[Path] | None, folder: Path | None, expected: str | None, reference: str
) -> tuple[list[EvaluatedRun], ExpectedRuns]:
    """The runs that the options name, and the expected runs.

    Args:
        runs: `--runs`.
        folder: `--runs-in`, used instead.
        expected: `--expected`.
        reference: `--reference`.

    Raises:
        UserError: there are none, or they are not from one experiment.
    """
    wanted = read_expected(expected) if expected else None
    if runs:
        read = read_runs(runs)
    elif folder is None:
        raise UserError("missing: --runs, or --runs-in with --expected")
    elif wanted is None:
        raise UserError("--runs-in needs --expected, which names the runs")
    else:
        read = read_runs(runs_in(folder, wanted))
    if not read:
        raise UserError(f"{folder}: no expected run has been evaluated yet")
    return read, wanted or expected_of(read, reference)
