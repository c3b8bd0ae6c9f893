"""Region files of users that are refused: the line that `pii check` says about each."""

import json

import pytest

from tests.pii.region_rows import (
    BOX,
    FINITE,
    HEADER,
    HEIGHT,
    MISSING,
    NUMBER,
    OUTSIDE,
    POINTS,
    ROW,
    WIDTH,
    checked,
    csv,
    entries,
    names,
)

FIRST_LINE = (
    "{file}: the first line has to name the columns image, kind, x0, y0, x1, y1 (and may name "
    "score, split, track), separated by commas; found "
)
TRACK = "a text or a whole number is expected, or nothing where it is not known (found "
PIXELS = "coordinates are pixels; multiply fractions by the width and height of the image"
NO_IMAGE = (
    "image of the data set but e.g. {}; `image` has to read like 'a.png'; if it is for training "
    "images only, set evaluation.exposed to false"
)
WHOLE_PATH = "write the path below the image folder"
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
