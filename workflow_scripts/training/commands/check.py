"""`training check`: check what a training needs before a GPU is requested."""

from plain_commands.console import log
from plain_commands.counts import counted

from workflow_scripts.common.cli import Settings
from workflow_scripts.contracts.settings import CLASSES
from workflow_scripts.training.engines.command import CommandTraining
from workflow_scripts.training.programs.running import check_programs
from workflow_scripts.training.settings import Training


def check(*, settings: Settings[Training]) -> None:
    """Check the recipe and the initial weights, and load them; download public ones."""
    if isinstance(settings, CommandTraining):
        settings.check_early()
        check_programs(settings, "train", "predict")
        log.info("both programs exist")
        return
    recipe = settings.recipe()
    log.info(
        "%s of %s",
        counted(recipe.iterations, "iteration"),
        counted(recipe.images_per_step, "image"),
    )
    for remark in recipe.remarks:
        log.warning("%s", remark)
    weights = settings.initial_weights()
    if weights is not None:
        # The number of classes does not matter for the weights that are loaded.
        settings.make_engine(len(CLASSES)).initial_model(weights)
    log.info("training starts from %s", weights or "random weights")
