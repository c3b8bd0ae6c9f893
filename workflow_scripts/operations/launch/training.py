"""What submitit runs: a training's command, saved and submitted again until it is done."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from submitit.helpers import DelayedSubmission

from workflow_scripts.common.cli import EXIT_SAVED

SAVE = signal.SIGURG
"""Asks submitit for another job; a training saves on it."""
SECONDS_UNTIL_KILLED = 120.0
"""After TERM Slurm kills a job, and queues it again if it was preempted, unless it has ended."""


class TrainingEndedError(Exception):
    """The command ended in a way that running it again at once does not put right."""


@dataclass(frozen=True)
class Training:
    """One run's training, as often as it takes."""

    command: str
    """For the shell."""
    directory: Path
    """In which it runs."""
    record: tuple[str, ...]
    """The command that tells Snakemake that the run is done."""
    called_in: Path
    """The folder that the record's arguments are relative to."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """What differs from the environment that submitit makes."""
    _running: list[int] = field(default_factory=list, compare=False)
    """The process of the command while it runs."""

    def __call__(self) -> int:
        """Train until it is done, saved or failed.

        Returns:
            0, or `EXIT_SAVED` where there is nobody to run it again.

        Raises:
            TrainingEndedError: it failed, or was told to end.
        """
        told_to_end = False

        def end(number: int, frame: object) -> None:
            nonlocal told_to_end
            told_to_end = True
            self._stop()

        signal.signal(signal.SIGTERM, end)
        process = subprocess.Popen(
            ["bash", "-c", self.command],
            cwd=self.directory,
            env={**os.environ, **self.environment},
        )
        self._running.append(process.pid)
        code = process.wait()
        self._running.clear()
        if code == 0:
            subprocess.run(self.record, cwd=self.called_in, check=True)
        elif told_to_end:
            # Cancelled or preempted: which of them, only Slurm knows.
            time.sleep(SECONDS_UNTIL_KILLED if "SLURM_JOB_ID" in os.environ else 0)
            raise TrainingEndedError("stopped from outside; what was saved is there")
        elif code == EXIT_SAVED:
            # Its own minutes are over. submitit's way to ask for another job is this signal.
            signal.raise_signal(SAVE)
        else:
            raise TrainingEndedError(f"the training's command ended with {code}; its log says why")
        return code

    def checkpoint(self) -> DelayedSubmission:
        """Let the training save, and say what to run next."""
        self._stop()
        return DelayedSubmission(replace(self, _running=[]))

    def _stop(self) -> None:
        """Ask the command to save, and wait for its end."""
        for process in self._running:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(process, signal.SIGTERM)
                # In the middle of `Popen.wait`, to which its exit code is left.
                os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
