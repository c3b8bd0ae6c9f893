"""Models that learn boxes alone, from labels with masks or without."""

from dataclasses import replace

import numpy as np
import pytest
from instance_ap import coco
from instance_ap.predictions import Predictions
from plain_commands.files import read_json

from tests.commands import training as main
from tests.training.conftest import RECIPE, job_on
from tests.training.running import (
    check_killed_stopped_and_continued,
    command_of,
    hash_of_weights,
    metrics_of,
    run_here,
    stop_after,
)
from tests.training.test_predict import predict
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.training.data import TrainingSet
from workflow_scripts.training.engines.torchvision import TorchvisionTraining
from workflow_scripts.training.job import Ending, TrainingJob, Validation


def boxes(job: TrainingJob, **changes) -> TrainingJob:
    """The job with boxes to learn."""
    return replace(job, settings=TorchvisionTraining(**RECIPE | {"task": "boxes"} | changes))


@pytest.fixture(scope="session")
def of_boxes(shapes, tmp_path_factory) -> TrainingJob:
    """An uninterrupted run, which tests do not write to."""
    settings = TorchvisionTraining(**RECIPE, task="boxes")
    whole = job_on(shapes, settings, tmp_path_factory.mktemp("of_boxes"))
    run_here(whole)
    return whole


def test_losses_and_predictions_are_those_of_boxes(of_boxes, shapes):
    terms = {name for name in metrics_of(of_boxes.output)[0] if name.startswith("loss_")}
    assert terms == {"loss_classifier", "loss_box_reg", "loss_objectness", "loss_rpn_box_reg"}
    assert read_json(of_boxes.output / "run.json")["settings"]["task"] == "boxes"
    found = predict(of_boxes.output, shapes, "predictions.json.gz", score_threshold=0)
    assert found
    assert all(one.keys() == {"image_id", "category_id", "bbox", "score"} for one in found)
    x, y, width, height = np.array([one["bbox"] for one in found]).T
    assert min(x.min(), y.min(), width.min(), height.min()) >= 0
    assert (x + width).max() <= 128.01 and (y + height).max() <= 64.01


def test_labels_of_boxes_train_what_the_boxes_of_masks_train(job, of_boxes, tmp_path):
    split = CocoSplit.read(job.annotations)
    nothing = {"size": [64, 128], "counts": "PP4"}  # never looked at
    instances = tuple(replace(one, segmentation=nothing) for one in split.instances)
    annotations = tmp_path / "boxes.json"
    replace(split, instances=instances, task=Task.BOXES).write(annotations)
    run_here(replace(boxes(job), annotations=annotations))
    assert hash_of_weights(job.output) == hash_of_weights(of_boxes.output)


def test_a_run_that_was_stopped_ends_like_one_that_was_not(job, of_boxes):
    job = boxes(job)
    assert run_here(job, stop_after(2)).ending is Ending.SAVED
    assert run_here(job).ending is Ending.DONE
    assert hash_of_weights(job.output) == hash_of_weights(of_boxes.output)


@pytest.mark.slow
def test_killed_stopped_and_continued_with_one_result(job, tmp_path):
    def last(job: TrainingJob, number: int) -> TrainingJob:
        return boxes(job, iterations=number, milestones=[number])

    check_killed_stopped_and_continued(last(job, 10**6), tmp_path / "whole", last)


def test_the_model_follows_the_task():
    recipe = {name: RECIPE[name] for name in RECIPE if name != "model"}
    assert TorchvisionTraining(**recipe, task="boxes").model == "faster_rcnn_r50_fpn"
    with pytest.raises(ValueError, match="mask_rcnn_r50_fpn learns masks, but the task is boxes"):
        TorchvisionTraining(**recipe, task="boxes", model="mask_rcnn_r50_fpn")
    with pytest.raises(ValueError, match="faster_rcnn_r50_fpn learns boxes only, but the task is"):
        TorchvisionTraining(**recipe, model="faster_rcnn_r50_fpn")


def test_masks_of_labels_that_are_boxes_are_one_line(job, tmp_path, capfd):
    annotations = tmp_path / "boxes.json"
    replace(CocoSplit.read(job.annotations), task=Task.BOXES).write(annotations)
    assert main(command_of(replace(job, annotations=annotations))[3:]) == 2
    said = capfd.readouterr().err
    assert f"{annotations}: its labels were read as boxes (task: boxes), but this" in said


def test_boxes_are_resized_and_mirrored_with_their_image(job):
    split = CocoSplit.read(job.annotations)

    def samples(**options) -> TrainingSet:
        augment = job.settings.make_engine(2).augmentation()
        return TrainingSet(split, job.images, None, augment, seed=0, **options)

    for position in range(20):
        alone, both = samples(masks=False)[position], samples()[position]
        assert len(alone.masks) == len(alone.corners) == 0 < len(alone.boxes) == len(both.masks)
        assert alone.image.equal(both.image) and alone.labels.equal(both.labels)
        np.testing.assert_allclose(alone.boxes, both.boxes, atol=1e-4)


def test_validation_on_the_way_is_that_of_boxes(job, shapes, tmp_path):
    evaluation = Evaluation(shorter_side=64, longest_side=128)
    annotations = shapes / "val" / "annotations.json"
    validation = Validation(6, evaluation, annotations, shapes / "val")
    run_here(replace(boxes(job), validation=validation, output=tmp_path / "validated"))
    (line,) = (one for one in metrics_of(tmp_path / "validated") if "validation" in one)
    found = predict(
        tmp_path / "validated",
        shapes,
        "predictions.json.gz",
        **evaluation.model_dump(include={"shorter_side", "longest_side", "score_threshold"}),
    )
    split = CocoSplit.read(annotations)
    curves = coco.evaluate(split, Predictions.of_coco_boxes(found, split), [coco.IouType.BBOX])
    assert line["validation"]["mAP"] == curves[coco.IouType.BBOX].mean()
