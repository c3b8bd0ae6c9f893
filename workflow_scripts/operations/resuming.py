"""State of trainings for the Slurm executor, which resubmits unfinished ones."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

from plain_commands.errors import UserError

from workflow_scripts.common.cli import EXIT_SAVED
from workflow_scripts.contracts.run_layout import RunLayout
from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.contracts.usage import job_of, read_attempts


class Trainings:
    """Trainings behind Snakemake's jobs, in the interface of `slurm_repairs`."""

    def saved(self, job: Any) -> Hashable | None:
        """Time of the last save of a training; None for other jobs, which cannot resume."""
        if job.rule.name != "train":
            return None
        try:
            return _run_of(job).saved_state.stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def was_stopped(self, job: Any, number: str) -> bool:
        """Whether a training in a Slurm job saved and ended on request."""
        try:
            attempts = read_attempts(*job_of(Path(job.log[0])))
            own = [attempt for attempt in attempts if attempt.slurm_job == number]
        except UserError:
            return False
        last = max(own, key=lambda attempt: attempt.start, default=None)
        return last is not None and last.exit_code == EXIT_SAVED

    def is_done(self, job: Any) -> bool | None:
        """Whether a run is trained with the same settings, data and code."""
        if job.rule.name != "train":
            return None
        try:
            record = TrainingRecord.read(_run_of(job).provenance)
        except UserError:
            return False
        return bool(record.fingerprint == job.params.fingerprint)


def _run_of(job: Any) -> RunLayout:
    return RunLayout(Path(job.output.checkpoint).parent)
