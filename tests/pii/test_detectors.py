"""The detectors: faces as regions of a picture, and what is marked already."""

import json
from dataclasses import replace
from pathlib import Path

import drawn_face
import pytest
from plain_commands.errors import UserError
from plain_commands.files import sha256_of_file
from plain_commands.section import validate

from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.imaging.images import write_png
from workflow_scripts.imaging.pictures import Picture
from workflow_scripts.pii.detectors.annotations import Annotations
from workflow_scripts.pii.detectors.centerface import CenterFace
from workflow_scripts.pii.settings import Pii

NAME = "leftImg8bit/train/town/town_000000_000000_leftImg8bit.png"


def street(tmp_path: Path, width: int, height: int, faces=()) -> Picture:
    """A plain image with faces (x, y, height), in a file."""
    write_png(tmp_path / NAME, drawn_face.street(width, height, faces))
    digest = sha256_of_file(tmp_path / NAME)
    return Picture(CocoImage(1, NAME, width, height, digest), tmp_path)


def regions(detector: dict, picture: Picture, kind: Kind) -> list:
    key = "faces" if kind is Kind.FACE else "license_plates"
    return getattr(validate(Pii, {key: detector}, "t"), key).regions(picture, kind)


def test_faces_become_regions_inside_the_frame(tmp_path):
    picture = street(tmp_path, 200, 160, [(12, 70, 60), (120, 70, 60)])
    faces = CenterFace(threshold=0.1).regions(picture, Kind.FACE)
    assert len(faces) >= 2
    for face in faces:
        assert (face.kind, face.image, face.quad) == (Kind.FACE, NAME, None)
        assert 0 <= face.x0 < face.x1 <= 200
        assert 0 <= face.y0 < face.y1 <= 160
        assert len(face.landmarks) == 5


def test_a_damaged_image_is_named(tmp_path):
    picture = street(tmp_path, 64, 64)
    picture.path.write_bytes(picture.path.read_bytes()[:100])
    with pytest.raises(UserError, match=r"town_000000_000000_leftImg8bit\.png"):
        CenterFace().regions(picture, Kind.FACE)


def test_an_image_of_another_size_is_named(tmp_path):
    record = replace(street(tmp_path, 64, 64).record, width=32)
    with pytest.raises(UserError, match="64x64 pixels, the index has 32x64"):
        _ = Picture(record, tmp_path).pixels


def test_an_image_that_changed_since_it_was_indexed_is_named(tmp_path):
    picture = street(tmp_path, 64, 64)
    street(tmp_path, 64, 64, [(30, 30, 20)])
    with pytest.raises(UserError, match=r"leftImg8bit\.png: the file has changed since"):
        _ = picture.pixels


def test_centerface_is_refused_for_plates():
    with pytest.raises(
        UserError, match=r"license_plates.detector: centerface does not find them; use.*"
    ):
        validate(Pii, {"license_plates": {"detector": "centerface"}}, "config.yaml")
    with pytest.raises(UserError, match="annotations"):
        validate(Pii, {"faces": {"detector": "sharp_eyes"}}, "config.yaml")


def polygons(tmp_path: Path, *objects) -> Picture:
    path = tmp_path / "gtFine/train/town/town_000000_000000_gtFine_polygons.json"
    path.parent.mkdir(parents=True)
    content = [{"label": label, "polygon": polygon} for label, polygon in objects]
    path.write_text(json.dumps({"imgWidth": 100, "imgHeight": 50, "objects": content}))
    return Picture(CocoImage(1, NAME, 100, 50, ""), tmp_path)


def test_plates_of_cityscapes_polygons(tmp_path):
    picture = polygons(
        tmp_path,
        ("car", [[0, 0], [50, 0], [50, 40]]),
        ("license plate", [[30, 20], [10, 20], [10, 25], [30, 26]]),
        ("license plate", [[90, 40], [120, 40], [120, 48], [100, 49], [90, 47]]),
    )
    first, second = regions({"detector": "annotations"}, picture, Kind.LICENSE_PLATE)
    assert (first.x0, first.y0, first.x1, first.y1) == (10, 20, 31, 27)
    assert first.quad == ((10.5, 20.5), (30.5, 20.5), (30.5, 26.5), (10.5, 25.5))
    assert first.score == 1
    assert (second.x0, second.y0, second.x1, second.y1) == (90, 40, 100, 50)
    assert len(second.quad) == 4


def test_side_files_of_a_drawn_data_set_give_the_faces(tmp_path):
    picture = polygons(tmp_path)
    path = tmp_path / "pii/train/town/town_000000_000000_pii.json"
    path.parent.mkdir(parents=True)
    points = [[1, 2], [3, 2], [2, 3], [1, 4], [3, 4]]
    box = {"x0": 1, "y0": 1, "x1": 5, "y1": 6, "depth": 3}
    face = {"kind": "face", "visible": True, "landmarks": points, "quad": None}
    hidden = {"kind": "face", "visible": False}
    # What is seen of a plate need not hold the middle of its corners.
    plate = {"kind": "license_plate", "visible": True, "quad": [[60, 1], [90, 1], [90, 9], [60, 9]]}
    content = [box | face, box | hidden, box | plate]
    path.write_text(json.dumps({"image": NAME, "regions": content}))
    (found,) = regions({"detector": "annotations"}, picture, Kind.FACE)
    assert found.landmarks == ((1, 2), (3, 2), (2, 3), (1, 4), (3, 4))
    Annotations().check([picture], Kind.FACE)


