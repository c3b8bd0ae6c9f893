"""`statistics exposed`: the AP of exposed instances."""

from figures_and_tables.tables import csv_of, markdown, write_formats
from plain_commands.console import log
from plain_commands.errors import UserError

from workflow_scripts.analysis.run_arguments import (
    Expected,
    Reference,
    Runs,
    RunsIn,
    read_chosen_runs,
)
from workflow_scripts.analysis.statistics import exposed as instances
from workflow_scripts.common.cli import NewFolder, Settings
from workflow_scripts.contracts.runs import list_of, missing_runs, outdated_sentence
from workflow_scripts.contracts.settings import Statistics


def exposed(
    *,
    settings: Settings[Statistics],
    runs: Runs | None = None,
    runs_in: RunsIn | None = None,
    expected: Expected | None = None,
    reference: Reference = "unmodified",
    output: NewFolder,
) -> None:
    """Compare the AP of instances with and without a face or plate.

    AP by the share of an instance inside faces and plates, by kind and by size, with the difference
    from the reference.

    Args:
        output: folder for exposed.csv, .md, .tex and .json.

    Raises:
        UserError: there are no runs, or none of the reference.
    """
    read, wanted, outdated = read_chosen_runs(runs, runs_in, expected, reference)
    if reference not in wanted.variants:
        raise UserError(f"no variant {reference!r}; known: {', '.join(wanted.variants)}")
    missing, level = list_of(missing_runs(read, wanted, outdated)), settings.test_level
    table = instances.exposed_table(read, wanted, reference, level)
    caption = instances.caption(read, level, missing, outdated_sentence(outdated))
    found = instances.as_tables(table, reference, level, missing, caption)
    write_formats(
        output,
        "exposed",
        csv=csv_of(table),
        md=markdown(found.layouts, caption),
        tex=instances.as_latex(found),
        json=found.as_json(),
    )
    log.info("%s.{csv,md,tex,json}: %d runs", output / "exposed", len(read))
