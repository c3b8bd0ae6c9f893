"""Jobs that save their work when they are stopped, and resume it as they start again."""

from collections.abc import Hashable
from typing import Any, Protocol

ENDED_BY_SLURM = {"TIMEOUT", "PREEMPTED", "NODE_FAIL", "BOOT_FAIL"}
"""Ends of jobs that are no fault of theirs."""
MOST_IDLE_STARTS = 2
"""Number of starts in a row without progress after which a job has failed."""


class ResumableWork(Protocol):
    """What the files of jobs tell that save their work when they are stopped, and resume it."""

    def saved(self, job: Any) -> Hashable | None:
        """What differs after each save of a job's work; None for a job that cannot resume."""

    def was_stopped(self, job: Any, number: str) -> bool:
        """Whether a job's command ended because it was told to, in the Slurm job of this number."""

    def is_done(self, job: Any) -> bool | None:
        """Whether a job's results are there, of what it was told; None where files cannot tell."""


class Resumption:
    """Which ends of jobs are no failure, by the progress that each start has made.

    Args:
        work: what the files of the jobs tell; None if no job can resume.
    """

    def __init__(self, work: ResumableWork | None) -> None:
        self._work = work
        self._saved: dict[Any, Hashable | None] = {}
        self._idle_starts: dict[Any, int] = {}

    def submitted(self, job: Any) -> None:
        """Remember how far the work of a job is as it is submitted."""
        if self._work is not None and not job.is_group():
            self._saved[job] = self._work.saved(job)

    def goes_on(self, job: Any, number: str, state: str) -> bool:
        """Whether the end of a job is no failure: it was stopped, and its work is saved.

        Args:
            job: a job that has ended.
            number: of the Slurm job that it was.
            state: Slurm's name of its end.
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

    def failed(self, job: Any) -> int:
        """Forget a job that has failed; returns its starts in a row without progress."""
        return self._idle_starts.pop(job, 0)
