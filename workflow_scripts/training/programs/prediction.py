"""One prediction by a user's program on a split."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from plain_commands.errors import UserError
from program_runner import ProgramError, ProgramTimeoutError, end_marked

from workflow_scripts.contracts.advice import trained_again
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.predictions import CocoResult, PredictionOrigin
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.training.engines.command import CommandTraining
from workflow_scripts.training.programs.handover import Handover
from workflow_scripts.training.programs.model_file import MODEL, ModelOrigin
from workflow_scripts.training.programs.results import read_results
from workflow_scripts.training.programs.running import SILENT, check_programs, run


@dataclass(frozen=True)
class ProgramPredictions:
    """Checked results of a program, and the origin of its model."""

    results: list[CocoResult]
    model: ModelOrigin

    def origin(self, tested_on: str | None) -> PredictionOrigin:
        """The run, and the variant of the images."""
        named = {key: getattr(self.model, key) for key in ("variant", "seed", "fingerprint")}
        return PredictionOrigin(**named, tested_on=tested_on)


def predictions(
    settings: CommandTraining,
    evaluation: Evaluation,
    checkpoint: Path,
    *,
    split: CocoSplit,
    images: tuple[tuple[CocoImage, ...], Path],
    folder: Path,
    gpus: int,
    threads: int,
    silent_minutes: float | None,
) -> ProgramPredictions:
    """Run a program that predicts.

    Args:
        settings: the section `training`.
        evaluation: score threshold and limit of predictions.
        checkpoint: `model_final.pth`.
        split: the images with their labels; the program gets only the images.
        images: records of the files to predict on, and the root of their names.
        folder: temporary folder for the program's files.
        gpus: number of GPUs that the program may use.
        threads: CPU threads that it may use.
        silent_minutes: time without output after which it counts as hanging; None for no limit.

    Raises:
        UserError: the model has other classes, the program failed, or its results are wrong.
    """
    check_programs(settings, "predict")
    end_marked(str(folder.resolve()))
    shutil.rmtree(folder, ignore_errors=True)
    handover, output = Handover(folder / "data"), folder / "results.json"
    try:
        folder.mkdir(parents=True)
        origin = ModelOrigin.unpack(checkpoint, folder)
        if origin.classes != split.classes:
            raise UserError(
                f"{checkpoint}: trained on the classes {', '.join(origin.classes)}, but the data "
                f"set has {', '.join(split.classes)}; {trained_again(checkpoint.parent)}"
            )
        handover.folder.mkdir()
        handover.fill(split, *images, labels=False)
        values = {
            "model": (folder / MODEL).resolve(),
            "images": handover.images.resolve(),
            "annotations": handover.annotations.resolve(),
            "classes": handover.classes.resolve(),
            "gpus": gpus,
            "threads": threads,
            "output": output.resolve(),
        }
        try:
            run(settings, "predict", values, mark=folder, silent_minutes=silent_minutes)
        except ProgramError as error:
            hint = SILENT.format("predict") if isinstance(error, ProgramTimeoutError) else ""
            raise UserError(f"training.predict: {error}{hint}") from None
        if not output.is_file():
            raise UserError(
                "training.predict: the program exited with code 0, but wrote no {output}; it has "
                "to write its COCO results to that file"
            )
        try:
            results = read_results(output, split, evaluation, settings.task)
            return ProgramPredictions(results, origin)
        except UserError as error:  # the file will be gone when the message is read
            lines = str(error).replace(str(output), "{output}").splitlines()
            raise UserError.of([f"training.predict: {line}" for line in lines]) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)
