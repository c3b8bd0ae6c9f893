"""The index of a further test set: its classes, its findings, and the key that names them."""

import json
import shutil

import pytest

from tests.coco_folder import CocoFolder
from workflow_scripts.__main__ import PROGRAM
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.dataset.commands import index


@pytest.fixture
def data(tmp_path, no_processes, monkeypatch) -> CocoFolder:
    """An indexed data set; its validation split is the further test set."""
    here = "workflow_scripts.dataset.commands.index_test.worker_pool"
    monkeypatch.setattr(here, index.worker_pool)  # the fixture has replaced it there
    data = CocoFolder(tmp_path)
    assert data.index() == 0
    return data


def index_test(data: CocoFolder, classes: tuple[str, ...] = ("car", "person"), **more) -> int:
    settings = {**data.settings["val"], **more}
    return PROGRAM.run(
        [
            *("dataset", "index-test", "--settings", json.dumps(settings), "--name", "night"),
            *("--classes", *classes, "--train", str(data.output / "train.coco.json")),
            *("--output", str(data.output / "also/night.coco.json"), "--workers", "1"),
        ]
    )


def test_it_is_read_like_the_validation_split(data):
    assert index_test(data) == 0
    found = CocoSplit.read(data.output / "also/night.coco.json")
    wanted = CocoSplit.read(data.output / "val.coco.json")
    assert (found.images, found.instances, found.classes) == (
        wanted.images,
        wanted.instances,
        wanted.classes,
    )


def test_its_categories_may_have_other_names(data, capsys):
    file = data.folder / "val.json"
    content = json.loads(file.read_text())
    content["categories"][0]["name"] = "vehicle"
    file.write_text(json.dumps(content))
    assert index_test(data) == 2
    assert (
        f"{file}: unknown class 'vehicle'; name it in evaluation.also.night.class_mapping or "
        "evaluation.also.night.ignored_classes"
    ) in capsys.readouterr().err
    assert index_test(data, class_mapping={"vehicle": "car"}) == 0
    assert len(CocoSplit.read(data.output / "also/night.coco.json").instances) == 4
    assert index_test(data, ignored_classes=["vehicle"]) == 0
    assert len(CocoSplit.read(data.output / "also/night.coco.json").instances) == 2


def test_masks_of_a_test_set_of_boxes_are_one_line(data, capsys):
    file = data.folder / "val.json"
    content = json.loads(file.read_text())
    for annotation in content["annotations"]:
        del annotation["segmentation"]
    file.write_text(json.dumps(content))
    assert index_test(data) == 2
    (line,) = [one for one in capsys.readouterr().err.splitlines() if "val.json" in one]
    assert f"{file}: none of its 4 annotations has a mask (segmentation); set `task: boxes`" in line


def test_training_images_among_it_are_counted(data, capsys):
    shutil.copy(data.images / "a.png", data.folder / "val_images/a.png")
    assert index_test(data) == 0
    said = capsys.readouterr().err
    assert "night: 1 of 2 images are also training images, e.g. a.png" in said


def test_a_missing_folder_is_one_line(data, capsys):
    assert index_test(data, images=str(data.folder / "nowhere")) == 2
    assert "evaluation.also.night.images: there is no folder" in capsys.readouterr().err


def test_an_index_of_other_classes_is_one_line(data, capsys):
    assert index_test(data, classes=("car",)) == 2
    assert "its classes are car, person, not car; index the data set" in capsys.readouterr().err
