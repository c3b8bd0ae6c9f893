"""`python -m workflow_scripts.analysis.statistics exposed …`: the table of exposed objects."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.analysis.statistics import exposed
from workflow_scripts.analysis.statistics.arguments import add_runs, read_chosen_runs
from workflow_scripts.common.cli import Command
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.runs import list_of, missing_runs
from workflow_scripts.contracts.settings.statistics import Statistics
from workflow_scripts.contracts.tables import markdown, write_formats


def run(argv: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    command = Command(
        "workflow_scripts.analysis.statistics exposed",
        "Mask AP by how much of an object lies in faces and plates, by kind and by size, and its "
        "difference from the reference's.",
        settings=Statistics,
    )
    add_runs(command)
    command.argument(
        "--output",
        type=Path,
        required=True,
        metavar="FOLDER",
        help="where exposed.csv, .md, .tex and .json go",
    )
    return command.run(_exposed, argv)


def _exposed(arguments: argparse.Namespace) -> None:
    runs, expected = read_chosen_runs(arguments)
    missing, level = list_of(missing_runs(runs, expected)), arguments.settings.level
    reference = arguments.reference
    if reference not in expected.variants:
        raise UserError(f"no variant {reference!r}; there are {', '.join(expected.variants)}")
    table = exposed.exposed_table(runs, expected, reference, level)
    caption = exposed.caption(runs, level, missing)
    write_formats(
        arguments.output,
        "exposed",
        csv=table.to_csv(index=False),
        md=markdown(exposed.blocks(table, reference), caption),
        tex=exposed.as_latex(table, reference, caption),
        json=exposed.as_json(table, reference, level, missing, caption),
    )
    log.info("%s.{csv,md,tex,json}: %d runs", arguments.output / "exposed", len(runs))
