"""The training job that the command passes to its workers, and its outcome."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from plain_commands.files import canonical_json, read_json, sha256_of, write_json

from workflow_scripts.contracts.run_layout import RunLayout
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.training.engine import EngineSettings, Recipe


@dataclass(frozen=True)
class Validation:
    """Validation images for tests during training."""

    every: int
    """Number of iterations between tests."""
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
    """Offset added to the seed for training; not 0 in an A/A control."""
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
    """Unix time in seconds at which to save and stop; None for no limit."""
    micro_batch: int | None = None
    """Maximum number of a worker's images in one forward pass; None for all."""
    validation: Validation | None = None
    """Tests during training; None for none."""
    other_initialisation: int | None = None
    """Seed of the initial weights; None for that of the training."""
    silent_minutes: float | None = None
    """Time without output after which a user's program counts as hanging; None for no limit."""

    @cached_property
    def recipe(self) -> Recipe:
        """Numbers of the recipe."""
        return self.settings.recipe()

    @property
    def identity(self) -> str:
        """Hash that a saved state must match to be resumed. It does not cover the hardware."""
        # A single number if both seeds agree, so that identities of earlier versions stay valid.
        seeds = dict.fromkeys((self.training_seed, self.initialisation_seed))
        return sha256_of(canonical_json([self.fingerprint, self.variant, *seeds]))

    @property
    def training_seed(self) -> int:
        """Seed of all randomness except, possibly, the initial weights."""
        return self.seed + self.seed_offset

    @property
    def initialisation_seed(self) -> int:
        """Seed of the random initial weights."""
        other = self.other_initialisation
        return self.training_seed if other is None else other

    @property
    def readers(self) -> int:
        """Number of reader processes per worker.

        None on CPU, where the cores are busy with the model.
        """
        return max(1, min(8, self.threads // self.workers)) if self.gpus else 0

    @property
    def reading_processes(self) -> int:
        """Number of processes that read images: the readers of all workers, or the workers."""
        return self.workers * max(1, self.readers)

    @property
    def files(self) -> RunLayout:
        """Files of the run's results."""
        return RunLayout(self.output)

    @property
    def checkpoints(self) -> Path:
        """Folder of all non-results: the state for resuming, and the launcher's files."""
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
        """`metrics.jsonl` while it grows; it becomes a result when the training ends."""
        return self.files.state_metrics

    @property
    def launch(self) -> Path:
        """Folder of the launcher's files and the workers' logs."""
        return self.files.launch

    def log_of(self, rank: int) -> Path:
        """Log of one worker."""
        return self.launch / f"rank_{rank}.log"


@dataclass(frozen=True)
class Rendezvous:
    """Folder on a local disk where the command and its workers connect.

    The connection needs locks and pipes, which network file systems may lack.
    """

    folder: Path

    @property
    def heartbeat(self) -> Path:
        """Pipe whose writing end the command holds open: workers stop when the command is gone."""
        return self.folder / "heartbeat"

    @property
    def process_group(self) -> Path:
        """Rendezvous file of torch's process group."""
        return self.folder / "process_group"

    def outcome(self, rank: int) -> Path:
        """Outcome of a worker. The disk of the results may be full when it ends."""
        return self.folder / f"outcome_{rank}.json"


class Ending(StrEnum):
    """Outcome of a training, or of a worker's part in it."""

    DONE = "done"
    SAVED = "saved"
    """Stopped early on request, with the state saved."""
    FAILED = "failed"
    """Stopped by an error that the user can correct."""
    CRASHED = "crashed"
    """Stopped by a bug, lack of memory, or the loss of another worker."""


@dataclass(frozen=True)
class TrainingOutcome:
    """Outcome of a worker, for the command to report."""

    ending: Ending
    message: str
    """Message to the user; a traceback after a crash."""

    def write(self, file: Path) -> None:
        """Write the outcome, for `read`."""
        write_json(file, asdict(self))

    @classmethod
    def read(cls, file: Path) -> "TrainingOutcome":
        """The outcome in a file."""
        found = read_json(file)
        return cls(Ending(found["ending"]), found["message"])
