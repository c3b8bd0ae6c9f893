"""`init`: a commented config for each kind of data set, which `config` accepts."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from tests.cityscapes_folder import make_cityscapes
from workflow_scripts.__main__ import PROGRAM


def init(*words: str | Path) -> int:
    return PROGRAM.run(["init", *map(str, words)])


def written(path: Path) -> dict:
    """A config file that `config` accepts, as a mapping."""
    assert PROGRAM.run(["config", str(path)]) == 0
    return yaml.safe_load(path.read_text())


def write_coco(file: Path, images: Path, categories: dict[str, int], **changes) -> None:
    """An annotation file with some instances of each category, on two images."""
    annotations = [
        {"id": 0, "image_id": 1, "category_id": number, "segmentation": [[0, 0, 4, 0, 4, 4]]}
        for number, count in enumerate(categories.values())
        for _ in range(count)
    ]
    images.mkdir(parents=True, exist_ok=True)
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(images / name), np.zeros((8, 8, 3), np.uint8))
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "images": [
            {"id": 1, "file_name": "a.png", "width": 8, "height": 8},
            {"id": 2, "file_name": "b.png", "width": 8, "height": 8},
        ],
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for number, name in enumerate(categories)],
    }
    file.write_text(json.dumps(content | changes))


def test_the_cityscapes_layout(tmp_path, capsys):
    root = make_cityscapes(tmp_path / "my city")
    output = tmp_path / "mine.yaml"
    assert init(root, "--output", output) == 0
    said = capsys.readouterr().err
    assert "mine.yaml: Cityscapes layout, 4 training and 2 validation images" in said
    assert "check dataset.full: false" in said
    config = written(output)
    assert config["experiment"] == "mine"
    assert config["dataset"] == {
        "kind": "cityscapes",
        "root": str(root),
        "full": False,
        "images_per_shard": 100,
    }
    assert "# CHECK dataset.full" in output.read_text()
    assert "# Whether original faces and plates may be shown." in output.read_text()


def test_without_polygons_a_network_looks_for_plates(tmp_path):
    root = make_cityscapes(tmp_path / "city")
    for file in root.rglob("*_polygons.json"):
        file.unlink()
    output = tmp_path / "mine.yaml"
    assert init(root, "--output", output) == 0
    assert written(output)["pii"]["license_plates"] == {"detector": "plates"}


TRAIN = {"pedestrian": 3, "car": 5, "Van": 2, "dog": 1, "cow": 0}
VAL = {"pedestrian": 1, "car": 2, "Van": 1, "dog": 0, "cow": 0}


@pytest.mark.parametrize(
    ("files", "folders"),
    [
        (("train.json", "val.json"), ("train", "val")),
        (
            ("annotations/instances_train2017.json", "annotations/instances_val2017.json"),
            ("train2017", "val2017"),
        ),
        (
            ("train/_annotations.coco.json", "valid/_annotations.coco.json"),
            ("train", "valid"),
        ),
    ],
)
def test_coco_files(tmp_path, capsys, files, folders):
    data = tmp_path / "cam"
    for file, folder, categories in zip(files, folders, (TRAIN, VAL), strict=True):
        write_coco(data / file, data / folder, categories)
    (data / "settings.json").write_text("{}")
    output = tmp_path / "mine.yaml"
    assert init(data, "--output", output) == 0
    said = capsys.readouterr().err
    assert "COCO files, 2 training and 2 validation images, 3 classes" in said
    assert "check dataset.class_mapping: 'pedestrian' is mapped to 'person'" in said
    assert "check dataset.ignored_classes: 'dog' has no instance in a split" in said
    config = written(output)
    dataset = config["dataset"]
    assert dataset["train"]["annotations"] == str(data / files[0])
    assert dataset["val"]["annotations"] == str(data / files[1])
    assert dataset["train"]["images"] == str(data / folders[0])
    assert dataset["val"]["images"] == str(data / folders[1])
    assert dataset["classes"] == ["person", "car", "Van"]
    assert dataset["class_mapping"] == {"pedestrian": "person"}
    assert dataset["ignored_classes"] == ["dog", "cow"]
    assert config["pii"]["person_classes"] == ["person"]
    assert config["pii"]["vehicle_classes"] == ["car"]
    assert "#   'Van': 2, 1" in output.read_text()
    # The index takes it as it is.
    settings = tmp_path / "dataset.yaml"
    settings.write_text(yaml.safe_dump(dataset))
    words = ["dataset", "index", "--settings", str(settings), "--output", str(tmp_path / "index")]
    assert PROGRAM.run([*words, "--workers", "1"]) == 0


@pytest.mark.parametrize("key", ["images", "categories", "annotations"])
@pytest.mark.parametrize("entry", [None, [], "a", 7, {"id": [1], "category_id": {}}])
def test_malformed_entries_are_left_to_the_index(tmp_path, key, entry):
    for name in ("train.json", "val.json"):
        write_coco(tmp_path / name, tmp_path / "pictures", {"car": 2})
    content = json.loads((tmp_path / "train.json").read_text())
    content[key].append(entry)
    (tmp_path / "train.json").write_text(json.dumps(content))
    output = tmp_path / "mine.yaml"
    assert init(tmp_path, "--output", output) == 0
    assert written(output)["dataset"]["classes"] == ["car"]


def test_what_is_uncertain_about_coco_files_is_said(tmp_path, capsys):
    for name in ("one.json", "two.json"):
        write_coco(tmp_path / name, tmp_path / "pictures", {"crate": 2})
    content = json.loads((tmp_path / "two.json").read_text())
    content["images"][0]["file_name"] = "elsewhere.png"
    del content["annotations"][0]["segmentation"]
    (tmp_path / "two.json").write_text(json.dumps(content))
    output = tmp_path / "mine.yaml"
    assert init(tmp_path / "one.json", tmp_path / "two.json", "--output", output) == 0
    said = capsys.readouterr().err
    assert f"no file name has 'train'; {tmp_path}/one.json?" in said
    assert f"no file name has 'val'; {tmp_path}/two.json?" in said
    assert "check dataset.val.images: no folder has elsewhere.png" in said
    assert "two.json: 1 annotations have no mask" in said
    config = written(output)
    assert config["dataset"]["classes"] == ["crate"]
    assert config["pii"]["only_on_labelled"] is False


def test_labels_that_are_boxes_make_a_config_of_boxes(tmp_path, capsys):
    for name in ("train.json", "val.json"):
        write_coco(tmp_path / name, tmp_path / "pictures", {"crate": 2})
        content = json.loads((tmp_path / name).read_text())
        for annotation in content["annotations"]:
            del annotation["segmentation"]
        (tmp_path / name).write_text(json.dumps(content))
    output = tmp_path / "mine.yaml"
    assert init(tmp_path, "--output", output) == 0
    said = capsys.readouterr().err
    assert "check task: boxes, since no annotation has a mask" in said
    assert "have no mask" not in said
    assert written(output)["task"] == "boxes"


def test_drawn_scenes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert init("--drawn") == 0
    assert written(Path("drawn.yaml"))["dataset"]["kind"] == "synthetic"


def test_nothing_is_overwritten_and_errors_are_one_line(tmp_path, capsys):
    output = tmp_path / "mine.yaml"
    output.write_text("mine")
    empty = tmp_path / "empty"
    empty.mkdir()
    (tmp_path / "half/leftImg8bit").mkdir(parents=True)
    for words, message in (
        (["--drawn", "--output", output], "mine.yaml: already exists"),
        (["--drawn", "--output", output / "below.yaml"], "cannot be written"),
        ([], "give the folder or the annotation files"),
        ([empty, "--drawn"], "give the folder or the annotation files"),
        ([empty], "neither the Cityscapes layout"),
        ([empty], "no config: `python -m workflow_scripts anonymize FOLDER --method"),
        ([empty], "`dataset convert` makes one of labels of YOLO"),
        ([tmp_path / "half"], "no gtFine beside"),
        ([tmp_path / "none"], "none: no such file or folder"),
    ):
        assert init(*words) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert message in line
    assert output.read_text() == "mine"
