"""The method that replaces faces and plates, on drawn scenes."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
from drawn_streets import SceneSettings, VisibleFace, draw_scene
from natural_pii.faces.replace import replace_face
from pii_detectors import ious
from plain_commands.errors import UserError
from plain_commands.section import validate

from tests.anonymization.anonymizing import make_data, run, treated
from workflow_scripts.anonymization.methods.natural import Natural, owners_of, tracks_of
from workflow_scripts.anonymization.variants import Variant
from workflow_scripts.contracts.coco import CocoSplit, Instance, LabelledObject
from workflow_scripts.contracts.regions import Kind, Region, with_ids
from workflow_scripts.imaging.masks import encode_mask
from workflow_scripts.imaging.pictures import picture_of
from workflow_scripts.pii.detectors.centerface import CenterFace

ROUTES = {"natural", "natural_wide", "fallback", "large_smear"}


@pytest.fixture(scope="module")
def scene() -> tuple[np.ndarray, list[Region]]:
    """A drawn street with faces and plates, as detectors would report them."""
    drawing = draw_scene(SceneSettings(seed=7, width=1024, height=512), "train", 1)
    regions = [
        Region("a.png", Kind.FACE, 1.0, *mark.box, landmarks=_points(mark.landmarks))
        if isinstance(mark, VisibleFace)
        else Region("a.png", Kind.LICENSE_PLATE, 1.0, *mark.box, quad=_points(mark.quad))
        for mark in drawing.marks
    ]
    assert {region.kind for region in regions} == set(Kind)
    return drawing.image, with_ids(regions)


def _points(array: np.ndarray | None) -> tuple[tuple[float, float], ...] | None:
    return None if array is None else tuple(map(tuple, array.tolist()))


def treat(scene, seed=0, rng=1):
    image, regions = scene
    return treated(Natural(seed=seed), picture_of(image, regions), rng)


def test_every_region_is_replaced_and_nothing_else(scene):
    image, regions = scene
    before = image.copy()
    result = treat(scene)
    assert np.array_equal(image, before)
    assert [change.region_id for change in result.changes] == [region.id for region in regions]
    assert {change.method for change in result.changes} <= ROUTES
    touched = np.zeros(image.shape[:2], bool)
    for change in result.changes:
        x0, y0, x1, y1 = change.box
        touched[y0:y1, x0:x1] = True
        assert (result.image[y0:y1, x0:x1] != image[y0:y1, x0:x1]).any()
    assert np.array_equal(result.image[~touched], image[~touched])


def test_the_generator_and_the_seed_decide(scene):
    first = treat(scene).image
    assert np.array_equal(first, treat(scene).image)
    assert not np.array_equal(first, treat(scene, seed=1).image)
    assert not np.array_equal(first, treat(scene, rng=2).image)


def test_new_faces_are_found_by_a_detector_as_the_old_ones_were():
    settings, found = SceneSettings(seed=3, width=1024, height=512), []
    for index in (1, 2, 3):
        image = draw_scene(settings, "faces", index).image
        faces = detected(image)
        again = detected(treat((image, faces)).image)
        found += [any(iou(face, other) > 0.3 for other in again) for face in faces]
    assert len(found) >= 8
    assert np.mean(found) >= 0.9


def detected(image: np.ndarray) -> list[Region]:
    return CenterFace().regions(picture_of(image), Kind.FACE)


def iou(one: Region, other: Region) -> float:
    first, second = ([r.x0, r.y0, r.x1, r.y1] for r in (one, other))
    return float(ious(np.array(first), np.array([second]))[0])


WIDE = 60.0
"""Width of a large face in the tests, pixels."""


@pytest.fixture(scope="module")
def portraits() -> tuple[np.ndarray, list[Region]]:
    """A small and a large face side by side."""
    drawing = draw_scene(SceneSettings(seed=7, width=1024, height=512), "train", 1)
    faces = [mark for mark in drawing.marks if isinstance(mark, VisibleFace)]
    faces.sort(key=lambda one: one.box[2] - one.box[0])
    tiles, regions = [], []
    for number, (mark, width) in enumerate(zip(faces[-2:], (30.0, WIDE + 20), strict=True)):
        x0, y0, x1, y1 = mark.box
        size = int(2 * (y1 - y0))
        left, top = int((x0 + x1 - size) / 2), int((y0 + y1 - size) / 2)
        crop = drawing.image[top : top + size, left : left + size]
        scale = width / (x1 - x0)
        tile = np.full((300, 300, 3), 120, np.uint8)
        side = round(size * scale)
        tile[:side, :side] = cv2.resize(crop, (side, side))[:300, :300]
        tiles.append(tile)
        shift = np.array((300 * number, 0.0))
        corners = (np.array(mark.box).reshape(2, 2) - (left, top)) * scale + shift
        points = (np.array(mark.landmarks) - (left, top)) * scale + shift
        box = corners.ravel().tolist()
        regions.append(Region("a.png", Kind.FACE, 1.0, *box, landmarks=_points(points)))
    return np.hstack(tiles), with_ids(regions)


@pytest.mark.parametrize(
    ("large", "ways"),
    [("smear", ["natural", "large_smear"]), ("natural", ["natural", "large_natural"])],
)
def test_large_faces_are_treated_as_asked_and_told(portraits, large, ways):
    image, regions = portraits
    result = treated(Natural(large=large, large_above=WIDE), picture_of(image, regions))
    assert [change.method for change in result.changes] == ways
    plain = treated(Natural(large="natural", large_above=500), picture_of(image, regions))
    x0, y0, x1, y1 = result.changes[1].box
    is_drawn = np.array_equal(result.image[y0:y1, x0:x1], plain.image[y0:y1, x0:x1])
    assert is_drawn == (large == "natural")


def test_a_diffusion_model_paints_what_is_smeared_already(portraits, pipeline, tmp_path):
    image, regions = portraits
    painter = {"model": str(pipeline), "size": 64, "steps": 2}
    settings = Natural(large="diffusion", large_above=WIDE, diffusion=painter)
    assert (settings.gpus, settings.environment) == (1, "diffusion")
    picture = picture_of(image, regions)
    with settings.prepared([picture], tmp_path, 1) as method:
        result = treated(method, picture)
        x0, y0, x1, y1 = (round(getattr(regions[1], name)) for name in ("x0", "y0", "x1", "y1"))
        method.diffusion._inpainter._pipeline.vae.decoder.conv_out.bias.data.fill_(float("nan"))
        failed = treated(method, picture)
    assert [change.method for change in result.changes] == ["natural", "large_diffusion"]
    assert [change.method for change in failed.changes] == ["natural", "large_smear"]
    assert result.image[y0:y1, x0:x1].std() > 2 * failed.image[y0:y1, x0:x1].std()
    with settings.prepared([picture_of(image, regions[:1])], tmp_path, 1) as method:
        assert method is settings  # no model is loaded for small faces


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"large": "diffusion"}, "diffusion: missing, but large is diffusion; name the model"),
        ({"diffusion": {"model": "a"}}, "diffusion: it has no effect without large: diffusion"),
        ({"large": "diffusion", "diffusion": {"model": ""}}, "diffusion.model: String should have"),
        ({"large": "blur"}, "Input should be 'smear', 'natural' or 'diffusion'"),
        ({"identity": "person"}, "Input should be 'frame' or 'track'"),
    ],
)
def test_settings_that_do_not_fit_are_one_line(settings, line):
    with pytest.raises(UserError, match=line):
        validate(Variant, {"method": "natural", **settings}, "variants.natural")


def test_without_the_model_nothing_starts(tmp_path, capsys):
    data = make_data(tmp_path)
    settings = {"method": "natural", "large": "diffusion", "diffusion": {"model": "nobody/nothing"}}
    arguments = {"settings": json.dumps({"v": settings}), "annotations": data / "train.coco.json"}
    assert run("check", **arguments) == 2
    said = capsys.readouterr().err
    assert said.count("error:") == 1
    assert "variants.v: model: 'nobody/nothing' is neither a folder nor a model" in said


def test_a_fallback_says_why(scene):
    image, regions = scene
    faces = [region for region in regions if region.kind is Kind.FACE][:1]
    blue = picture_of(np.ascontiguousarray(image[..., ::-1]), faces)
    (change,) = treated(Natural(), blue).changes
    assert (change.method, change.reason, change.way) == (
        "fallback",
        "no skin",
        "fallback (no skin)",
    )


def drawn_people(monkeypatch, method: Natural, *pictures) -> list[list[int]]:
    """The seed of the new person of each face, by picture."""
    seeds: list[list[int]] = []

    def noted(image, subject, person, *others):
        seeds[-1].append(person)
        return replace_face(image, subject, person, *others)

    monkeypatch.setattr("natural_pii.faces.people.replace_face", noted)
    for number, picture in enumerate(pictures):
        seeds.append([])
        treated(method, picture, rng=number)
    return seeds


def test_a_track_is_one_new_person_in_all_images(portraits, monkeypatch):
    """Whatever the order of images and regions, so whatever the shard."""
    image, (small, large) = portraits
    first = picture_of(image, [replace(small, track="anna"), large])
    turned = image[:, ::-1].copy()
    second = picture_of(turned, [_turned(large, track="anna"), _turned(small, track="bert")])
    for method, shared in ((Natural(identity="track"), True), (Natural(), False)):
        (anna, other), seen = drawn_people(monkeypatch, method, first, second)
        assert (anna in seen) == shared
        assert len({anna, other, *seen}) == (3 if shared else 4)
        back = drawn_people(monkeypatch, method, second, first)
        assert (back[1][0] in back[0]) == shared
        if shared:
            assert back == [seen, [anna, back[1][1]]]
    another = drawn_people(monkeypatch, Natural(identity="track", seed=1), first)
    assert another[0][0] != anna


def test_the_track_of_a_labelled_person_is_that_of_the_face(portraits):
    image, regions = portraits
    objects = labelled_halves(image.shape[:2])
    owners = owners_of(regions, objects)
    assert tracks_of(regions, owners, objects) == ["p1", None]
    named = [replace(regions[0], track="listed"), regions[1]]
    assert tracks_of(named, owners, objects) == ["listed", None]
    plate = replace(regions[0], kind=Kind.LICENSE_PLATE)
    assert tracks_of([plate], [None], objects) == [None]


@pytest.mark.parametrize(
    ("class_name", "track", "is_said"),
    [("person", "7", False), ("rider", "7", False), ("person", None, True), ("car", "7", True)],
)
def test_that_nobody_has_a_track_is_said(caplog, class_name, track, is_said):
    full = encode_mask(np.ones((8, 8), bool), 0, 0, 8, 8)
    split = CocoSplit((class_name,), (), (Instance(1, 0, 1, (0, 0, 8, 8), 64, full, track=track),))
    with caplog.at_level("INFO"):
        Natural(identity="track").check(split)
    assert ("identity: track: no person or rider has a track_id" in caplog.text) == is_said
    caplog.clear()
    with caplog.at_level("INFO"):
        Natural().check(split)
    assert not caplog.text


def labelled_halves(shape: tuple[int, int]) -> tuple[LabelledObject, ...]:
    """Two persons, of whom the left one has a track."""
    height, width = shape
    half = np.ones((height, width // 2), bool)
    return tuple(
        LabelledObject(
            "person",
            Instance(
                number,
                0,
                1,
                (x, 0, width // 2, height),
                int(half.sum()),
                encode_mask(half, x, 0, height, width),
                track=track,
            ),
        )
        for number, (x, track) in enumerate([(0, "p1"), (width // 2, None)], start=1)
    )


def _turned(region: Region, track: str) -> Region:
    """The region of the mirrored image, which is 600 pixels wide."""
    left, right, nose, *mouth = ((600 - x, y) for x, y in region.landmarks)
    marks = (right, left, nose, *reversed(mouth))
    return replace(region, x0=600 - region.x1, x1=600 - region.x0, landmarks=marks, track=track)
