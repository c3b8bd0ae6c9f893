"""Region files of users and polygon files of data sets: what each row becomes, or the line why not.

Each row of the tables is a file and the lines that `pii check` says about it.
"""

import json
import unicodedata
from pathlib import Path

import pytest
from plain_commands.files import sha256_of

from tests.commands import pii as main
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.pii_summary import PiiSummary
from workflow_scripts.contracts.regions import Region, read_regions

WIDTH, HEIGHT = 640, 480
KOELN = unicodedata.normalize("NFD", "Köln.png")
TRAIN = ("a.png", "b.png", KOELN, "sub/c.png", "cam1/1.png", "cam2/1.png", "same.png", "both.png")
VAL = ("v.png", "same.png", "both.png")
HEADER = "image,kind,x0,y0,x1,y1"
BOX = "face,160,18,174,30"
ROW = {"image": "a.png", "kind": "face", "x0": 160, "y0": 18, "x1": 174, "y1": 30}
POINTS = [[162, 20], [170, 20], [166, 24], [163, 28], [169, 28]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """An index of both splits; `same.png` is another image in each, `both.png` is one image."""
    for split, names in (("train", TRAIN), ("val", VAL)):
        images = tuple(
            CocoImage(
                n, name, WIDTH, HEIGHT, sha256_of(name if name == "both.png" else name + split)
            )
            for n, name in enumerate(names)
        )
        CocoSplit(("person",), images, ()).write(tmp_path / f"{split}.coco.json")
    shards = {"000-train": TRAIN, "000-val": VAL}
    content = {"images_per_shard": 9, "digests": {}, "shards": shards}
    (tmp_path / "shards.json").write_text(json.dumps(content))
    return tmp_path


def settings(file: Path) -> str:
    faces = {"detector": "annotations", "file": str(file)}
    return json.dumps({"faces": faces, "license_plates": None, "only_on_labelled": False})


def checked(data: Path, file: Path, capsys) -> list[str]:
    """The lines of `pii check` but those that each call has; {file} stands for the file."""
    arguments = ["--settings", settings(file), "--images", str(data / "images")]
    code = main(["check", *arguments, "--annotations", str(data / "train.coco.json")])
    said = capsys.readouterr().err.replace(str(file), "{file}").replace(str(data), "{data}")
    lines = [line.removeprefix("[pii check] ") for line in said.splitlines()]
    assert code == (2 if any(line.startswith("error:") for line in lines) else 0)
    usual = ("pii.license_plates is null", "faces can be")
    return [line.removeprefix("error: ") for line in lines if not line.startswith(usual)]


def found(data: Path, file: Path, split: str = "train") -> list[Region]:
    """The faces that `pii detect` finds."""
    arguments = ["--settings", settings(file), "--images", str(data / "images")]
    arguments += ["--annotations", str(data / f"{split}.coco.json"), "--shard", f"000-{split}"]
    arguments += ["--shards", str(data / "shards.json"), "--output", str(data / "o.parquet")]
    assert main(["detect", *arguments]) == 0
    return read_regions(data / "o.parquet")


def csv(*rows: str, header: str = HEADER) -> str:
    return "\n".join([header, *rows])


def entries(**changes: object) -> str:
    return json.dumps([ROW, ROW | {"image": "b.png"} | changes])


def names(*images: str) -> str:
    return csv(*(f"{image},{BOX}" for image in images))


FIRST_LINE = (
    "{file}: the first line has to name the columns image, kind, x0, y0, x1, y1 (and may name "
    "score, split, track), separated by commas; found "
)
FINITE = "Input should be a finite number (found "
TRACK = "a text or a whole number is expected, or nothing where it is not known (found "
NUMBER = "Input should be a valid number, unable to parse string as a number (found "
MISSING = "missing; this key has no default"
PIXELS = "coordinates are pixels; multiply fractions by the width and height of the image"
NO_IMAGE = (
    "image of the data set but e.g. {}; `image` has to read like 'a.png'; if it is for training "
    "images only, set evaluation.exposed to false"
)
WHOLE_PATH = "write the path below the image folder"
OUTSIDE = "is outside the image, 640x480"
REFUSED = {
    "fractions": (
        csv("a.png,face,0.1,0.2,0.3,0.4"),
        f"line 2: the box ends at x1 0.3, y1 0.4: {PIXELS}",
    ),
    "whole image": (csv("a.png,face,0,0,1,1"), f"line 2: the box ends at x1 1, y1 1: {PIXELS}"),
    "one of many": (
        csv(f"a.png,{BOX}", "b.png,face,0.5,0.5,1.02,0.9"),
        f"line 3: the box ends at x1 1.02, y1 0.9: {PIXELS}",
    ),
    "nan": (csv("a.png,face,nan,18,74,30"), f"line 2.x0: {FINITE}'nan')"),
    "NaN behind": (csv(f"a.png,{BOX}", "b.png,face,1,2,3,NaN"), f"line 3.y1: {FINITE}'NaN')"),
    "infinite": (csv("a.png,face,1,2,inf,4"), f"line 2.x1: {FINITE}'inf')"),
    "too large": (csv("a.png,face,1,2,1e999,4"), f"line 2.x1: {FINITE}'1e999')"),
    "nan score": (
        csv(f"a.png,{BOX},nan", header=HEADER + ",score"),
        f"line 2.score: {FINITE}'nan')",
    ),
    "percent score": (
        csv(f"a.png,{BOX},87", header=HEADER + ",score"),
        "line 2.score: Input should be less than or equal to 1 (found '87')",
    ),
    "no number": (csv("a.png,face,1,2,b,4"), f"line 2.x1: {NUMBER}'b')"),
    "decimal comma": (csv('a.png,face,"1,5",2,3,4'), f"line 2.x0: {NUMBER}'1,5')"),
    "width for x1": (
        csv("a.png,face,60,18,14,12"),
        "line 2: x1: 14 is not greater than x0, 60: these are corners, not width and height",
    ),
    "empty cell": (csv("a.png,face,60,18,,30"), f"line 2.x1: {MISSING}"),
    "no name": (csv(f",{BOX}"), f"line 2.image: {MISSING}"),
    "another kind": (
        csv("a.png,head,60,18,74,30"),
        "line 2.kind: Input should be 'face' or 'license_plate' (found 'head')",
    ),
    "another split": (
        csv(f"a.png,{BOX},test", header=HEADER + ",split"),
        "line 2.split: Input should be 'train' or 'val' (found 'test')",
    ),
    "no track by name": (
        csv(f"a.png,{BOX},NaN", header=HEADER + ",track"),
        f"line 2.track: {TRACK}'NaN')",
    ),
    "other kind only": (
        csv("a.png,license_plate,60,18,74,30"),
        "it has no region of kind face; name another `file`, or set pii.faces to null to disable "
        "the search",
    ),
    "header only": (HEADER, "it holds no region"),
    "too short": (
        csv(f"a.png,{BOX}", "a.png,face,1"),
        "line 3: 6 columns are expected, as the first line has them, found 3 ('a.png,face,1'); "
        "correct the line, or remove it",
    ),
    "too long": (
        csv(f"a.png,{BOX},0.5"),
        "line 2: 6 columns are expected, as the first line has them, found 7 "
        "('a.png,face,160,18,174,30,0.5'); correct the line, or remove it",
    ),
    "a comment": (
        csv("# marked by hand", f"a.png,{BOX}"),
        "line 2: 6 columns are expected, as the first line has them, found 1 ('# marked by hand'); "
        "correct the line, or remove it",
    ),
    "empty cells": (
        csv("a.png,face,,,,"),
        "line 2.x0, y0, x1, y1: missing; these keys have no default",
    ),
    "empty": ("", None),
    "semicolons": ("image;kind;x0;y0;x1;y1\na.png;face;60;18;74;30", None),
    "tabs": ("image\tkind\tx0\ty0\tx1\ty1\n", None),
    "no header": (f"a.png,{BOX}", None),
    "other columns": (csv(f"a.png,{BOX},x", header=HEADER + ",frame"), None),
    "a column twice": (csv(f"a.png,{BOX},1", header=HEADER + ",x0"), None),
    "without y1": (csv("a.png,face,1,2,3", header="image,kind,x0,y0,x1"), None),
    "unknown images only": (
        names("x.png", "y.png"),
        f"it names no {NO_IMAGE}".format("'x.png' (line 2)"),
    ),
    "a folder like an image": (
        names("cam3/a.png/x.png"),
        f"it names no {NO_IMAGE}".format("'cam3/a.png/x.png' (line 2)"),
    ),
    "folders that differ": (
        names("cam3/1.png"),
        f"it names no {NO_IMAGE}".format("'cam3/1.png' (line 2)"),
    ),
    "other split only": (
        names("v.png"),
        f"it names no train {NO_IMAGE}".format("'v.png' (line 2)"),
    ),
    "base name of two": (
        names("a.png", "1.png"),
        f"line 3: '1.png' fits cam1/1.png and cam2/1.png; {WHOLE_PATH}",
    ),
    "name in both splits": (
        names("same.png"),
        "line 2: train and val have different images same.png; add `split` (train or val) to each "
        "region",
    ),
    "two suffixes": (
        names("a.png", "a.jpg"),
        f"'a.png' (line 2) and 'a.jpg' (line 3) both fit a.png; {WHOLE_PATH}",
    ),
    "two folders": (
        names("/x/c1/a.png", "/x/c2/a.png"),
        f"'/x/c1/a.png' (line 2) and '/x/c2/a.png' (line 3) both fit a.png; {WHOLE_PATH}",
    ),
    "beyond the image": (
        csv(f"a.png,{BOX}", "b.png,face,900,18,950,30"),
        f"line 3: the box (900, 18, 950, 30) {OUTSIDE} (b.png); was it resized?",
    ),
    "at another scale": (
        csv(f"a.png,{BOX}", "b.png,face,100,100,2600,1900"),
        "line 3: the box (100, 100, 2600, 1900) reaches far beyond the image, 640x480 (b.png); was "
        "it resized?",
    ),
    "left of the image": (
        csv("a.png,face,-50,18,-1,30"),
        f"line 2: the box (-50, 18, -1, 30) {OUTSIDE} (a.png); was it resized?",
    ),
}
REFUSED_JSON = {
    "nan": (entries(x0=float("nan")), f"entry 2.x0: {FINITE}nan)"),
    "infinite": (entries(y1=float("inf")), f"entry 2.y1: {FINITE}inf)"),
    "nan landmark": (
        entries(landmarks=[*POINTS[:4], [1, float("nan")]]),
        f"entry 2.landmarks.4.1: {FINITE}nan)",
    ),
    "nan corner": (
        entries(quad=[[160, 18], [174, 18], [174, 30], [float("nan"), 30]]),
        f"entry 2.quad.3.0: {FINITE}nan)",
    ),
    "landmarks in fractions": (
        entries(landmarks=[[x / WIDTH, y / HEIGHT] for x, y in POINTS]),
        "entry 2: landmarks: their centre (0.259375, 0.05) lies outside of the box",
    ),
    "quad elsewhere": (
        entries(quad=[[0, 0], [9, 0], [9, 9], [0, 9]]),
        "entry 2: quad: their centre (4.5, 4.5) lies outside of the box",
    ),
    "four landmarks": (
        entries(landmarks=POINTS[:4]),
        "entry 2: landmarks: 5 points are expected, found 4",
    ),
    "six landmarks": (
        entries(landmarks=[*POINTS, [1, 1]]),
        "entry 2: landmarks: 5 points are expected, found 6",
    ),
    "landmarks as flat numbers": (
        entries(landmarks=[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        "entry 2.landmarks: a list of points [x, y] is expected (found [1, 2, 3, 4, 5, 6, 7, 8, 9, "
        "10])",
    ),
    "other keys": (
        json.dumps([{"image": "a.png", "kind": "face", "box": [1, 2, 3, 4]}]),
        "entry 1.x0, y0, x1, y1: missing; these keys have no default\n"
        "{file}: entry 1.box: unknown key; remove it or correct its spelling",
    ),
    "a number as name": (
        entries(image=12),
        "entry 2.image: Input should be a valid string (found 12)",
    ),
    "null as name": (
        entries(image=None),
        "entry 2.image: Input should be a valid string (found None)",
    ),
    "empty name": (
        entries(image=""),
        "entry 2.image: String should have at least 1 character (found '')",
    ),
    "half a track": (entries(track=1.5), f"entry 2.track: {TRACK}1.5)"),
    "nan as track": (entries(track=float("nan")), f"entry 2.track: {TRACK}nan)"),
    "blank track": (entries(track=" "), f"entry 2.track: {TRACK}' ')"),
    "list as number": (entries(x0=[1]), "entry 2.x0: Input should be a valid number (found [1])"),
    "truth as number": (entries(x0=True), "entry 2.x0: Input should be a number (found true)"),
    "unknown key": (
        entries(width=14),
        "entry 2.width: unknown key; remove it or correct its spelling",
    ),
    "null entry": (
        json.dumps([ROW, None]),
        "entry 2: expected keys with values (found None)",
    ),
    "COCO": (
        '{"images": [], "annotations": []}',
        'a list of regions is expected, found {"images": [], "annotations": []}',
    ),
    "null": ("null", "a list of regions is expected, found null"),
    "a key twice": (
        '[{"image": "a.png", "image": "b.png"}]',
        "not valid JSON (duplicate key 'image'; keep one); make it again",
    ),
    "empty list": ("[]", "it holds no region"),
}


@pytest.mark.parametrize(("text", "line"), REFUSED.values(), ids=REFUSED)
def test_a_csv_file_that_is_refused(data, capsys, text, line):
    file = data / "boxes.csv"
    file.write_text(text)
    expected = f"{{file}}: {line}" if line else f"{FIRST_LINE}{text.partition(chr(10))[0]!r}"
    assert checked(data, file, capsys) == [expected]


@pytest.mark.parametrize(("text", "line"), REFUSED_JSON.values(), ids=REFUSED_JSON)
def test_a_json_file_that_is_refused(data, capsys, text, line):
    file = data / "boxes.json"
    file.write_text(text)
    assert checked(data, file, capsys) == f"{{file}}: {line}".splitlines()


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("a.csv", None, "no such file"),
        ("a.json", None, "no such file"),
        ("a.csv", "folder", "cannot be read (Is a directory)"),
        ("a.json", "folder", "cannot be read (Is a directory)"),
        ("a.csv", csv(f"Köln.png,{BOX}").encode("latin-1"), "not a CSV file in UTF-8 ("),
        ("a.csv", csv(f"a.png,{BOX}").encode("utf-16"), "not a CSV file in UTF-8 ("),
        ("a.csv", b"image,kind\0", "the first line has to name the columns image, kind, x0, "),
        ("a.csv", csv(f'"a.png,{BOX}' + "x" * 200_000).encode(), "not a CSV file in UTF-8 ("),
        ("a.json", b'[{"image": "K\xf6ln.png"}]', "not valid JSON ("),
        ("a.json", b"[" * 100_000, "not valid JSON ("),
        ("a.json", b"", "not valid JSON ("),
        ("a.json", b"[" + b"9" * 5000 + b"]", "not valid JSON ("),
        ("a.txt", csv(f"a.png,{BOX}").encode(), "it is not JSON, and its name does not end in "),
        ("a.txt", b"0 0.5 0.5 0.1 0.1\n", "it is not JSON, and its name does not end in .csv; "),
        ("a.parquet", b"PAR1\xff\0PAR1", "it is not JSON, and its name does not end in .csv; "),
    ],
)
def test_a_file_that_cannot_be_read(data, capsys, name, content, line):
    file = data / name
    if content == "folder":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content)
    (said,) = checked(data, file, capsys)
    assert said.startswith(f"{{file}}: {line}")


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


