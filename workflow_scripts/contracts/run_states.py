"""How far each run of an experiment is, from the files that its jobs leave."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from workflow_scripts.common.ownership import owner_of
from workflow_scripts.contracts.runs import ExpectedRuns

RECENT_LINES = 20
"""Of metrics.jsonl, over which the speed is taken."""
STEPS = "train", "predict", "evaluate"
"""The jobs of a run, in their order; each has a log by this name."""
_TIME = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ")


class State(StrEnum):
    """How far a run is."""

    DONE = "done"
    """Evaluated."""
    TRAINED = "trained"
    """Its prediction or its evaluation is still to come."""
    RUNNING = "running"
    """A training works on it."""
    QUEUED = "queued"
    """A job for it waits in Slurm, or has just begun."""
    STOPPED = "stopped"
    """Its training ended early; the next job goes on from what was saved."""
    FAILED = "failed"
    """A job of it ended with an error."""
    WAITING = "waiting"
    """Nothing has happened yet."""


@dataclass(frozen=True)
class QueuedJob:
    """A job that waits or runs."""

    number: str
    state: str
    """Slurm's name of it, such as PENDING."""
    reason: str | None
    """Why it waits; None while it runs."""
    node: str | None


@dataclass(frozen=True)
class RunStatus:
    """How far one run is. What is not known is None."""

    variant: str
    seed: int
    state: State
    iteration: int | None = None
    """Steps done."""
    iterations: int | None = None
    """Steps in all."""
    loss: float | None = None
    """Of the last step that was noted."""
    seconds_left: float | None = None
    slurm_job: str | None = None
    node: str | None = None
    reason: str | None = None
    """Why a job waits, or the last line of the error."""
    log: str | None = None


def statuses(
    results: Path, expected: ExpectedRuns, queued: Mapping[tuple[str, str], QueuedJob]
) -> list[RunStatus]:
    """Every run, variant by variant.

    Args:
        results: the experiment's folder.
        expected: its runs.
        queued: Slurm's jobs that work in the experiment's directory, by rule and `variant_seed`.
    """
    return [
        status_of(results, variant, seed, queued)
        for variant in expected.variants
        for seed in expected.seeds_of(variant)
    ]


def status_of(
    results: Path,
    variant: str,
    seed: int,
    queued: Mapping[tuple[str, str], QueuedJob],
) -> RunStatus:
    """One run."""
    folder = results / "runs" / variant / f"seed~{seed}"
    if (folder / "eval.json").exists():
        return RunStatus(variant, seed, State.DONE)
    progress = _progress(folder)
    owner = owner_of(folder / "checkpoints/owner.json")
    if owner is not None and owner.seems_alive:
        found = {"state": State.RUNNING, "slurm_job": owner.slurm_job, "node": owner.host}
    else:
        found = _in_the_queue(variant, seed, queued) or _from_logs(results, variant, seed, folder)
    return RunStatus(variant, seed, **progress, **found)


def _in_the_queue(
    variant: str, seed: int, queued: Mapping[tuple[str, str], QueuedJob]
) -> dict[str, Any]:
    for step in STEPS:
        job = queued.get((step, f"{variant}_{seed}"))
        if job is not None:
            place = {"slurm_job": job.number, "node": job.node, "reason": job.reason}
            return {"state": State.QUEUED, **place}
    return {}


def _from_logs(results: Path, variant: str, seed: int, folder: Path) -> dict[str, Any]:
    trained = (folder / "model_final.pth").exists()
    for step in reversed(STEPS):
        log = results / "logs" / step / variant / f"seed~{seed}.log"
        error = _error_in(log)
        # What a training said is old once there are weights.
        if error is not None and (step != "train" or not trained):
            return {"state": State.FAILED, "reason": error, "log": str(log)}
    if trained:
        return {"state": State.TRAINED}
    stopped = (folder / "checkpoints").exists()
    return {"state": State.STOPPED if stopped else State.WAITING}


def _progress(folder: Path) -> dict[str, float | int]:
    """What the growing `metrics.jsonl` says; empty where there is none yet."""
    file = folder / "checkpoints/metrics.jsonl"
    try:
        lines = file.read_text(encoding="utf-8").splitlines()[-RECENT_LINES:]
    except OSError:
        return {}
    noted = []
    for line in lines:
        try:
            noted.append(json.loads(line))
        except ValueError:  # is being written
            break
    if not noted:
        return {}
    first, last = noted[0], noted[-1]
    progress = {key: last[key] for key in ("iteration", "iterations", "loss")}
    steps, seconds = last["iteration"] - first["iteration"], last["seconds"] - first["seconds"]
    if steps:
        progress["seconds_left"] = (last["iterations"] - last["iteration"]) * seconds / steps
    return progress


def _error_in(log: Path) -> str | None:
    """The last line of the error that a job's log ends with; None if it does not end with one."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    lines = [_TIME.sub("", line) for line in lines if line.strip()]
    if any(line.startswith("Traceback ") for line in lines):
        return lines[-1]
    if lines and lines[-1].startswith("error: "):
        return lines[-1].removeprefix("error: ")
    return None
