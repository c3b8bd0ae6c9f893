"""`training check`: what a training needs, before a GPU is asked for."""

from workflow_scripts.common.cli import Settings
from workflow_scripts.common.console import log
from workflow_scripts.contracts.settings.training import Training
from workflow_scripts.training.recipe import recipe_of
from workflow_scripts.training.weights import initial_weights


def check(*, settings: Settings[Training]) -> None:
    """Check the recipe, and the weights to start from; download those that may be."""
    recipe = recipe_of(settings)
    log.info("%d iterations of %d images", recipe.iterations, recipe.images_per_step)
    log.info("training starts from %s", initial_weights(settings) or "random weights")
