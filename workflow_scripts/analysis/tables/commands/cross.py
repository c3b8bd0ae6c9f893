"""`tables cross`: each training by each test."""

from pathlib import Path
from typing import Annotated

from workflow_scripts.analysis.run_arguments import Expected
from workflow_scripts.analysis.tables import cross as crossing
from workflow_scripts.common.cli import Folder, option
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts import runs as evaluations
from workflow_scripts.contracts.runs import (
    EvaluatedRun,
    ExpectedRuns,
    list_of,
    missing_runs,
    read_expected,
    read_runs,
)
from workflow_scripts.contracts.tables import markdown, write_formats


def cross(
    *,
    runs_in: Folder,
    expected: Expected,
    on: Annotated[tuple[str, ...], option("TEST", many=(1, None))],
    output: Folder,
) -> None:
    """Tabulate mask AP by the images that models were trained on and tested on.

    Args:
        runs_in: the experiment's folder of runs: takes VARIANT/seed~SEED/eval.json and
            VARIANT/seed~SEED/on~TEST/eval.json of each expected run.
        on: `unmodified` and the variants of the images that were tested on.
        output: folder for cross.csv, .md, .tex and .json.
    """
    wanted = read_expected(expected)
    by_test = {test: _tested(runs_in, wanted, test) for test in on}
    table = crossing.cross_table(by_test, wanted)
    write_formats(
        output,
        "cross",
        csv=table.to_csv(index=False),
        md=markdown(crossing.matrices(table, wanted), crossing.CAPTION),
        tex=crossing.as_latex(table, wanted),
        json=crossing.as_json(table, wanted),
    )
    log.info("%s.{csv,md,tex,json}: %d tests", output / "cross", len(by_test))


def _tested(folder: Path, expected: ExpectedRuns, test: str) -> list[EvaluatedRun]:
    """The runs tested on one variant of the images, which have to be complete."""
    runs = read_runs(evaluations.runs_in(folder, expected, test))
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
