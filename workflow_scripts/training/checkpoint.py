"""The state for resuming an interrupted run."""

import pickle
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from workflow_scripts.console import log
from workflow_scripts.files import atomic
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
    """Write the state for resuming, in place of the one before, atomically."""
    content = {
        "identity": job.identity,
        "progress": asdict(state.progress),
        "model": state.model,
        "optimisation": state.optimisation,
    }
    with atomic(job.state) as temporary:
        torch.save(content, temporary)


def read_state(job: TrainingJob) -> SavedState | None:
    """The state that this very run was saved in; None if there is no such.

    A state of other settings, data or code, or a damaged one, is ignored with a message.
    """
    if not job.state.is_file():
        return None
    try:
        content = torch.load(job.state, map_location="cpu", weights_only=True)
        identity = content["identity"]
    except (RuntimeError, OSError, EOFError, KeyError, TypeError, pickle.UnpicklingError) as error:
        log.warning("%s: damaged (%s); starting from the beginning", job.state, error)
        return None
    if identity != job.identity:
        log.warning(
            "%s: saved by a run with other settings, data or code; starting from the beginning",
            job.state,
        )
        return None
    return SavedState(Progress(**content["progress"]), content["model"], content["optimisation"])
