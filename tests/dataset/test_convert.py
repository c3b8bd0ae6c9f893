"""Labels of public data sets as COCO files, on files in the layout that each documents."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from twin_comparison.files import expected_path

from tests.commands import convert_labels, index
from workflow_scripts.contracts.coco import CocoSplit

KITTI = """\
Pedestrian 0.00 0 -0.20 10.50 20.00 30.50 60.00 1.89 0.48 1.20 1.84 1.47 8.41 0.01
Car 0.88 3 -0.69 40.00 22.25 99.00 47.00 1.60 1.57 3.23 -2.70 1.74 3.68 -1.29
DontCare -1 -1 -10 2.00 1.00 9.00 8.00 -1 -1 -1 -1000 -1000 -1000 -10
"""
SCALABEL = [
    {
        "name": "b1c66a42-6f7d68ca.jpg",
        "videoName": "b1c66a42",
        "attributes": {"timeofday": "night"},
        "labels": [
            {"id": "1", "category": "car", "box2d": {"x1": 10, "y1": 20, "x2": 29, "y2": 39}},
            {
                "id": 2,
                "category": "person",
                "attributes": {"crowd": True, "occluded": False},
                "poly2d": [
                    {"vertices": [[50, 10], [60, 10], [60, 30]], "types": "LLL", "closed": True}
                ],
            },
            {
                "id": "3",
                "category": "lane",
                "poly2d": [{"vertices": [[0, 0], [5, 5]], "types": "LL", "closed": False}],
            },
        ],
    },
    {"name": "b1c66a42-0000.jpg", "labels": None},
]
ZOD = [
    {
        "geometry": {
            "type": "MultiPoint",
            "coordinates": [[12.5, 20], [20, 10], [30, 24], [22, 44]],
        },
        "properties": {"annotation_uuid": "a", "class": "Pedestrian", "unclear": False},
    },
    {
        "geometry": {"type": "MultiPoint", "coordinates": [[40, 10], [60, 30]]},
        "properties": {"annotation_uuid": "b", "class": "Vehicle", "type": "Car", "unclear": True},
    },
    {
        "geometry": {"type": "MultiPoint", "coordinates": [[70, 10], [80, 30]]},
        "properties": {"annotation_uuid": "c", "class": "Inconclusive", "unclear": True},
    },
]


def photograph(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((64, 100, 3), 90, np.uint8))


def convert(*arguments: object) -> int:
    return convert_labels([str(argument) for argument in arguments])


def found(path: Path) -> list[tuple[str, str, list[float], int]]:
    """Image, class, box and whether it is a group, of each annotation."""
    content = json.loads(path.read_text())
    names = {one["id"]: one["name"] for one in content["categories"]}
    files = {one["id"]: one["file_name"] for one in content["images"]}
    return [
        (files[one["image_id"]], names[one["category_id"]], one["bbox"], one["iscrowd"])
        for one in content["annotations"]
    ]


def indexed(folder: Path, coco: Path, images: Path, classes: list[str], task: str) -> CocoSplit:
    """The index of the converted labels, where both splits are the same."""
    split = {"annotations": str(coco), "images": str(images)}
    settings = {"kind": "coco", "classes": classes, "train": split, "val": split}
    words = ["--settings", json.dumps(settings), "--task", task, "--workers", "1"]
    assert index([*words, "--output", str(folder / "data")]) == 0
    return CocoSplit.read(folder / "data/train.coco.json")


@pytest.fixture
def kitti(tmp_path) -> tuple[Path, Path]:
    labels, images = tmp_path / "training/label_2", tmp_path / "training/image_2"
    labels.mkdir(parents=True)
    for name in ("000000", "000001"):
        (labels / f"{name}.txt").write_text(KITTI)
        photograph(images / f"{name}.png")
    return labels, images


def test_kitti(kitti, tmp_path, capsys):
    labels, images = kitti
    (tmp_path / "train.txt").write_text("000001\n000002\n000003.png\n")
    options = "--images", images, "--output", tmp_path / "kitti.json"
    assert convert("kitti", labels, *options, "--only", tmp_path / "train.txt") == 0
    said = capsys.readouterr().err
    assert f"{tmp_path}/train.txt: 2 names without an image, e.g. 000002" in said
    assert found(tmp_path / "kitti.json") == [
        ("000001.png", "Pedestrian", [10.5, 20, 20, 40], 0),
        ("000001.png", "Car", [40, 22.25, 59, 24.75], 0),
        ("000001.png", "Car", [2, 1, 7, 7], 1),
        ("000001.png", "Pedestrian", [2, 1, 7, 7], 1),
    ]
    split = indexed(tmp_path, tmp_path / "kitti.json", images, ["Pedestrian", "Car"], "boxes")
    assert [one.bbox for one in split.instances][:2] == [(10.5, 20, 20, 40), (40, 22.25, 59, 24.75)]
    assert [one.iscrowd for one in split.instances] == [0, 0, 1, 1]


def test_scalabel(tmp_path, capsys):
    images = tmp_path / "images/100k/train"
    photograph(images / "b1c66a42/b1c66a42-6f7d68ca.jpg")  # in the folder of its video
    photograph(images / "b1c66a42-0000.jpg")
    for name, content in {"list": SCALABEL, "object": {"frames": SCALABEL}}.items():
        labels, coco = tmp_path / f"{name}.json", tmp_path / f"{name}.coco.json"
        labels.write_text(json.dumps(content))
        assert convert("scalabel", labels, "--images", images, "--output", coco) == 0
        assert found(coco) == [
            ("b1c66a42/b1c66a42-6f7d68ca.jpg", "car", [10, 20, 20, 20], 0),
            ("b1c66a42/b1c66a42-6f7d68ca.jpg", "person", [50, 10, 10, 20], 1),
        ]
        assert len(json.loads(coco.read_text())["images"]) == 2
    assert "1 labels of lane without a box or a mask, left out" in capsys.readouterr().err


def test_scalabel_masks_are_those_of_the_polygons(tmp_path):
    images = tmp_path / "images"
    photograph(images / "a.jpg")
    square = {"vertices": [[10, 10], [30, 10], [30, 30], [10, 30]], "types": "LLLL", "closed": True}
    labels = [{"id": "1", "category": "car", "poly2d": [square]}]
    (tmp_path / "seg.json").write_text(json.dumps([{"name": "a.jpg", "labels": labels}]))
    options = "--images", images, "--output", tmp_path / "coco.json"
    assert convert("scalabel", tmp_path / "seg.json", *options) == 0
    split = indexed(tmp_path, tmp_path / "coco.json", images, ["car"], "masks")
    assert [(one.bbox, one.area) for one in split.instances] == [((10, 10, 20, 20), 400)]


def test_zod(tmp_path):
    frames = tmp_path / "single_frames"
    image = "000007/camera_front_blur/000007_romeo_2022-02-14T13:23:32Z.jpg"
    photograph(frames / image)
    (frames / "000007/annotations").mkdir()
    (frames / "000007/annotations/object_detection.json").write_text(json.dumps(ZOD))
    assert convert("zod", frames, "--images", frames, "--output", tmp_path / "zod.json") == 0
    assert found(tmp_path / "zod.json") == [
        (image, "Pedestrian", [12.5, 10, 17.5, 34], 0),
        (image, "Vehicle", [40, 10, 20, 20], 1),
        (image, "Pedestrian", [70, 10, 10, 20], 1),
        (image, "Vehicle", [70, 10, 10, 20], 1),
    ]
    generated = "000007/camera_front_dnat/000007_romeo_2022-02-14T13:23:32Z.jpg"
    assert expected_path(frames, image, {"blur": "dnat"}) == frames / generated


YOLO = "names: {0: person, 1: car}\n"


def test_yolo(tmp_path):
    images = tmp_path / "mine/images/train"
    for name in ("a/one.jpg", "two.png", "empty.jpg"):
        photograph(images / name)
    labels = tmp_path / "mine/labels/train"
    (labels / "a").mkdir(parents=True)
    (labels / "a/one.txt").write_text("1 0.5 0.5 0.2 0.25\n\n")
    (labels / "two.txt").write_text("0 0.1 0.25 0.3 0.25 0.3 0.75 0.1 0.75\n")
    (tmp_path / "data.yaml").write_text(YOLO)
    options = "--images", images, "--output", tmp_path / "yolo.json"
    assert convert("yolo", tmp_path / "data.yaml", *options) == 0
    boxes = [("a/one.jpg", "car", [40, 24, 20, 16], 0), ("two.png", "person", [10, 16, 20, 32], 0)]
    assert found(tmp_path / "yolo.json") == [
        (image, name, pytest.approx(box), group) for image, name, box, group in boxes
    ]
    assert len(json.loads((tmp_path / "yolo.json").read_text())["images"]) == 3
    split = indexed(tmp_path, tmp_path / "yolo.json", images, ["car", "person"], "boxes")
    assert [one.category_id for one in split.instances] == [1, 2]


def test_yolo_images_in_a_linked_folder_are_not_lost(tmp_path):
    images, elsewhere = tmp_path / "mine/images", tmp_path / "disk [1]"
    for folder in (images / "a", elsewhere):
        photograph(folder / "one.jpg")
    (images / "b").symlink_to(elsewhere)
    for name in "ab":
        (tmp_path / "mine/labels" / name).mkdir(parents=True)
        (tmp_path / "mine/labels" / name / "one.txt").write_text("1 0.5 0.5 0.2 0.25")
    (tmp_path / "data.yaml").write_text(YOLO)
    options = "--images", images, "--output", tmp_path / "yolo.json"
    assert convert("yolo", tmp_path / "data.yaml", *options) == 0
    assert [image for image, *_ in found(tmp_path / "yolo.json")] == ["a/one.jpg", "b/one.jpg"]


def test_no_image_and_no_label_is_overwritten(kitti, capsys):
    labels, images = kitti
    for name in (images / "000000.png", labels / "000001.txt", images / "../image_2/000001.png"):
        before = name.read_bytes()
        assert convert("kitti", labels, "--images", images, "--output", name) == 2
        folder = labels if name.suffix == ".txt" else images
        said = f"--output: {name} is an input and would be overwritten; name a file outside of "
        assert f"{said}{folder}, or delete it first" in capsys.readouterr().err
        assert name.read_bytes() == before
    assert convert("kitti", labels, "--images", images, "--output", images / "new.json") == 0


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (os.mkfifo, "a pipe or a device; expected a file"),
        (Path.mkdir, "cannot be read (Is a directory)"),
        (lambda path: path.symlink_to("nowhere"), "no such file"),
        (lambda path: path.symlink_to(path), "cannot be read (Too many levels of symbolic links)"),
    ],
)
def test_yolo_labels_that_are_no_files_are_named(tmp_path, capsys, make, said):
    for name in ("one", "two"):
        photograph(tmp_path / f"images/{name}.jpg")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/one.txt").write_text("1 0.5 0.5 0.2 0.25")
    make(tmp_path / "labels/two.txt")
    (tmp_path / "data.yaml").write_text(YOLO)
    options = "--images", tmp_path / "images", "--output", tmp_path / "yolo.json"
    assert convert("yolo", tmp_path / "data.yaml", *options) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert line.endswith(f"error: {tmp_path}/labels/two.txt: {said}")


def test_yolo_labels_without_an_image_are_counted(tmp_path, capsys):
    photograph(tmp_path / "images/one.jpg")
    for name in ("one", "two", "b/three", "classes"):
        (tmp_path / f"labels/{name}.txt").parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / f"labels/{name}.txt").write_text("1 0.5 0.5 0.2 0.25")
    (tmp_path / "data.yaml").write_text(YOLO)
    options = "--images", tmp_path / "images", "--output", tmp_path / "yolo.json"
    assert convert("yolo", tmp_path / "data.yaml", *options) == 0
    said = f"2 label files without an image, e.g. {tmp_path}/labels/b/three.txt; left out"
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("names", "name"),
    [
        ("names: [yes, no]", "no"),
        ("names: {'0': person, '1': car}", "car"),
        ("names: {0: 17, 1: 18}", "18"),
        ("\ufeffnames:\n- person\n- car\n", "car"),
    ],
)
def test_yolo_names_are_words_and_a_byte_order_mark_is_none(tmp_path, names, name):
    photograph(tmp_path / "one.jpg")
    (tmp_path / "one.txt").write_text("\ufeff1 0.5 0.5 0.2 0.25\r\n", encoding="utf-8")
    (tmp_path / "data.yaml").write_text(names, encoding="utf-8")
    options = "--images", tmp_path, "--output", tmp_path / "yolo.json"
    assert convert("yolo", tmp_path / "data.yaml", *options) == 0
    assert found(tmp_path / "yolo.json") == [
        ("one.jpg", name, pytest.approx([40, 24, 20, 16]), 0),
    ]


POLYGON = "0 0.1 0.1 0.3 0.1 0.3 0.4\n"


@pytest.mark.parametrize(
    ("names", "text", "said"),
    [
        (YOLO, "2 0.5 0.5 0.1 0.1", "one.txt, line 1: class 2 is not one of the 2 names"),
        ("names: [person]", "person 0 0 1 1", "line 1: class person is not one of the 1 names"),
        (YOLO, "0 50 50 20 20", "line 1: 50 50 20 20: shares of the image are from 0 to 1"),
        (YOLO, "0 0.5 0.5 0.1", "line 1: 4 fields; expected a class and 4 numbers of a box, or 6"),
        (YOLO, "0 0.5 0.5 0 0.1", "line 1: a box from (50, "),
        ("nc: 2", "0 0.5 0.5 0.1 0.1", "data.yaml: no class names in it; name the data.yaml"),
        ("names: coco.names", "0 0.5 0.5 0.1 0.1", "data.yaml: no class names in it"),
        ("names: [person, ~, '']", "0 0.5 0.5 0.1 0.1", "data.yaml: no class names in it"),
        ("names: [car, car]", "0 0.5 0.5 0.1 0.1", "data.yaml: two classes have the same name"),
        ("names: [man]\nkpt_shape: [4, 2]", POLYGON, "data.yaml: its labels have keypoints"),
        (YOLO, POLYGON + "0 0.1 0.1 0.3 0.4", "line 2: 4 numbers among polygons, which YOLO"),
        (YOLO, "0 0.1 0.1 0.9 0.9\n0 0.4 0.4 0.6 0.6", "all fit if read as corners; YOLO boxes"),
        (YOLO, None, "no labels were found for its images, such as"),
    ],
)
def test_yolo_labels_that_are_wrong_are_named(tmp_path, capsys, names, text, said):
    photograph(tmp_path / "one.jpg")  # the labels are beside it
    if text is not None:
        (tmp_path / "one.txt").write_text(text)
    (tmp_path / "data.yaml").write_text(names)
    options = "--images", tmp_path, "--output", tmp_path / "yolo.json"
    assert convert("yolo", tmp_path / "data.yaml", *options) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert said in line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Car 0.5 0.5 0.1 0.2", "line 1: 5 fields instead of 15; is it a KITTI label?"),
        (KITTI.replace("40.00 22.25 99.00", "99.00 22.25 40.00"), "line 2: a box from (99, 22.25)"),
        (KITTI.replace("10.50 20.00", "nan 20.00"), "line 1: a box from (nan, 20)"),
        (KITTI.replace("10.50 20.00", "ten 20.00"), "line 1: could not convert string to float"),
    ],
)
def test_labels_that_are_wrong_are_named(kitti, tmp_path, capsys, text, said):
    labels, images = kitti
    (labels / "000000.txt").write_text(text)
    assert convert("kitti", labels, "--images", images, "--output", tmp_path / "kitti.json") == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert f"000000.txt, {said}" in line
    assert not (tmp_path / "kitti.json").exists()


def test_images_that_are_missing_and_nothing_labelled(kitti, tmp_path, capsys):
    labels, images = kitti
    (images / "000001.png").unlink()
    options = "--images", images, "--output", tmp_path / "kitti.json"
    assert convert("kitti", labels, *options) == 2
    assert f"000001.txt: no image 000001.png in {images}" in capsys.readouterr().err
    for path in labels.glob("*.txt"):
        path.write_text("")
    photograph(images / "000001.png")
    assert convert("kitti", labels, *options) == 2
    assert f"{labels}: no object is labelled" in capsys.readouterr().err
    (tmp_path / "bdd.json").write_text('{"shapes": []}')
    assert convert("scalabel", tmp_path / "bdd.json", *options) == 2
    assert "neither a list of frames nor an object with `frames`" in capsys.readouterr().err


def test_an_output_replaces_no_file_of_another_kind(tmp_path, capsys):
    """Such as a label file that was found from the images."""
    labels = tmp_path / "labels/a.txt"
    labels.parent.mkdir()
    labels.write_text("0 0.5 0.5 0.2 0.2\n")
    (tmp_path / "images").mkdir()
    (tmp_path / "data.yaml").write_text("names: [car]\n")
    arguments = ["--images", tmp_path / "images", "--output", labels]
    assert convert("yolo", tmp_path / "data.yaml", *arguments) == 2
    assert "a.txt exists and is no COCO file; name another file" in capsys.readouterr().err
    assert labels.read_text() == "0 0.5 0.5 0.2 0.2\n"
