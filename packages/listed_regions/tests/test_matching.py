"""Names that mean an image, or none, or too many; and the package without the workflow."""

import subprocess
import sys
from pathlib import Path

import pytest
from listed_regions.matching import match_names

IMAGES = {
    "train": {
        "a.png": "1",
        "Ko\u0308ln.png": "2",
        "cam1/1.png": "3",
        "cam2/1.png": "4",
        "s.png": "5",
        "1a2b3c4d-up.jpg": "8",
        "f_png.rf.0123456789abcdef01234567.jpg": "9",
        "20240131-day.png": "10",
        "two words.png": "11",
    },
    "val": {"a.png": "1", "v.png": "6", "s.png": "7"},
}
ROOTS = {"train": Path("/data/train")}
SCRIPT = """
import sys
from listed_regions.matching import match_names
matches, ambiguous = match_names({("a.jpg", None): "line 1"}, {"train": {"a.png": ""}}, {})
assert (matches["a.jpg", None].images, ambiguous) == ([("train", "a.png")], [])
print(*sorted({"workflow_scripts", "snakemake", "torch", "numpy", "pydantic"} & set(sys.modules)))
"""


@pytest.mark.parametrize(
    ("name", "images", "sure"),
    [
        ("a.png", [("train", "a.png"), ("val", "a.png")], True),
        ("./cam1//1.png", [("train", "cam1/1.png")], True),
        ("cam1\\1.png", [("train", "cam1/1.png")], True),
        ("/data/train/cam1/1.png", [("train", "cam1/1.png")], True),
        ("K\u00f6ln.png", [("train", "Ko\u0308ln.png")], True),
        ("train/cam1/1.png", [("train", "cam1/1.png")], False),
        ("D:\\x\\CAM2\\1.JPG", [("train", "cam2/1.png")], False),
        ("V", [("val", "v.png")], False),
        ("5e6f7a8b-v.jpg", [("val", "v.png")], False),
        ("/data/upload/3/5e6f7a8b-v.png", [("val", "v.png")], False),
        ("/data/local-files/?d=train%5Ccam1%2F1.png", [("train", "cam1/1.png")], False),
        ("https://host/x/v.png?key=a/b", [("val", "v.png")], False),
        ("v_png.rf.AbCdEf0123456789abcd.jpg", [("val", "v.png")], False),
        ("two%20words.jpg", [("train", "two words.png")], False),
        ("K%C3%B6ln.png", [("train", "Ko\u0308ln.png")], False),
        ("up.jpg", [("train", "1a2b3c4d-up.jpg")], False),
        ("f.png", [("train", "f_png.rf.0123456789abcdef01234567.jpg")], False),
        ("5e6f7a8b-up.jpg", [], True),
        ("20240201-day.png", [], True),
        ("f_png.rf.76543210fedcba9876543210.jpg", [], True),
        ("?d=", [], True),
        ("cam3/1.png", [], True),
        ("a.png.txt", [], True),
        ("/", [], True),
        ("", [], True),
    ],
)
def test_the_image_of_a_name(name, images, sure):
    matches, ambiguous = match_names({(name, None): "line 2"}, IMAGES, ROOTS)
    assert ambiguous == []
    assert (matches[name, None].images, matches[name, None].sure) == (images, sure)


@pytest.mark.parametrize(
    ("names", "line"),
    [
        (["1.png"], "0: '1.png' fits cam1/1.png and cam2/1.png"),
        (["s.png"], "0: train and val have different images s.png"),
        (["v.png", "V.jpg"], "'v.png' (0) and 'V.jpg' (1) both fit v.png"),
        (["/x/v.png", "/y/v.png"], "'/x/v.png' (0) and '/y/v.png' (1) both fit v.png"),
        (["0-v.png", "5e6f7a8b-v.png", "v.png"], "'5e6f7a8b-v.png' (1) and 'v.png' (2) both fit v"),
    ],
)
def test_what_is_ambiguous(names, line):
    written = {(name, None): str(number) for number, name in enumerate(names)}
    (said,) = match_names(written, IMAGES, ROOTS)[1]
    assert said.startswith(line)


def test_a_split_tells_images_of_one_name_apart():
    written = {("s.png", "train"): "0", ("s.png", "val"): "1", ("v.png", "train"): "2"}
    matches, ambiguous = match_names(written, IMAGES, ROOTS)
    assert [match.images for match in matches.values()] == [
        [("train", "s.png")],
        [("val", "s.png")],
        [],
    ]
    assert ambiguous == []


def test_the_package_works_without_the_workflow(tmp_path):
    start = f"import sys; sys.path[:0] = [{str(Path(__file__).parents[1])!r}]\n"
    done = subprocess.run(
        [sys.executable, "-I", "-c", start + SCRIPT],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
