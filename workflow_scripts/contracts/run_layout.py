"""Paths of a run's files, each spelled once."""

from dataclasses import dataclass
from pathlib import Path

from workflow_scripts.contracts.settings import UNMODIFIED


@dataclass(frozen=True)
class RunLayout:
    """Files of one run, which is one variant with one seed."""

    folder: Path

    @property
    def checkpoint(self) -> Path:
        """Weights at the end of the training."""
        return self.folder / "model_final.pth"

    @property
    def metrics(self) -> Path:
        """Losses by iteration, written at the end."""
        return self.folder / "metrics.jsonl"

    @property
    def events(self) -> Path:
        """Folder of TensorBoard's event file, growing during training; not a declared output."""
        return self.folder / "tensorboard"

    @property
    def provenance(self) -> Path:
        """Origin of the run: settings, fingerprint, versions."""
        return self.folder / "run.json"

    @property
    def state(self) -> Path:
        """Folder of the state that an interrupted training resumes from; not a declared output."""
        return self.folder / "checkpoints"

    @property
    def saved_state(self) -> Path:
        """State that an interrupted training resumes from; each save replaces it."""
        return self.state / "state.pth"

    @property
    def state_metrics(self) -> Path:
        """Losses by iteration, growing while the training runs."""
        return self.state / "metrics.jsonl"

    @property
    def launch(self) -> Path:
        """Folder of the launcher's files and the workers' logs, in `state`."""
        return self.state / "launch"

    @property
    def owner(self) -> Path:
        """Owner file: the training process and its heartbeat."""
        return self.state / "owner.json"

    def test(self, tested: str = UNMODIFIED) -> "TestLayout":
        """Results on the validation images of a variant."""
        return TestLayout(self.folder / ("" if tested == UNMODIFIED else f"on~{tested}"))

    def further_test(self, name: str) -> "TestLayout":
        """Results on a further test set."""
        return TestLayout(self.folder / f"also~{name}")

    @property
    def evaluation(self) -> Path:
        """Evaluation on the unmodified validation images."""
        return self.test().evaluation


@dataclass(frozen=True)
class TestLayout:
    """Files of one run's test on one treatment of the validation images."""

    __test__ = False
    """Keeps pytest from collecting the class."""

    folder: Path

    @property
    def predictions(self) -> Path:
        """Predictions in COCO's results format."""
        return self.folder / "predictions.json.gz"

    @property
    def evaluation(self) -> Path:
        """Average precisions."""
        return self.folder / "eval.json"

    @property
    def matches(self) -> Path:
        """Matches of predictions and instances, image by image."""
        return self.folder / "matches.npz"


def run_in(runs: Path, variant: str, seed: int | str) -> RunLayout:
    """The files of a run below a folder of runs."""
    return RunLayout(runs / variant / f"seed~{seed}")


def group_of(seed: int, groups: int) -> int:
    """Group of a run, from 1, where runs are spread over twins or initialisations.

    It does not depend on the other runs.

    Args:
        seed: seed of the run.
        groups: number of groups.
    """
    return 1 + (seed - 1) % groups


def images_of_twin(variant: str, twin: int) -> str:
    """Name of a twin's images: the variant's for the first, else one that no variant can have."""
    return variant if twin == 1 else f"{variant}~{twin}"


def run_job(step: str, variant: str, seed: int | str, tested: str = UNMODIFIED) -> str:
    """Name of a run's job, such as `predict/natural/seed~3/on~blur`."""
    test = "" if tested == UNMODIFIED else f"/on~{tested}"
    return f"{step}/{variant}/seed~{seed}{test}"
