"""From the settings to one of detectron2's config files, with what the settings change in it."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from torch import nn
from torch.optim import Optimizer

from workflow_scripts.contracts.settings.evaluation import Evaluation
from workflow_scripts.contracts.settings.training import Detectron2Training
from workflow_scripts.training.detectron2_files import config_path
from workflow_scripts.training.engines.detectron2.lazy_file import LazyBlueprint
from workflow_scripts.training.engines.detectron2.yaml_file import YamlBlueprint


class Blueprint(Protocol):
    """A resolved config: everything that the settings and the data set say is in it."""

    iterations: int
    images_per_step: int
    image_format: str
    """`RGB` or `BGR`."""
    weights: str
    """What the training starts from, as detectron2 names it; empty for a random start."""

    def text(self) -> str:
        """It as YAML."""

    def model(self) -> nn.Module:
        """The model with random weights, on CPU."""

    def optimizer(self, model: nn.Module) -> Optimizer:
        """The optimizer of a model."""

    def factor(self, optimizer: Optimizer) -> Callable[[int], float]:
        """The schedule: the factor of all learning rates at a step, from 0 on."""

    def augmentations(self) -> list:
        """Of training images, detectron2's `Augmentation` each."""

    def set_limits(self, evaluation: Evaluation) -> None:
        """Let the models made from now on find as much as the evaluation wants."""


def blueprint_of(settings: Detectron2Training, classes: int) -> Blueprint:
    """The config that the settings name, with what they change.

    Raises:
        UserError: there is no such config, or an option does not fit it.
    """
    path = config_path(settings.config)
    kind = LazyBlueprint if is_lazy(path) else YamlBlueprint
    return kind.from_file(path, settings, classes)


def stored_blueprint(settings: Detectron2Training, classes: int, text: str) -> Blueprint:
    """The config that `text` was made from.

    A LazyConfig is a program: it is read from its file again.
    """
    if is_lazy(Path(settings.config)):
        return blueprint_of(settings, classes)
    return YamlBlueprint.from_text(text)


def is_lazy(path: Path) -> bool:
    """Whether a config file is a LazyConfig."""
    return path.suffix == ".py"
