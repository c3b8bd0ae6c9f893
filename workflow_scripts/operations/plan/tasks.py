"""From Snakemake's jobs to tasks that can be scheduled."""

import math
from collections.abc import Sequence

from workflow_scripts.operations.allocation import gpus_to_use, minutes_to_use
from workflow_scripts.operations.plan.estimates import Estimates
from workflow_scripts.operations.plan.schedule import Task
from workflow_scripts.operations.snakemake_call import Job


def tasks_of(jobs: Sequence[Job], estimates: Estimates, *, in_slurm: bool) -> list[Task]:
    """The tasks of some jobs, each behind those that it waits for.

    A training that takes longer than its walltime becomes several tasks, one after the other.

    Args:
        jobs: each behind those whose files it needs.
        estimates: how long they take.
        in_slurm: whether each is a Slurm job, but for the local ones.
    """
    tasks: list[Task] = []
    made_by: dict[str, int] = {}
    for job in jobs:
        submitted = in_slurm and not job.local
        startup = estimates.startup.value if submitted else 0.0
        after = tuple(sorted({made_by[file] for file in job.inputs if file in made_by}))
        notice = estimates.turnaround.value if submitted else 0.0
        # Snakemake's `all` does nothing.
        seconds = estimates.seconds(job).value if job.command else 0.0
        for part in parts_of(seconds, job, startup):
            tasks.append(
                Task(
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
    """The seconds of each Slurm job that a job takes, the time in which it starts up included."""
    minutes = minutes_to_use(job.resources)
    count = 1 if minutes is None else max(1, math.ceil(seconds / (60 * minutes)))
    return [seconds / count + startup] * count


def gpus_of(job: Job) -> int:
    """How many GPUs a job is given, whatever it computes on."""
    given = {name: value for name, value in job.resources.items() if name != "use_gpus"}
    return gpus_to_use(given)


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0
