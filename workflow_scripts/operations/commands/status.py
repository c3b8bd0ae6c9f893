"""`status`: progress of each run of an experiment."""

import time
from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import Annotated

from rich.console import Console
from rich.live import Live

from workflow_scripts.common.cli import Folder, option
from workflow_scripts.contracts.run_states import RunStatus, State, statuses
from workflow_scripts.contracts.runs import EXPECTED, read_expected
from workflow_scripts.operations.status import as_grid, queued_jobs

SECONDS_BETWEEN_LOOKS = 10.0


def status(
    results: Folder,
    /,
    *,
    json: bool = False,
    watch: Annotated[
        tuple[float, ...] | None, option("SECONDS", many=(0, 1), above=0, below=1e6)
    ] = None,
) -> None:
    """Show the progress of each run of an experiment.

    Prints a grid of variants and seeds, followed by details of runs in progress (iteration, loss,
    time left, Slurm job, node) and of failed runs (last line of the error, log). It reads files,
    and queries squeue if available; it changes nothing.

    Args:
        results: results/<experiment>.
        json: print a list of all runs as JSON.
        watch: refresh interval (10 s if no number is given), until all runs are done.
    """
    runs = look(results)
    if json:
        print(dumps([asdict(run) for run in runs], indent=1))
        return
    # Wide enough for the paths if the output is not a terminal.
    console = Console(width=None if Console().is_terminal else 500)
    if watch is None:
        console.print(as_grid(runs), soft_wrap=True)
        return
    (seconds,) = watch or (SECONDS_BETWEEN_LOOKS,)
    with Live(as_grid(runs), console=console, auto_refresh=False) as live:
        while any(run.state is not State.DONE for run in runs):
            time.sleep(seconds)
            runs = look(results)
            live.update(as_grid(runs), refresh=True)


def look(results: Path) -> list[RunStatus]:
    """Current runs of the experiment."""
    expected = read_expected(results / EXPECTED)
    # Snakemake's Slurm jobs have its working directory.
    directory = Path(expected.directory or results.resolve().parents[1])
    return statuses(results, expected, queued_jobs(directory))
