"""`python -m workflow_scripts.operations.status results/<experiment>`: how far each run is."""

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.live import Live

from workflow_scripts.common.cli import Command, main_of
from workflow_scripts.contracts.run_states import RunStatus, State, statuses
from workflow_scripts.contracts.runs import EXPECTED, read_expected
from workflow_scripts.operations.status.queue import queued_jobs
from workflow_scripts.operations.status.show import as_grid

DESCRIPTION = """\
Show how far each run of an experiment is: a grid of variants and seeds, and below it what is known
of those that are on their way (iteration, loss, time left, Slurm job, node) or failed (the error's
last line and the log). It reads files, and asks squeue where there is one; it changes nothing.
"""
SECONDS_BETWEEN_LOOKS = 10.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    command = Command("workflow_scripts.operations.status", DESCRIPTION)
    add = command.argument
    add("results", type=Path, metavar="FOLDER", help="results/<experiment>")
    add("--json", action="store_true", help="a list of all runs, for programs")
    add(
        "--watch",
        type=float,
        nargs="?",
        const=SECONDS_BETWEEN_LOOKS,
        metavar="SECONDS",
        help="look again every so often (default: %(const)g) until all runs are done",
    )
    return command.run(show, argv)


def show(arguments: argparse.Namespace) -> None:
    """Print it once, or keep it up to date."""
    runs = look(arguments.results)
    if arguments.json:
        print(json.dumps([asdict(run) for run in runs], indent=1))
        return
    # Not narrower than the paths that it shows where nobody looks at a terminal.
    console = Console(width=None if Console().is_terminal else 500)
    if arguments.watch is None:
        console.print(as_grid(runs), soft_wrap=True)
        return
    with Live(as_grid(runs), console=console, auto_refresh=False) as live:
        while any(run.state is not State.DONE for run in runs):
            time.sleep(arguments.watch)
            runs = look(arguments.results)
            live.update(as_grid(runs), refresh=True)


def look(results: Path) -> list[RunStatus]:
    """The runs of the experiment as they are now."""
    # Snakemake's directory holds `results`; its jobs in Slurm have it as their directory.
    return statuses(
        results, read_expected(results / EXPECTED), queued_jobs(results.resolve().parents[1])
    )


if __name__ == "__main__":
    main_of(main)
