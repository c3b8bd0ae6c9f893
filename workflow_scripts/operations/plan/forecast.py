"""Forecast of the jobs' resources, by rule and in total on a partition."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from cluster_jobs.scheduling import (
    Partition,
    Placed,
    PlannedTask,
    bounds,
    critical_path,
    makespan,
    most_at_a_time,
    schedule,
)
from plain_commands.errors import UserError

from workflow_scripts.operations.plan.estimates import STATES_WHILE_TRAINING, Estimates, gpus_of
from workflow_scripts.operations.snakemake_call import Job, minutes_to_use


@dataclass(frozen=True)
class KindForecast:
    """Total resources of the jobs of one rule."""

    kind: str
    jobs: int
    """Number of submissions; a training over several walltimes counts once per walltime."""
    seconds_each: float
    gpu_hours: float
    cpu_hours: float
    """Core-hours allocated."""
    bytes: float
    records: int
    """Number of earlier jobs that the duration is based on; 0 for a default."""
    basis: str
    """Basis of a default, or workload that records of another one are scaled to."""


@dataclass(frozen=True)
class Forecast:
    """Total resources of all jobs."""

    kinds: list[KindForecast]
    placed: list[Placed]
    bounds: dict[str, float]
    """Lower bounds of the duration in seconds, by the limiting resource."""
    path: list[PlannedTask]
    """Critical path."""
    checkpoint_bytes: float
    """Peak size of the checkpoints to resume from, during training."""

    @property
    def seconds(self) -> float:
        """Seconds until the last job ends."""
        return makespan(self.placed)

    def total(self, name: str) -> float:
        """Sum of a field over the kinds."""
        return sum(getattr(kind, name) for kind in self.kinds)


def forecast(
    jobs: Sequence[Job], estimates: Estimates, partition: Partition, *, in_slurm: bool
) -> Forecast:
    """Estimate and schedule jobs.

    Raises:
        UserError: a job does not fit on any node.
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


def _of_kind(
    tasks: Sequence[PlannedTask], jobs: Sequence[Job], estimates: Estimates
) -> KindForecast:
    seconds = sum(task.seconds for task in tasks)
    return KindForecast(
        kind=jobs[0].rule,
        jobs=len(tasks),
        seconds_each=seconds / len(jobs),
        gpu_hours=sum(task.gpus * task.seconds for task in tasks) / 3600,
        cpu_hours=sum(task.cores * task.seconds for task in tasks) / 3600,
        bytes=sum(estimates.bytes(job).value for job in jobs),
        records=min(estimates.seconds(job).records for job in jobs),
        basis=estimates.seconds(jobs[0]).basis,
    )


def tasks_of(jobs: Sequence[Job], estimates: Estimates, *, in_slurm: bool) -> list[PlannedTask]:
    """Tasks of jobs, each after its dependencies.

    A training that is longer than its walltime becomes several consecutive tasks.

    Args:
        jobs: jobs, each after its dependencies.
        estimates: durations of the jobs.
        in_slurm: whether jobs are Slurm jobs, except local ones.
    """
    tasks: list[PlannedTask] = []
    made_by: dict[str, int] = {}
    for job in jobs:
        submitted = in_slurm and not job.local
        startup = estimates.startup.value if submitted else 0.0
        after = tuple(sorted({made_by[file] for file in job.inputs if file in made_by}))
        notice = estimates.turnaround.value if submitted else 0.0
        # Snakemake's target `all` has no command.
        seconds = estimates.seconds(job).value if job.command else 0.0
        for part in parts_of(seconds, job, startup):
            tasks.append(
                PlannedTask(
                    name=" ".join([job.rule, *job.wildcards.values()]),
                    kind=job.rule,
                    seconds=part,
                    after=after,
                    cores=int(job.resources.get("cpus_per_task", job.threads)),
                    gpus=gpus_of(job),
                    memory_mb=_number(job.resources.get("mem_mb")),
                    notice_seconds=notice,
                    local=job.local and in_slurm,
                )
            )
            after = (len(tasks) - 1,)
        made_by |= dict.fromkeys(job.outputs, len(tasks) - 1)
    return tasks


def parts_of(seconds: float, job: Job, startup: float) -> list[float]:
    """Seconds of each Slurm job that a job is split into, start-up included."""
    minutes = minutes_to_use(job.resources)
    count = 1 if minutes is None else max(1, math.ceil(seconds / (60 * minutes)))
    return [seconds / count + startup] * count


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
