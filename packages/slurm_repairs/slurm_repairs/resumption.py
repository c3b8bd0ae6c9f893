"""Jobs that save their work when stopped, and resume when started again."""

from collections.abc import Hashable
from typing import Any, Protocol

ENDED_BY_SLURM = {"TIMEOUT", "PREEMPTED", "NODE_FAIL", "BOOT_FAIL"}
"""End states that are not caused by the job."""
MOST_IDLE_STARTS = 2
"""Number of consecutive starts without progress after which a job has failed."""


class ResumableWork(Protocol):
    """Interface to the progress of resumable jobs, read from their files."""

    def saved(self, job: Any) -> Hashable | None:
        """Value that changes with each save of a job; None for a job that cannot resume."""

    def was_stopped(self, job: Any, number: str) -> bool:
        """Whether a job's command ended on request in the Slurm job with this id."""

    def repeats(self, job: Any, number: str) -> bool:
        """Whether a job's command ended in this Slurm job with an error that a retry repeats."""

    def is_done(self, job: Any) -> bool | None:
        """Whether a job's results exist and match its settings; None if unknown."""


class Resumption:
    """Decision which job ends are not failures, by the progress of each start.

    Args:
        work: progress of the jobs; None if no job can resume.
    """

    def __init__(self, work: ResumableWork | None) -> None:
        self._work = work
        self._saved: dict[Any, Hashable | None] = {}
        self._idle_starts: dict[Any, int] = {}

    def submitted(self, job: Any) -> None:
        """Record the progress of a job at submission."""
        if self._work is not None and not job.is_group():
            self._saved[job] = self._work.saved(job)

    def goes_on(self, job: Any, number: str, state: str) -> bool:
        """Whether an ended job was stopped with its work saved, which is not a failure.

        Args:
            job: the ended job.
            number: id of its Slurm job.
            state: Slurm's name for its final state.
        """
        if self._work is None or job.is_group():
            return False
        saved = self._work.saved(job)
        if saved is None or not (
            state in ENDED_BY_SLURM or (state == "FAILED" and self._work.was_stopped(job, number))
        ):
            return False
        idle = 0 if saved != self._saved.get(job) else self._idle_starts.get(job, 0) + 1
        self._idle_starts[job] = idle
        return idle < MOST_IDLE_STARTS

    def repeats(self, job: Any, number: str, state: str) -> bool:
        """Whether an ended job failed with an error that a retry would only repeat.

        Args:
            job: the ended job.
            number: id of its Slurm job.
            state: Slurm's name for its final state.
        """
        if self._work is None or job.is_group() or state != "FAILED":
            return False
        return self._work.repeats(job, number)

    def failed(self, job: Any) -> int:
        """Forget a failed job; return its number of consecutive starts without progress."""
        return self._idle_starts.pop(job, 0)
