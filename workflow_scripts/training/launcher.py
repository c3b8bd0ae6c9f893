"""Starting the workers of a training on this machine, and hearing from them."""

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import submitit

from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.ownership import remove_owned
from workflow_scripts.training.job import Ending, Meeting, Outcome, TrainingJob
from workflow_scripts.training.lock import sole_user_of
from workflow_scripts.training.stopping import STOP_SIGNALS
from workflow_scripts.training.worker import work

NO_LIMIT_MINUTES = 60 * 24 * 365
"""submitit wants one; a run's own limit is `TrainingJob.stop_at`."""
WAIT_FOR_OTHERS_SECONDS = 60.0
"""When one worker has ended, the others end within this time, or wait for it in vain."""


def launch(job: TrainingJob) -> Outcome:
    """Train with `job.workers` processes, and wait for them.

    Their state stays in `job.checkpoints` unless the training is done.

    Raises:
        UserError: another process trains in this folder, or a worker crashed or was killed.
    """
    job.checkpoints.mkdir(parents=True, exist_ok=True)
    with sole_user_of(job.checkpoints):
        shutil.rmtree(job.launch, ignore_errors=True)
        job.launch.mkdir()
        with tempfile.TemporaryDirectory(prefix="training-") as folder:
            meeting = Meeting(Path(folder))
            with _tether(meeting.tether):
                outcome = _Launch(job, meeting).wait()
        if outcome.ending is Ending.DONE:
            remove_owned(job.checkpoints)
    return outcome


class _Launch:
    """The workers of one training, from their start to their end."""

    def __init__(self, job: TrainingJob, meeting: Meeting) -> None:
        self.job = job
        self.stopped_by: signal.Signals | None = None
        for number in STOP_SIGNALS:
            signal.signal(number, self._request_stop)
        executor = submitit.AutoExecutor(job.launch, cluster="local")
        executor.update_parameters(
            timeout_min=NO_LIMIT_MINUTES,
            tasks_per_node=job.workers,
            gpus_per_node=len(job.gpus),
            stderr_to_stdout=True,
        )
        self.task = executor.submit(work, job, meeting)

    def _request_stop(self, number: int, frame: object) -> None:
        self.stopped_by = signal.Signals(number)

    def wait(self) -> Outcome:
        """Pass the first worker's messages on until all have ended; then sum up."""
        messages = _Tail(self.job.log_of(0))
        first_ended: float | None = None
        asked: float | None = None
        while not self.task.done():
            time.sleep(0.1)
            messages.pass_on()
            now = time.monotonic()
            if self.stopped_by and (asked is None or now - asked >= 1):
                # More than once: a worker that is still starting does not listen yet.
                if asked is None:
                    log.info("received %s; saving", self.stopped_by.name)
                os.kill(int(self.task.job_id), signal.SIGTERM)
                asked = now
            if first_ended is None and any(map(self._has_ended, range(self.job.workers))):
                first_ended = now
            if first_ended is not None and now - first_ended > WAIT_FOR_OTHERS_SECONDS:
                self.task.cancel()
        messages.pass_on()
        return self._sum_up()

    def _has_ended(self, rank: int) -> bool:
        return self._result_file(rank).exists()

    def _result_file(self, rank: int) -> Path:
        return self.task.task(rank).paths.result_pickle

    def _sum_up(self) -> Outcome:
        ended = sorted(
            (rank for rank in range(self.job.workers) if self._has_ended(rank)),
            key=lambda rank: self._result_file(rank).stat().st_mtime_ns,
        )
        outcomes = {rank: self.task.task(rank).result() for rank in ended}
        for ending in (Ending.FAILED, Ending.SAVED):
            for outcome in outcomes.values():
                if outcome.ending is ending:
                    return outcome
        if self.stopped_by and not outcomes:
            return Outcome(
                Ending.SAVED,
                "stopped before it could save; run again to go on from what was saved before",
            )
        for rank in range(self.job.workers):
            if rank not in outcomes:
                raise self._crash(rank, "was killed, or ran out of memory")
        # When one worker crashes the others lose their connection to it: the first is the cause.
        for rank, outcome in outcomes.items():
            if outcome.ending is Ending.CRASHED:
                log.error("%s", outcome.message.rstrip())
                raise self._crash(rank, f"crashed: {outcome.message.splitlines()[-1]}")
        return outcomes[0]

    def _crash(self, rank: int, finding: str) -> UserError:
        file = self.task.task(rank).paths.stdout
        return UserError(f"worker {rank} of {self.job.workers} {finding}; its log is {file}")


class _Tail:
    """Passes whole new lines of a growing file on to this process's log."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.read = 0

    def pass_on(self) -> None:
        if not self.path.is_file():
            return
        with self.path.open("rb") as stream:
            stream.seek(self.read)
            new = stream.read()
        whole = new[: new.rfind(b"\n") + 1]
        self.read += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            log.info("%s", line)


@contextlib.contextmanager
def _tether(path: Path) -> Iterator[None]:
    """Hold the writing end of a named pipe; when this process dies, its readers see the end."""
    os.mkfifo(path)
    end = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        yield
    finally:
        os.close(end)
