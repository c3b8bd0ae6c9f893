"""What some jobs will take: by kind, and in all, on a partition."""

from collections.abc import Sequence
from dataclasses import dataclass

from workflow_scripts.common.errors import UserError
from workflow_scripts.operations.plan.estimates import STATES_WHILE_TRAINING, Estimates
from workflow_scripts.operations.plan.schedule import (
    Partition,
    Placed,
    Task,
    bounds,
    critical_path,
    makespan,
    schedule,
)
from workflow_scripts.operations.plan.tasks import tasks_of
from workflow_scripts.operations.snakemake_call import Job


@dataclass(frozen=True)
class KindForecast:
    """What the jobs of a rule take together."""

    kind: str
    jobs: int
    """Submissions: a training of several walltimes counts as often."""
    seconds_each: float
    gpu_hours: float
    cpu_hours: float
    """Of cores that they are given."""
    bytes: float
    records: int
    """Of earlier jobs that the seconds are from; 0 for defaults."""


@dataclass(frozen=True)
class Forecast:
    """What all jobs take."""

    kinds: list[KindForecast]
    placed: list[Placed]
    bounds: dict[str, float]
    """Seconds, by what is short."""
    path: list[Task]
    """The critical path."""
    checkpoint_bytes: float
    """The most that states for resuming take while trainings run."""

    @property
    def seconds(self) -> float:
        """Until all is done."""
        return makespan(self.placed)

    def total(self, name: str) -> float:
        """The sum of a number over the kinds."""
        return sum(getattr(kind, name) for kind in self.kinds)


def forecast(
    jobs: Sequence[Job], estimates: Estimates, partition: Partition, *, in_slurm: bool
) -> Forecast:
    """Estimate and schedule jobs.

    Raises:
        UserError: one fits no node.
    """
    tasks = tasks_of(jobs, estimates, in_slurm=in_slurm)
    too_large = {t.kind: t for t in tasks if not t.local and not partition.fits(t)}
    if too_large:
        raise UserError.of(
            [
                f"{kind}: needs {t.gpus} GPUs, {t.cores} cores and {t.memory_mb} MB, more than a "
                f"node has ({partition.gpus}, {partition.cores}, {partition.memory_mb}); set "
                "--gpus-per-node, --cores-per-node, --memory-per-node, or the profile's resources"
                for kind, t in too_large.items()
            ]
        )
    placed = schedule(tasks, partition)
    by_rule: dict[str, list[Job]] = {}
    for job in jobs:
        if job.command:
            by_rule.setdefault(job.rule, []).append(job)
    kinds = [
        _of_kind([task for task in tasks if task.kind == rule], members, estimates)
        for rule, members in by_rule.items()
    ]
    trainings = [one for one in placed if one.task.kind == "train"]
    largest = max((estimates.bytes(job).value for job in by_rule.get("train", ())), default=0.0)
    return Forecast(
        kinds,
        placed,
        bounds(tasks, partition),
        critical_path(tasks)[1],
        STATES_WHILE_TRAINING * largest * most_at_a_time(trainings),
    )


def _of_kind(tasks: Sequence[Task], jobs: Sequence[Job], estimates: Estimates) -> KindForecast:
    seconds = sum(task.seconds for task in tasks)
    return KindForecast(
        kind=jobs[0].rule,
        jobs=len(tasks),
        seconds_each=seconds / len(jobs),
        gpu_hours=sum(task.gpus * task.seconds for task in tasks) / 3600,
        cpu_hours=sum(task.cores * task.seconds for task in tasks) / 3600,
        bytes=sum(estimates.bytes(job).value for job in jobs),
        records=min(estimates.seconds(job).records for job in jobs),
    )


def most_at_a_time(placed: Sequence[Placed]) -> int:
    """How many of some jobs run side by side, at most."""
    changes = sorted([(one.end, -1) for one in placed] + [(one.start, 1) for one in placed])
    most = running = 0
    for _, change in changes:
        running += change
        most = max(most, running)
    return most
