"""Files of weights: the state that an interrupted run resumes from, and the trained model."""

import pickle
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import atomic
from workflow_scripts.common.section import validate
from workflow_scripts.training.job import TrainingJob
from workflow_scripts.training.settings import Training


@dataclass
class Progress:
    """Progress of a run over all its starts."""

    iteration: int = 0
    """Number of steps done."""
    seconds: float = 0.0
    """Time spent on them."""
    first_start: str | None = None
    """Time of the first start, ISO 8601."""
    resumed_from: list[int] = field(default_factory=list)
    """Iterations at which the run was resumed."""


@dataclass(frozen=True)
class SavedState:
    """State of an unfinished run: plain data and tensors by name."""

    progress: Progress
    model: dict[str, Any]
    optimizer: dict[str, Any]


def save_state(job: TrainingJob, state: SavedState) -> None:
    """Write the state, atomically; the previous one is kept beside it."""
    content = {
        "identity": job.identity,
        "progress": asdict(state.progress),
        "model": state.model,
        # The key of earlier versions, whose states remain usable.
        "optimisation": state.optimizer,
    }
    with atomic(job.state) as temporary:
        torch.save(content, temporary)
        if job.state.is_file():
            job.state.replace(job.previous_state)


def read_state(job: TrainingJob) -> SavedState | None:
    """The newest undamaged state of this very run; None if there is none.

    A state of other settings, data or code, or a damaged one, is ignored with a message.
    """
    found = [path for path in (job.state, job.previous_state) if path.is_file()]
    for path in found:
        state = _read(path, job.identity)
        if state is not None:
            return state
    if found:
        log.warning("%s: no state to resume from; starting from the beginning", job.checkpoints)
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


@dataclass(frozen=True)
class TrainedModel:
    """`model_final.pth`: what `predict` needs, and its origin. Plain data and tensors on disk."""

    settings: Training
    classes: tuple[str, ...]
    variant: str
    seed: int
    fingerprint: str
    iterations: int
    model: dict[str, torch.Tensor]
    """Weights by name, on CPU."""
    config: str | None = None
    """`Engine.config`."""

    def write(self, path: Path) -> None:
        """Write `model_final.pth`, atomically."""
        content = {**vars(self), "settings": self.settings.model_dump(mode="json")}
        with atomic(path) as temporary:
            torch.save({"schema": 1, **content, "classes": list(self.classes)}, temporary)

    @classmethod
    def read(cls, path: Path) -> "TrainedModel":
        """Read `model_final.pth`.

        Raises:
            UserError: the file is missing, or is something else.
        """
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            schema = content.pop("schema")
        except FileNotFoundError:
            raise UserError(f"{path}: no such file") from None
        except Exception as error:  # torch.load raises many types, depending on the file
            raise UserError(f"{path}: not a trained model of this project ({error})") from None
        if schema != 1:
            raise UserError(f"{path}: written by another version (schema {schema}); train again")
        settings = validate(Training, content.pop("settings"), str(path))
        return cls(settings=settings, classes=tuple(content.pop("classes")), **content)
