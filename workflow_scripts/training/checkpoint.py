"""The state for resuming an interrupted run."""

import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from workflow_scripts.common.console import log
from workflow_scripts.common.files import atomic
from workflow_scripts.training.job import TrainingJob


@dataclass
class Progress:
    """How far a run is."""

    iteration: int = 0
    """Steps done."""
    seconds: float = 0.0
    """Spent on them, over all starts."""
    first_start: str | None = None
    """When the run was started first, ISO 8601."""
    resumed_from: list[int] = field(default_factory=list)
    """The iterations from which it went on after an interruption."""


@dataclass(frozen=True)
class SavedState:
    """A run in the middle: tensors by name, and how far it is."""

    progress: Progress
    model: dict[str, Any]
    optimisation: dict[str, Any]


def save_state(job: TrainingJob, state: SavedState) -> None:
    """Write the state for resuming, atomically; the one before is kept beside it."""
    content = {
        "identity": job.identity,
        "progress": asdict(state.progress),
        "model": state.model,
        "optimisation": state.optimisation,
    }
    with atomic(job.state) as temporary:
        torch.save(content, temporary)
        if job.state.is_file():
            job.state.replace(job.previous_state)


def read_state(job: TrainingJob) -> SavedState | None:
    """The last whole state that this very run was saved in; None if there is no such.

    A state of other settings, data or code, or a damaged one, is ignored with a message.
    """
    found = [path for path in (job.state, job.previous_state) if path.is_file()]
    for path in found:
        state = _read(path, job.identity)
        if state is not None:
            return state
    if found:
        log.warning("%s: no state to go on from; starting from the beginning", job.checkpoints)
    return None


def _read(path: Path, expected: str) -> SavedState | None:
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        identity = content["identity"]
    except (RuntimeError, OSError, EOFError, KeyError, TypeError, pickle.UnpicklingError) as error:
        log.warning("%s: damaged (%s)", path, " ".join(str(error).split())[:200])
        return None
    if identity != expected:
        log.warning("%s: saved by a run with other settings, data or code", path)
        return None
    return SavedState(Progress(**content["progress"]), content["model"], content["optimisation"])
