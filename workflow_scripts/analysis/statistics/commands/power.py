"""`statistics power`: number of runs needed."""

import textwrap
from typing import Annotated

from plain_commands.errors import UserError
from plain_commands.files import write_text
from run_equivalence.planning import deviations_of, runs_table
from tabulate import tabulate

from workflow_scripts.analysis.run_arguments import Summary
from workflow_scripts.analysis.statistics import formats, planning
from workflow_scripts.analysis.statistics.sources import samples_of_summary
from workflow_scripts.common.cli import NewFile, option
from workflow_scripts.contracts.settings import Statistics

DEFAULTS = Statistics()
SMALLEST_DEVIATION = 1e-6
"""Standard deviation of an AP below which planning makes no sense."""
Fractions = tuple[float, ...]


def power(
    *,
    deviations: Annotated[
        Fractions | None,
        option("STD", many=(1, None), at_least=SMALLEST_DEVIATION, below=1),
    ] = None,
    summary: Summary | None = None,
    margins: Annotated[
        Fractions, option("AP", many=(1, None), above=0, below=1)
    ] = DEFAULTS.margins,
    powers: Annotated[Fractions, option("P", many=(1, None), at_least=0.5, below=1)] = (
        0.8,
        0.9,
    ),
    level: Annotated[float, option("P", above=0, below=0.5)] = DEFAULTS.level,
    output: NewFile | None = None,
) -> None:
    """Compute the number of runs needed, from a pilot's standard deviations.

    Runs per variant to show equivalence if nothing differs, and to detect a difference as large as
    the margin. Exact for equal standard deviations.

    Args:
        deviations: standard deviations of the AP over runs, fractions of 1 (0.01 is a point).
        margins: differences that do not matter.
        powers: probabilities of a correct answer.
        level: significance level of each test.
        output: file for the table as csv.

    Raises:
        UserError: no standard deviations are given.
    """
    if (deviations is None) == (summary is None):
        raise UserError("give one of --deviations and --summary")
    if summary is not None:
        pilot = list(deviations_of(samples_of_summary(summary)).items())
        if not pilot:
            raise UserError(f"{summary}: no class has a deviation above 0")
    else:
        pilot = [(f"std {std:g}", std) for std in deviations or ()]
    table = runs_table(pilot, margins, powers, level)
    if output is not None:
        write_text(output, table.to_csv(index=False))
    print(tabulate(planning.as_rows(table), planning.HEADERS, "simple", disable_numparse=True))
    print()
    print(textwrap.fill(planning.CAPTION.format(level=level), formats.WIDTH))
