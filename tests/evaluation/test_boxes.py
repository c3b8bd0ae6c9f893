"""Runs that learned boxes are evaluated on boxes alone."""

import pytest
from plain_commands.files import read_json, write_json

from tests.evaluation.test_command import RUN, folder, prediction, run  # noqa: F401
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.evaluations import RunEvaluation
from workflow_scripts.contracts.matches import read_matches
from workflow_scripts.contracts.regions import Kind, Region, with_ids, write_regions
from workflow_scripts.contracts.tasks import Task

BOXES = {**RUN, "settings": {**RUN["settings"], "task": "boxes"}}


@pytest.fixture
def boxed(folder):  # noqa: F811
    """A car that is found, without its mask, and a person that is not."""
    result = prediction()
    del result["segmentation"]
    write_json(folder / "predictions.json.gz", [result])
    write_json(folder / "run.json", BOXES)
    return folder


def test_boxes_have_no_scores_of_masks(boxed):
    assert run(boxed, f"--matches={boxed / 'matches.npz'}") == 0
    content = read_json(boxed / "eval.json")
    assert content["coco"].keys() == {"bbox"} and "cityscapes" not in content
    evaluation = RunEvaluation.read(boxed / "eval.json")
    assert evaluation.task is Task.BOXES
    assert evaluation.scores.mean_ap == pytest.approx(0.5)
    of_cars = evaluation.scores.per_class["car"].AP
    assert of_cars == pytest.approx(1)
    assert read_matches(boxed / "matches.npz", evaluation.run).hits.tolist() == [1023]
    assert evaluation.calibration.per_class["car"].error == pytest.approx(0.1)


def test_exposed_boxes_are_those_with_a_face_or_a_plate(boxed):
    plate = Region(
        id="", image="1.png", kind=Kind.LICENSE_PLATE, score=1, x0=12, y0=12, x1=22, y1=22
    )
    write_regions(boxed / "regions.parquet", with_ids([plate], {"1.png": 0}))
    assert run(boxed, f"--regions={boxed / 'regions.parquet'}") == 0
    groups = RunEvaluation.read(boxed / "eval.json").exposed.per_class["car"]
    found = {name: group.AP for name, group in groups.items()}
    assert found["much"] == pytest.approx(1) and groups["much"].instances == 1
    assert found["none"] is None


def test_masks_are_not_judged_by_labels_that_are_boxes(folder, capsys):  # noqa: F811
    path = folder / "val.coco.json"
    split = CocoSplit.read(path)
    CocoSplit(split.classes, split.images, split.instances, task=Task.BOXES).write(path)
    assert run(folder) == 2
    assert f"{path}: its labels were read as boxes (task: boxes)" in capsys.readouterr().err


def test_a_prediction_without_a_box_is_one_line(boxed, capsys):
    write_json(boxed / "predictions.json.gz", [{"image_id": 1, "category_id": 2, "score": 0.5}])
    assert run(boxed) == 2
    said = capsys.readouterr().err
    assert "prediction 0: not a COCO result; it needs the keys image_id, category_id, bbox" in said


def test_an_unknown_task_is_one_line(boxed, capsys):
    write_json(boxed / "run.json", {**RUN, "settings": {**RUN["settings"], "task": "points"}})
    assert run(boxed) == 2
    assert "'task' is 'points', not one of masks, boxes" in capsys.readouterr().err
