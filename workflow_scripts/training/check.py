"""`python -m workflow_scripts.training check`: what a training needs, before a GPU is asked for."""

import argparse
from collections.abc import Sequence

from workflow_scripts.common.cli import Command
from workflow_scripts.common.console import log
from workflow_scripts.contracts.settings.training import Training
from workflow_scripts.training.recipe import recipe_of
from workflow_scripts.training.weights import initial_weights


def main(argv: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    command = Command(
        "workflow_scripts.training check",
        "See that the weights to start from are there and whole; download those that may be.",
        Training,
    )
    return command.run(check, argv)


def check(arguments: argparse.Namespace) -> None:
    """Understand the settings as the engine does, and find the weights."""
    recipe = recipe_of(arguments.settings)
    log.info("%d iterations of %d images", recipe.iterations, recipe.images_per_step)
    weights = initial_weights(arguments.settings)
    log.info("training starts from %s", weights or "random weights")
