"""`python -m workflow_scripts.evaluation`: measure one run's predictions, write `eval.json`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from workflow_scripts.common.cli import Command, main_of
from workflow_scripts.common.console import log
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import read_json
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.evaluations import CocoEvaluation, RunEvaluation, RunName
from workflow_scripts.contracts.regions import read_regions
from workflow_scripts.evaluation import cityscapes_ap, coco_ap, exposed
from workflow_scripts.evaluation.matching import matches_of
from workflow_scripts.evaluation.predictions import Predictions


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    command = Command(
        "workflow_scripts.evaluation",
        "Evaluate one run's predictions by the COCO protocol, on masks and on boxes, and by "
        "Cityscapes' protocol on masks.",
        label="evaluate {output.parent.parent.name} {output.parent.name}",
    )
    command.argument(
        "--annotations",
        type=Path,
        required=True,
        metavar="FILE",
        help="COCO annotations of the images that were predicted on (val.coco.json)",
    )
    command.argument(
        "--predictions",
        type=Path,
        required=True,
        metavar="FILE",
        help="COCO results with RLE masks (predictions.json or predictions.json.gz)",
    )
    command.argument(
        "--run",
        type=Path,
        required=True,
        metavar="FILE",
        help="run.json of the training: names the variant, seed, engine and fingerprint",
    )
    command.argument(
        "--tested-on",
        default="unmodified",
        metavar="VARIANT",
        help="the variant of the test images, noted in the result (default: %(default)s)",
    )
    command.argument(
        "--regions",
        type=Path,
        nargs="*",
        metavar="FILE",
        help="faces and plates in these images, pii/val/{shard}.parquet of all shards: adds the "
        "APs of objects that carry some",
    )
    command.argument(
        "--output", type=Path, required=True, metavar="FILE", help="the eval.json to write"
    )
    command.argument(
        "--matches",
        type=Path,
        metavar="FILE",
        help="write here which predictions met an object, image by image (matches.npz)",
    )
    return command.run(_evaluate, argv)


def _evaluate(arguments: argparse.Namespace) -> None:
    run = _read_run(arguments.run)
    split = CocoSplit.read(arguments.annotations)
    predictions = Predictions.read(arguments.predictions, split)
    coco = coco_ap.evaluate(split, predictions)
    exposed_scores = {}
    if arguments.regions is not None:
        regions = [region for path in arguments.regions for region in read_regions(path)]
        exposed_scores["exposed"] = exposed.evaluate(split, predictions, regions)
    evaluation = RunEvaluation(
        version=1,
        run=run,
        tested_on=arguments.tested_on,
        images=len(split.images),
        coco=CocoEvaluation(**{kind.value: scores for kind, scores in coco.items()}),
        cityscapes=cityscapes_ap.evaluate(split, predictions),
        **exposed_scores,
    )
    if arguments.matches is not None:
        matches_of(split, predictions).write(arguments.matches)
    evaluation.write(arguments.output)
    for kind, scores in coco.items():
        mean_ap = "undefined" if scores.mean_ap is None else f"{scores.mean_ap:.3f}"
        log.info("%s mAP %s on %d images", kind.value, mean_ap, len(split.images))


def _read_run(path: Path) -> RunName:
    """Identity of the training, from its `run.json`."""
    content = read_json(path)
    try:
        return RunName(
            variant=content["variant"],
            seed=content["seed"],
            engine=content["settings"]["engine"],
            fingerprint=content["fingerprint"],
        )
    except (KeyError, TypeError, ValueError):
        raise UserError(
            f"{path}: not a run.json: variant, seed, fingerprint and settings.engine are needed"
        ) from None


if __name__ == "__main__":
    main_of(main)
