"""Label images of Cityscapes that are wrong: the one line for each, and what is taken but counted.

`{root}` stands for the data set's folder.
"""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.cityscapes_folder import make_cityscapes
from tests.commands import index as main
from tests.dataset.ground_truth import (
    POSITION_OF_ONE,
    header_only,
    lines_of,
    write_turned,
    write_with_position,
)
from workflow_scripts.contracts.cityscapes import instance_ids_path
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.imaging.images import load, write_png

pytestmark = pytest.mark.usefixtures("no_processes")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_cityscapes(tmp_path / "cityscapes")


def index_cityscapes(root: Path) -> int:
    settings = json.dumps({"kind": "cityscapes", "root": str(root)})
    return main(["--settings", settings, "--output", str(root / "out"), "--workers", "1"])


def ids_with(*values: int) -> np.ndarray:
    ids = np.full((32, 64), 7, np.uint16)
    for number, value in enumerate(values):
        ids[4:20, number * 8 : number * 8 + 8] = value
    return ids


LAST = "are not labels of Cityscapes; a pixel has its label's id, or 1000 * id + number in an"
VALUES = [
    (ids_with(26 * 256 + 1, 24 * 256 + 1, 7 * 256), f"values 1792, 6145, 6657 {LAST}"),
    (ids_with(255, 13, 26000), f"values 255 {LAST}"),
    (ids_with(13001, 11000, 255), f"values 255, 11000, 13001 {LAST}"),
    (ids_with(34, 26000), f"values 34 {LAST}"),
    (ids_with(999), f"values 999 {LAST}"),
    (ids_with(7000), f"values 7000 {LAST}"),
    (ids_with(65535), f"values 65535 {LAST}"),
    (
        cv2.resize(ids_with(26000, 24000), None, fx=2, fy=2)[:32, :64],
        "values 1507, 4506, 6005, 6130, 6380 and 6 more " + LAST,
    ),
    (ids_with(26000).astype(np.uint8), "uint8 pixels; instance ids are uint16 (not labelIds)"),
]


@pytest.mark.parametrize(("ids", "line"), VALUES)
def test_values_of_no_label_are_named(root, capsys, ids, line):
    path = sorted(root.glob("gtFine/train/*/*_instanceIds.png"))[0]
    write_png(path, ids)
    assert index_cityscapes(root) == 2
    (found,) = lines_of(capsys)
    assert found.startswith(f"error: {path}: {line}")


@pytest.mark.parametrize("values", [(26000, 33999), (29000, 30001), (26, 33), (0, 1, 33)])
def test_values_of_cityscapes_are_taken(root, values):
    write_png(sorted(root.glob("gtFine/train/*/*_instanceIds.png"))[0], ids_with(*values))
    assert index_cityscapes(root) == 0


def first_image(root: Path) -> tuple[str, np.ndarray]:
    """Name and pixels of the first training image."""
    path = sorted(root.glob("leftImg8bit/train/*/*.png"))[0]
    return path.relative_to(root).as_posix(), np.asarray(Image.open(path))


def test_positions_are_counted_in_the_cityscapes_layout(root, capsys):
    name, pixels = first_image(root)
    write_with_position(root / name, pixels)
    assert index_cityscapes(root) == 0
    assert lines_of(capsys)[0] == f"attention: train: 1 {POSITION_OF_ONE}, e.g. {name}"


@pytest.mark.parametrize(
    ("orientation", "said"),
    [
        (6, "used as stored, like the labels, despite the EXIF orientation"),
        (3, "used as stored despite an EXIF orientation that mirrors or turns by 180°"),
    ],
)
def test_orientations_are_counted_in_the_cityscapes_layout(root, capsys, orientation, said):
    name, pixels = first_image(root)
    write_turned(root / name, pixels, orientation)
    assert index_cityscapes(root) == 0
    line = lines_of(capsys)[0]
    assert line.startswith(f"attention: train: 1 image {said}")
    assert line.endswith(f", e.g. {name}")
    split = CocoSplit.read(root / "out/train.coco.json")
    np.testing.assert_array_equal(load(split.images[0], root), pixels)


def test_ids_of_the_turned_image_turn_it_in_the_cityscapes_layout(root, capsys):
    name, pixels = first_image(root)
    write_turned(root / name, np.rot90(pixels), 6)
    assert index_cityscapes(root) == 0
    assert lines_of(capsys)[0] == (
        f"attention: train: 1 image turned by the EXIF orientation, like the labels, e.g. {name}"
    )
    split = CocoSplit.read(root / "out/train.coco.json")
    np.testing.assert_array_equal(load(split.images[0], root), pixels)


def test_ids_that_may_be_train_ids_are_said(root, capsys):
    label = instance_ids_path(root, first_image(root)[0])
    write_png(label, ids_with(0, 1, 13))
    assert index_cityscapes(root) == 0
    assert lines_of(capsys)[0] == (
        "attention: train: 1 label image without an id above 18: no object, vegetation or sky, or "
        f"train ids (labelTrainIds), from which objects cannot be read, e.g. {label.name}"
    )
    write_png(label, ids_with(0, 7, 23))
    assert index_cityscapes(root) == 0
    assert "train ids" not in "".join(lines_of(capsys))


def test_train_ids_in_all_label_images_stop_and_are_said(root, capsys):
    labels = sorted((root / "gtFine/train").glob("*/*_instanceIds.png"))
    for label in labels:
        write_png(label, ids_with(0, 1, 13))
    assert index_cityscapes(root) == 2
    assert lines_of(capsys) == [
        f"error: {root}/gtFine/train: no object to learn from: {len(labels)} label images without "
        "an id above 18: no object, vegetation or sky, or train ids (labelTrainIds), from which "
        f"objects cannot be read, e.g. {labels[0].name}; correct the labels, or the classes of the "
        "study (person, rider, car, truck, bus, train, motorcycle, bicycle)"
    ]


def test_a_huge_label_image_is_not_decoded(root, capsys):
    name = sorted(root.glob("leftImg8bit/train/*/*.png"))[0].relative_to(root).as_posix()
    label = instance_ids_path(root, name)
    label.write_bytes(header_only(50_000, 50_000))
    assert index_cityscapes(root) == 2
    assert lines_of(capsys) == [
        f"error: {root / name}: 64x32 pixels, but its label {label.name} has 50000x50000; one of "
        "them is not from this data set"
    ]


def test_a_validation_split_of_groups_stops(root, capsys):
    for path in root.glob("gtFine/val/*/*_instanceIds.png"):
        write_png(path, ids_with(26, 24))
    assert index_cityscapes(root) == 2
    assert lines_of(capsys) == [
        f"error: {root}/gtFine/val: no object to find: all 4 annotations are groups (iscrowd: 1); "
        "correct the labels, or the classes of the study (person, rider, car, truck, bus, train, "
        "motorcycle, bicycle)"
    ]