POLYGONS = "{data}/cityscapes/gtFine/train/t/t_gtFine_polygons.json"
NAME = "leftImg8bit/train/t/t_leftImg8bit.png"
SIZES = "but the image has 640x480 pixels; resize the polygons like the image, or restore the image"


def plate(*polygon: object) -> dict:
    return {"label": "license plate", "polygon": polygon}


PLATE = plate([10, 20], [30, 20], [30, 26], [10, 26])
POLYGON_FILES = {
    "deleted": ({"objects": [PLATE | {"deleted": 1}]}, []),
    "deleted in part": ({"objects": [PLATE | {"deleted": 1}, PLATE | {"deleted": 0}]}, [10]),
    "other labels": ({"objects": [PLATE | {"label": "car"}]}, []),
    "one point": ({"objects": [plate([5, 6])]}, [5]),
    "empty polygon": ({"objects": [plate()]}, []),
    "cut by the border": ({"objects": [plate([630, 9], [700, 9], [700, 20])]}, [630]),
    "at another scale": (
        {"imgWidth": 1280, "imgHeight": 960, "objects": [PLATE]},
        f"imgWidth and imgHeight are 1280x960, {SIZES}",
    ),
    "on its side": (
        {"imgWidth": 480, "imgHeight": 640, "objects": []},
        f"imgWidth and imgHeight are 480x640, {SIZES}",
    ),
    "null size": (
        {"imgWidth": None, "objects": []},
        "imgWidth: Input should be a valid integer (found None)",
    ),
    "outside": (
        {"objects": [PLATE, plate([900, 9], [950, 9], [950, 20])]},
        f"license plate 2: the box (900, 9, 951, 21) {OUTSIDE} ({NAME}); was it resized?",
    ),
    "nan": (
        {"objects": [plate([1, 2], [3, float("nan")])]},
        f"objects.0.polygon.1.1: {FINITE}nan)",
    ),
    "infinite": (
        {"objects": [PLATE, plate([float("-inf"), 2])]},
        f"objects.1.polygon.0.0: {FINITE}-inf)",
    ),
    "no polygon": ({"objects": [{"label": "x"}]}, f"objects.0.polygon: {MISSING}"),
    "three numbers": (
        {"objects": [plate([1, 2, 3])]},
        "objects.0.polygon.0: Tuple should have at most 2 items after validation, not 3",
    ),
    "one number": ({"objects": [plate([1, 2], [3])]}, f"objects.0.polygon.1.1: {MISSING}"),
    "null polygon": (
        {"objects": [PLATE | {"polygon": None}]},
        "objects.0.polygon: Input should be a valid list (found None)",
    ),
    "text": ({"objects": [plate(["a", 1])]}, f"objects.0.polygon.0.0: {NUMBER}'a')"),
    "no label": ({"objects": [{"polygon": []}]}, f"objects.0.label: {MISSING}"),
    "null objects": ({"objects": None}, "objects: Input should be a valid list (found None)"),
    "a list": ([], "expected keys with values (found a list)"),
}


