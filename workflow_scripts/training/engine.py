"""Protocol of an engine, the framework that trains: its section of the config, and its models.

An engine is one module (or package) in `engines/`: a subclass of `EngineSettings`, whose tag
`engine` is what the config calls it, and a class that follows `Engine`. The modules in `engines/`
are imported while Snakemake plans, so they import their framework inside functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, Self

from invariant_mask_rcnn.loss_term import LossTerm
from plain_commands.errors import UserError
from plain_commands.section import Section
from pydantic import Field, model_validator

from workflow_scripts.contracts.tasks import Task

if TYPE_CHECKING:
    import numpy as np
    from invariant_mask_rcnn.samples import LabelledImage, TrainingSample
    from torch import Tensor, nn
    from torch.optim import Optimizer

    from workflow_scripts.contracts.settings import Evaluation


@dataclass(frozen=True)
class Recipe:
    """Numbers that the training loop needs from any engine."""

    iterations: int
    """Optimizer steps."""
    images_per_step: int
    """Batch size over all workers."""
    deterministic: bool = False
    """Whether only algorithms that repeat bit for bit are used, on GPUs too."""
    warmup: int = 0
    """Steps until the learning rate reaches its full value."""
    rate_drops: tuple[int, ...] = ()
    """Steps at which the learning rate drops."""

    @property
    def remarks(self) -> list[str]:
        """Parts of the schedule without effect in so few iterations."""
        remarks = [
            f"the learning rate does not drop at {step}: training ends at {self.iterations}"
            for step in self.rate_drops
            if step >= self.iterations
        ]
        if self.warmup >= self.iterations:
            remarks.append(
                f"the learning rate never reaches its full value: warm-up takes {self.warmup} of "
                f"{self.iterations} iterations"
            )
        return remarks


class EngineSettings(Section):
    """Section `training:` of the config. Subclasses narrow `engine` to a `Literal` name."""

    engine: str
    """The framework that trains."""
    speed: Literal["exact", "fast"] = "exact"
    """`exact` computes in float32 and gives detectron2's numbers. `fast` computes in half
    precision, compiles the backbone, and chooses algorithms by timing; `python -m workflow_scripts
    speed verify` shows whether its models are equivalent."""
    task: Task = Task.MASKS
    """What models learn: masks or boxes. Set by the key `task` at the top of a config."""

    initialisation_seeds: int | None = Field(None, ge=2, le=10_000, exclude=True)
    """Number of seeds for random initial weights: the run of seed s takes those of seed 1 + (s - 1)
    mod initialisation_seeds, and everything else that is random (the order of the images,
    augmentation, sampling) from its own seed. The variance of the runs then splits into
    initialisation and the rest (docs/variance.md). null: each run has its own initial weights."""

    conda_environment: ClassVar[str] = "workflow"
    """Name of the conda environment of the training jobs: envs/<name>.yaml."""
    training_code: ClassVar[tuple[str, ...]] = ("workflow_scripts.training.loop",)
    """Modules that a training depends on besides the engine's."""
    prediction_code: ClassVar[tuple[str, ...]] = ("workflow_scripts.training.predictor",)
    """Modules that predictions depend on besides the engine's."""

    @model_validator(mode="before")
    @classmethod
    def _precision_is_part_of_the_speed(cls, content: Any) -> Any:
        if isinstance(content, dict) and "mixed_precision" in content:
            raise ValueError(
                "mixed_precision: no longer supported; set speed: fast, which computes in half "
                "precision, or speed: exact for float32"
            )
        return content

    @model_validator(mode="after")
    def _fast_is_not_deterministic(self) -> Self:
        if self.is_fast and getattr(self, "deterministic", False):
            raise ValueError(
                "deterministic: true, but speed: fast chooses algorithms by timing; set "
                "deterministic: false, or speed: exact"
            )
        return self

    @property
    def learns_masks(self) -> bool:
        """Whether models learn masks in addition to boxes."""
        return self.task is Task.MASKS

    @property
    def is_fast(self) -> bool:
        """Whether results may differ in their last digits for speed."""
        return self.speed == "fast"

    @property
    def conda_file(self) -> Path | None:
        """The user's conda file for the training jobs; None for this project's."""
        return None

    def for_training(self) -> Self:
        """The settings without those for predictions only."""
        return self

    def shortened(self, iterations: int) -> Self:
        """The settings with another number of iterations and the same relative schedule.

        Raises:
            UserError: the engine's trainings have a fixed length.
        """
        raise UserError(
            f"--iterations: trainings of engine {self.engine} have a fixed length; remove it"
        )

    def check_early(self) -> None:
        """Checks made when the jobs are planned, without importing the framework.

        Raises:
            UserError: a setting cannot work.
        """

    def further_dependencies(self) -> dict[str, Any]:
        """Inputs of a training besides the settings, the code and the locked packages."""
        return {}

    def prediction_dependencies(self) -> dict[str, Any]:
        """Inputs of predictions besides the run, the settings and the code."""
        return {}

    def recipe(self) -> Recipe:
        """Numbers of the training.

        Raises:
            UserError: the framework is missing, or does not accept the settings.
        """
        raise NotImplementedError

    def initial_weights(self) -> Path | None:
        """Checked file of the initial weights; None for random weights.

        Raises:
            UserError: the file is missing, cannot be downloaded, or has another sha256.
        """
        raise NotImplementedError

    def make_engine(self, classes: int, config: str | None = None) -> Engine:
        """The engine of these settings.

        Args:
            classes: number of classes without background.
            config: `Engine.config` of the training that produced the model; None to derive it from
                the settings.

        Raises:
            UserError: the framework is missing, or does not accept the settings.
        """
        raise NotImplementedError


