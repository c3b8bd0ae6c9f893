"""Ground truth that is wrong: the one line for each, and what is taken but counted.

Each row is an input that a labelling tool, a script or a person has produced. `{file}` stands for
the annotation file of the training split, `{images}` for its image folder, `{root}` for a folder in
the Cityscapes layout.
"""

import json
import os
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from tests.coco_folder import HEIGHT, SQUARE, WIDTH, CocoFolder, noise
from tests.dataset.ground_truth import (
    POSITION,
    header_only,
    lines_of,
    write_turned,
    write_with_position,
)
from workflow_scripts.imaging.images import load, write_png

NAN, INF = float("nan"), float("inf")
FRACTIONS = [0.1, 0.3, 0.4, 0.3, 0.4, 0.8]
OUTSIDE = [200, 20, 240, 20, 240, 50]
HALF = {"size": [32, 48], "counts": [0, 32 * 48]}
TURNED = {"size": [96, 64], "counts": [0, 96 * 64]}
CROWD_LINE = "0 (an object) or 1 (a group) is expected"
ALIKE = "there is no such file in the image folder, but there is 'a.png'; did you mean that?"
PATH_LINE = (
    "a path relative to the image folder, inside it and without control characters, is expected"
)
pytestmark = pytest.mark.usefixtures("no_processes")
EXPECTED_TYPES = "a number or a text is expected"


@pytest.fixture
def data(tmp_path: Path) -> CocoFolder:
    return CocoFolder(tmp_path)


def first(key: str, **values: Any) -> Callable[[dict], None]:
    """Set keys of the first entry of a list."""
    return lambda content: content[key][0].update(values)


def without(key: str, name: str) -> Callable[[dict], None]:
    return lambda content: content[key][0].pop(name)


def entry(key: str, value: Any) -> Callable[[dict], None]:
    """Put something else in the place of the first entry of a list."""

    def change(content: dict) -> None:
        content[key][0] = value

    return change


def mask(segmentation: Any) -> Callable[[dict], None]:
    return first("annotations", segmentation=segmentation)


def all_masks(make: Callable[[list], Any]) -> Callable[[dict], None]:
    def change(content: dict) -> None:
        for one in content["annotations"]:
            one["segmentation"] = make(one["segmentation"])

    return change


def renamed(first_name: str, second_name: str) -> Callable[[dict], None]:
    def change(content: dict) -> None:
        for image, name in zip(content["images"], (first_name, second_name), strict=True):
            image["file_name"] = name

    return change


