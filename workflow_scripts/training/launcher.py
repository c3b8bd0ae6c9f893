"""The worker processes of a training on this machine: start, messages, outcome."""

import contextlib
import logging
import os
import shutil
import signal
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from folder_owner import remove_owned
from plain_commands.console import LogFile, log
from plain_commands.errors import UserError
from plain_commands.files import explained, sha256_of_file

from workflow_scripts.contracts.job_logs import last_words_in
from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.training.engines.command import CommandTraining
from workflow_scripts.training.job import Ending, Rendezvous, TrainingJob, TrainingOutcome
from workflow_scripts.training.process_control import (
    STOP_SIGNALS,
    StopRequest,
    sole_user_of,
    user_of,
)
from workflow_scripts.training.programs.training import ProgramRun

NO_LIMIT_MINUTES = 60 * 24 * 365
"""Time limit required by submitit; the limit of a run is `TrainingJob.stop_at`."""
WAIT_FOR_OTHERS_SECONDS = 60.0
"""Time that the other workers have to end after the first one; longer means that they wait for it
in vain."""


def launch(job: TrainingJob) -> TrainingOutcome:
    """Train with `job.workers` processes, or a user's program, and wait for the end.

    `job.checkpoints` is removed when the training is done. A run that is already trained, perhaps
    by another process while this one waited, is left unchanged.

    Raises:
        UserError: another process still trains in this folder at `job.stop_at`, a worker crashed or
            was killed, or the folder cannot be written.
    """
    with explained(job.output), sole_user_of(job.checkpoints, job.stop_at):
        if _is_trained(job):
            outcome = TrainingOutcome(
                Ending.DONE,
                f"{job.output}: already trained, with the same settings, data and code; delete "
                f"{job.files.checkpoint.name} to train again",
            )
        else:
            outcome = _trained(job)
        if outcome.ending is Ending.DONE:
            remove_owned(job.checkpoints)
    return outcome


def _trained(job: TrainingJob) -> TrainingOutcome:
    if isinstance(job.settings, CommandTraining):
        return ProgramRun(job, job.settings).train()
    shutil.rmtree(job.launch, ignore_errors=True)
    job.launch.mkdir()
    with tempfile.TemporaryDirectory(prefix="training-") as folder:
        rendezvous = Rendezvous(Path(folder))
        with _heartbeat(rendezvous.heartbeat):
            return _Launch(job, rendezvous).wait()


def _is_trained(job: TrainingJob) -> bool:
    """Whether the results of this run exist and are complete."""
    try:
        record = TrainingRecord.read(job.files.provenance)
        digest = sha256_of_file(job.files.checkpoint)
    except (UserError, OSError):
        return False
    seeds = job.seed, job.training_seed, job.initialisation_seed
    wanted = job.fingerprint, job.variant, *seeds, digest
    seeds_found = record.seed, record.training_seed, record.initial_seed
    found = record.fingerprint, record.variant, *seeds_found, record.weights_sha256
    return wanted == found and job.files.metrics.is_file()


