"""Faces and landmarks of all kinds: each one is replaced, ignored or smeared."""

import numpy as np
import pytest
from face_pictures import face, new_face, portrait
from natural_pii import FaceRegion, Route
from natural_pii.faces.pose import pose_of


def test_the_same_generator_gives_the_same_bytes_and_another_one_another_person():
    region = face()
    image = portrait(region)
    first, second, other = (new_face(image, region, seed) for seed in (7, 7, 8))
    assert first.patch.tobytes() == second.patch.tobytes()
    assert first.box == second.box
    assert first.patch.tobytes() != other.patch.tobytes()


def test_the_image_is_left_as_it_is():
    region = face()
    image = portrait(region)
    before = image.copy()
    image.setflags(write=False)
    outcome = new_face(image, region, 0)
    assert (image == before).all()
    x0, y0, x1, y1 = outcome.box
    assert outcome.patch.shape == (y1 - y0, x1 - x0, 3)
    assert outcome.patch.dtype == np.uint8


@pytest.mark.parametrize(("x0", "y0"), [(-20, -15), (128, 100), (-25, 60), (60, -30), (134, 10)])
@pytest.mark.parametrize("landmarks", [True, False])
def test_faces_at_borders_stay_inside_the_frame(x0, y0, landmarks):
    region = face(x0, y0, landmarks=landmarks)
    image = portrait(region)
    outcome = new_face(image, region, 3)
    left, top, right, bottom = outcome.box
    assert 0 <= left < right <= 150
    assert 0 <= top < bottom <= 130
    assert outcome.patch.shape == (bottom - top, right - left, 3)


@pytest.mark.parametrize("width", [0.3, 1.0, 2.5, 6.0])
def test_the_smallest_faces_change(width):
    region = face(50.2, 40.7, width)
    image = np.random.default_rng(0).integers(60, 200, (130, 150, 3), np.uint8)
    outcome = new_face(image, region, 3)
    result = image.copy()
    outcome.paste(result)
    assert (result != image)[40:42, 50:52].any()


@pytest.mark.parametrize(
    "region",
    [
        face(x0=500),
        face(y0=-400),
        FaceRegion(20, 20, 20, 40),
        FaceRegion(20, 40, 30, 30),
        FaceRegion(float("nan"), 20, 40, 50),
        FaceRegion(20, 20, float("inf"), 50),
    ],
)
def test_regions_without_extent_or_outside_are_ignored(region):
    assert new_face(portrait(face()), region, 0) is None


def test_a_region_larger_than_the_image_is_replaced():
    region = face(-100, -100, 300)
    outcome = new_face(portrait(face(), 40, 50), region, 0)
    assert outcome.box == (0, 0, 50, 40)


@pytest.mark.parametrize(
    "landmarks",
    [
        None,
        ((float("nan"), 1.0),) * 5,
        ((1000.0, 1000.0),) * 5,
        ((float("inf"), 1.0), *((50.0, 50.0),) * 4),
        ((-1e9, 3.0), (60.0, 50.0), (55.0, 58.0), (52.0, 66.0), (62.0, 66.0)),
        ((1.0, 1.0),) * 3,
    ],
)
def test_landmarks_that_cannot_be_are_replaced_by_usual_ones(landmarks):
    region = face()
    region = FaceRegion(region.x0, region.y0, region.x1, region.y1, landmarks)
    pose = pose_of(region)
    assert pose.drawable
    assert abs(pose.yaw) < 0.05
    assert abs(pose.roll) < 0.05
    outcome = new_face(portrait(face()), region, 0)
    assert outcome.route is not Route.FALLBACK


@pytest.mark.parametrize(
    "extreme",
    [
        {"turn": 1.3},
        {"turn": -1.4},
        {"turn": 3.1},
        {"lead": 0.4},
        {"lead": -0.45},
    ],
)
def test_extreme_turns_take_the_fallback(extreme):
    region = face(**extreme)
    image = portrait(region)
    outcome = new_face(image, region, 0)
    assert (outcome.route, outcome.reason) == (Route.FALLBACK, "turned away")
    x0, y0, x1, y1 = outcome.box
    part = (slice(int(region.y0 + 10) - y0, int(region.y1 - 10) - y0),
            slice(int(region.x0 + 10) - x0, int(region.x1 - 10) - x0))  # fmt: skip
    assert outcome.patch[part].std(axis=(0, 1)).max() < 25
    assert image[y0:y1, x0:x1][part].std(axis=(0, 1)).max() > 25


def test_landmarks_in_one_point_take_the_fallback():
    region = face()
    points = ((60.0, 55.0),) * 5
    region = FaceRegion(region.x0, region.y0, region.x1, region.y1, points)
    outcome = new_face(portrait(face()), region, 0)
    assert outcome.route is Route.FALLBACK


def test_yaw_follows_the_nose():
    left, ahead, right = (pose_of(face(lead=lead)).yaw for lead in (-0.12, 0.0, 0.12))
    assert left < -0.25
    assert abs(ahead) < 0.02
    assert right > 0.25