ENTRIES = [
    # Images
    (entry("images", None), "images[0] is null; an object {…} is expected"),
    (entry("images", "a.png"), "images[0] is 'a.png'; an object {…} is expected"),
    (without("images", "id"), "images[0]: no id; " + EXPECTED_TYPES),
    (first("images", id=None), "images[0]: id is null; " + EXPECTED_TYPES),
    (first("images", id=[1]), "images[0]: id is a list of 1; " + EXPECTED_TYPES),
    (first("images", id=True), "images[0]: id is true; " + EXPECTED_TYPES),
    (first("images", id=NAN), "images[0]: id is nan; " + EXPECTED_TYPES),
    (
        first("images", id=2),
        "two images have the id 2: a.png and b.png; give each its own",
    ),
    (
        without("images", "file_name"),
        "image 1: no file_name; the path of an image file is expected",
    ),
    (
        first("images", file_name=None),
        "image 1: file_name is null; the path of an image file is expected",
    ),
    (
        first("images", file_name=7),
        "image 1: file_name is 7; the path of an image file is expected",
    ),
    (
        first("images", file_name=" "),
        "image 1: file_name is ' '; the path of an image file is expected",
    ),
    (first("images", file_name="images/a.png"), f"image 1: file_name is 'images/a.png'; {ALIKE}"),
    (first("images", file_name="a.jpg"), f"image 1: file_name is 'a.jpg'; {ALIKE}"),
    (
        first("images", file_name="C:\\x\\a.JPEG"),
        rf"image 1: file_name is 'C:\\x\\a.JPEG'; {ALIKE}",
    ),
    (first("images", file_name="..\\a.jpg"), rf"image 1: file_name is '..\\a.jpg'; {ALIKE}"),
    (
        first("images", file_name="images/1a2b3c4d-a.jpg"),
        f"image 1: file_name is 'images/1a2b3c4d-a.jpg'; {ALIKE}",
    ),
    (
        first("images", file_name="a_png.rf.0123456789abcdef01234567.jpg"),
        f"image 1: file_name is 'a_png.rf.0123456789abcdef01234567.jpg'; {ALIKE}",
    ),
    (first("images", file_name="x%5Ca.png"), f"image 1: file_name is 'x%5Ca.png'; {ALIKE}"),
    (first("images", file_name="../a.png"), f"image 1: file_name is '../a.png'; {PATH_LINE}"),
    (first("images", file_name="x/../a.png"), f"image 1: file_name is 'x/../a.png'; {PATH_LINE}"),
    (
        first("images", file_name="..\\train.json"),
        rf"image 1: file_name is '..\\train.json'; {PATH_LINE}",
    ),
    (first("images", file_name="/a.png"), f"image 1: file_name is '/a.png'; {PATH_LINE}"),
    (first("images", file_name="a\n.png"), rf"image 1: file_name is 'a\n.png'; {PATH_LINE}"),
    (
        first("images", file_name="a\u2028.png"),
        rf"image 1: file_name is 'a\u2028.png'; {PATH_LINE}",
    ),
    (first("images", file_name="a\0.png"), rf"image 1: file_name is 'a\x00.png'; {PATH_LINE}"),
    (
        first("images", file_name="a\udc80.png"),
        rf"image 1: file_name is 'a\udc80.png'; {PATH_LINE}",
    ),
    (
        first("images", file_name="b.png"),
        "the images 1 and 2 are one file, b.png; a file needs one image with all its annotations",
    ),
    (
        first("images", file_name="./b.png"),
        "the images 1 and 2 are one file, b.png; a file needs one image with all its annotations",
    ),
    (without("images", "width"), "image 1: no width; a number of pixels is expected"),
    (first("images", width=None), "image 1: width is null; a number of pixels is expected"),
    (first("images", width="96"), "image 1: width is '96'; a number of pixels is expected"),
    (first("images", height=0), "image 1: height is 0; a number of pixels is expected"),
    (first("images", height=63.5), "image 1: height is 63.5; a number of pixels is expected"),
    (lambda c: c["images"].clear(), "it lists no images"),
    # Categories
    (entry("categories", None), "categories[0] is null; an object {…} is expected"),
    (without("categories", "id"), "categories[0]: no id; " + EXPECTED_TYPES),
    (without("categories", "name"), "category 1: no name; the name of a class is expected"),
    (
        first("categories", name=None),
        "category 1: name is null; the name of a class is expected",
    ),
    (first("categories", name=""), "category 1: name is ''; the name of a class is expected"),
    (first("categories", name=" "), "category 1: name is ' '; the name of a class is expected"),
    (
        first("categories", id=2),
        "two categories have the id 2: 'car' and 'person'; give each its own",
    ),
    (
        first("categories", name="Car"),
        "unknown class 'Car'; name it in dataset.classes, dataset.class_mapping or "
        "dataset.ignored_classes",
    ),
    # Annotations
    (entry("annotations", None), "annotations[0] is null; an object {…} is expected"),
    (entry("annotations", []), "annotations[0] is a list of 0; an object {…} is expected"),
    (first("annotations", id=None), "annotations[0]: id is null; " + EXPECTED_TYPES),
    (first("annotations", id=[1]), "annotations[0]: id is a list of 1; " + EXPECTED_TYPES),
    (
        without("annotations", "image_id"),
        "annotation 1: no image_id; the id of an image is expected",
    ),
    (
        first("annotations", image_id=None),
        "annotation 1: image_id is null; the id of an image is expected",
    ),
    (
        first("annotations", image_id=8),
        "annotations refer to image ids that the file does not define: 8",
    ),
    (
        first("annotations", image_id="1"),
        "annotations refer to image ids that the file does not define: '1'",
    ),
    (
        first("annotations", category_id=[1]),
        "annotation 1: category_id is a list of 1; the id of a category is expected",
    ),
    (
        first("annotations", category_id=8),
        "annotations refer to category ids that the file does not define: 8",
    ),
    (first("annotations", iscrowd=None), f"annotation 1: iscrowd is null; {CROWD_LINE}"),
    (first("annotations", iscrowd="0"), f"annotation 1: iscrowd is '0'; {CROWD_LINE}"),
    (first("annotations", iscrowd=2), f"annotation 1: iscrowd is 2; {CROWD_LINE}"),
    (first("annotations", iscrowd=[]), f"annotation 1: iscrowd is a list of 0; {CROWD_LINE}"),
    # The file as a whole
    (
        all_masks(lambda polygons: [FRACTIONS]),
        "all polygons lie between 0 and 1; COCO's coordinates are pixels: multiply them by the "
        "width and height of the image",
    ),
    (
        lambda c: [one.update(iscrowd=1) for one in c["annotations"]],
        "no object to learn from: all 4 annotations are groups (iscrowd: 1); correct the labels, "
        "or the classes of the study (car, person)",
    ),
    (
        lambda c: c["annotations"].clear(),
        "no object to learn from: none is labelled; correct the labels, or the classes of the "
        "study (car, person)",
    ),
]
NO_MASK = "has no mask (an empty or no segmentation); draw one, or leave its category out"
NO_NUMBERS = "has a polygon with something other than finite numbers in it"
NO_KIND = "has a segmentation that is neither a list of polygons nor an RLE mask"
NO_COUNTS = "has a mask whose counts are neither a text nor a list of run lengths"