class _Launch:
    """Workers of one training, from start to end."""

    def __init__(self, job: TrainingJob, rendezvous: Rendezvous) -> None:
        self.job = job
        self.rendezvous = rendezvous
        self.stopped_by: signal.Signals | None = None
        for number in STOP_SIGNALS:
            signal.signal(number, self._request_stop)
        import submitit  # noqa: PLC0415, with asyncio and ssl it takes long

        executor = submitit.AutoExecutor(job.launch, cluster="local")
        executor.update_parameters(
            timeout_min=NO_LIMIT_MINUTES,
            tasks_per_node=job.workers,
            gpus_per_node=len(job.gpus),
            stderr_to_stdout=True,
        )
        self.task = executor.submit(work, job, rendezvous)

    def _request_stop(self, number: int, frame: object) -> None:
        self.stopped_by = signal.Signals(number)

    def wait(self) -> TrainingOutcome:
        """Wait for the outcome of the training, and relay rank 0's messages."""
        messages = _Tail(self.job.log_of(0))
        first_ended: float | None = None
        asked: float | None = None
        while not self.task.done():
            time.sleep(0.1)
            messages.pass_on()
            now = time.monotonic()
            if self.stopped_by and (asked is None or now - asked >= 1):
                # Repeated, since a worker that is still starting does not handle signals yet.
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
        return self.rendezvous.outcome(rank).exists()

    def _sum_up(self) -> TrainingOutcome:
        files = {rank: self.rendezvous.outcome(rank) for rank in range(self.job.workers)}
        ended = sorted(filter(self._has_ended, files), key=lambda rank: _time_of(files[rank]))
        outcomes = {rank: TrainingOutcome.read(files[rank]) for rank in ended}
        for ending in (Ending.FAILED, Ending.SAVED):
            for outcome in outcomes.values():
                if outcome.ending is ending:
                    return outcome
        if self.stopped_by and not outcomes:
            return TrainingOutcome(
                Ending.SAVED,
                "stopped before it could save; run again to resume from the previous state",
            )
        for rank in range(self.job.workers):
            if rank not in outcomes:
                words = last_words_in(self._output_of(rank))
                raise self._crash(
                    rank,
                    f"was killed, ran out of memory, or failed with: {words}"
                    if words
                    else "was killed, or ran out of memory",
                )
        # When one worker crashes, the others lose their connection: the first failure is the cause.
        for rank, outcome in outcomes.items():
            if outcome.ending is Ending.CRASHED:
                log.error("%s", outcome.message.rstrip())
                raise self._crash(rank, f"crashed: {outcome.message.splitlines()[-1]}")
        return outcomes[0]

    def _crash(self, rank: int, finding: str) -> UserError:
        return UserError(
            f"worker {rank} of {self.job.workers} {finding}; its log is {self._output_of(rank)}"
        )

    def _output_of(self, rank: int) -> Path:
        return Path(self.task.task(rank).paths.stdout)


def _time_of(file: Path) -> int:
    return file.stat().st_mtime_ns


class _Tail:
    """A growing file whose new lines are relayed to this process's log."""

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
def _heartbeat(path: Path) -> Iterator[None]:
    """Context that holds a named pipe's writing end open: readers notice when this process ends."""
    os.mkfifo(path)
    end = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    try:
        yield
    finally:
        os.close(end)


def work(job: TrainingJob, rendezvous: Rendezvous) -> TrainingOutcome:
    """Do one worker's part of a training, in a separate process."""
    stop = StopRequest(rendezvous.heartbeat, job.stop_at)
    from submitit.helpers import TorchDistributedEnvironment  # noqa: PLC0415, see `_Launch`

    rank = TorchDistributedEnvironment().rank
    outcome = _outcome_of(job, rank, rendezvous, stop)
    outcome.write(rendezvous.outcome(rank))
    return outcome


def _outcome_of(
    job: TrainingJob, rank: int, rendezvous: Rendezvous, stop: StopRequest
) -> TrainingOutcome:
    try:
        with explained(job.output), user_of(job.checkpoints):
            _log_to(job, rank)
            if job.gpus:
                os.environ["CUDA_VISIBLE_DEVICES"] = job.gpus[rank]
            from workflow_scripts.training.loop import train  # noqa: PLC0415 - the command does without torch

            return train(job, rank, rendezvous, stop)
    except UserError as error:
        return TrainingOutcome(Ending.FAILED, str(error))
    except Exception:
        # Also printed, since this process's output goes to its log file.
        with contextlib.suppress(OSError):
            traceback.print_exc()
        return TrainingOutcome(Ending.CRASHED, traceback.format_exc())


def _log_to(job: TrainingJob, rank: int) -> None:
    handler = LogFile(job.log_of(rank), "a")
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.setLevel(logging.INFO if rank == 0 else logging.WARNING)
    log.propagate = False
    log.addHandler(handler)
