"""`python -m workflow_scripts.analysis.statistics next …`: add runs to what is undecided."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import yaml

from workflow_scripts.analysis.statistics.experiment import points
from workflow_scripts.analysis.statistics.sequential import Step, next_step
from workflow_scripts.common.cli import Command
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import write_text
from workflow_scripts.contracts.runs import EXPECTED, read_expected
from workflow_scripts.contracts.verdicts import ExperimentVerdict

FILE_NAME = "more_runs.yaml"
OVER = 3
"""Exit code when there is nothing to add."""


def run(argv: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    command = Command(
        "workflow_scripts.analysis.statistics next",
        "Which runs to add after a look at the verdict: of each variant that is undecided, and of\n"
        "the reference, up to the next of statistics.looks. Writes them to a config file, to be\n"
        f"named behind snakemake's --configfile. Exit code {OVER}: nothing to add, since all is\n"
        "decided or no look is left.",
    )
    command.argument("results", type=Path, metavar="FOLDER", help="results/<experiment>")
    command.argument(
        "--margin",
        type=float,
        metavar="AP",
        help="the margin within which to decide (default: the first of statistics.margins)",
    )
    command.argument(
        "--output",
        type=Path,
        metavar="FILE",
        help=f"where the config file goes (default: FOLDER/{FILE_NAME})",
    )
    return command.run(_next, argv)


def _next(arguments: argparse.Namespace) -> int | None:
    path = arguments.results / "tables/verdict.json"
    verdict = ExperimentVerdict.read(path)
    expected = read_expected(arguments.results / EXPECTED)
    margins = verdict.settings.margins
    margin = margins[0] if arguments.margin is None else arguments.margin
    if margin not in margins:
        raise UserError(
            f"--margin: {margin:g} is none of statistics.margins ({', '.join(map(str, margins))})"
        )
    step = next_step(verdict, expected, margin)
    for line in _said(step, margin):
        print(line)
    if not step.added:
        return OVER
    output = arguments.output or arguments.results / FILE_NAME
    write_text(output, _config(step))
    print(f"Next: snakemake … --configfile YOUR_CONFIG {output}")
    log.info("%s: %d runs more", output, sum(step.added.values()))
    return None


def _said(step: Step, margin: float) -> list[str]:
    runs = step.looks[step.look - 1]
    where = f"Look {step.look} of {len(step.looks)}, at {runs} runs per variant"
    if not step.undecided:
        return [f"{where}: every variant is decided within {points(margin)}."]
    lines = [f"{where}: undecided within {points(margin)}:"]
    lines += [f"  {variant}: {', '.join(names)}" for variant, names in step.undecided.items()]
    if step.is_last:
        return [*lines, "No looks left: this result is final."]
    new = ", ".join(f"{count} of {variant}" for variant, count in step.added.items())
    return [*lines, f"Runs to add: {new}."]


def _config(step: Step) -> str:
    seeds = {variant: list(seeds) for variant, seeds in step.more_seeds.items()}
    return (
        f"# Made by python -m workflow_scripts.analysis.statistics next, after look {step.look} of "
        f"{len(step.looks)}.\n{yaml.safe_dump({'more_seeds': seeds}, sort_keys=False)}"
    )