def runs(counts: Any) -> Callable[[dict], None]:
    return mask({"size": [HEIGHT, WIDTH], "counts": counts})


MASKS = [
    (without("annotations", "segmentation"), NO_MASK),
    (mask(None), NO_MASK),
    (mask([]), NO_MASK),
    (mask({}), NO_MASK),
    (mask("d:n0R1"), NO_KIND),
    (mask(7), NO_KIND),
    (mask(SQUARE), NO_KIND),
    (mask([[]]), "has a polygon of 0 points; a mask needs at least 3"),
    (mask([[10, 20]]), "has a polygon of 1 points; a mask needs at least 3"),
    (mask([[10, 20, 30, 30]]), "has a polygon of 2 points; a mask needs at least 3"),
    (mask([[*SQUARE, 9]]), "has a polygon of 9 numbers; x and y come in pairs"),
    (mask([[[10, 20], [40, 20], [40, 50]]]), NO_NUMBERS),
    (mask([["10", "20", "40", "20", "40", "50"]]), NO_NUMBERS),
    (mask([[10, None, 40, 20, 40, 50]]), NO_NUMBERS),
    (mask([[10, True, 40, 20, 40, 50]]), NO_NUMBERS),
    (mask([[NAN, 20, 40, 20, 40, 50]]), NO_NUMBERS),
    (mask([[10, 20, 40, INF, 40, 50]]), NO_NUMBERS),
    (mask([[10, 20, 40, 10**400, 40, 50]]), NO_NUMBERS),
    (
        mask([FRACTIONS]),
        "reaches from x 0.1, y 0.3 to x 0.4, y 0.8 in an image of 96x64; are these fractions of "
        "its size? COCO's are pixels",
    ),
    (
        mask([[100, 20, 120, 20, 120, 50]]),
        "reaches from x 100, y 20 to x 120, y 50 in an image of 96x64: it lies outside",
    ),
    (
        mask([[10, -20, 40, -20, 40, -5]]),
        "reaches from x 10, y -20 to x 40, y -5 in an image of 96x64: it lies outside",
    ),
    (
        mask([[10, 20, 400, 20, 400, 50]]),
        "reaches from x 10, y 20 to x 400, y 50 in an image of 96x64; it is drawn at another scale",
    ),
    (
        mask([[10, 20, 1e300, 20, 40, 50]]),
        "reaches from x 10, y 20 to x 1e+300, y 50 in an image of 96x64; it is drawn at another "
        "scale",
    ),
    (mask(HALF), "has a mask for 48x32 pixels, but the image has 96x64"),
    (mask(TURNED), "has a mask for 64x96 pixels, but the image has 96x64"),
    (
        mask({"counts": [0, WIDTH * HEIGHT]}),
        "has an RLE mask without `size`, [height, width]",
    ),
    (runs(None), NO_COUNTS),
    (runs([5, -5, WIDTH * HEIGHT]), NO_COUNTS),
    (runs([5.5, 94.5]), NO_COUNTS),
    (runs([10**30]), NO_COUNTS),
    (runs([True, WIDTH * HEIGHT]), NO_COUNTS),
    (runs([0, 5]), "has a broken mask (its counts end before the last of 96x64 pixels)"),
    (runs([]), "has a broken mask (its counts end before the last of 96x64 pixels)"),
    (runs(""), "has a broken mask (its counts end before the last of 96x64 pixels)"),
    (runs("05"), "has a broken mask (its counts end before the last of 96x64 pixels)"),
    (
        runs([0, WIDTH * HEIGHT + 1]),
        "has a broken mask (invalid RLE: total counts 6145 exceed h*w=6144)",
    ),
    (
        runs("\0\0"),
        "has a broken mask (invalid RLE: byte value 0 at position 0 is below ASCII '0' (48))",
    ),
    (runs("ö"), "has a broken mask (invalid RLE: negative count -13 at position 0)"),
]
TEXTS = [
    ("{", "not valid JSON (Expecting property name enclosed in double quotes: line 1 column 2 "
     "(char 1)); make it again"),
    ("", "not valid JSON (Expecting value: line 1 column 1 (char 0)); make it again"),
    ('{"name": "Köln"}'.encode("latin-1"), "not valid JSON ('utf-8' codec can't decode byte 0xf6 "
     "in position 11: invalid start byte); make it again"),
    ("[" * 100_000, "not valid JSON (maximum recursion depth exceeded"),
    ('{"images": [], "images": []}',
     "not valid JSON (duplicate key 'images'; keep one); make it again"),
    ("[]", "no list 'images' in it; is it a COCO file?"),
    ("null", "no list 'images' in it; is it a COCO file?"),
    ('{"images": {"1": {}}}', "no list 'images' in it; is it a COCO file?"),
    ('{"images": [], "annotations": null}', "no list 'categories' in it; is it a COCO file?"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "line"), ENTRIES)
