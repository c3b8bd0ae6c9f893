"""Labels that are boxes, and masks that labels do not have."""

import json

import pytest

from tests.coco_folder import CocoFolder
from tests.commands import index
from workflow_scripts.contracts.shards import Shards
from workflow_scripts.contracts.tasks import Task

CAR, PERSON = [10.5, 20.25, 30, 30], [55, 15, 25, 40]


@pytest.fixture
def data(tmp_path, no_processes) -> CocoFolder:
    """Both splits with boxes only."""
    data = CocoFolder(tmp_path)
    for split in ("train", "val"):
        file = tmp_path / f"{split}.json"
        content = json.loads(file.read_text())
        for annotation in content["annotations"]:
            del annotation["segmentation"]
            annotation["bbox"] = CAR if annotation["category_id"] == 1 else PERSON
        file.write_text(json.dumps(content))
    return data


def index_boxes(data: CocoFolder) -> int:
    text = json.dumps(data.settings)
    arguments = ["--settings", text, "--output", str(data.output), "--workers", "1"]
    return index([*arguments, "--task", "boxes"])


def changed(data: CocoFolder, **change) -> CocoFolder:
    """The first annotation changed."""
    content = json.loads(data.file.read_text())
    content["annotations"][0].update(change)
    data.write(content)
    return data


def test_boxes_are_read_as_they_are(data):
    assert index_boxes(data) == 0
    split = data.split()
    assert split.task is Task.BOXES
    car, person, *_ = split.instances
    assert (car.bbox, car.area) == (tuple(CAR), 900)
    assert (person.bbox, person.area) == (tuple(PERSON), 1000)
    # The pixels of the box stand for the mask.
    assert split.instances[1].segmentation["size"] == [64, 96]


def test_masks_of_labels_without_any_are_one_line(data, capsys):
    assert data.index() == 2
    (line,) = [one for one in capsys.readouterr().err.splitlines() if "train.json" in one]
    assert line.endswith(
        f"{data.file}: none of its 4 annotations has a mask (segmentation); set `task: boxes` in "
        "the config to train and evaluate on boxes, or use labels with masks"
    )


def test_an_object_that_was_only_boxed_is_named_where_masks_are_asked(
    tmp_path, no_processes, capsys
):
    data = changed(CocoFolder(tmp_path), segmentation=[], bbox=CAR)
    assert data.index() == 2
    assert "annotation 1 (a.png) has no mask" in capsys.readouterr().err
    assert index_boxes(data) == 0
    assert data.split().instances[0].bbox == tuple(CAR)
    note = "3 objects without a bbox: the box of the mask is used, e.g. annotation 2 (a.png)"
    assert note in data.split().notes


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"bbox": None}, "has neither a bbox nor a mask"),
        ({"bbox": [1, 2, 3]}, "has a bbox that is not four finite numbers"),
        ({"bbox": [30, 20, -10, 5]}, "has a bbox -10 wide and 5 high"),
        ({"bbox": [200, 20, 10, 5]}, "it lies outside"),
        ({"bbox": [0.1, 0.2, 0.3, 0.4]}, "are these fractions of its size?"),
    ],
)
def test_what_is_no_box_is_one_line(data, capsys, change, line):
    assert index_boxes(changed(data, **change)) == 2
    said = capsys.readouterr().err
    assert f"{data.file}: annotation 1 (a.png) " in said and line in said
    assert "Traceback" not in said


def test_corners_are_one_line(data, capsys):
    content = json.loads(data.file.read_text())
    for annotation in content["annotations"]:
        x, y, width, height = annotation["bbox"]
        annotation["bbox"] = [x, y, x + width, y + height]
    data.write(content)
    assert index_boxes(data) == 2
    assert (
        f"{data.file}: 4 of 4 boxes reach beyond their images, and all" in capsys.readouterr().err
    )


def test_a_box_without_a_pixel_is_left_out(data):
    assert index_boxes(changed(data, bbox=[10, 10, 0, 5])) == 0
    assert len(data.split().instances) == 3
    note = "1 object without pixels, left out, e.g. annotation 1 (a.png)"
    assert note in data.split().notes


def test_a_fraction_of_a_pixel_is_another_data_set(data):
    def digests() -> dict[str, str]:
        assert index_boxes(data) == 0
        return Shards.read(data.output / "shards.json").digests

    before, mask = digests(), data.split().instances[0].segmentation
    changed(data, bbox=[10.5, 20.26, 30, 30])
    after = digests()
    assert data.split().instances[0].segmentation == mask
    assert after["train"] != before["train"] and after["val"] == before["val"]
