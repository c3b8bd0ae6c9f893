"""`training predict`: the instances that a trained model finds in a split."""

import os
from typing import Annotated, Literal

from plain_commands.console import progress
from plain_commands.errors import UserError
from plain_commands.files import explained
from plain_commands.section import validate
from plain_commands.texts import read_given

from workflow_scripts.common.cli import (
    File,
    ImageFolder,
    NewFile,
    Positive,
    Settings,
    labelled,
    option,
)
from workflow_scripts.common.gpus import choose_gpus, usable_cores
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.predictions import PredictionOrigin, write_predictions
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.contracts.shard_arguments import Annotations, Images
from workflow_scripts.training.engines.command import CommandTraining
from workflow_scripts.training.programs.prediction import predictions
from workflow_scripts.training.sources import located


@labelled("predict {output.parent.parent.name} {output.parent.name}")
def predict(
    *,
    settings: Settings[Evaluation],
    checkpoint: File,
    annotations: Annotations,
    images: Images,
    anonymized: ImageFolder | None = None,
    tested_on: Annotated[str | None, option("VARIANT")] = None,
    program: Annotated[str | None, option("JSON|FILE")] = None,
    output: NewFile,
    gpus: Literal[0, 1] = 0,
    threads: Positive | None = None,
    silent_minutes: Annotated[float, option("MINUTES", at_least=0)] = 0,
) -> None:
    """Predict the instances in a split's images, and write them as COCO results.

    Args:
        checkpoint: model_final.pth.
        anonymized: images/{variant}/val, to predict on the images of its manifest.
        tested_on: the variant of these images, recorded in the result.
        program: section `training` of engine command, whose program predicts; without it, the
            checkpoint is from this project's engines.
        output: predictions.json.gz.
        gpus: 1 computes on the first GPU.
        threads: CPU threads (default: all cores).
        silent_minutes: stop a program that prints nothing for so long, and fail (0: no limit).

    Raises:
        UserError: the classes of model and annotations differ, a file is missing, or the program
            fails or writes wrong results.
    """
    with explained(output):
        output.parent.mkdir(parents=True, exist_ok=True)
    chosen = choose_gpus(gpus)
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(chosen)
    split = CocoSplit.read_images(annotations)
    records, root = located(split.images, images, anonymized)
    if dropped := len(split.images) - len(records):
        raise UserError(
            f"--anonymized: {anonymized} lacks {dropped} of {len(split.images)} images, which the "
            "variant drops; models are tested on all of them"
        )
    threads = threads or usable_cores()
    if program is not None:
        own: CommandTraining = validate(CommandTraining, *read_given(program, "--program"))
        predicted = predictions(
            *(own, settings, checkpoint),
            split=CocoSplit.read(annotations),
            images=(records, root),
            folder=output.parent / ".predicting",
            gpus=len(chosen),
            threads=threads,
            silent_minutes=silent_minutes or None,
        )
        write_predictions(output, predicted.results, predicted.origin(tested_on))
        return
    # Imported late: importing torch takes seconds, and the GPUs must be chosen before.
    from workflow_scripts.training.predictor import load_predictor  # noqa: PLC0415

    predictor, trained = load_predictor(checkpoint, settings, threads=threads, on_gpu=bool(chosen))
    if trained.classes != split.classes:
        raise UserError(
            f"{checkpoint}: trained on the classes {', '.join(trained.classes)}, but "
            f"{annotations} has {', '.join(split.classes)}"
        )
    shown = progress(records, total=len(records), description="predicting")
    results = list(predictor.results(shown, root))
    named = {key: getattr(trained, key) for key in ("variant", "seed", "fingerprint")}
    write_predictions(output, results, PredictionOrigin(**named, tested_on=tested_on))