def test_entries_that_are_wrong_are_named(data, capsys, change, line):
    content = json.loads(data.file.read_text())
    change(content)
    data.write(content)
    assert data.index() == 2
    assert lines_of(capsys) == [f"error: {data.file}: {line}"]
    assert not data.output.exists()


@pytest.mark.parametrize(("change", "line"), MASKS)
def test_masks_that_are_wrong_are_named(data, capsys, change, line):
    content = json.loads(data.file.read_text())
    change(content)
    data.write(content)
    assert data.index() == 2
    assert lines_of(capsys) == [f"error: {data.file}: annotation 1 (a.png) {line}"]
    assert not data.output.exists()


@pytest.mark.parametrize(("text", "line"), TEXTS)
def test_files_that_are_not_coco_are_named(data, capsys, text, line):
    data.write(text)
    assert data.index() == 2
    (found,) = lines_of(capsys)
    assert found.startswith(f"error: {data.file}: {line}")


def replaced(content: bytes | None) -> Callable[[CocoFolder], None]:
    """Put something else in the place of an image."""

    def change(data: CocoFolder) -> None:
        (data.images / "a.png").unlink()
        if content is not None:
            (data.images / "a.png").write_bytes(content)

    return change


def with_sizes(width: int, height: int, content: bytes) -> Callable[[CocoFolder], None]:
    """Let the annotation file tell the size that the header of an image tells."""

    def change(data: CocoFolder) -> None:
        replaced(content)(data)
        labels = json.loads(data.file.read_text())
        first("images", width=width, height=height)(labels)
        data.write(labels)

    return change


