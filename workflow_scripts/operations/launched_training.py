"""A launched training under submitit: saved and resubmitted until it is done."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from workflow_scripts.common.cli import EXIT_SAVED

# submitit reads it at import, here and in the job. Its default, USR2, would kill the training's
# processes, since all of them get Slurm's signals; on URG they save.
os.environ["SUBMITIT_PREEMPT_SIGNAL"] = "URG"
from submitit.helpers import DelayedSubmission

SAVE = signal.SIGURG
"""Signal on which a training saves, and submitit submits another job."""
MOST_IDLE_STARTS = 2
"""Number of consecutive starts without saving after which a training has failed, as in
`PatientExecutor`."""
SECONDS_UNTIL_KILLED = 120.0
"""Time from TERM until Slurm kills a job; after a preemption it requeues jobs that still run."""


class TrainingEndedError(Exception):
    """The command failed, and running it again immediately would not help."""


@dataclass(frozen=True)
class LaunchedTraining:
    """The training of one run, saved and resubmitted until it is done."""

    command: str
    """Shell command."""
    directory: Path
    """Working directory of the command."""
    record: tuple[str, ...]
    """Command that records the run as done for Snakemake."""
    called_in: Path
    """Working directory of `record`."""
    saved_state: Path
    """File replaced by each save."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Environment variables to set differently than submitit does."""
    idle_starts: int = 0
    """Number of previous consecutive starts that saved nothing."""
    _running: list[int] = field(default_factory=list, compare=False)
    """Process ID of the command while it runs."""
    _saved_before: list[int] = field(default_factory=list, compare=False)
    """Time of the last save before this start, by the file system; 0 if none."""

    def __call__(self) -> int:
        """Train until it is done, saved or failed.

        Returns:
            0, or `EXIT_SAVED` if no scheduler will run it again.

        Raises:
            TrainingEndedError: it failed or was asked to end.
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
            # Cancelled or preempted; only Slurm knows which.
            time.sleep(SECONDS_UNTIL_KILLED if "SLURM_JOB_ID" in os.environ else 0)
            raise TrainingEndedError("stopped from outside; the last checkpoint is kept")
        elif code == EXIT_SAVED:
            # The time limit is reached. This signal makes submitit submit another job.
            signal.raise_signal(SAVE)
        else:
            raise TrainingEndedError(f"the training failed with exit code {code}; see its log")
        return code

    def checkpoint(self) -> DelayedSubmission:
        """Make the training save; returns the job to submit next.

        Raises:
            TrainingEndedError: several consecutive starts saved nothing.
        """
        self._stop()
        idle_starts = self.idle_starts + 1 if self._saved_before == [self._last_save()] else 0
        if idle_starts >= MOST_IDLE_STARTS:
            raise TrainingEndedError(
                f"{idle_starts} consecutive starts saved nothing: not resubmitted; a longer "
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
        """Ask the command to save, and wait until it ends."""
        for process in self._running:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(process, signal.SIGTERM)
                # A signal interrupted `Popen.wait`, which still has to collect the exit code.
                os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
