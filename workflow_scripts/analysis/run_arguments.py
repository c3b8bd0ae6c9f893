"""Options that select a command's runs, tables and summaries."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

from plain_commands.errors import UserError

from workflow_scripts.common.cli import option
from workflow_scripts.contracts.runs import (
    EvaluatedRun,
    ExpectedRuns,
    SeedsByVariant,
    check_same_experiment,
    expected_of,
    outdated_sentence,
    read_expected,
    runs_in,
    without_outdated,
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
        "seed that occurs). Runs whose `fingerprints` are given and differ are left out as "
        "outdated.",
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
) -> tuple[list[EvaluatedRun], ExpectedRuns, SeedsByVariant]:
    """The runs that the options name, the expected runs, and the outdated ones.

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
        paths = list(runs)
    elif folder is None:
        raise UserError("missing: --runs, or --runs-in with --expected")
    elif wanted is None:
        raise UserError("--runs-in needs --expected, which names the runs")
    else:
        paths = runs_in(folder, wanted)
    current, outdated = read_current_runs(paths, wanted)
    if not current:
        raise UserError(f"{folder}: no expected run has been evaluated yet")
    return current, wanted or expected_of(current, reference), outdated


def read_current_runs(
    paths: Iterable[Path], expected: ExpectedRuns | None
) -> tuple[list[EvaluatedRun], SeedsByVariant]:
    """Read evaluations, leave out outdated runs, and check that the others are from one experiment.

    Args:
        paths: the evaluations.
        expected: `--expected`.

    Returns:
        the current runs; the seeds of the outdated ones, by variant.

    Raises:
        UserError: all runs are outdated, or see `workflow_scripts.contracts.runs.read_runs`.
    """
    current, outdated = without_outdated(map(EvaluatedRun.read, paths), expected)
    if outdated and not current:
        raise UserError(f"{outdated_sentence(outdated)} No other run has been evaluated yet")
    check_same_experiment(current)
    return current, outdated
