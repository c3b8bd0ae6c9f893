"""What one training is: the order that the command hands to its workers."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from workflow_scripts.common.files import canonical_json, sha256_of
from workflow_scripts.contracts.settings.training import Training
from workflow_scripts.training.recipe import Recipe, recipe_of


@dataclass(frozen=True)
class TrainingJob:
    """One run, and the means that it is given on this machine."""

    settings: Training
    annotations: Path
    """The training split (COCO)."""
    images: Path
    """The folder that the split's file names are relative to."""
    anonymized: Path | None
    """The variant's folder with `manifest.parquet`; None trains on the images as they are."""
    variant: str
    seed: int
    """The run's, by which its folder and its results are named."""
    seed_offset: int
    """Is added to it for the training; not 0 in an A/A control."""
    fingerprint: str
    """Of everything that determines the result."""
    output: Path
    workers: int
    """Processes; each takes its share of a step's images."""
    gpus: tuple[str, ...]
    """CUDA devices, one a worker; empty on CPU."""
    threads: int
    """CPU threads of all workers together."""
    checkpoint_seconds: float
    """Save the state for resuming about this often."""
    stop_at: float | None = None
    """Unix time (seconds) at which to save and stop."""
    images_at_once: int | None = None
    """At most this many of a worker's images pass through the model together; None for all."""

    @cached_property
    def recipe(self) -> Recipe:
        """The numbers of the recipe."""
        return recipe_of(self.settings)

    @property
    def identity(self) -> str:
        """What a saved state has to match to be continued. The hardware is no part of it."""
        return sha256_of(canonical_json([self.fingerprint, self.variant, self.training_seed]))

    @property
    def training_seed(self) -> int:
        """What initialisation, sampling order and augmentation follow from."""
        return self.seed + self.seed_offset

    @property
    def readers(self) -> int:
        """Processes that read ahead for a worker, besides it.

        On CPU its cores are busy with the model; reading ahead would only take turns with it.
        """
        return max(1, min(8, self.threads // self.workers)) if self.gpus else 0

    @property
    def checkpoints(self) -> Path:
        """Everything that is not a result: the state for resuming, the launcher's files."""
        return self.output / "checkpoints"

    @property
    def state(self) -> Path:
        """The state for resuming."""
        return self.checkpoints / "state.pth"

    @property
    def previous_state(self) -> Path:
        """The one saved before, for the case that the newest is damaged."""
        return self.checkpoints / "state.previous.pth"

    @property
    def live_metrics(self) -> Path:
        """`metrics.jsonl` while it grows; it becomes a result when the training has ended."""
        return self.checkpoints / "metrics.jsonl"

    @property
    def launch(self) -> Path:
        """The launcher's files and the workers' logs."""
        return self.checkpoints / "launch"

    def log_of(self, rank: int) -> Path:
        """The messages of one worker."""
        return self.launch / f"rank_{rank}.log"


@dataclass(frozen=True)
class Meeting:
    """Where the command and its workers meet: a folder on this machine's own disk.

    Network file systems may lack what is needed here, locks and pipes.
    """

    folder: Path

    @property
    def tether(self) -> Path:
        """A pipe whose writing end the command holds: workers see by it that it still lives."""
        return self.folder / "tether"

    @property
    def rendezvous(self) -> Path:
        """The file by which the workers find each other."""
        return self.folder / "rendezvous"


class Ending(StrEnum):
    """How a training, or a worker's part in it, ended."""

    DONE = "done"
    SAVED = "saved"
    """Stopped before the end on request; the state is saved."""
    FAILED = "failed"
    """Stopped by something that the user can put right."""
    CRASHED = "crashed"
    """Stopped by a bug, a lack of memory, or the end of another worker."""


@dataclass(frozen=True)
class Outcome:
    """How a worker ended, for the command to report."""

    ending: Ending
    message: str
    """What to tell the user; a traceback after a crash."""
