"""The training job that the command hands to its workers, and how it ended."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from plain_commands.files import canonical_json, sha256_of

from workflow_scripts.contracts.run_layout import RunLayout
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.training.engine import EngineSettings, Recipe


@dataclass(frozen=True)
class Validation:
    """Images to test on while a model trains."""

    every: int
    """Number of iterations from one test to the next."""
    settings: Evaluation
    annotations: Path
    """COCO annotations of the validation split."""
    images: Path
    """Folder that the split's file names are relative to."""


@dataclass(frozen=True)
class TrainingJob:
    """One run, and its resources on this machine."""

    settings: EngineSettings
    annotations: Path
    """COCO annotations of the training split."""
    images: Path
    """Folder that the split's file names are relative to."""
    anonymized: Path | None
    """Folder of the variant, with `manifest.parquet`; None for the original images."""
    variant: str
    seed: int
    """Seed in the names of the run's folder and results."""
    seed_offset: int
    """Added to the seed for the training; not 0 in an A/A control."""
    fingerprint: str
    """Hash of everything that determines the result."""
    output: Path
    """Folder of the run's results."""
    workers: int
    """Number of processes; each takes its share of a step's images."""
    gpus: tuple[str, ...]
    """CUDA devices, one per worker; empty on CPU."""
    threads: int
    """CPU threads of all workers together."""
    checkpoint_seconds: float
    """Interval at which the state for resuming is saved."""
    stop_at: float | None = None
    """Unix time (seconds) at which to save and stop; None for no limit."""
    micro_batch: int | None = None
    """Maximum number of a worker's images in one forward pass; None for all."""
    validation: Validation | None = None
    """What to test on while the model trains; None not to."""
    other_initialisation: int | None = None
    """Seed of the initial weights; None for that of the training."""
    silent_minutes: float | None = None
    """Time without output after which a program of the user hangs; None for no limit."""

    @cached_property
    def recipe(self) -> Recipe:
        """Numbers of the recipe."""
        return self.settings.recipe()

    @property
    def identity(self) -> str:
        """Hash that a saved state must match to be resumed. The hardware is no part of it."""
        # One where they agree, as a run of a single seed always had it.
        seeds = dict.fromkeys((self.training_seed, self.initialisation_seed))
        return sha256_of(canonical_json([self.fingerprint, self.variant, *seeds]))

    @property
    def training_seed(self) -> int:
        """Seed of everything that is random but, possibly, the initial weights."""
        return self.seed + self.seed_offset

    @property
    def initialisation_seed(self) -> int:
        """Seed of the initial weights, as far as they are random."""
        other = self.other_initialisation
        return self.training_seed if other is None else other

    @property
    def readers(self) -> int:
        """Number of processes that read ahead for each worker.

        None on CPU, where the cores are busy with the model.
        """
        return max(1, min(8, self.threads // self.workers)) if self.gpus else 0

    @property
    def files(self) -> RunLayout:
        """Files of the run's results."""
        return RunLayout(self.output)

    @property
    def checkpoints(self) -> Path:
        """Folder of everything that is not a result: state for resuming, the launcher's files."""
        return self.files.state

    @property
    def state(self) -> Path:
        """State for resuming."""
        return self.files.saved_state

    @property
    def previous_state(self) -> Path:
        """Previous state, in case the newest is damaged."""
        return self.checkpoints / "state.previous.pth"

    @property
    def live_metrics(self) -> Path:
        """`metrics.jsonl` while it grows; it becomes a result when the training has ended."""
        return self.files.state_metrics

    @property
    def launch(self) -> Path:
        """Folder of the launcher's files and the workers' logs."""
        return self.checkpoints / "launch"

    def log_of(self, rank: int) -> Path:
        """Log of one worker."""
        return self.launch / f"rank_{rank}.log"


@dataclass(frozen=True)
class Rendezvous:
    """Folder on this machine's own disk where the command and its workers find each other.

    Network file systems may lack locks and pipes, which are needed here.
    """

    folder: Path

    @property
    def heartbeat(self) -> Path:
        """Pipe whose writing end the command holds: workers stop when the command is gone."""
        return self.folder / "heartbeat"

    @property
    def process_group(self) -> Path:
        """File by which torch forms the process group."""
        return self.folder / "process_group"


class Ending(StrEnum):
    """End of a training, or of a worker's part in it."""

    DONE = "done"
    SAVED = "saved"
    """Stopped before the end on request; the state is saved."""
    FAILED = "failed"
    """Stopped by an error that the user can correct."""
    CRASHED = "crashed"
    """Stopped by a bug, a lack of memory, or the end of another worker."""


@dataclass(frozen=True)
class TrainingOutcome:
    """End of a worker, for the command to report."""

    ending: Ending
    message: str
    """Message to the user; a traceback after a crash."""
