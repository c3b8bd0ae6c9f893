"""Engine `command`: an external trainer, as two commands that the workflow runs."""

from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from plain_commands.errors import UserError
from program_runner import ProgramError, check_paths, check_template, filled_in
from pydantic import field_validator, model_validator

from workflow_scripts.training.engine import Engine, EngineSettings, Recipe
from workflow_scripts.training.programs.parts import CONDA, digests_of, environment_of, files_of

SHARED = ("images", "annotations", "classes", "gpus", "threads")
OF_TRAINING = (*SHARED, "seed", "initialisation_seed", "minutes", "state", "metrics", "output")
OF_PREDICTION = (*SHARED, "model", "output")
ITS_OWN = UserError("training.engine is command, whose model only its program can load")


class CommandTraining(EngineSettings):
    """A trainer of your own, behind two commands (docs/own-model.md)."""

    engine: Literal["command"]
    """The framework that trains."""
    train: str
    """The program that trains, and its arguments, without a shell. `{images}` is a folder with the
    training images at their relative paths, `{annotations}` their COCO file, `{classes}` a text
    file with one class per line, `{seed}` a number, `{initialisation_seed}` the seed of the initial
    weights (the same number unless `initialisation_seeds` is set), `{gpus}` and `{threads}` the
    numbers that it may use, `{minutes}` the time left, `{state}` a folder for its own checkpoints,
    `{metrics}` a file for its losses, `{output}` an empty folder for the model."""
    predict: str | None = None
    """The program that applies a model. `{model}` is the folder that `train` filled, `{images}`,
    `{annotations}` (without labels), `{classes}`, `{gpus}` and `{threads}` are as above, and
    `{output}` is the COCO results file to write."""
    files: tuple[Path, ...] = ()
    """Further files of the programs, such as modules and configs; wildcards are allowed
    (`model/**/*.py`). A change in one of them, or in a file named in a command, repeats the
    runs."""
    environment: Path | None = None
    """Python environment of the programs: the folder of a virtual environment, or a conda file
    (.yaml) from which Snakemake makes one; null: the environment of the workflow."""
    directory: Path | None = None
    """Working directory of the programs; null: that of the workflow."""

    training_code: ClassVar = ("workflow_scripts.training.programs.handover",)
    prediction_code: ClassVar = (
        "workflow_scripts.training.programs.handover",
        "workflow_scripts.training.programs.results",
    )

    @field_validator("train")
    @classmethod
    def _train_can_be_filled_in(cls, train: str) -> str:
        check_template(train, OF_TRAINING, ("images", "annotations", "seed", "output"))
        return train

    @field_validator("predict")
    @classmethod
    def _predict_can_be_filled_in(cls, predict: str | None) -> str | None:
        if predict is not None:
            needed = ("model", "images", "annotations", "output")
            check_template(predict, OF_PREDICTION, needed)
        return predict

    @model_validator(mode="after")
    def _a_program_is_what_it_is(self) -> Self:
        if self.is_fast:
            raise ValueError("speed: fast has no effect with engine command; remove it")
        if self.initialisation_seeds is not None and "{initialisation_seed}" not in self.train:
            raise ValueError(
                f"initialisation_seeds: {self.initialisation_seeds}, but `train` lacks "
                "{initialisation_seed}; the program needs the seed of its initial weights"
            )
        return self

    @property
    def conda_file(self) -> Path | None:
        is_file = self.environment is not None and self.environment.suffix in CONDA
        return self.environment if is_file else None

    def for_training(self) -> Self:
        return self.model_copy(update={"predict": None})

    def command_of(self, key: Literal["train", "predict"]) -> str:
        """Command of one of the programs, with placeholders.

        Raises:
            UserError: the command is missing.
        """
        command = self.train if key == "train" else self.predict
        if command is None:
            raise UserError("training.predict: missing; name the program that applies a model")
        return command

    def check_early(self) -> None:
        """Check that files and folders exist, and that both programs are named.

        Raises:
            UserError: one of them is missing.
        """
        if self.directory is not None and not self.directory.is_dir():
            raise UserError(f"training.directory: there is no folder {self.directory}; correct it")
        for key in ("train", "predict"):
            try:
                check_paths(filled_in(self.command_of(key), {}), self.directory)
            except ProgramError as error:
                raise UserError(f"training.{key}: {error}") from None
        self.further_dependencies()
        self.prediction_dependencies()

    def further_dependencies(self) -> dict[str, Any]:
        """Files of the training program, and packages of its environment."""
        return {
            "files": digests_of(files_of(self.train, self.files, self.directory)),
            "environment": environment_of(self.environment),
        }

    def prediction_dependencies(self) -> dict[str, Any]:
        """Files of the predicting program; the run already depends on the rest."""
        files = files_of(self.predict, (), self.directory) if self.predict else []
        return {"program": self.predict, "program_files": digests_of(files)}

    def recipe(self) -> Recipe:
        raise ITS_OWN

    def initial_weights(self) -> Path | None:
        raise ITS_OWN

    def make_engine(self, classes: int, config: str | None = None) -> Engine:
        raise ITS_OWN
