"""What a training framework has to offer; one module a framework, named as the config names it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from torch import Tensor, nn
from torch.optim import Optimizer

from workflow_scripts.contracts.settings.evaluation import Evaluation
from workflow_scripts.contracts.settings.training import Training
from workflow_scripts.training.augment import Augment
from workflow_scripts.training.data import Sample
from workflow_scripts.training.recipe import engine_module


@dataclass(frozen=True)
class LossTerm:
    """One part of the loss as a sum over what it is averaged over.

    The training divides by the count over all workers, so that their number does not change the
    loss. An engine that can only give a worker's mean gives it as `total` and 1 as `count`.
    """

    total: Tensor
    """Scalar, differentiable."""
    count: int


@dataclass(frozen=True)
class Descent:
    """How the weights follow the gradient."""

    optimizer: Optimizer
    """With the rates that `factor` multiplies."""
    factor: Callable[[int], float]
    """Of all learning rates at a step (from 0 on)."""
    gradient_clip: float | None = None
    """Clip the norm of the whole gradient to this; an optimizer may clip by itself."""


@dataclass(frozen=True)
class Detections:
    """The instances that a model found in one image, best first."""

    boxes: np.ndarray
    """(n, 4) float32, xyxy, pixels of the image as it was given."""
    scores: np.ndarray
    """(n,) float32 in [0, 1]."""
    labels: np.ndarray
    """(n,) int64, from 1 on: position in the classes."""
    masks: np.ndarray
    """(n, m, m) float32 in [0, 1]: probability within the box."""


class Engine(Protocol):
    """A framework's models behind a few functions. The loop, the data and the rest are shared.

    Args:
        settings: the recipe.
        classes: without the background.
        config: what `config` was when a trained model was made; without it, from the settings.
    """

    counts_are_images: bool
    """Each `LossTerm` counts the images. Otherwise what the terms count is only known after the
    forward pass, and a step that is split needs one more of them."""

    against_divergence: str
    """Which settings to change when a training diverges."""

    def __init__(self, settings: Training, classes: int, config: str | None = None) -> None: ...

    @property
    def config(self) -> str | None:
        """The framework's own config with all that follows from the settings; None without one."""

    def initial_model(self, weights: Path | None) -> nn.Module:
        """A model to train, on CPU, in training mode.

        Random weights come from torch's global generator, which the caller has seeded.

        Args:
            weights: a checked file to start from.

        Raises:
            UserError: the file does not fit the model.
        """

    def trained_model(self, state: dict[str, Tensor], evaluation: Evaluation) -> nn.Module:
        """A model with trained weights, on CPU, ready for `detect`."""

    def augment(self) -> Augment:
        """What happens to a training image before the model sees it."""

    def descent(self, model: nn.Module) -> Descent:
        """The optimizer of a model, and its schedule."""

    def learner(self, model: nn.Module) -> nn.Module:
        """What `losses` calls: the model, or a module around it."""

    def losses(self, learner: nn.Module, samples: list[Sample]) -> dict[str, LossTerm]:
        """The parts of the loss on some of a step's images.

        Args:
            learner: possibly wrapped in `DistributedDataParallel`.
            samples: on the model's device.
        """

    def detect(self, model: nn.Module, images: list[np.ndarray]) -> list[Detections]:
        """Find the instances in images, each (height, width, 3) uint8 RGB of any size."""


def engine_for(settings: Training, classes: int, config: str | None = None) -> Engine:
    """The engine of some settings: class `Engine` of the module with the engine's name."""
    return engine_module(settings.engine).Engine(settings, classes, config)
