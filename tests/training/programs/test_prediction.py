"""Engine `command`: a program's predictions, and what is wrong with them."""

import json
import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from instance_ap import coco
from instance_ap.predictions import Predictions
from plain_commands.errors import UserError
from plain_commands.files import read_json

from tests.training.programs.running import run, settings_of
from workflow_scripts.__main__ import PROGRAM
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.predictions import origin_of
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.training.programs.results import read_results


@pytest.fixture
def val(shapes: Path) -> CocoSplit:
    return CocoSplit.read(shapes / "val/annotations.json")


def predict(job, shapes: Path, **more: object) -> int:
    """The command in this process."""
    settings = settings_of(**more).model_dump_json()
    return PROGRAM.run(
        [
            *("training", "predict", "--checkpoint", str(job.files.checkpoint)),
            *("--annotations", str(shapes / "val/annotations.json")),
            *("--images", str(shapes / "val"), "--program", settings),
            *("--output", str(job.output / "predictions.json.gz"), "--tested-on", "unmodified"),
        ]
    )


def test_a_program_predicts(job, shapes, val, capfd):
    assert run(job) == 0
    assert predict(job, shapes) == 0
    file = job.output / "predictions.json.gz"
    origin = origin_of(file)
    assert origin is not None
    assert (origin.variant, origin.seed, origin.tested_on) == ("unmodified", 0, "unmodified")
    found = Predictions.of_coco_results(read_json(file), val)
    by_kind = {kind.value: curves.mean() for kind, curves in coco.evaluate(val, found).items()}
    # It finds what is not covered by other shapes of the same colour.
    assert by_kind["segm"] > 0.5
    assert "predictions in 3 of 3 images" in capfd.readouterr().err
    assert sorted(path.name for path in job.output.iterdir()) == [
        "metrics.jsonl",
        "model_final.pth",
        "predictions.json.gz",
        "run.json",
    ]


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        ("pass", "the program exited with code 0, but wrote no {output}"),
        ("sys.exit(4)", "ended with 4"),
        ("open(sys.argv[4], 'w').write('[{')", "{output}: not valid JSON"),
        ("open(sys.argv[4], 'w').write('{}')", "is not a COCO results file"),
    ],
)
def test_what_goes_wrong_is_one_line(job, shapes, capfd, code, finding):
    assert run(job) == 0
    capfd.readouterr()
    file = job.output / "predict.py"
    file.write_text(f"import sys\n{code}\n")
    command = f"'{sys.executable}' '{file}' {{model}} {{images}} {{annotations}} {{output}}"
    assert predict(job, shapes, predict=command) == 2
    (error,) = [line for line in capfd.readouterr().err.splitlines() if "error:" in line]
    assert "training.predict: " in error
    assert finding in error
    assert not (job.output / "predictions.json.gz").exists()


def test_a_model_of_other_classes_is_refused(job, shapes, val, tmp_path, capfd):
    other = tmp_path / "train.json"
    train = CocoSplit.read(job.annotations)
    replace(train, classes=("ellipse", "rectangle")).write(other)
    assert run(replace(job, annotations=other)) == 0
    assert predict(job, shapes) == 2
    assert "trained on the classes ellipse, rectangle" in capfd.readouterr().err


def test_another_file_is_no_model(job, shapes, capfd):
    job.output.mkdir(parents=True)
    job.files.checkpoint.write_bytes(b"weights")
    assert predict(job, shapes) == 2
    assert "not a model of engine command (File is not a zip file)" in capfd.readouterr().err


def perfect(val: CocoSplit) -> list[dict]:
    """The labels as predictions."""
    return [
        {
            "image_id": one.image_id,
            "category_id": one.category_id,
            "bbox": list(one.bbox),
            "score": 0.9,
            "segmentation": one.segmentation,
        }
        for one in val.instances
    ]


def checked(results: object, val: CocoSplit, folder: Path, **limits: object) -> list:
    """What is left of results."""
    file = folder / "results.json"
    file.write_text(json.dumps(results))
    return read_results(file, val, Evaluation(**limits))


def test_boxes_need_no_masks(val, tmp_path):
    boxes = [{key: one[key] for key in one if key != "segmentation"} for one in perfect(val)]
    file = tmp_path / "results.json"
    file.write_text(json.dumps(boxes))
    assert read_results(file, val, Evaluation(), Task.BOXES) == boxes
    file.write_text(json.dumps(perfect(val)))
    assert read_results(file, val, Evaluation(), Task.BOXES) == boxes
    with pytest.raises(UserError, match="segmentation is missing; a COCO result has image"):
        checked(boxes, val, tmp_path)


