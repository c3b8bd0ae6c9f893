"""What a training framework has to offer; one file a framework, named as the config names it."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from torch import Tensor, nn

from workflow_scripts.config.evaluation import Evaluation
from workflow_scripts.config.training import Training
from workflow_scripts.training.data import Sample


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
    """A framework's models behind four functions. The loop, the data and the rest are shared."""

    def initial_model(self, settings: Training, classes: int, weights: Path | None) -> nn.Module:
        """A model to train, on CPU, in training mode.

        Random weights come from torch's global generator, which the caller has seeded.

        Args:
            settings: the recipe.
            classes: without the background.
            weights: a checked file to start from.

        Raises:
            UserError: the file does not fit the model.
        """

    def trained_model(
        self, settings: Training, classes: int, state: dict[str, Tensor], evaluation: Evaluation
    ) -> nn.Module:
        """A model with trained weights, on CPU, ready for `detect`."""

    def losses(self, model: nn.Module, samples: list[Sample]) -> dict[str, LossTerm]:
        """The parts of the loss on one worker's images.

        Args:
            model: from `initial_model`, possibly wrapped in `DistributedDataParallel`.
            samples: on the model's device.
        """

    def detect(self, model: nn.Module, image: np.ndarray) -> Detections:
        """Find the instances in an image, (height, width, 3) uint8 RGB of any size."""


def engine_named(name: str) -> Engine:
    """The engine that the config calls `name`: class `Engine` of the module of that name."""
    return importlib.import_module(f"{__name__}.{name}").Engine()