def truncated(data: CocoFolder) -> None:
    path = data.images / "a.png"
    path.write_bytes(path.read_bytes()[:5000])


def as_pipe(data: CocoFolder) -> None:
    (data.images / "a.png").unlink()
    os.mkfifo(data.images / "a.png")


def as_folder(data: CocoFolder) -> None:
    (data.images / "a.png").unlink()
    (data.images / "a.png").mkdir()


def file_as_folder(data: CocoFolder) -> None:
    data.file.unlink()
    data.file.mkdir()


def file_as_pipe(data: CocoFolder) -> None:
    data.file.unlink()
    os.mkfifo(data.file)


def linked_to_itself(data: CocoFolder) -> None:
    (data.images / "a.png").unlink()
    (data.images / "a.png").symlink_to("a.png")


def two_names(data: CocoFolder) -> None:
    """One file under two names, as a file system without upper and lower case has it."""
    content = json.loads(data.file.read_text())
    os.link(data.images / "a.png", data.images / "A.png")
    renamed("a.png", "A.png")(content)
    data.write(content)


def no_images(data: CocoFolder) -> None:
    data.settings["train"]["images"] = str(data.folder / "nowhere")


def long_name(data: CocoFolder) -> None:
    content = json.loads(data.file.read_text())
    first("images", file_name="a" * 300)(content)
    data.write(content)


FILES = [
    (replaced(None), "{images}/a.png: no such file"),
    (replaced(b""), "{images}/a.png: truncated, damaged, or not an image (0 bytes); copy it again"),
    (
        replaced(b"<html>"),
        "{images}/a.png: truncated, damaged, or not an image (6 bytes); copy it again",
    ),
    (truncated, "{images}/a.png: truncated, damaged, or not an image (5000 bytes); copy it again"),
    (as_pipe, "{images}/a.png: a pipe or a device; expected a file"),
    (as_folder, "{images}/a.png: cannot be read (Is a directory)"),
    (linked_to_itself, "{images}/a.png: cannot be read (Too many levels of symbolic links)"),
    (long_name, "{images}/" + "a" * 300 + ": cannot be read (File name too long)"),
    (
        replaced(header_only(50_000, 50_000)),
        "{images}/a.png: 50000x50000 pixels, but train.json says 96x64",
    ),
    (
        replaced(header_only(20_000, 15_000)),
        "{images}/a.png: 20000x15000 pixels, but train.json says 96x64",
    ),
    (
        with_sizes(50_000, 50_000, header_only(50_000, 50_000)),
        "{images}/a.png: the header says 50000x50000 pixels; images of up to 1,073,741,824 pixels "
        "and 1,048,576 per side can be read",
    ),
    (
        with_sizes(64, 96, cv2.imencode(".png", noise([9]))[1].tobytes()),
        "{images}/a.png: 96x64 pixels, but train.json says 64x96",
    ),
    (
        two_names,
        "{file}: the images 1 and 2 are one file, A.png and a.png; a file needs one image with "
        "all its annotations",
    ),
    (file_as_folder, "{file}: cannot be read (Is a directory)"),
    (file_as_pipe, "{file}: a pipe or a device; expected a file"),
    (no_images, "dataset.train.images: there is no folder {folder}/nowhere"),
]


@pytest.mark.parametrize(("change", "line"), FILES)
def test_files_that_are_wrong_are_named(data, capsys, change, line):
    change(data)
    assert data.index() == 2
    places = {"images": data.images, "file": data.file, "folder": data.folder}
    assert lines_of(capsys) == [f"error: {line.format(**places)}"]