@pytest.mark.parametrize(("content", "result"), POLYGON_FILES.values(), ids=POLYGON_FILES)
def test_polygon_files_of_cityscapes(tmp_path, capsys, content, result):
    root = tmp_path / "cityscapes"
    if isinstance(content, dict):
        content = {"imgWidth": WIDTH, "imgHeight": HEIGHT} | content
    file = root / "gtFine/train/t/t_gtFine_polygons.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps(content))
    images = (CocoImage(1, NAME, WIDTH, HEIGHT, ""),)
    CocoSplit(("car",), images, ()).write(tmp_path / "train.coco.json")
    shards = {"images_per_shard": 9, "digests": {}, "shards": {"000": [NAME]}}
    (tmp_path / "shards.json").write_text(json.dumps(shards))
    plates = {"faces": None, "only_on_labelled": False}
    options = ["--settings", json.dumps(plates), "--images", str(root)]
    options += ["--annotations", str(tmp_path / "train.coco.json")]
    code = main(["check", *options])
    said = capsys.readouterr().err.replace(str(tmp_path), "{data}")
    if isinstance(result, str):
        assert (code, said) == (2, f"[pii check] error: {POLYGONS}: {result}\n")
        return
    more = ["--shards", tmp_path / "shards.json", "--shard", "000", "--output", tmp_path / "o"]
    assert code == main(["detect", *options, *map(str, more)]) == 0
    assert [region.x0 for region in read_regions(tmp_path / "o")] == result
