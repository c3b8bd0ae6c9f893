"""`training check`: what a training needs, before a GPU is asked for."""

from workflow_scripts.common.cli import Settings
from workflow_scripts.common.console import log
from workflow_scripts.training.settings import Training


def check(*, settings: Settings[Training]) -> None:
    """Check the recipe, and the weights to start from; download those that may be."""
    recipe = settings.recipe()
    log.info("%d iterations of %d images", recipe.iterations, recipe.images_per_step)
    log.info("training starts from %s", settings.initial_weights() or "random weights")