SETTINGS = [
    ({"classes": ["car", "all"]}, "classes.1: 'all' is reserved for the mean over the classes"),
    (
        {"classes": ["car", ""]},
        "classes.1: expected a name of visible characters without surrounding blanks",
    ),
    (
        {"classes": [" car", "person"]},
        "classes.0: expected a name of visible characters without surrounding blanks",
    ),
    (
        {"classes": ["car", "per\nson"]},
        "classes.1: expected a name of visible characters without surrounding blanks",
    ),
    ({"classes": ["car", "car"]}, "classes: duplicate name in ['car', 'car']"),
    ({"classes": []}, "classes: "),
    ({"ignored_classes": ["car"]}, "ignored_classes: 'car' is also one of the classes"),
    ({"class_mapping": {"van": "truck"}}, "class_mapping.van: 'truck' is not one of the classes"),
]


@pytest.mark.parametrize(("settings", "line"), SETTINGS)
def test_classes_that_are_wrong_are_named(data, capsys, settings, line):
    data.settings.update(settings)
    assert data.index() == 2
    (found,) = lines_of(capsys)
    assert found.startswith(f"error: --settings: {line}")


def second_file(name: str) -> Callable[[dict], None]:
    def change(content: dict) -> None:
        content["annotations"][2]["category_id"] = 3
        content["categories"].append({"id": 3, "name": name})

    return change


