"""`evaluation`: the APs of one run, in `eval.json`."""

from typing import Annotated

from workflow_scripts.common.cli import File, Files, labelled, option
from workflow_scripts.common.console import log
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.evaluations import CocoEvaluation, RunEvaluation, RunName
from workflow_scripts.contracts.regions import read_regions
from workflow_scripts.contracts.shard_arguments import Annotations
from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.evaluation import cityscapes_ap, coco_ap, exposed
from workflow_scripts.evaluation.matching import matches_of
from workflow_scripts.evaluation.predictions import Predictions


@labelled("evaluate {output.parent.parent.name} {output.parent.name}")
def evaluate(
    *,
    annotations: Annotations,
    predictions: File,
    run: File,
    tested_on: Annotated[str, option("VARIANT")] = "unmodified",
    regions: Files | None = None,
    output: File,
    matches: File | None = None,
) -> None:
    """Evaluate one run by the COCO protocol (masks and boxes) and by Cityscapes' (masks).

    Args:
        predictions: COCO results with RLE masks, predictions.json or predictions.json.gz.
        run: run.json of the training: names the variant, seed, engine and fingerprint.
        tested_on: the variant of the test images, noted in the result.
        regions: faces and plates in these images, pii/val/{shard}.parquet of all shards: adds the
            APs of exposed instances.
        output: the eval.json to write.
        matches: file for which predictions matched an instance, per image (matches.npz).
    """
    training = TrainingRecord.read(run)
    split = CocoSplit.read(annotations)
    found = Predictions.read(predictions, split)
    coco = coco_ap.evaluate(split, found)
    exposed_scores = {}
    if regions is not None:
        pii = [region for path in regions for region in read_regions(path)]
        exposed_scores["exposed"] = exposed.evaluate(split, found, pii)
    evaluation = RunEvaluation(
        version=1,
        run=RunName(
            variant=training.variant,
            seed=training.seed,
            engine=training.settings["engine"],
            fingerprint=training.fingerprint,
        ),
        tested_on=tested_on,
        images=len(split.images),
        coco=CocoEvaluation(**{kind.value: scores for kind, scores in coco.items()}),
        cityscapes=cityscapes_ap.evaluate(split, found),
        **exposed_scores,
    )
    if matches is not None:
        matches_of(split, found).write(matches)
    evaluation.write(output)
    for kind, scores in coco.items():
        mean_ap = "undefined" if scores.mean_ap is None else f"{scores.mean_ap:.3f}"
        log.info("%s mAP %s on %d images", kind.value, mean_ap, len(split.images))
