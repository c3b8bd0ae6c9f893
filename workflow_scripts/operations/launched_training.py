"""A launched training, as submitit runs it: saved and submitted again until it is done."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from workflow_scripts.common.cli import EXIT_SAVED

# submitit reads it when it is imported, here and in the job. Its default, USR2, would kill the
# training's processes, all of which get what Slurm sends; on URG they save.
os.environ["SUBMITIT_PREEMPT_SIGNAL"] = "URG"
from submitit.helpers import DelayedSubmission

SAVE = signal.SIGURG
"""Signal on which a training saves and submitit submits another job."""
MOST_IDLE_STARTS = 2
"""Starts in a row that save nothing after which a training has failed, as for `PatientExecutor`."""
SECONDS_UNTIL_KILLED = 120.0
"""Time from TERM until Slurm kills a job, which it requeues after a preemption if it still runs."""


class TrainingEndedError(Exception):
    """The command failed in a way that running it again at once does not fix."""


@dataclass(frozen=True)
class LaunchedTraining:
    """The training of one run, saved and submitted again until it is done."""

    command: str
    """Shell command."""
    directory: Path
    """Working directory of the command."""
    record: tuple[str, ...]
    """Command that tells Snakemake that the run is done."""
    called_in: Path
    """Working directory of `record`."""
    saved_state: Path
    """File that each save replaces."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that differ from those that submitit sets."""
    idle_starts: int = 0
    """Starts in a row, before this one, that saved nothing."""
    _running: list[int] = field(default_factory=list, compare=False)
    """Process ID of the command while it runs."""
    _saved_before: list[int] = field(default_factory=list, compare=False)
    """Time of the last save before this start, as of the file system; 0 if there was none."""

    def __call__(self) -> int:
        """Train until it is done, saved or failed.

        Returns:
            0, or `EXIT_SAVED` if no scheduler runs it again.

        Raises:
            TrainingEndedError: it failed, or was told to end.
        """
        told_to_end = False

        def end(number: int, frame: object) -> None:
            nonlocal told_to_end
            told_to_end = True
            self._stop()

        signal.signal(signal.SIGTERM, end)
        self._saved_before[:] = [self._last_save()]
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
            raise TrainingEndedError("stopped from outside; the last checkpoint is kept")
        elif code == EXIT_SAVED:
            # Its own minutes are over. submitit's way to ask for another job is this signal.
            signal.raise_signal(SAVE)
        else:
            raise TrainingEndedError(f"the training failed with exit code {code}; see its log")
        return code

    def checkpoint(self) -> DelayedSubmission:
        """Let the training save; returns the job to submit next.

        Raises:
            TrainingEndedError: several starts in a row saved nothing.
        """
        self._stop()
        idle_starts = self.idle_starts + 1 if self._saved_before == [self._last_save()] else 0
        if idle_starts >= MOST_IDLE_STARTS:
            raise TrainingEndedError(
                f"{idle_starts} starts in a row saved nothing: not submitted again; a longer "
                "walltime (train_runtime) or shorter save_before_end may be needed"
            )
        return DelayedSubmission(
            replace(self, idle_starts=idle_starts, _running=[], _saved_before=[])
        )

    def _last_save(self) -> int:
        try:
            return (self.directory / self.saved_state).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def _stop(self) -> None:
        """Ask the command to save, and wait for its end."""
        for process in self._running:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(process, signal.SIGTERM)
                # In the middle of `Popen.wait`, to which its exit code is left.
                os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