WARM = [[-10, 20, 40, 20, 40, 50, -10, 50]]
COUNTED: list[tuple[Callable[[dict], Any], tuple[int, int], list[str]]] = [
    (lambda c: None, (4, 0), []),
    (without("annotations", "iscrowd"), (4, 0), []),
    (without("annotations", "id"), (4, 0), []),
    (
        first("annotations", iscrowd=True), (3, 1),
        ["1 annotations with iscrowd: 1, read as groups, which are excluded from training and "
         "evaluation; set it to 0 if your tool marks single objects so, e.g. annotation 1 (a.png)"],
    ),
    (first("annotations", bbox=[10, 20, 30, 30]), (4, 0), []),
    (first("images", width=96.0), (4, 0), []),
    (
        first("annotations", id=2),
        (4, 0),
        ["1 annotations whose id another one has, kept like any other, e.g. annotation 2"],
    ),
    (
        second_file("car"), (4, 0),
        ["1 category names with several ids, taken for one class, e.g. 'car'"],
    ),
    (
        second_file("dog"), (3, 0),
        ["1 objects of ignored classes, left out, e.g. annotation 3"],
    ),
    (
        mask([SQUARE, [10, 20, 30, 30]]), (4, 0),
        ["1 polygons of fewer than 3 points, left out, e.g. annotation 1 (a.png)"],
    ),
    (
        mask([[10, 20, 10.2, 20, 10.2, 20.2]]), (3, 0),
        ["1 objects without pixels, left out, e.g. annotation 1 (a.png)"],
    ),
    (
        runs([WIDTH * HEIGHT]), (3, 0),
        ["1 objects without pixels, left out, e.g. annotation 1 (a.png)"],
    ),
    (
        mask(WARM), (4, 0),
        ["1 objects that reach beyond their image, clipped at its border, e.g. annotation 1 "
         "(a.png)"],
    ),
    (
        lambda c: c["annotations"].append(c["annotations"][0] | {"id": 9}), (5, 0),
        ["1 objects with the same class and mask as another one, kept, e.g. annotation 9"],
    ),
    (
        lambda c: c["annotations"].__delitem__(slice(0, 2)), (2, 0),
        ["1 images have no object, e.g. a.png"],
    ),
    (mask([[10, 20, 96.5, 20, 96.5, 50]]), (4, 0), []),
    (
        first("annotations", bbox=[300, 20, 30, 30]), (4, 0),
        ["1 objects whose bbox differs from the box of their mask; the mask counts, e.g. "
         "annotation 1 (a.png)"],
    ),
    (
        first("annotations", bbox=[10, None]), (4, 0),
        ["1 objects whose bbox differs from the box of their mask; the mask counts, e.g. "
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


def test_findings_of_both_splits_are_said(data, capsys):
    for name in ("train", "val"):
        path = data.folder / f"{name}.json"
        content = json.loads(path.read_text())
        mask([])(content)
        path.write_text(json.dumps(content))
    assert data.index() == 2
    assert lines_of(capsys) == [
        f"error: {data.folder}/{name}.json: annotation 1 (a.png) {NO_MASK}"
        for name in ("train", "val")
    ]


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
        "1 shards"
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
        "attention: train: 1 images are copies of another image, e.g. b.png"
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
        "attention: train: 4 objects, all of the file, that end before pixel 100 as percentages "
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


def test_all_that_is_wrong_is_said_at_once(data, capsys):
    content = json.loads(data.file.read_text())
    for one, broken in zip(content["annotations"], ([], [[1, 2]], None, HALF), strict=True):
        one["segmentation"] = broken
    data.write(content)
    (data.images / "b.png").unlink()
    assert data.index() == 2
    found = [line.removeprefix(f"error: {data.folder}/") for line in lines_of(capsys)]
    assert found == [
        f"train.json: annotation 1 (a.png) {NO_MASK}",
        "train.json: annotation 2 (a.png) has a polygon of 1 points; a mask needs at least 3",
        "train_images/b.png: no such file",
    ]


@pytest.mark.parametrize("orientation", range(5, 9))
def test_labels_of_turned_images_turn_the_image(data, capsys, orientation):
    """As the tools do that show the image turned: the size in the file tells it."""
    write_turned(data.images / "a.png", noise([1, 0], HEIGHT, WIDTH), orientation)
    assert data.index() == 0
    assert lines_of(capsys) == [
        "attention: train: 1 images turned by their EXIF orientation, like their labels, e.g. a.png"
    ]
    shown = np.asarray(ImageOps.exif_transpose(Image.open(data.images / "a.png")))
    image = next(one for one in data.split().images if one.file_name == "a.png")
    np.testing.assert_array_equal(load(image, data.images), shown)


def test_images_that_say_where_they_were_taken_are_counted(data, capsys):
    write_with_position(data.images / "a.png", noise([1, 0]))
    assert data.index() == 0
    assert lines_of(capsys) == [f"attention: train: 1 {POSITION}, e.g. a.png"]


def test_images_of_16_bits_are_counted(data, capsys):
    """A camera of 12 bits that leaves the upper ones empty would look black."""
    cv2.imwrite(str(data.images / "a.png"), noise([1, 0]).astype(np.uint16) * 16)
    assert data.index() == 0
    assert lines_of(capsys) == [
        "attention: train: 1 PNG files with 16 bits per channel, of which the upper 8 are read, "
        "e.g. a.png"
    ]
    image = next(one for one in data.split().images if one.file_name == "a.png")
    np.testing.assert_array_equal(load(image, data.images)[..., ::-1], noise([1, 0]) // 16)


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
        "attention: train: 1 images used as stored, like their labels, despite their EXIF "
        "orientation, e.g. a.png"
    ]


def test_images_turned_upside_down_are_taken_as_stored_and_said(data, capsys):
    write_turned(data.images / "a.png", noise([1, 0]), 3)
    assert data.index() == 0
    (line,) = lines_of(capsys)
    assert line.startswith("attention: train: 1 images used as stored although their EXIF")
    write_turned(data.images / "b.png", noise([1, 1], HEIGHT, WIDTH), 6)
    assert data.index() == 0  # the size of one tells that the tool turns them
    assert lines_of(capsys) == [
        "attention: train: 2 images turned by their EXIF orientation, like their labels, e.g. a.png"
    ]
    image = next(one for one in data.split().images if one.file_name == "a.png")
    np.testing.assert_array_equal(load(image, data.images), noise([1, 0])[::-1, ::-1])
