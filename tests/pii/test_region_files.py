"""Region files of users: the regions that are found in them, and what is said about them."""

import json

import pytest

from tests.commands import pii as main
from tests.pii.region_rows import (
    BOX,
    HEADER,
    KOELN,
    ROW,
    TRAIN,
    checked,
    csv,
    entries,
    found,
    names,
    settings,
)
from workflow_scripts.contracts.pii_summary import PiiSummary

OTHERWISE = {
    "suffix": ("b.jpg", "b.png"),
    "upper case": ("B.PNG", "b.png"),
    "no suffix": ("b", "b.png"),
    "dot": ("./b.png", "b.png"),
    "Windows path": ("sub\\c.png", "sub/c.png"),
    "Windows and suffix": (r".\SUB\C.JPG", "sub/c.png"),
    "composed umlaut": ("Köln.png", KOELN),
    "base name": ("c.png", "sub/c.png"),
    "last folders": ("cam1/1.jpeg", "cam1/1.png"),
    "another root": ("/mnt/disk/cam2/1.png", "cam2/1.png"),
    "Windows root": (r"D:\export\cam2\1.png", "cam2/1.png"),
    "image folder in front": ("images/b.png", "b.png"),
    "address": ("file:///srv/images/b.png", "b.png"),
    "two slashes": ("sub//c.png", "sub/c.png"),
}


@pytest.mark.parametrize(("written", "image"), OTHERWISE.values(), ids=OTHERWISE)
def test_a_name_that_is_written_otherwise_is_told(data, capsys, written, image):
    file = data / "boxes.csv"
    file.write_text(names("a.png", written))
    assert checked(data, file, capsys) == [
        "{file}: 2 face regions, 2 of them on 2 of the 8 train images",
        "{file}: 1 face regions name their image otherwise than the data set does, e.g. "
        f"{written!r} (line 3) for {image!r}",
    ]
    assert [region.image for region in found(data, file)] == sorted(
        ["a.png", image], key=TRAIN.index
    )


def test_an_absolute_path_below_the_image_folder_is_the_image(data, capsys):
    file = data / "boxes.csv"
    file.write_text(names(f"{data}/images/cam1/1.png", "cam1/1.png"))
    assert checked(data, file, capsys)[1:] == [
        "{file}: 1 face regions name their image otherwise than the data set does, e.g. "
        "'{data}/images/cam1/1.png' (line 2) for 'cam1/1.png'",
        "{file}: 1 face regions repeat another one and count once, e.g. 'cam1/1.png' (line 3)",
    ]


def test_rows_of_other_images_are_counted_and_named(data, capsys):
    file = data / "boxes.csv"
    file.write_text(names("x.png", "a.png", "v.png", "y.png", "both.png"))
    assert checked(data, file, capsys) == [
        "{file}: 5 face regions, 2 of them on 2 of the 8 train images",
        "{file}: 1 face regions are on images of the other split, e.g. 'v.png' (line 4)",
        "{file}: 2 face regions are on images that are not in the data set, and not used, e.g. "
        "'x.png' (line 2)",
    ]
    assert [region.image for region in found(data, file)] == ["a.png", "both.png"]
    assert [region.image for region in found(data, file, "val")] == ["v.png", "both.png"]


def test_what_was_not_covered_is_in_the_summary(data):
    file = data / "boxes.csv"
    file.write_text(names("x.png", "a.png", "v.png", "y.png", "both.png", "both.png"))
    found(data, file)
    arguments = ["--settings", settings(file), "--images", str(data / "images")]
    arguments += ["--annotations", str(data / "train.coco.json"), "--output", str(data / "s.json")]
    assert main(["summarize", "--regions", str(data / "o.parquet"), *arguments]) == 0
    summary = json.loads((data / "s.json").read_text())
    assert summary["looked_for"] == list(summary["by_kind"]) == ["face"]
    assert summary["regions"] == summary["by_kind"]["face"]["regions"] == 2
    assert summary["notes"] == [
        "no license plates were looked for (pii.license_plates is null)",
        "pii.faces: 6 face regions, 2 of them on 2 of the 8 train images",
        "pii.faces: 1 face regions are on images of the other split, e.g. 'v.png' (line 4)",
        "pii.faces: 1 face regions repeat another one and count once, e.g. 'both.png' (line 7)",
        "pii.faces: 2 face regions are on images that are not in the data set, and not used, e.g. "
        "'x.png' (line 2)",
    ]
    assert list(PiiSummary.read(data / "s.json").notes) == summary["notes"]


