"""Work done by another call of Snakemake in the same folder."""

from pathlib import Path
from typing import Any

import snakemake_executor_plugin_slurm as plugin

from .questions import QueueEntry
from .resumption import ResumableWork
from .states import RecentQueue


class OtherCalls:
    """Slurm jobs of other calls, and their results.

    Args:
        workflow: workflow of this call.
        name: name of this call's Slurm jobs.
        queue: queue of this user's jobs.
        work: progress of jobs that can resume.
    """

    def __init__(
        self, workflow: Any, name: str, queue: RecentQueue, work: ResumableWork | None
    ) -> None:
        self._workflow = workflow
        self._name = name
        self._queue = queue
        self._work = work
        self._submitted: set[str] = set()

    def submitted(self, number: str) -> None:
        """Remember a Slurm job of this call."""
        self._submitted.add(number)

    def twin_of(self, job: Any) -> QueueEntry | None:
        """The Slurm job of another call that does the work of a job, or has done it during this
        call.

        Raises:
            NoAnswerError: squeue does not answer.
        """
        wildcards = plugin.get_job_wildcards(job)
        comment = f"rule_{job.name}{f'_wildcards_{wildcards}' if wildcards else ''}"
        here = Path(self._workflow.workdir_init).resolve()
        for entry in self._queue.entries():
            is_new = entry.number not in self._submitted
            concerns = entry.name == self._name or not entry.has_ended
            is_same = entry.comment == comment and Path(entry.directory).resolve() == here
            if is_new and concerns and is_same:
                return entry
        return None

    async def have_done(self, job: Any) -> bool | None:
        """Whether another call has done the work of a job with the same inputs.

        None if its results exist but their inputs are unknown: the other call has ended, or has not
        polled yet.
        """
        if not await self.has_outputs(job):
            return False
        is_group = job.is_group()
        done = self._work.is_done(job) if self._work is not None and not is_group else None
        if done is not None:
            return done
        records, jobs = self._workflow.persistence, job.jobs if is_group else [job]
        if not all(map(records.has_metadata, jobs)):
            return None
        return not any(map(records.params_changed, jobs))

    async def has_outputs(self, job: Any) -> bool:
        """Whether all outputs of a job exist and are complete."""
        files = [Path(file) for file in job.output]
        self._workflow.persistence._clear_cache()
        incomplete = await self._workflow.persistence.incomplete(job)
        return bool(files) and not incomplete and all(map(Path.exists, files))
