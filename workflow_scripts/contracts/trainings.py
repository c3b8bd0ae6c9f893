"""`run.json` and `metrics.jsonl`: record of a training, and its losses by iteration."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.files import read_json, write_json
from plain_commands.section import validate
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    FiniteFloat,
    TypeAdapter,
    ValidationError,
    field_validator,
)

from workflow_scripts.contracts.advice import trained_again
from workflow_scripts.contracts.tasks import Task


class TrainingRecord(BaseModel):
    """Content of a run.json.

    An evaluation needs the variant, seed, fingerprint and engine; an external trainer may leave out
    the rest.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    version: Literal[1] = Field(1, alias="schema")
    variant: str
    seed: int
    training_seed: int | None = None
    """Seed with the variant's offset."""
    initialisation_seed: int | None = None
    """Seed of the initial weights; None if the record has a single seed."""
    fingerprint: str
    engine: str | None = None
    settings: dict[str, Any]
    start: str | None = None
    """Time of the first start, ISO 8601."""
    end: str | None = None
    seconds: float | None = None
    """Time spent over all starts."""
    resumed_from: tuple[int, ...] = ()
    """Iterations at which the training was resumed."""
    iterations: int | None = None
    images_seen: int | None = None
    weights_sha256: str | None = None
    """SHA-256 of model_final.pth."""
    final_loss: dict[str, float] = Field(default_factory=dict)
    """Loss of the last step: `total`, and by term."""
    host: str | None = None
    world_size: int | None = None
    devices: tuple[str, ...] | None = None
    """Device of each worker."""
    micro_batch: int | None = None
    threads: int | None = None
    peak_memory_mib: tuple[dict[str, int], ...] = ()
    """Peak memory of each worker: `rss`, and on GPUs `gpu`."""
    versions: dict[str, str | None] | None = None
    git_commit: str | None = None

    @field_validator("settings")
    @classmethod
    def _names_the_engine(cls, settings: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(settings.get("engine"), str):
            raise ValueError("'engine' is missing in it")
        if settings.get("task", Task.MASKS) not in list(Task):
            raise ValueError(f"'task' is {settings['task']!r}, not one of {', '.join(Task)}")
        return settings

    @property
    def task(self) -> Task:
        """Task that the model learned; masks for trainings of earlier versions."""
        return Task(self.settings.get("task", Task.MASKS))

    @property
    def initial_seed(self) -> int | None:
        """Seed of the initial weights; None if not recorded."""
        known = self.initialisation_seed
        return self.training_seed if known is None else known

    def write(self, path: Path) -> None:
        """Write the file, atomically."""
        write_json(path, self.model_dump(mode="json", by_alias=True))

    @classmethod
    def read(cls, path: Path) -> "TrainingRecord":
        """Read the file.

        Raises:
            UserError: a missing file, invalid JSON, or one line per finding, each with its key.
        """
        record: TrainingRecord = validate(
            cls, read_json(path, trained_again(path.parent)), str(path)
        )
        return record


class ValidationScores(BaseModel):
    """Average precisions on the validation images at an iteration (fractions of 1).

    None without ground truth.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    mean_ap: float | None = Field(alias="mAP")
    AP50: float | None
    AP: dict[str, float | None]
    """By class."""


@dataclass(frozen=True)
class LossRecord:
    """Keys that every line of a metrics.jsonl has; further keys are for people."""

    iteration: int
    iterations: int
    """Iterations of the whole training."""
    loss: FiniteFloat
    seconds: FiniteFloat
    """Time spent on the run, over all starts."""

    def line(
        self,
        terms: Mapping[str, float],
        learning_rate: float,
        images_per_second: float,
        time: str,
        validation: ValidationScores | None = None,
    ) -> str:
        """The line of the file; `terms` are the parts of the loss, `time` is ISO 8601."""
        scores = {"validation": validation.model_dump(by_alias=True)} if validation else {}
        return json.dumps(
            {
                "iteration": self.iteration,
                "iterations": self.iterations,
                "loss": self.loss,
                **terms,
                **scores,
                "learning_rate": learning_rate,
                "images_per_second": images_per_second,
                "seconds": self.seconds,
                "time": time,
            }
        )


def read_losses(path: Path, last: int | None = None) -> list[LossRecord]:
    """The lines of a metrics.jsonl; empty if there is no file.

    Damaged lines are skipped and counted in a warning. The last line may be incomplete: the file is
    growing, or its writer was killed.

    Args:
        path: the file.
        last: number of lines to read from the end; None for all.
    """
    return [record for record, _ in read_loss_lines(path, last)]


def read_loss_lines(path: Path, last: int | None = None) -> list[tuple[LossRecord, str]]:
    """Like `read_losses`, each record with its line."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    found, damaged = [], 0
    for number, line in enumerate(lines, start=1):
        try:
            record = _LOSSES.validate_json(line)
        except ValidationError:
            damaged += number < len(lines)
        else:
            found.append((record, line))
    if damaged:
        log.warning("%s: skipped %s", path, counted(damaged, "damaged line"))
    return found if last is None else found[-last:]


_LOSSES = TypeAdapter(LossRecord)
