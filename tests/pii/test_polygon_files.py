"""Polygon files of Cityscapes: the license plates in them, or the line why not."""

import json

import pytest

from tests.commands import pii as main
from tests.pii.region_rows import FINITE, HEIGHT, MISSING, NUMBER, OUTSIDE, WIDTH
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.regions import read_regions

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