def test_without_annotations_in_the_data_set_a_file_is_asked_for(tmp_path):
    picture = street(tmp_path, 64, 64)
    for kind in Kind:
        with pytest.raises(UserError, match=r"these images have none; give your own `file`"):
            Annotations().check([picture], kind)


@pytest.mark.parametrize("name", ["mine.json", "mine.csv"])
def test_regions_of_a_users_file(tmp_path, name):
    rows = [
        {"image": NAME, "kind": "face", "x0": 1, "y0": 2, "x1": 30.5, "y1": 40},
        {"image": NAME, "kind": "license_plate", "x0": 60, "y0": 2, "x1": 90, "y1": 40},
        {"image": "other.png", "kind": "face", "x0": 0, "y0": 0, "x1": 9, "y1": 9, "score": 0.5},
    ]
    path = tmp_path / name
    if name.endswith("json"):
        path.write_text(json.dumps(rows))
    else:
        keys = list(rows[-1])
        lines = [",".join(str(row.get(key, "")) for key in keys) for row in rows]
        path.write_text("\n".join([",".join(keys), *lines]))
    picture = Picture(CocoImage(1, NAME, 64, 64, ""), tmp_path)
    detector = {"detector": "annotations", "file": str(path)}
    (face,) = regions(detector, picture, Kind.FACE)
    (plate,) = regions(detector, picture, Kind.LICENSE_PLATE)
    assert (face.x0, face.y0, face.x1, face.y1, face.score) == (1, 2, 30.5, 40, 1)
    assert (plate.x0, plate.x1) == (60, 64)  # cut to the frame
    Annotations(file=path).check([picture], Kind.FACE)


GOOD = {"image": NAME, "kind": "face", "x0": 1, "y0": 2, "x1": 3, "y1": 4}


@pytest.mark.parametrize(
    ("name", "text", "finding"),
    [
        ("a.json", "[", "a.json: not valid JSON"),
        ("a.json", '{"image": 1}', "a.json: a list of regions is expected"),
        ("a.json", json.dumps([GOOD, GOOD | {"kind": "nose"}]), "a.json: entry 2.kind: .*'nose'"),
        ("a.json", json.dumps([GOOD | {"x1": 1}]), "a.json: entry 1: x1: 1 is not greater"),
        ("a.json", json.dumps([GOOD | {"w": 1}]), "a.json: entry 1.w: unknown key"),
        ("a.csv", "image,kind,x0,y0,x1,y1\na,face,1,2,b,4", r"a.csv: line 2.x1: .*\(found 'b'\)"),
        ("a.csv", None, "a.csv: no such file"),
        ("a.csv", "image,kind,x0,y0,x1,y1\na,face,1,2,3,nan", "a.csv: line 2.y1: .*finite"),
        (
            "a.json",
            json.dumps([GOOD | {"landmarks": [[1, 1]] * 4 + [[1, float("inf")]]}]),
            "a.json: entry 1.landmarks.4.1: .*finite",
        ),
    ],
)
def test_mistakes_in_a_users_file_are_named(tmp_path, name, text, finding):
    if text is not None:
        (tmp_path / name).write_text(text)
    picture = Picture(CocoImage(1, NAME, 64, 64, ""), tmp_path)
    with pytest.raises(UserError, match=finding):
        Annotations(file=tmp_path / name).check([picture], Kind.FACE)


def test_a_users_file_that_does_not_fit_the_data_set_is_noticed(tmp_path):
    picture = Picture(CocoImage(1, NAME, 64, 64, ""), tmp_path)
    stranger = tmp_path / "stranger.json"
    stranger.write_text(json.dumps([GOOD | {"image": "elsewhere.png"}]))
    with pytest.raises(UserError, match=f"names no image of the data set.*{NAME}"):
        Annotations(file=stranger).check([picture], Kind.FACE)
    beyond = tmp_path / "beyond.json"
    beyond.write_text(json.dumps([GOOD | {"x0": 70, "x1": 80}]))
    with pytest.raises(UserError, match="is outside the image, 64x64"):
        Annotations(file=beyond).check([picture], Kind.FACE)


def test_polygons_of_another_size_are_noticed_before_the_detection(tmp_path):
    picture = polygons(tmp_path, ("license plate", [[10, 20], [30, 20], [30, 26]]))
    Annotations().check([picture], Kind.LICENSE_PLATE)
    smaller = Picture(CocoImage(1, NAME, 50, 25, ""), tmp_path)
    with pytest.raises(UserError, match="imgWidth and imgHeight are 100x50, but the image has 50x"):
        Annotations().check([smaller], Kind.LICENSE_PLATE)