@dataclass(frozen=True)
class OptimizerAndSchedule:
    """Optimizer of a model, and its learning rate schedule."""

    optimizer: Optimizer
    """Optimizer with the base learning rates."""
    factor: Callable[[int], float]
    """Factor on all base learning rates at an iteration, from 0 on."""
    gradient_clip: float | None = None
    """Maximum norm of the whole gradient; None if unlimited or clipped by the optimizer itself."""


@dataclass(frozen=True)
class Detections:
    """Instances that a model found in one image, by descending score."""

    boxes: np.ndarray
    """(n, 4) float32, xyxy, pixels of the image as it was given."""
    scores: np.ndarray
    """(n,) float32 in [0, 1]."""
    labels: np.ndarray
    """(n,) int64, from 1 on: position in the classes."""
    masks: np.ndarray | None = None
    """(n, m, m) float32 in [0, 1]: probability within the box; None from a model without masks."""


class Engine(Protocol):
    """Models of a framework. The loop, the data and the checkpoints are shared by all engines."""

    counts_are_images: bool
    """Whether the count of each `LossTerm` is the number of images. Otherwise the counts are known
    only after the forward pass, and a step in micro-batches needs an additional forward pass. Read
    after the model is made, since it may depend on the model."""

    against_divergence: str
    """Advice if the training diverges: the settings to change."""

    @property
    def config(self) -> str | None:
        """The framework's own resolved config; None if it has none."""

    def initial_model(self, weights: Path | None) -> nn.Module:
        """A model to train, on CPU, in training mode.

        Random weights come from torch's global generator, which the caller has seeded.

        Args:
            weights: result of `EngineSettings.initial_weights`.

        Raises:
            UserError: the file does not fit the model.
        """

    def trained_model(self, state: dict[str, Tensor], evaluation: Evaluation) -> nn.Module:
        """A model with trained weights, on CPU, in evaluation mode, ready for `detect`."""

    def augmentation(self) -> Callable[[LabelledImage, np.random.Generator], LabelledImage]:
        """Random change of a training image. It can be pickled, and draws from its generator."""

    def resizing(self, evaluation: Evaluation) -> Callable[[LabelledImage], LabelledImage]:
        """Transform that resizes an image with its instances to the test size."""

    def optimizer(self, model: nn.Module) -> OptimizerAndSchedule:
        """Optimizer and schedule of a model."""

    def loss_module(self, model: nn.Module) -> nn.Module:
        """The module that `losses` calls: the model, or a wrapper that shares its parameters."""

    def losses(self, module: nn.Module, samples: Sequence[TrainingSample]) -> dict[str, LossTerm]:
        """Loss terms by name for some of a step's images.

        Args:
            module: result of `loss_module`, possibly inside `DistributedDataParallel`.
            samples: on the model's device.
        """

    def detect(self, model: nn.Module, images: Sequence[np.ndarray]) -> list[Detections]:
        """Instances in images, each (height, width, 3) uint8 RGB of any size."""
