"""Files of weights: the state that an interrupted run resumes from, and the trained model."""

from pathlib import Path
from typing import Any, Literal, Self

import torch
from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import atomic, readable, sha256_of_file
from plain_commands.section import FilePart, validate
from pydantic import ConfigDict, Field, ValidationError
from torch import Tensor

from workflow_scripts.contracts.advice import trained_again
from workflow_scripts.contracts.run_layout import RunLayout
from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.training.engine import EngineSettings
from workflow_scripts.training.job import TrainingJob
from workflow_scripts.training.settings import Training
from workflow_scripts.training.weights import DamagedError, read_tensors


class OtherRunError(ValueError):
    """A saved state belongs to another run."""


class Progress(FilePart):
    """Progress of a run over all its starts."""

    model_config = ConfigDict(frozen=False, extra="forbid")

    iteration: int = 0
    """Number of steps done."""
    seconds: float = 0.0
    """Time spent."""
    first_start: str | None = None
    """Time of the first start, ISO 8601."""
    resumed_from: list[int] = Field(default_factory=list)
    """Iterations at which the run was resumed."""


class SavedState(FilePart):
    """State of an unfinished run: plain data and tensors by name."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    identity: str
    """`TrainingJob.identity`."""
    progress: Progress
    model: dict[str, Tensor]
    # Key used by earlier versions, whose states remain usable.
    optimisation: dict[str, Any]

    def write(self, job: TrainingJob) -> None:
        """Write the state, atomically, and keep the previous one beside it."""
        content = {**vars(self), "progress": vars(self.progress)}
        with atomic(job.state) as temporary:
            write_tensors(temporary, content)
            if job.state.is_file():
                job.state.replace(job.previous_state)

    @classmethod
    def of(cls, job: TrainingJob, path: Path) -> Self:
        """Read the state of this run.

        Raises:
            DamagedError: the file is damaged or malformed.
            OtherRunError: the state belongs to another run.
        """
        state = _parsed(cls, read_tensors(path))
        if state.identity != job.identity:
            raise OtherRunError("saved by a run with other settings, data or code")
        return state


class TrainedModel(FilePart):
    """`model_final.pth`: a trained model and its origin, as plain data and tensors."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    version: Literal[1] = Field(1, alias="schema")
    settings: EngineSettings
    classes: tuple[str, ...]
    variant: str
    seed: int
    fingerprint: str
    iterations: int
    model: dict[str, Tensor]
    """Weights by name, on CPU."""
    config: str | None = None
    """`Engine.config`."""

    def write(self, path: Path) -> None:
        """Write the file, not atomically; see `atomic`."""
        content = {name: value for name, value in vars(self).items() if name != "version"}
        content |= {"settings": self.settings.model_dump(mode="json"), "schema": self.version}
        write_tensors(path, {**content, "classes": list(self.classes)})

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a model, and compare its SHA-256 with the `run.json` beside it.

        Raises:
            UserError: the file is missing, damaged or malformed.
        """
        if not path.is_file():
            raise UserError(f"{path}: no such file")
        record = RunLayout(path.parent).provenance
        expected = TrainingRecord.read(record).weights_sha256 if record.is_file() else None
        if expected is None:
            log.warning(
                "%s: not compared with a sha256, since no run.json beside it states one", path
            )
        elif (found := sha256_of_file(path)) != expected:
            raise UserError(
                f"{path}: its sha256 is {found}, but {record} states {expected}; it is damaged or "
                f"from another run; {trained_again(path.parent)}"
            )
        try:
            with readable(path):
                content = read_tensors(path)
            if isinstance(content, dict) and "settings" in content:
                given = {key: content["settings"][key] for key in content["settings"]}
                given.pop("mixed_precision", None)  # models of earlier versions
                settings = validate(Training, given, f"{path}: settings")
                content = {**content, "settings": settings}
            return _parsed(cls, content)
        except DamagedError as error:
            raise UserError(
                f"{path}: not a trained model of this project ({error}); "
                f"{trained_again(path.parent)}"
            ) from None


def _parsed(kind: Any, content: Any) -> Any:
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(map(str, first["loc"])) or "content"
        raise DamagedError(f"{key}: {first['msg']}") from None


def write_tensors(path: Path, content: Any) -> None:
    """Write tensors and plain data by `torch.save`.

    Raises:
        OSError: the file cannot be written; torch's own message would be unclear.
    """
    with path.open("wb") as stream:
        try:
            torch.save(content, stream)
        except RuntimeError as error:
            if isinstance(error.__context__, OSError):
                raise error.__context__ from None
            raise
