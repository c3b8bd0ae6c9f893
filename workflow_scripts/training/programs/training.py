"""One training by a user's program: start, saved state, end."""

import resource
import shutil
import socket
import time
from pathlib import Path

from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.errors import UserError
from plain_commands.files import atomic, read_json, sha256_of_file, write_json, write_text
from plain_commands.section import FilePart, validate
from program_runner import ProgramError, ProgramTimeoutError, end_marked

from workflow_scripts.common.cli import EXIT_SAVED
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.trainings import LossRecord, TrainingRecord, read_loss_lines
from workflow_scripts.training.engines.command import CommandTraining
from workflow_scripts.training.job import Ending, TrainingJob, TrainingOutcome
from workflow_scripts.training.origin import git_commit, now, versions
from workflow_scripts.training.process_control import StopRequest
from workflow_scripts.training.programs.handover import Handover
from workflow_scripts.training.programs.model_file import ModelOrigin
from workflow_scripts.training.programs.parts import packages_in
from workflow_scripts.training.programs.running import SILENT, run
from workflow_scripts.training.sources import located


class ProgramProgress(FilePart):
    """Starts of a run so far, stored in `progress.json`."""

    identity: str
    """`TrainingJob.identity`, which shows whether the state is this run's."""
    first_start: str
    seconds: float = 0.0
    """Time spent over all starts."""
    resumed_from: tuple[int, ...] = ()
    """Iterations at which it was resumed; 0 if the program does not report them."""


