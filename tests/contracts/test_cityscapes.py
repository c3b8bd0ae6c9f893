"""Polygon files of Cityscapes: which outlines count, and what is wrong with a file."""

import json
from pathlib import Path

import pytest
from plain_commands.errors import UserError

from workflow_scripts.contracts.cityscapes import LICENSE_PLATE, polygons_of

CORNERS = [[18, 40], [30, 40], [30, 44], [18, 44]]
PLATE = {"label": LICENSE_PLATE, "polygon": CORNERS}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "aaa_gtFine_polygons.json"


def write(file: Path, objects, **other) -> None:
    file.write_text(json.dumps({"imgWidth": 96, "imgHeight": 64, "objects": objects, **other}))


@pytest.mark.parametrize(
    ("mark", "count"),
    [({}, 1), ({"deleted": 0}, 1), ({"deleted": 1}, 0), ({"deleted": True}, 0)],
)
def test_deleted_polygons_count_as_cityscapes_scripts_count_them(file, mark, count):
    write(file, [{**PLATE, **mark}, {"label": "car", "polygon": CORNERS}])
    found = polygons_of(file, LICENSE_PLATE, 96, 64)
    assert len(found) == count
    annotation = pytest.importorskip("cityscapesscripts.helpers.annotation")
    official = annotation.Annotation()
    official.fromJsonFile(str(file))
    plates = [item for item in official.objects if item.label == LICENSE_PLATE]
    assert [tuple(item.polygon) for item in plates if not item.deleted] == found


@pytest.mark.parametrize(
    ("objects", "other", "line"),
    [
        (
            [],
            {"imgWidth": 384, "imgHeight": 256},
            "imgWidth and imgHeight are 384x256, but the image has 96x64 pixels; resize the "
            "polygons like the image, or restore the image",
        ),
        (None, {}, "objects: Input should be a valid list (found None)"),
        ([None], {}, "objects.0: expected keys with values (found None)"),
        ([{"polygon": CORNERS}], {}, "objects.0.label: missing; this key has no default"),
        ([{"label": LICENSE_PLATE}], {}, "objects.0.polygon: missing; this key has no default"),
        ([{**PLATE, "polygon": [[1]]}], {}, "objects.0.polygon.0.1: missing"),
        (
            [PLATE, {**PLATE, "polygon": [[1, float("nan")]]}],
            {},
            "objects.1.polygon.0.1: Input should be a finite number (found nan)",
        ),
        ([{**PLATE, "deleted": "perhaps"}], {}, "objects.0.deleted: Input should be a valid bool"),
        ([], {"imgWidth": None}, "imgWidth: Input should be a valid integer (found None)"),
    ],
)
def test_mistakes_in_a_polygon_file_are_named(file, objects, other, line):
    write(file, objects, **other)
    with pytest.raises(UserError) as caught:
        polygons_of(file, LICENSE_PLATE, 96, 64)
    (found,) = str(caught.value).splitlines()
    assert found.startswith(f"{file}: {line}")
