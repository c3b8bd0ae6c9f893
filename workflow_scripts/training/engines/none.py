"""Engine `none`: experiments that anonymize images without training."""

from pathlib import Path
from typing import Literal, Self

from plain_commands.errors import UserError
from pydantic import model_validator

from workflow_scripts.training.engine import Engine, EngineSettings, Recipe

NOTHING = UserError(
    "training.engine is none, so nothing is trained: use the target `anonymized`, or name an engine"
)


class NoTraining(EngineSettings):
    """Train nothing."""

    engine: Literal["none"] = "none"
    """Train nothing: images only, by `snakemake anonymized`."""

    @model_validator(mode="after")
    def _nothing_is_trained(self) -> Self:
        if self.is_fast:
            raise ValueError("speed: fast, but engine none trains nothing; remove it")
        if self.initialisation_seeds is not None:
            raise ValueError(
                "initialisation_seeds: engine none trains nothing that has initial weights; leave "
                "it out"
            )
        return self

    def recipe(self) -> Recipe:
        raise NOTHING

    def initial_weights(self) -> Path | None:
        raise NOTHING

    def make_engine(self, classes: int, config: str | None = None) -> Engine:
        raise NOTHING
