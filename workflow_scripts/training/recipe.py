"""The numbers of a recipe that the loop has to know, whatever engine trains."""

import importlib
from dataclasses import dataclass
from types import ModuleType

from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.settings.training import TorchvisionTraining, Training
from workflow_scripts.training.detectron2_files import HOW_TO_INSTALL, installed


@dataclass(frozen=True)
class Recipe:
    """How long a training is, and how it computes."""

    iterations: int
    """Optimizer steps."""
    images_per_step: int
    """Images a step over all workers."""
    mixed_precision: bool
    """Autocast on GPUs."""
    deterministic: bool
    """Algorithms that repeat bit for bit on GPUs too."""


def recipe_of(settings: Training) -> Recipe:
    """The numbers of a training; found without importing torch where the settings hold them.

    Raises:
        UserError: the engine is not installed, or does not understand its settings.
    """
    if isinstance(settings, TorchvisionTraining):
        return Recipe(
            iterations=settings.iterations,
            images_per_step=settings.images_per_step,
            mixed_precision=settings.mixed_precision,
            # torchvision's RoIAlign would fall back to an implementation that needs many times
            # the memory.
            deterministic=False,
        )
    return engine_module(settings.engine).recipe_of(settings)


def engine_module(name: str) -> ModuleType:
    """The module of an engine; the frameworks are imported with it.

    Raises:
        UserError: the framework cannot be imported.
    """
    try:
        return importlib.import_module(f"workflow_scripts.training.engines.{name}")
    except ImportError as error:
        if not installed():
            raise UserError(HOW_TO_INSTALL) from None
        raise UserError(
            f"{name} is installed but cannot be imported ({error}); it has to be built for the "
            "installed torch, see docs/detectron2.md"
        ) from None
