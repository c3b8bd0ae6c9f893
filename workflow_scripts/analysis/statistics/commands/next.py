"""`statistics next`: runs to add to undecided comparisons."""

from typing import Annotated

import yaml
from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import write_text

from workflow_scripts.analysis.numbers import points
from workflow_scripts.analysis.statistics.sequential import Step, next_step
from workflow_scripts.common.cli import Folder, NewFile, option
from workflow_scripts.contracts.runs import EXPECTED, read_expected
from workflow_scripts.contracts.verdicts import ExperimentVerdict

FILE_NAME = "more_runs.yaml"
OVER = 3
"""Exit code if there are no runs to add."""


def next_runs(
    results: Folder,
    /,
    *,
    margin: Annotated[float | None, option("AP", above=0, below=1)] = None,
    output: NewFile | None = None,
) -> int:
    """Add runs to undecided comparisons, as long as looks are left.

    Each undecided variant and the reference get runs up to the next number in statistics.looks. The
    runs are written to a config file for snakemake's --configfile. Exit code 3: no runs to add,
    since everything is decided or no look is left.

    Args:
        results: results/<experiment>.
        margin: the margin within which to decide (default: the first of statistics.margins).
        output: the config file (default: more_runs.yaml in the results folder).

    Raises:
        UserError: there is no verdict, or none for this margin.
    """
    path = results / "tables/verdict.json"
    verdict = ExperimentVerdict.read(path)
    expected = read_expected(results / EXPECTED)
    margins = verdict.settings.margins
    margin = margins[0] if margin is None else margin
    if margin not in margins:
        raise UserError(
            f"--margin: {margin:g} is not in statistics.margins ({', '.join(map(str, margins))})"
        )
    step = next_step(verdict, expected, margin)
    for line in _said(step, margin):
        print(line)
    if not step.added:
        return OVER
    output = output or results / FILE_NAME
    write_text(output, _config(step))
    print(f"Next: snakemake … --configfile YOUR_CONFIG {output}")
    log.info("%s: %d more runs", output, sum(step.added.values()))
    return 0


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
        f"# Made by python -m workflow_scripts statistics next, after look {step.look} of "
        f"{len(step.looks)}.\n{yaml.safe_dump({'more_seeds': seeds}, sort_keys=False)}"
    )
