"""`python -m workflow_scripts.training predict …`: a trained model's view of a split."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.common.cli import Command
from workflow_scripts.common.console import progress
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import write_json
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.settings.evaluation import Evaluation
from workflow_scripts.training.devices import choose_gpus, usable_cores
from workflow_scripts.training.sources import locate

DESCRIPTION = "Find the instances in a split's images, and write them as COCO results."


def main(argv: Sequence[str]) -> int:
    """Run the command; returns its exit code."""
    command = Command(
        "workflow_scripts.training predict",
        DESCRIPTION,
        Evaluation,
        "predict {output.parent.parent.name} {output.parent.name}",
    )
    add = command.argument
    add("--checkpoint", type=Path, required=True, metavar="FILE", help="model_final.pth")
    add("--annotations", type=Path, required=True, metavar="FILE", help="val.coco.json")
    add("--images", type=Path, required=True, metavar="FOLDER", help="the data set's image root")
    add(
        "--anonymized",
        type=Path,
        metavar="FOLDER",
        help="images/{variant}/val: take the images that its manifest names",
    )
    add("--output", type=Path, required=True, metavar="FILE", help="predictions.json.gz")
    add("--gpus", type=int, choices=(0, 1), default=0, help="1 computes on the first GPU")
    add("--threads", type=int, help="CPU threads (default: all cores)")
    return command.run(predict, argv)


def predict(arguments: argparse.Namespace) -> None:
    """Check, load the model, and write the predictions of all images."""
    gpus = choose_gpus(arguments.gpus)
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(gpus)
    split = CocoSplit.read(arguments.annotations)
    files = locate(split.images, arguments.images, anonymized=arguments.anonymized)
    # Only now: importing torch takes seconds, and the GPUs must be chosen before.
    from workflow_scripts.training.predictor import Predictor  # noqa: PLC0415

    predictor = Predictor(
        arguments.checkpoint,
        arguments.settings,
        threads=arguments.threads or usable_cores(),
        on_gpu=bool(gpus),
    )
    if predictor.classes != split.classes:
        raise UserError(
            f"{arguments.checkpoint}: trained on the classes {', '.join(predictor.classes)}, but "
            f"{arguments.annotations} has {', '.join(split.classes)}"
        )
    pairs = zip(split.images, files, strict=True)
    shown = progress(pairs, total=len(files), description="predicting")
    results = list(predictor.results(shown))
    write_json(arguments.output, results, indent=None)
