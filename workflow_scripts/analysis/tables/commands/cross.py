"""`tables cross`: AP of each training on each test."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

from figures_and_tables.tables import csv_of, markdown, write_formats
from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.errors import UserError

from workflow_scripts.analysis.run_arguments import Expected, Runs
from workflow_scripts.analysis.tables import cross as crossing
from workflow_scripts.common.cli import Folder, NewFolder, option
from workflow_scripts.contracts.runs import (
    EvaluatedRun,
    ExpectedRuns,
    check_same_experiment,
    list_of,
    missing_runs,
    read_expected,
    without_outdated,
)
from workflow_scripts.contracts.runs import (
    runs_in as folder_runs,
)


def cross(
    *,
    runs: Runs | None = None,
    runs_in: Folder | None = None,
    expected: Expected,
    on: Annotated[tuple[str, ...], option("TEST", many=(1, None))],
    output: NewFolder,
) -> None:
    """Tabulate the AP by the images that models were trained on and tested on.

    Args:
        runs_in: the experiment's folder of runs, instead of --runs, with
            VARIANT/seed~SEED/eval.json and VARIANT/seed~SEED/on~TEST/eval.json of each expected
            run.
        on: `unmodified` and the variants of the test images.
        output: folder for cross.csv, .md, .tex and .json.

    Raises:
        UserError: a run was not tested on all of them, or on other images.
    """
    wanted = read_expected(expected)
    if (runs is None) == (runs_in is None):
        raise UserError("give one of --runs and --runs-in")
    paths = list(runs or ())
    if runs_in is not None:
        paths = [path for test in on for path in folder_runs(runs_in, wanted, test)]
    by_test = _by_test(paths, on, wanted)
    findings = [
        f"not tested on {test}: {list_of(missing)}; evaluate these runs"
        for test, tested in by_test.items()
        if (missing := missing_runs(tested, wanted))
    ]
    if findings:
        raise UserError.of(findings)
    table = crossing.cross_table(by_test, wanted)
    task = next(run.evaluation.task for tested in by_test.values() for run in tested)
    found = crossing.as_tables(table, wanted, task)
    write_formats(
        output,
        "cross",
        csv=csv_of(table),
        md=markdown(found.layouts, found.caption),
        tex=crossing.as_latex(found),
        json=found.as_json(),
    )
    log.info("%s.{csv,md,tex,json}: %s", output / "cross", counted(len(by_test), "test"))


def _by_test(
    paths: Iterable[Path], on: Sequence[str], expected: ExpectedRuns
) -> dict[str, list[EvaluatedRun]]:
    """The runs by the variant of the test images, without outdated ones."""
    found: dict[str, list[EvaluatedRun]] = {test: [] for test in on}
    strangers = []
    current, _ = without_outdated(map(EvaluatedRun.read, paths), expected)
    for run in current:
        tested = run.evaluation.tested_on
        if tested in found:
            found[tested].append(run)
        else:
            strangers.append(f"{run.path}: tested on {tested!r}, which --on does not name")
    if strangers:
        raise UserError.of(strangers)
    for runs in found.values():
        check_same_experiment(runs)
    return found