def test_tracks_name_faces(data, capsys):
    file = data / "boxes.json"
    rows = [{}, {"x1": 173}, {"x0": 200, "x1": 240, "track": 7.0}, {"x0": 300, "x1": 340}]
    tracks = [None, "anna", 7.0, "anna"]
    file.write_text(
        json.dumps([ROW | row | {"track": track} for row, track in zip(rows, tracks, strict=True)])
    )
    assert checked(data, file, capsys)[1:] == [
        "{file}: 1 face regions have a track that another region of their image has, e.g. 'a.png' "
        "(entry 4)"
    ]
    assert [(region.x0, region.x1, region.track) for region in found(data, file)] == [
        (160, 174, "anna"), (200, 240, "7"), (300, 340, "anna"),
    ]  # fmt: skip


def test_the_split_of_a_row_tells_images_of_one_name_apart(data, capsys):
    file = data / "boxes.csv"
    rows = f"same.png,{BOX},train", "same.png,face,1,2,9,9,val"
    file.write_text(csv(*rows, header=HEADER + ",split"))
    assert [region.x0 for region in found(data, file)] == [160]
    assert [region.x0 for region in found(data, file, "val")] == [1]
    file.write_text(csv(f"a.png,{BOX},train", f"b.png,{BOX},val", header=HEADER + ",split"))
    capsys.readouterr()
    assert checked(data, file, capsys)[1] == (
        "{file}: 1 face regions are on images that are not in the data set, and not used, e.g. "
        "'b.png' (line 3)"
    )


def test_boxes_that_are_cut_or_may_be_percentages_are_told(data, capsys):
    file = data / "boxes.csv"
    file.write_text(csv("a.png,face,600,400,660,470", f"b.png,{BOX}"))
    assert checked(data, file, capsys)[1:] == [
        "{file}: 1 face boxes reach beyond their image and are clipped"
    ]
    file.write_text(names("a.png", "b.png"))
    assert checked(data, file, capsys)[1:] == []
    file.write_text(
        csv("a.png,face,10,10,20,20", "b.png,face,60,18,99,100", "cam1/1.png,face,2,3,9,9")
    )
    assert checked(data, file, capsys)[1:] == [
        "{file}: all 3 face boxes end within 100 pixels of the upper left corner; coordinates are "
        "pixels, not percent"
    ]


@pytest.mark.parametrize(
    ("end", "images", "is_said"),
    [(380, 5, True), (384, 5, False), (380, 4, False)],
)
def test_boxes_that_may_be_of_smaller_images_are_told(data, capsys, end, images, is_said):
    rows = [
        f"{name},face,{x},200,{end if (x, name) == (9, 'a.png') else 300},280"
        for name in [name for name in TRAIN if name.isascii()][:images]
        for x in range(9, 14)
    ]
    file = data / "boxes.csv"
    file.write_text(csv(*rows))
    said = [
        f"{{file}}: all {len(rows)} face boxes lie in the upper left part of their images: were "
        "the labels drawn on smaller copies?"
    ]
    assert checked(data, file, capsys)[1:] == (said if is_said else [])


def test_spaces_and_a_byte_order_mark_are_no_part_of_names(data):
    file = data / "boxes.csv"
    text = "image, kind, x0, y0, x1, y1\na.png , face, 60, 18, 74, 30\n\n,,,,,\n"
    file.write_text(text, encoding="utf-8-sig")
    (region,) = found(data, file)
    assert (region.image, region.x0) == ("a.png", 60)


def test_tracks_of_faces_are_taken_over(data):
    file = data / "boxes.csv"
    file.write_text(csv(f"a.png,{BOX},7", f"b.png,{BOX},", header=HEADER + ",track"))
    assert [(one.image, one.track) for one in found(data, file)] == [
        ("a.png", "7"),
        ("b.png", None),
    ]
    file = data / "boxes.json"
    file.write_text(entries(track=7))
    assert [(one.image, one.track) for one in found(data, file)] == [
        ("a.png", None),
        ("b.png", "7"),
    ]


@pytest.mark.slow
def test_many_rows_are_matched(data):
    file = data / "boxes.csv"
    places = ((n, 6 * (n // 2 % 100), 4 * (n // 200)) for n in range(20_000))
    rows = (f"cam{n % 2 + 1}\\1.png,face,{x},{y},{x + 5},{y + 3}" for n, x, y in places)
    file.write_text(csv(*rows))
    assert len(found(data, file)) == 20_000
