"""Ends of jobs for the Slurm executor, which resubmits those that can still succeed."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

from plain_commands.errors import UserError

from workflow_scripts.common.cli import EXIT_SAVED, EXIT_USER_ERROR
from workflow_scripts.contracts.run_layout import RunLayout
from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.contracts.usage import job_of, read_attempts


class Trainings:
    """Trainings and other commands behind Snakemake's jobs, in the interface of `slurm_repairs`."""

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
        return _exit_code(job, number) == EXIT_SAVED

    def repeats(self, job: Any, number: str) -> bool:
        """Whether a command in a Slurm job ended with an error that the user has to correct.

        Not for trainings, which report so as well that a worker was killed.
        """
        return job.rule.name != "train" and _exit_code(job, number) == EXIT_USER_ERROR

    def is_done(self, job: Any) -> bool | None:
        """Whether a run is trained with the same settings, data and code."""
        if job.rule.name != "train":
            return None
        try:
            record = TrainingRecord.read(_run_of(job).provenance)
        except UserError:
            return False
        return bool(record.fingerprint == job.params.fingerprint)


def _exit_code(job: Any, number: str) -> int | None:
    """Exit code of a job's last command in a Slurm job; None if unknown."""
    try:
        attempts = read_attempts(*job_of(Path(job.log[0])))
    except UserError:
        return None
    own = [attempt for attempt in attempts if attempt.slurm_job == number]
    return max(own, key=lambda attempt: attempt.start).exit_code if own else None


def _run_of(job: Any) -> RunLayout:
    return RunLayout(Path(job.output.checkpoint).parent)
