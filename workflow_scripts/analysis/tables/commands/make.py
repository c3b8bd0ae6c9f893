"""`tables make`: Table II."""

from pathlib import Path
from typing import Annotated

from figures_and_tables.tables import write_formats
from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.errors import UserError
from plain_commands.files import write_text

from workflow_scripts.analysis.run_arguments import (
    Expected,
    Reference,
    Runs,
    RunsIn,
    read_current_runs,
)
from workflow_scripts.analysis.tables import formats
from workflow_scripts.analysis.tables.table import result_table
from workflow_scripts.common.cli import File, NewFolder, option
from workflow_scripts.contracts import runs as evaluated

BOXES = "table_2_boxes"


def make(
    *,
    runs: Runs | None = None,
    runs_from: File | None = None,
    runs_in: RunsIn | None = None,
    expected: Expected | None = None,
    reference: Reference = "unmodified",
    partial: bool = False,
    note: Annotated[str, option("TEXT")] = "",
    output: NewFolder,
) -> None:
    """Combine the evaluations of all runs in Table II.

    Table II holds the AP per class and variant, mean and standard deviation over the seeds. The
    files are table_2.csv, .md, .tex and .json; for mask models, table_2_boxes.md and .tex show the
    AP of their boxes.

    Args:
        runs_from: a file that lists eval.json files, one per line, in addition to --runs.
        partial: make the table from the existing runs, and name the missing and the outdated ones.
            Use a separate folder, so that the complete table is not replaced.
        note: additional sentence of the caption, such as one about the training.
        output: folder for the tables.

    Raises:
        UserError: there are no runs, or some are missing or outdated and --partial is
            not given.
    """
    wanted = evaluated.read_expected(expected) if expected else None
    paths = [*(runs or ()), *_listed(runs_from)]
    if partial:
        for path in paths:
            if not path.exists():
                log.info("%s is missing", path)
        paths = [path for path in paths if path.exists()]
    if runs_in is not None:
        if wanted is None:
            raise UserError("--runs-in needs --expected, which names the runs")
        paths += evaluated.runs_in(runs_in, wanted)
    evaluations, outdated = read_current_runs(paths, wanted)
    if not evaluations:
        raise UserError("no eval.json in --runs, --runs-from, --runs-in: no run is evaluated yet")
    wanted = wanted or evaluated.expected_of(evaluations, reference)
    missing = evaluated.missing_runs(evaluations, wanted, outdated)
    for name, absent in {"missing": missing, "outdated": outdated}.items():
        if absent and not partial:
            raise UserError(
                f"runs are {name}: {evaluated.list_of(absent)}; "
                "evaluate them, or give --partial for a table without them"
            )
    table = result_table(evaluations, wanted, reference, missing, outdated=outdated, note=note)
    write_formats(
        output,
        "table_2",
        csv=formats.as_csv(table),
        md=formats.as_markdown(table),
        tex=formats.as_latex(table),
        json=table.as_json(),
    )
    if of_boxes := table.of_boxes:
        write_text(output / f"{BOXES}.md", formats.as_markdown(of_boxes))
        write_text(output / f"{BOXES}.tex", formats.as_latex(of_boxes, "results-boxes"))
    log.info("%s.{csv,md,tex,json}: %s", output / "table_2", counted(len(table.runs), "run"))


def _listed(path: Path | None) -> list[Path]:
    if path is None:
        return []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    return [Path(line.strip()) for line in lines if line.strip()]