class ProgramRun:
    """One training by a user's program.

    Args:
        job: the training, with `job.settings` of engine `command`.
        settings: the same settings.
    """

    def __init__(self, job: TrainingJob, settings: CommandTraining) -> None:
        self.job, self.settings = job, settings
        self.folder = job.checkpoints / "program"
        self.state, self.output = self.folder / "state", self.folder / "output"
        self.handover = Handover(self.folder / "data")
        self.split = CocoSplit.read(job.annotations)

    def train(self) -> TrainingOutcome:
        """Run the program until it ends or has saved its state.

        Raises:
            UserError: it failed, or left no result.
        """
        if left := end_marked(str(self.folder.resolve())):
            log.warning(
                "stopped %s of a training whose command was killed", counted(left, "process")
            )
        progress = self._prepared()
        before, started = _content_of(self.state), time.monotonic()
        stop = StopRequest(None, self.job.stop_at)
        failure: ProgramError | None = None
        try:
            run(
                *(self.settings, "train", self._values()),
                mark=self.folder,
                silent_minutes=self.job.silent_minutes,
                stop=stop,
            )
        except ProgramError as error:
            failure = error
        seconds = progress.seconds + time.monotonic() - started
        progress = progress.model_copy(update={"seconds": round(seconds, 3)})
        self._write(progress)
        if failure is None:
            self._finish(progress)
            return TrainingOutcome(Ending.DONE, str(self.job.output))
        return self._unfinished(failure, stop(), _content_of(self.state) != before)

    def _prepared(self) -> ProgramProgress:
        """Make the folders, and keep the state if it is this run's."""
        progress = self._saved_progress()
        if progress is None:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.job.live_metrics.unlink(missing_ok=True)
            self.state.mkdir(parents=True)
            progress = ProgramProgress(identity=self.job.identity, first_start=now())
        elif any(self.state.iterdir()):
            losses = read_loss_lines(self.job.live_metrics, 1)
            iteration = losses[-1][0].iteration if losses else 0
            starts = (*progress.resumed_from, iteration)
            progress = progress.model_copy(update={"resumed_from": starts})
            log.info("resuming from the program's own state in %s", self.state)
        self._write(progress)
        for folder in (self.output, self.handover.folder):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        files, root = located(self.split.images, self.job.images, self.job.anonymized)
        self.handover.fill(self.split, files, root, labels=True)
        return progress

    def _saved_progress(self) -> ProgramProgress | None:
        file = self.folder / "progress.json"
        try:
            progress: ProgramProgress = validate(ProgramProgress, read_json(file), str(file))
        except UserError as error:
            if file.exists():
                log.warning("%s; starting from the beginning", error)
            return None
        if progress.identity != self.job.identity:
            log.warning(
                "%s: saved by a run with other settings, data or code; starting from the beginning",
                self.folder,
            )
            return None
        return progress

    def _write(self, progress: ProgramProgress) -> None:
        write_json(self.folder / "progress.json", progress.model_dump(mode="json"))

    def _values(self) -> dict[str, object]:
        """Values of the placeholders."""
        left = "inf"
        if self.job.stop_at is not None:
            left = f"{max(0.0, self.job.stop_at - time.time()) / 60:.2f}"
        return {
            "images": self.handover.images.resolve(),
            "annotations": self.handover.annotations.resolve(),
            "classes": self.handover.classes.resolve(),
            "seed": self.job.training_seed,
            "initialisation_seed": self.job.initialisation_seed,
            "gpus": len(self.job.gpus),
            "threads": self.job.threads,
            "minutes": left,
            "state": self.state.resolve(),
            "metrics": self.job.live_metrics.resolve(),
            "output": self.output.resolve(),
        }

    def _unfinished(self, failure: ProgramError, asked: bool, saved: bool) -> TrainingOutcome:
        """Outcome of a run whose program did not exit with code 0."""
        where = "{state}"
        if failure.code == EXIT_SAVED or (asked and saved):
            if saved:
                # This file shows whether a start saved anything, for those that restart trainings.
                write_text(self.job.state, f"{now()}\n")
                how = "saved" if failure.code == EXIT_SAVED else f"{failure}, after it had saved"
                return TrainingOutcome(
                    Ending.SAVED, f"{how}; run again to resume from {self.state}"
                )
            return TrainingOutcome(
                Ending.FAILED,
                f"training.train: {failure}, but wrote nothing to {where}: the next start would "
                "begin from scratch; make it save there",
            )
        if asked:
            return TrainingOutcome(
                Ending.FAILED,
                f"training.train: the time was up or the job was stopped, {failure}, and nothing "
                f"new is in {where}; make it save there (and exit with {EXIT_SAVED}), or give the "
                "job more time (runtime under train in the profile)",
            )
        hint = SILENT.format("train") if isinstance(failure, ProgramTimeoutError) else ""
        return TrainingOutcome(Ending.FAILED, f"training.train: {failure}{hint}")

    def _finish(self, progress: ProgramProgress) -> None:
        """Write the results, the model last."""
        job, files = self.job, self.job.files
        lines = read_loss_lines(job.live_metrics)
        origin = ModelOrigin(
            version=1,
            classes=self.split.classes,
            variant=job.variant,
            seed=job.seed,
            fingerprint=job.fingerprint,
        )
        with atomic(files.checkpoint) as temporary:
            origin.pack(self.output, temporary)
            write_text(files.metrics, "".join(f"{line}\n" for _, line in lines))
            last = lines[-1][0] if lines else None
            self._record(progress, last, temporary).write(files.provenance)

    def _record(
        self, progress: ProgramProgress, last: LossRecord | None, model: Path
    ) -> TrainingRecord:
        job, environment = self.job, self.settings.environment
        own = environment is not None and environment.is_dir()
        # ru_maxrss is in KiB on Linux, and covers the largest process only.
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        return TrainingRecord(
            version=1,
            variant=job.variant,
            seed=job.seed,
            training_seed=job.training_seed,
            initialisation_seed=job.initialisation_seed,
            fingerprint=job.fingerprint,
            engine=self.settings.engine,
            settings=self.settings.for_training().model_dump(mode="json"),
            start=progress.first_start,
            end=now(),
            seconds=progress.seconds,
            resumed_from=progress.resumed_from,
            iterations=last and last.iteration,
            weights_sha256=sha256_of_file(model),
            final_loss={"total": last.loss} if last else {},
            host=socket.gethostname(),
            world_size=max(1, len(job.gpus)),
            devices=tuple(f"gpu {one}" for one in job.gpus) or ("cpu",),
            threads=job.threads,
            peak_memory_mib=({"rss": peak},),
            versions=dict(packages_in(environment)) if own and environment else versions(),
            git_commit=git_commit(),
        )


def _content_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of each file in a folder, by its relative path."""
    return {
        str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }
