"""Ground truth that is wrong: the one line for each.

Each row is an input that a labelling tool, a script or a person has produced.
"""

import json

import pytest

from tests.coco_folder import HEIGHT, SQUARE, WIDTH
from tests.dataset.coco_changes import INF, NAN, all_masks, entry, first, mask, runs, without
from tests.dataset.ground_truth import lines_of

pytestmark = pytest.mark.usefixtures("no_processes")
FRACTIONS = [0.1, 0.3, 0.4, 0.3, 0.4, 0.8]
HALF = {"size": [32, 48], "counts": [0, 32 * 48]}
TURNED = {"size": [96, 64], "counts": [0, 96 * 64]}
CROWD_LINE = "0 (an object) or 1 (a group) is expected"
ALIKE = "there is no such file in the image folder, but there is 'a.png'; did you mean that?"
PATH_LINE = (
    "a path relative to the image folder, inside it and without control characters, is expected"
)
EXPECTED_TYPES = "a number or a text is expected"

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
