"""The runs of an experiment as a grid, and what there is to know about those on their way."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from workflow_scripts.common.console import duration
from workflow_scripts.contracts.run_states import RunStatus, State

COLOURS = {
    State.DONE: "green",
    State.TRAINED: "green",
    State.RUNNING: "cyan",
    State.QUEUED: "blue",
    State.STOPPED: "yellow",
    State.FAILED: "red",
    State.WAITING: "dim",
}


def as_grid(runs: Sequence[RunStatus]) -> RenderableType:
    """Variants down, seeds across; below it a line a run that is on its way or failed."""
    seeds = sorted({run.seed for run in runs})
    grid = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    grid.add_column("variant")
    for seed in seeds:
        grid.add_column(f"seed {seed}")
    for variant in dict.fromkeys(run.variant for run in runs):
        row = {run.seed: cell(run) for run in runs if run.variant == variant}
        grid.add_row(Text(variant), *(row[seed] for seed in seeds))
    told = [Text(line) for run in runs if (line := detail(run))]
    return Group(grid, Text(), *told, Text(totals(runs), style="bold"))


def cell(run: RunStatus) -> Text:
    """A run in the grid: its state, and how far it is."""
    text = run.state.value
    if run.iteration is not None and run.iterations:
        text += f" {100 * run.iteration // run.iterations} %"
    return Text(text, style=COLOURS[run.state])


def detail(run: RunStatus) -> str:
    """What else is known of a run; empty for those that need no word."""
    known = []
    if run.iteration is not None and run.loss is not None:
        known.append(f"iteration {run.iteration}/{run.iterations}, loss {run.loss:.3f}")
    if run.state is State.RUNNING and run.seconds_left is not None:
        known.append(f"{duration(run.seconds_left)} left")
    if run.slurm_job:
        known.append(f"Slurm job {run.slurm_job}")
    if run.node:
        known.append(f"on {run.node}")
    if run.reason:
        known.append(run.reason)
    if run.log:
        known.append(f"log: {run.log}")
    if not known:
        return ""
    return f"{run.variant}, seed {run.seed}: {run.state}: {'; '.join(known)}"


def totals(runs: Sequence[RunStatus]) -> str:
    """How many runs there are of each kind."""
    counts = Counter(run.state for run in runs)
    parts = [f"{counts[state]} {state}" for state in State if counts[state]]
    return f"{len(runs)} runs: {', '.join(parts)}"
