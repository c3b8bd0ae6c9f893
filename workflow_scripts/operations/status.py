"""Progress of an experiment's runs as a grid, with details from Slurm's queue."""

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from plain_commands.console import duration
from plain_commands.counts import counted
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from slurm_repairs.questions import NoAnswerError, QueueEntry, queue
from slurm_repairs.reasons import reason_in_words

from workflow_scripts.contracts.run_states import QueuedJob, RunStatus, State

COLOURS = {
    State.DONE: "green",
    State.TRAINED: "green",
    State.RUNNING: "cyan",
    State.QUEUED: "blue",
    State.STOPPED: "yellow",
    State.FAILED: "red",
    State.WAITING: "dim",
    State.OUTDATED: "yellow",
}


def queued_jobs(directory: Path) -> dict[tuple[str, str], QueuedJob]:
    """Slurm jobs of the workflow in a directory, by rule and wildcards joined by `_`.

    Empty if Slurm is not installed or does not respond; files provide the rest.
    """
    try:
        return of_workflow(queue(), directory)
    except NoAnswerError:
        return {}


def of_workflow(entries: Iterable[QueueEntry], directory: Path) -> dict[tuple[str, str], QueuedJob]:
    """Unfinished Slurm jobs of the workflow in a directory."""
    jobs = {}
    for entry in entries:
        rule, _, wildcards = entry.comment.removeprefix("rule_").partition("_wildcards_")
        in_directory = Path(entry.directory).resolve() == directory.resolve()
        if entry.comment.startswith("rule_") and in_directory and not entry.has_ended:
            jobs[rule, wildcards] = QueuedJob(
                entry.number, entry.state, _why_it_waits(entry), entry.node or None
            )
    return jobs


def _why_it_waits(entry: QueueEntry) -> str | None:
    """Slurm's reason in words, with the waiting time; None for a running job."""
    if entry.state != "PENDING":
        return None
    since = entry.submitted.replace("T", " ")
    return f"{reason_in_words(entry.reason)}; in the queue since {since}"


def as_grid(runs: Sequence[RunStatus]) -> RenderableType:
    """Variants by seeds; below, one line per run that is in progress or failed."""
    seeds = sorted({run.seed for run in runs})
    grid = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    grid.add_column("variant")
    for seed in seeds:
        grid.add_column(f"seed {seed}")
    for variant in dict.fromkeys(run.variant for run in runs):
        row = {run.seed: cell(run) for run in runs if run.variant == variant}
        grid.add_row(Text(variant), *(row.get(seed, Text("–")) for seed in seeds))
    details = [Text(line) for run in runs if (line := detail(run))]
    return Group(grid, Text(), *details, Text(totals(runs), style="bold"))


def cell(run: RunStatus) -> Text:
    """A cell of the grid: state and progress of a run."""
    text = run.state.value
    if run.iteration is not None and run.iterations:
        text += f" {100 * run.iteration // run.iterations} %"
    return Text(text, style=COLOURS[run.state])


def detail(run: RunStatus) -> str:
    """Further details of a run; empty if there are none."""
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
    """Number of runs per state."""
    counts = Counter(run.state for run in runs)
    parts = [f"{counts[state]} {state}" for state in State if counts[state]]
    return f"{counted(len(runs), 'run')}: {', '.join(parts)}"
