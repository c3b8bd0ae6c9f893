"""Ground truth that is odd: it is taken, and what is odd is counted and said."""

import json
import unicodedata
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.coco_folder import HEIGHT, SQUARE, WIDTH, noise
from tests.dataset.coco_changes import first, mask, renamed, runs, without
from tests.dataset.ground_truth import POSITION_OF_ONE, lines_of, write_turned, write_with_position
from workflow_scripts.imaging.images import load, write_png

pytestmark = pytest.mark.usefixtures("no_processes")


def second_file(name: str) -> Callable[[dict], None]:
    def change(content: dict) -> None:
        content["annotations"][2]["category_id"] = 3
        content["categories"].append({"id": 3, "name": name})

    return change


def in_one_track(content: dict) -> None:
    for one in content["annotations"][:3]:  # the third is in another image
        one["track_id"] = 7


WARM = [[-10, 20, 40, 20, 40, 50, -10, 50]]
COUNTED: list[tuple[Callable[[dict], Any], tuple[int, int], list[str]]] = [
    (lambda c: None, (4, 0), []),
    (without("annotations", "iscrowd"), (4, 0), []),
    (without("annotations", "id"), (4, 0), []),
    (
        first("annotations", iscrowd=True), (3, 1),
        ["1 annotation with iscrowd: 1 (groups), excluded from training and "
         "evaluation; set it to 0 if your tool marks single objects so, e.g. annotation 1 (a.png)"],
    ),
    (first("annotations", bbox=[10, 20, 30, 30]), (4, 0), []),
    (first("images", width=96.0), (4, 0), []),
    (
        first("annotations", id=2),
        (4, 0),
        ["1 annotation whose id another one has, kept like any other, e.g. annotation 2"],
    ),
    (
        in_one_track, (4, 0),
        ["1 object whose track_id another one of the image has, e.g. annotation 2 (a.png)"],
    ),
    (
        second_file("car"), (4, 0),
        ["1 category name with several ids, taken for one class, e.g. 'car'"],
    ),
    (
        second_file("dog"), (3, 0),
        ["1 object of ignored classes, left out, e.g. annotation 3"],
    ),
    (
        mask([SQUARE, [10, 20, 30, 30]]), (4, 0),
        ["1 polygon of fewer than 3 points, left out, e.g. annotation 1 (a.png)"],
    ),
    (
        mask([[10, 20, 10.2, 20, 10.2, 20.2]]), (3, 0),
        ["1 object without pixels, left out, e.g. annotation 1 (a.png)"],
    ),
    (
        runs([WIDTH * HEIGHT]), (3, 0),
        ["1 object without pixels, left out, e.g. annotation 1 (a.png)"],
    ),
    (
        mask(WARM), (4, 0),
        ["1 object reaching beyond the image, clipped at its border, e.g. annotation 1 "
         "(a.png)"],
    ),
    (
        lambda c: c["annotations"].append(c["annotations"][0] | {"id": 9}), (5, 0),
        ["1 object with the same class and mask as another one, kept, e.g. annotation 9"],
    ),
    (
        lambda c: c["annotations"].__delitem__(slice(0, 2)), (2, 0),
        ["1 image without an object, e.g. a.png"],
    ),
    (mask([[10, 20, 96.5, 20, 96.5, 50]]), (4, 0), []),
    (
        first("annotations", bbox=[300, 20, 30, 30]), (4, 0),
        ["1 object whose bbox differs from the box of the mask; the mask counts, e.g. "
         "annotation 1 (a.png)"],
    ),
    (
        first("annotations", bbox=[10, None]), (4, 0),
        ["1 object whose bbox differs from the box of the mask; the mask counts, e.g. "
         "annotation 1 (a.png)"],
    ),
    (
        lambda c: [one.update(category_id=2) for one in c["annotations"]], (4, 0),
        ["classes without an object to learn from: car"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("change", "objects_and_groups", "notes"), COUNTED)
def test_what_is_odd_is_taken_and_said(data, capsys, change, objects_and_groups, notes):
    content = json.loads(data.file.read_text())
    change(content)
    data.write(content)
    data.settings["ignored_classes"] = ["dog"]
    assert data.index() == 0
    assert lines_of(capsys) == [f"attention: train: {note}" for note in notes]
    split = data.split()
    assert split.notes == tuple(notes)
    crowds = [one.iscrowd for one in split.instances]
    assert (crowds.count(0), crowds.count(1)) == objects_and_groups


def test_names_that_are_written_otherwise_are_matched_and_said(data, capsys):
    """Back-slashes of Windows, umlauts composed in the file and decomposed on disk."""
    content = json.loads(data.file.read_text())
    (data.images / "cam").mkdir()
    (data.images / "a.png").rename(data.images / "cam/a.png")
    (data.images / "b.png").rename(data.images / unicodedata.normalize("NFD", "Köln.png"))
    renamed("cam\\a.png", unicodedata.normalize("NFC", "Köln.png"))(content)
    data.write(content)
    assert data.index() == 0
    assert lines_of(capsys) == [
        "attention: train: 2 file names written otherwise than the file is named, matched, e.g. "
        r"'cam\\a.png'"
    ]
    names = [image.file_name for image in data.split().images]
    assert names == [unicodedata.normalize("NFD", "Köln.png"), "cam/a.png"]


def test_absolute_names_inside_the_image_folder_become_relative(data, capsys):
    """As Label Studio writes them for local files."""
    content = json.loads(data.file.read_text())
    renamed(str(data.images / "a.png"), "b.png")(content)
    data.write(content)
    assert data.index() == 0
    assert [image.file_name for image in data.split().images] == ["a.png", "b.png"]
    renamed(str(data.images / "a.png"), "a.png")(content)
    data.write(content)
    capsys.readouterr()
    assert data.index() == 2
    (line,) = lines_of(capsys)
    assert line.startswith(f"error: {data.file}: the images 1 and 2 are one file, a.png;")


def test_groups_are_no_instances_of_the_summary(data, capsys):
    content = json.loads(data.file.read_text())
    first("annotations", iscrowd=1)(content)
    data.write(content)
    assert data.index() == 0
    assert capsys.readouterr().err.splitlines()[-1] == (
        "[dataset index] 2 training and 2 validation images, 3 and 4 instances, 1 and 0 groups, "
        "1 and 1 shards"
    )


def test_a_class_that_nothing_is_to_be_found_of_is_said(data, capsys):
    data.settings["classes"] = ["car", "person", "train"]
    assert data.index() == 0
    assert lines_of(capsys) == [
        "attention: train: classes without an object to learn from: train",
        "attention: val: classes without an object to find: train",
    ]


def test_validation_images_that_are_training_images_are_said(data, capsys):
    """Whatever their names: the contents are compared."""
    images = data.folder / "val_images"
    (images / "b.png").write_bytes((data.images / "a.png").read_bytes())
    assert data.index() == 0
    assert lines_of(capsys) == [
        "attention: val: 1 of 2 images are also training images, e.g. b.png: models are tested on "
        "images that they were trained on"
    ]


def test_copies_within_a_split_are_said(data, capsys):
    (data.images / "b.png").write_bytes((data.images / "a.png").read_bytes())
    assert data.index() == 0
    assert lines_of(capsys) == [
        "attention: train: 1 image with the content of another one, e.g. b.png"
    ]


def test_percentages_are_suspected(data, capsys):
    for name in ("a.png", "b.png"):
        write_png(data.images / name, noise([1], 480, 270))
    content = json.loads(data.file.read_text())
    for image in content["images"]:
        image.update(width=480, height=270)
    data.write(content)
    assert data.index() == 0
    lines = lines_of(capsys)
    assert lines[0] == (
        "attention: train: 4 objects, all of the file, ending before pixel 100 as percentages "
        "would, e.g. annotation 1"
    )


@pytest.mark.parametrize(("end", "is_said"), [(57, True), (59, False)])
def test_labels_of_smaller_images_are_suspected(data, capsys, end, is_said):
    content = json.loads(data.file.read_text())
    content["images"], content["annotations"] = [], []
    for number in range(1, 21):
        image, left = (number + 3) // 4, 10 * (number % 4)
        right = end if number == 20 else left + 9
        polygon = [left, 10, right, 10, right, 30, left, 30]
        content["annotations"].append(
            {"id": number, "image_id": image, "category_id": 1, "segmentation": [polygon]}
        )
        if number % 4 == 0:
            name = f"s{image}.png"
            write_png(data.images / name, noise([image], 96, 64))
            size = {"width": 96, "height": 64}
            content["images"].append({"id": image, "file_name": name, **size})
    category = content["categories"][0]["id"]
    for one in content["annotations"]:
        one["category_id"] = category
    data.write(content)
    assert data.index() == 0
    said = (
        "attention: train: all 20 objects lie in the upper left part of their images: were the "
        "labels drawn on smaller copies?"
    )
    assert (said in lines_of(capsys)) == is_said


@pytest.mark.parametrize("orientation", range(5, 9))
def test_labels_of_turned_images_turn_the_image(data, capsys, orientation):
    """As the tools do that show the image turned: the size in the file tells it."""
    write_turned(data.images / "a.png", noise([1, 0], HEIGHT, WIDTH), orientation)
    assert data.index() == 0
    assert lines_of(capsys) == [
        "attention: train: 1 image turned by the EXIF orientation, like the labels, e.g. a.png"
    ]
    shown = np.asarray(ImageOps.exif_transpose(Image.open(data.images / "a.png")))
    image = next(one for one in data.split().images if one.file_name == "a.png")
    np.testing.assert_array_equal(load(image, data.images), shown)


def test_images_that_say_where_they_were_taken_are_counted(data, capsys):
    write_with_position(data.images / "a.png", noise([1, 0]))
    assert data.index() == 0
    assert lines_of(capsys) == [f"attention: train: 1 {POSITION_OF_ONE}, e.g. a.png"]


@pytest.mark.parametrize(
    ("factor", "more"),
    [
        (257, ""),
        (
            16,
            ": nearly black, since fewer than 15 are used; detectors find nothing in them; "
            "multiply their values",
        ),
    ],
)
def test_images_of_16_bits_are_counted(data, capsys, factor, more):
    """A camera of 12 bits that leaves the upper ones empty looks black."""
    cv2.imwrite(str(data.images / "a.png"), noise([1, 0]).astype(np.uint16) * factor)
    assert data.index() == 0
    assert lines_of(capsys) == [
        "attention: train: 1 image with 16 bits per channel, of which the upper 8 are read"
        f"{more}, e.g. a.png"
    ]
    image = next(one for one in data.split().images if one.file_name == "a.png")
    np.testing.assert_array_equal(
        load(image, data.images)[..., ::-1], noise([1, 0]).astype(int) * factor // 256
    )


def test_damaged_jpeg_files_are_counted(data, capsys):
    content = json.loads(data.file.read_text())
    renamed("a.jpg", "b.png")(content)
    data.write(content)
    raw = cv2.imencode(".jpg", noise([1, 0]))[1].tobytes()
    (data.images / "a.jpg").write_bytes(raw[: len(raw) // 2] + raw[len(raw) // 2 + 300 :])
    assert data.index() == 0
    assert lines_of(capsys) == [
        "attention: train: 1 JPEG file with damaged data, in which decoders fill what is lost; "
        "to be copied again, e.g. a.jpg"
    ]


def test_a_tiff_is_turned_by_its_format(data, capsys):
    write_turned(data.images / "a.tif", noise([1, 0]), 3)
    content = json.loads(data.file.read_text())
    renamed("a.tif", "b.png")(content)
    data.write(content)
    assert data.index() == 0
    assert lines_of(capsys) == []
    image = next(one for one in data.split().images if one.file_name == "a.tif")
    np.testing.assert_array_equal(load(image, data.images), noise([1, 0])[::-1, ::-1])


def test_labels_of_stored_images_leave_the_image(data, capsys):
    write_turned(data.images / "a.png", noise([1, 0]), 6)
    assert data.index() == 0
    assert lines_of(capsys) == [
        "attention: train: 1 image used as stored, like the labels, despite the EXIF "
        "orientation, e.g. a.png"
    ]


def test_images_turned_upside_down_are_taken_as_stored_and_said(data, capsys):
    write_turned(data.images / "a.png", noise([1, 0]), 3)
    assert data.index() == 0
    (line,) = lines_of(capsys)
    assert line.startswith("attention: train: 1 image used as stored despite an EXIF")
    write_turned(data.images / "b.png", noise([1, 1], HEIGHT, WIDTH), 6)
    assert data.index() == 0  # the size of one tells that the tool turns them
    assert lines_of(capsys) == [
        "attention: train: 2 images turned by the EXIF orientation, like the labels, e.g. a.png"
    ]
    image = next(one for one in data.split().images if one.file_name == "a.png")
    np.testing.assert_array_equal(load(image, data.images), noise([1, 0])[::-1, ::-1])
