"""How a command is told which runs belong to an experiment."""

import argparse
from pathlib import Path

from workflow_scripts.common.cli import Command


def add_runs_in(parser: argparse._ActionsContainer) -> None:
    """`--runs-in`: where the runs lie; of a command's parser, or of a group of arguments."""
    parser.add_argument(
        "--runs-in",
        type=Path,
        metavar="FOLDER",
        help="the experiment's folder of runs: takes VARIANT/seed~SEED/eval.json of each expected "
        "run that is there",
    )


def add_expected(command: Command, *, required: bool = False) -> None:
    """`--expected`: the experiment's runs."""
    default = "" if required else "; default: each variant and seed that occurs"
    command.argument(
        "--expected",
        required=required,
        metavar="JSON|FILE",
        help='the runs there have to be, and the order of variants and classes: {"variants": '
        f'[...], "seeds": [...], "classes": [...]}}{default}',
    )


def add_reference(command: Command) -> None:
    """`--reference`: the variant that the others are compared with."""
    command.argument(
        "--reference",
        default="unmodified",
        metavar="VARIANT",
        help="the variant that the others are compared with (default: %(default)s)",
    )
