"""Progress of each run of an experiment, read from the files of its jobs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from folder_owner import OwnershipError, owner_of
from plain_commands.errors import UserError

from workflow_scripts.contracts.evaluations import RunEvaluation
from workflow_scripts.contracts.job_logs import error_in
from workflow_scripts.contracts.layout import Layout
from workflow_scripts.contracts.run_layout import RunLayout, run_job
from workflow_scripts.contracts.runs import ExpectedRuns
from workflow_scripts.contracts.trainings import TrainingRecord, read_losses

RECENT_LINES = 20
"""Number of latest lines of metrics.jsonl that the speed is measured over."""
STEPS = "train", "predict", "evaluate"
"""The jobs of a run, in their order; each has a log under this name."""


class State(StrEnum):
    """Progress of a run, in one word."""

    DONE = "done"
    """Evaluated, with the present settings, data and code as far as they are known."""
    TRAINED = "trained"
    """Trained; its prediction or its evaluation is still missing."""
    RUNNING = "running"
    """In training."""
    QUEUED = "queued"
    """Waiting in Slurm, or just started."""
    STOPPED = "stopped"
    """Training interrupted; the next job resumes from its last saved state, if there is one."""
    FAILED = "failed"
    """Ended with an error in one of its jobs."""
    WAITING = "waiting"
    """Not started."""
    OUTDATED = "outdated"
    """Trained or evaluated with other settings, data or code than the present ones."""


@dataclass(frozen=True)
class QueuedJob:
    """A waiting or running job in Slurm."""

    number: str
    state: str
    """Slurm's name for the state, such as PENDING."""
    reason: str | None
    """Reason for waiting; None while the job runs."""
    node: str | None


@dataclass(frozen=True)
class RunStatus:
    """Progress of one run; unknown values are None."""

    variant: str
    seed: int
    state: State
    iteration: int | None = None
    """Iterations done."""
    iterations: int | None = None
    """Iterations of the whole training."""
    loss: float | None = None
    """Loss of the last recorded iteration."""
    seconds_left: float | None = None
    """Estimated seconds until the training ends."""
    slurm_job: str | None = None
    node: str | None = None
    reason: str | None = None
    """Reason why a job waits, or the last line of an error."""
    log: str | None = None


def statuses(
    results: Path, expected: ExpectedRuns, queued: Mapping[tuple[str, str], QueuedJob]
) -> list[RunStatus]:
    """Status of every run, ordered by variant.

    Args:
        results: the experiment's folder.
        expected: the experiment's runs.
        queued: Slurm jobs of the experiment's directory, by rule and `variant_seed`.
    """
    return [
        status_of(results, expected, variant, seed, queued)
        for variant in expected.variants
        for seed in expected.seeds_of(variant)
    ]


def status_of(
    results: Path,
    expected: ExpectedRuns,
    variant: str,
    seed: int,
    queued: Mapping[tuple[str, str], QueuedJob],
) -> RunStatus:
    """The status of one run."""
    layout = Layout(results)
    run = layout.run(variant, seed)
    status = _with_progress(RunStatus(variant, seed, State.WAITING), run)
    return _from_jobs(status, run, queued) or _from_files(status, run, layout, expected)


def _from_jobs(
    status: RunStatus, run: RunLayout, queued: Mapping[tuple[str, str], QueuedJob]
) -> RunStatus | None:
    """The status of a run that a job works on, or is queued for; None for other runs."""
    try:
        owner = owner_of(run.owner)
    except OwnershipError as error:
        return replace(status, state=State.FAILED, reason=str(error))
    if owner is not None and owner.seems_alive:
        return replace(status, state=State.RUNNING, slurm_job=owner.slurm_job, node=owner.host)
    for step in STEPS:
        job = queued.get((step, f"{status.variant}_{status.seed}"))
        if job is not None:
            return replace(
                status,
                state=State.QUEUED,
                slurm_job=job.number,
                node=job.node,
                reason=job.reason,
            )
    return None


def _from_files(
    status: RunStatus, run: RunLayout, layout: Layout, expected: ExpectedRuns
) -> RunStatus:
    """The status of a run that no job works on."""
    variant, seed = status.variant, status.seed
    try:
        trained, evaluated = _fingerprints(run)
    except UserError as error:
        return replace(status, state=State.FAILED, reason=str(error))
    old_training = expected.is_outdated(variant, seed, trained)
    old_evaluation = expected.is_outdated(variant, seed, evaluated)
    if evaluated is not None and evaluated == trained and not old_evaluation:
        return RunStatus(variant, seed, State.DONE)
    if (failed := _with_error(status, run, layout)) is not None:
        return failed
    if run.checkpoint.exists() and not old_training:
        return replace(status, state=State.TRAINED)
    if run.state.exists():
        return replace(status, state=State.STOPPED)
    return replace(status, state=State.OUTDATED) if old_training or old_evaluation else status


def _fingerprints(run: RunLayout) -> tuple[str | None, str | None]:
    """Fingerprints in a run's run.json and eval.json; None for a missing file."""
    trained, evaluated = run.provenance, run.evaluation
    return (
        TrainingRecord.read(trained).fingerprint if trained.exists() else None,
        RunEvaluation.read(evaluated).run.fingerprint if evaluated.exists() else None,
    )


def _with_error(status: RunStatus, run: RunLayout, layout: Layout) -> RunStatus | None:
    """The status of a run whose last job ended with an error; None for other runs."""
    for step in reversed(STEPS):
        log = layout.log(run_job(step, status.variant, status.seed))
        error = error_in(log)
        # An error of the training is outdated once there are final weights.
        if error is not None and (step != "train" or not run.checkpoint.exists()):
            return replace(status, state=State.FAILED, reason=error, log=str(log))
    return None


def _with_progress(status: RunStatus, run: RunLayout) -> RunStatus:
    """The status with the progress in `metrics.jsonl`, if the file exists."""
    recorded = read_losses(run.state_metrics, RECENT_LINES)
    if not recorded:
        return status
    first, last = recorded[0], recorded[-1]
    steps, seconds = last.iteration - first.iteration, last.seconds - first.seconds
    return replace(
        status,
        iteration=last.iteration,
        iterations=last.iterations,
        loss=last.loss,
        seconds_left=(last.iterations - last.iteration) * seconds / steps if steps else None,
    )