def test_labels_are_right_results(val, tmp_path):
    assert checked(perfect(val), val, tmp_path) == perfect(val)


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"image_id": 99}, "image_id 99 is not one of the 3 images in {annotations}"),
        ({"image_id": "image_001.png"}, "image_id 'image_001.png' is not one of the 3 images"),
        ({"category_id": 0}, "category_id 0 is not in 1 to 2, the classes in {annotations}; the"),
        ({"category_id": 3}, "category_id 3 is not in 1 to 2"),
        ({"score": float("nan")}, "score nan is not a number from 0 to 1"),
        ({"score": 97.5}, "score 97.5 is not a number from 0 to 1"),
        ({"bbox": [100, 20, 120, 40]}, "beyond its image of 128x64; are these corners? COCO"),
        (
            {"bbox": [100, 20, 300, 40]},
            "reaches beyond its image of 128x64; COCO's boxes are x",
        ),
        ({"bbox": [-30, 2, 40, 4]}, "reaches beyond its image"),
        ({"bbox": [9, 9, -2, 4]}, "has a negative width or height"),
        ({"bbox": [9, 9, 4]}, "is not four finite numbers"),
        ({"segmentation": {"size": [32, 64], "counts": "0"}}, "a mask for 64x32 pixels, but"),
        ({"segmentation": None}, "has no mask"),
    ],
)
def test_a_wrong_prediction_is_one_line(val, tmp_path, change, finding):
    results = perfect(val)
    results[1] |= change
    with pytest.raises(UserError) as error:
        checked(results, val, tmp_path)
    (line,) = str(error.value).splitlines()
    assert line.startswith("prediction 1: ")
    assert finding in line


def test_boxes_in_shares_of_the_image_are_noticed(val, tmp_path):
    shares = [one | {"bbox": [0.1, 0.2, 0.3, 0.1]} for one in perfect(val)]
    with pytest.raises(UserError, match="no value of any bbox is above 1; are these shares of the"):
        checked(shares, val, tmp_path)
    assert len(checked([*shares, *perfect(val)[:1]], val, tmp_path)) == len(shares) + 1


def test_of_many_wrong_predictions_the_first_are_shown(val, tmp_path):
    results = [one | {"score": 2} for one in perfect(val)]
    with pytest.raises(UserError) as error:
        checked(results, val, tmp_path)
    first, *_, last = str(error.value).splitlines()
    assert first == "prediction 0: score 2 is not a number from 0 to 1"
    assert re.fullmatch(r"… and \d+ more like this", last)


def test_a_missing_key_is_named(val, tmp_path):
    results = perfect(val)
    del results[0]["score"]
    with pytest.raises(UserError, match="prediction 0: score is missing; a COCO result has"):
        checked(results, val, tmp_path)


def test_boxes_are_clipped_and_polygons_are_masks(val, tmp_path):
    one = perfect(val)[0] | {
        "bbox": [-1.5, 2, 20, 10],
        "segmentation": [[0, 2, 18.5, 2, 18.5, 12, 0, 12]],
    }
    (found,) = checked([one], val, tmp_path)
    assert found["bbox"] == [0, 2, 18.5, 10]
    assert found["segmentation"]["size"] == [64, 128]


def test_limits_are_those_of_the_config(val, tmp_path):
    results = [one | {"score": 0.01 * at} for at, one in enumerate(perfect(val))]
    of_first = [one for one in results if one["image_id"] == 1]
    left = checked(of_first, val, tmp_path, detections_per_image=2, score_threshold=0)
    assert left == of_first[-2:]
    assert all(one["score"] >= 0.05 for one in checked(results, val, tmp_path))


def test_swapped_classes_are_noticed(val, tmp_path):
    swapped = [one | {"category_id": 3 - one["category_id"]} for one in perfect(val)] * 10
    with pytest.raises(UserError, match="predictions of rectangle lie on objects of class ellipse"):
        checked(swapped, val, tmp_path)


def test_a_model_that_sees_one_class_everywhere_is_only_poor(val, tmp_path):
    one_class = [one | {"category_id": 1} for one in perfect(val)] * 10
    assert len(checked(one_class, val, tmp_path)) > 20
