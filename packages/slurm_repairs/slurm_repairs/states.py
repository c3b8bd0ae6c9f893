"""States of submitted jobs, from sacct or squeue."""

import contextlib
import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

import snakemake_executor_plugin_slurm as plugin

from .questions import (
    QUEUE_SECONDS,
    NoAnswerError,
    QueueEntry,
    accounted_states,
    accounting_problem,
    queue,
)
from .reasons import NEVER, reason_in_words

FORGOTTEN = "FORGOTTEN"
"""State of a job that Slurm no longer knows."""
LOOKS_UNTIL_FORGOTTEN = 3
"""Number of consecutive polls in which Slurm does not know a submitted job."""
HOPELESS_SECONDS = 600.0
"""Time between queries for reasons of waiting."""
QUEUE_KEPT_SECONDS = 5.0
"""Maximum age of a squeue answer that is reused for another submission."""


class RecentQueue:
    """This user's jobs from squeue; an answer is cached for some seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[QueueEntry] = []
        self._asked = float("-inf")

    def entries(self) -> list[QueueEntry]:
        """The jobs, at most a few seconds old.

        Raises:
            NoAnswerError: squeue does not answer.
        """
        with self._lock:
            if time.monotonic() - self._asked > QUEUE_KEPT_SECONDS:
                self._entries, self._asked = queue(), time.monotonic()
            return self._entries

    def entries_now(self) -> list[QueueEntry]:
        """The current jobs; errors as in `entries`."""
        found = queue()
        with self._lock:
            self._entries, self._asked = found, time.monotonic()
        return found


class JobStates:
    """States of one call's jobs, from sacct if accounting is enabled, else from squeue.

    Args:
        name: name of the call's jobs.
        queue: queue of this user's jobs.
        logger: logs once which command is used.
        command: the profile's setting; with `squeue`, sacct is never used.
    """

    def __init__(self, name: str, queue: RecentQueue, logger: Any, command: str) -> None:
        self._name = name
        self._queue = queue
        self._logger = logger
        self._command = command
        self._uses_accounting: bool | None = None
        self._unknown: Counter[str] = Counter()
        self._hopeless: set[str] = set()
        self._asked_why = float("-inf")

    def ask(self, numbers: Iterable[str]) -> dict[str, str]:
        """States by job id.

        Args:
            numbers: ids of the jobs.

        Raises:
            NoAnswerError: neither command answers.
        """
        if self._uses_accounting is None:
            problem = self._problem_of_accounting()
            self._uses_accounting = problem is None
            asked, reason = ("squeue", problem) if problem else ("sacct", "accounting answers")
            self._logger.info(f"Job states come from {asked} ({reason})")
        states: dict[str, str] = {}
        if self._uses_accounting:
            of_call = "--clusters=all", "--starttime=now-2days", f"--name={self._name}"
            with contextlib.suppress(NoAnswerError):
                states = accounted_states(*of_call, seconds=QUEUE_SECONDS)
        # Accounting has a delay for new jobs, and reports some requeued jobs as ended.
        sure = {"COMPLETED", "RUNNING", "PENDING"}
        if not all(_known(number, states) in sure for number in numbers):
            states |= {entry.number: entry.state for entry in self._queue.entries_now()}
        return states

    def state_of(self, number: str, states: dict[str, str], *, is_elsewhere: bool) -> str | None:
        """State of a job.

        Args:
            number: job id.
            states: an answer of `ask`; empty without an answer.
            is_elsewhere: whether another cluster runs it, whose jobs the local squeue does not
                know.

        Returns:
            None if unknown; `FORGOTTEN` after several consecutive answers without the job.
        """
        state = _known(number, states)
        self._unknown[number] = 0 if state or not states else self._unknown[number] + 1
        if self._unknown[number] < LOOKS_UNTIL_FORGOTTEN or is_elsewhere:
            return state
        return FORGOTTEN

    def hopeless(self, waiting: set[str]) -> dict[str, str]:
        """Reasons, in words, why jobs will never start; each job is reported once.

        Args:
            waiting: ids of the waiting jobs.
        """
        new = waiting - self._hopeless
        if not new or time.monotonic() - self._asked_why < HOPELESS_SECONDS:
            return {}
        try:
            reasons = {e.number: e.reason for e in self._queue.entries() if e.number in new}
        except NoAnswerError:
            return {}
        if "None" not in reasons.values():  # Slurm has considered all of them
            self._asked_why = time.monotonic()
        words = {number: reason_in_words(reason) for number, reason in reasons.items()}
        found = {number: why for number, why in words.items() if f": {NEVER}" in why}
        self._hopeless |= found.keys()
        return found

    def _problem_of_accounting(self) -> str | None:
        if self._command == "squeue" and shutil.which("sacct"):
            return "slurm-status-command: squeue"
        return accounting_problem()


def _known(number: str, states: dict[str, str]) -> str | None:
    numbers: Iterable[str] = plugin._status_lookup_ids(number)
    return next((states[number] for number in numbers if number in states), None)
