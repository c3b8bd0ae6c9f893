"""States of submitted jobs: which of Slurm's commands is asked, and what it says."""

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
"""Stands for the state of a job that Slurm no longer knows."""
LOOKS_UNTIL_FORGOTTEN = 3
"""Number of looks in a row at which Slurm does not know a job that was submitted."""
HOPELESS_SECONDS = 600.0
"""Time between two questions why jobs wait."""
QUEUE_KEPT_SECONDS = 5.0
"""Age up to which an answer of squeue is used for another submission."""


class RecentQueue:
    """This user's jobs by squeue, whose answer serves all submissions of the next seconds."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[QueueEntry] = []
        self._asked = float("-inf")

    def entries(self) -> list[QueueEntry]:
        """The jobs, as of a few seconds ago at most.

        Raises:
            NoAnswerError: squeue does not answer.
        """
        with self._lock:
            if time.monotonic() - self._asked > QUEUE_KEPT_SECONDS:
                self._entries, self._asked = queue(), time.monotonic()
            return self._entries

    def entries_now(self) -> list[QueueEntry]:
        """The jobs as of now; errors as of `entries`."""
        found = queue()
        with self._lock:
            self._entries, self._asked = found, time.monotonic()
        return found


class JobStates:
    """States of the jobs of one call, by sacct where accounting stands behind it, else by squeue.

    Args:
        name: of the call's jobs.
        queue: of this user's jobs.
        logger: is told once which command is asked.
        command: the setting of the profile; `squeue` never asks sacct.
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
        """States by the number of the job.

        Args:
            numbers: the jobs that are of interest.

        Raises:
            NoAnswerError: neither command answers.
        """
        if self._uses_accounting is None:
            problem = self._problem_of_accounting()
            self._uses_accounting = problem is None
            asked, reason = ("squeue", problem) if problem else ("sacct", "accounting answers")
            self._logger.info(f"Job states are asked of {asked} ({reason})")
        states: dict[str, str] = {}
        if self._uses_accounting:
            of_call = "--clusters=all", "--starttime=now-2days", f"--name={self._name}"
            with contextlib.suppress(NoAnswerError):
                states = accounted_states(*of_call, seconds=QUEUE_SECONDS)
        # Accounting learns late of new jobs, and takes some for ended that Slurm starts again.
        sure = {"COMPLETED", "RUNNING", "PENDING"}
        if not all(_known(number, states) in sure for number in numbers):
            states |= {entry.number: entry.state for entry in self._queue.entries_now()}
        return states

    def state_of(self, number: str, states: dict[str, str], *, is_elsewhere: bool) -> str | None:
        """State of a job.

        Args:
            number: of the job.
            states: an answer of `ask`; empty if there was none.
            is_elsewhere: whether another cluster runs it, whose jobs squeue does not know here.

        Returns:
            None if it is not known; `FORGOTTEN` after several answers in a row without the job.
        """
        state = _known(number, states)
        self._unknown[number] = 0 if state or not states else self._unknown[number] + 1
        if self._unknown[number] < LOOKS_UNTIL_FORGOTTEN or is_elsewhere:
            return state
        return FORGOTTEN

    def hopeless(self, waiting: set[str]) -> dict[str, str]:
        """Reasons, in words, why jobs will never start; each job is named once.

        Args:
            waiting: numbers of the jobs that wait.
        """
        new = waiting - self._hopeless
        if not new or time.monotonic() - self._asked_why < HOPELESS_SECONDS:
            return {}
        try:
            reasons = {e.number: e.reason for e in self._queue.entries() if e.number in new}
        except NoAnswerError:
            return {}
        if "None" not in reasons.values():  # Slurm has looked at all of them
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
