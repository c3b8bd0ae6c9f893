"""detectron2's own config of a training, changed by the settings and the data set."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from torch import nn
from torch.optim import Optimizer

from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.training.engines.detectron2.installation import config_path
from workflow_scripts.training.engines.detectron2.lazy_config import LazyModelConfig
from workflow_scripts.training.engines.detectron2.settings import Detectron2Settings
from workflow_scripts.training.engines.detectron2.yaml_config import YamlModelConfig


class ModelConfig(Protocol):
    """A resolved config, one of detectron2's two kinds."""

    iterations: int
    images_per_step: int
    warmup: int
    rate_drops: tuple[int, ...]
    """As in `Recipe`."""
    image_format: str
    """`RGB` or `BGR`."""
    weights: str
    """Initial weights, as detectron2 names them; empty for random weights."""

    def text(self) -> str:
        """The config as YAML."""

    def model(self) -> nn.Module:
        """The model with random weights, on CPU."""

    def optimizer(self, model: nn.Module) -> Optimizer:
        """Optimizer of a model."""

    def factor(self, optimizer: Optimizer) -> Callable[[int], float]:
        """Schedule: factor on all learning rates at an iteration, from 0 on."""

    def augmentations(self) -> list[Any]:
        """Augmentations of training images, in order, as detectron2's `Augmentation`."""

    def set_limits(self, evaluation: Evaluation) -> None:
        """Set score threshold and number of detections for models made afterwards."""


def model_config_of(
    settings: Detectron2Settings, classes: int, stored: str | None = None
) -> ModelConfig:
    """Config named in the settings, with their changes.

    Args:
        settings: the recipe.
        classes: number of classes, without the background.
        stored: `ModelConfig.text` of an earlier training, used instead of the file.

    Raises:
        UserError: no such config, or an option does not fit it.
    """
    if Path(settings.config).suffix == ".py":
        # A LazyConfig is a program that its text cannot replace, so the file is read again.
        return LazyModelConfig.from_file(config_path(settings.config), settings, classes)
    if stored is not None:
        return YamlModelConfig.from_text(stored)
    return YamlModelConfig.from_file(config_path(settings.config), settings, classes)
