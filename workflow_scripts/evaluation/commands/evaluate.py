"""`evaluation`: the APs and the calibration of one run, in `eval.json`."""

from typing import Annotated, Any

from instance_ap import cityscapes, coco
from instance_ap.matches import matches_of
from instance_ap.predictions import Predictions, PredictionsError
from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.errors import UserError
from plain_commands.files import read_json

from workflow_scripts.common.cli import File, Files, NewFile, labelled, option
from workflow_scripts.contracts.advice import made_again, trained_again
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.evaluations import CocoEvaluation, RunEvaluation, RunName
from workflow_scripts.contracts.matches import write_matches
from workflow_scripts.contracts.predictions import PredictionOrigin, check_origin
from workflow_scripts.contracts.regions import read_regions
from workflow_scripts.contracts.runs import misplaced
from workflow_scripts.contracts.shard_arguments import Annotations
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.contracts.trainings import TrainingRecord
from workflow_scripts.evaluation import exposed
from workflow_scripts.evaluation.scores import calibration_scores, cityscapes_scores, coco_scores


@labelled("evaluate {output.parent.parent.name} {output.parent.name}")
def evaluate(
    *,
    annotations: Annotations,
    predictions: File,
    run: File,
    tested_on: Annotated[str, option("VARIANT")] = "unmodified",
    regions: Files | None = None,
    output: NewFile,
    matches: NewFile | None = None,
) -> None:
    """Evaluate one run by the COCO protocol (masks and boxes) and Cityscapes' protocol (masks).

    The calibration of the scores is measured as well. A run with `task: boxes` is evaluated on
    boxes only.

    Args:
        predictions: COCO results, predictions.json or predictions.json.gz, with RLE masks unless
            the run learned boxes. If they state their run, it has to be this one.
        run: run.json of the training, with variant, seed, engine and fingerprint.
        tested_on: the variant of the test images, recorded in the result.
        regions: faces and plates in these images, pii/val/{shard}.parquet of all shards, for APs of
            exposed instances.
        output: the eval.json to write.
        matches: file for the matches of predictions and instances, per image (matches.npz).
    """
    training = TrainingRecord.read(run)
    for finding in misplaced(run.parent, training.variant, training.seed):
        raise UserError(f"{run}: {finding}; {trained_again(run.parent)}")
    split, task = CocoSplit.read(annotations), training.task
    split.refuse_masks_of(task, annotations)
    name = {key: getattr(training, key) for key in ("variant", "seed", "fingerprint")}
    states_its_run = check_origin(predictions, PredictionOrigin(**name, tested_on=tested_on))
    try:
        of_results = (
            Predictions.of_coco_results if task is Task.MASKS else Predictions.of_coco_boxes
        )
        found = of_results(read_json(predictions, made_again(predictions)), split)
    except PredictionsError as error:
        raise UserError.of([f"{predictions}: {finding}" for finding in error.findings]) from None
    judged = coco.IouType(task.iou_type)
    kinds = tuple(coco.IouType) if task is Task.MASKS else (judged,)
    by_iou = {
        kind.value: coco_scores(curves, split)
        for kind, curves in coco.evaluate(split, found, kinds).items()
    }
    matched = matches_of(split, found, judged)
    further: dict[str, Any] = {"calibration": calibration_scores(matched, split)}
    if task is Task.MASKS:
        further["cityscapes"] = cityscapes_scores(cityscapes.evaluate(split, found))
    if regions is not None:
        pii = [region for path in regions for region in read_regions(path)]
        further["exposed"] = exposed.evaluate(split, found, pii, judged)
    evaluation = RunEvaluation(
        version=1,
        run=RunName(**name, engine=training.settings["engine"]),
        tested_on=tested_on,
        images=len(split.images),
        coco=CocoEvaluation(**by_iou),
        **further,
    )
    if matches is not None:
        write_matches(matches, matched, evaluation.run)
    evaluation.write(output)
    for kind, scores in by_iou.items():
        mean_ap = "undefined" if scores.mean_ap is None else f"{scores.mean_ap:.3f}"
        log.info("%s mAP %s on %s", kind, mean_ap, counted(len(split.images), "image"))
    if not states_its_run:
        log.warning("%s does not state its run; assumed to be %s", predictions, run)
