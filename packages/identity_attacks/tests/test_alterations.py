"""Other pictures of a face or a plate: what moves along, and how alike they are."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from identity_attacks.alterations import FOUND, VIEW, another_picture
from identity_attacks.cutouts import FaceCutout, PlateCutout
from identity_attacks.recognizers import Dlib
from pii_measures import FaceRegion, PlateRegion

COLOURS = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (255, 0, 255)
POINTS = ((90.0, 90.0), (130.0, 90.0), (110.0, 112.0), (95.0, 135.0), (125.0, 135.0))
QUAD = ((80.0, 101.0), (139.0, 98.0), (140.0, 119.0), (81.0, 122.0))


def picture(points) -> np.ndarray:
    """Coloured discs at these points, on black."""
    pixels = np.zeros((220, 220, 3), np.uint8)
    for (x, y), colour in zip(points, COLOURS, strict=False):
        cv2.circle(pixels, (round(x), round(y)), 9, colour, -1)
    return pixels


def face(**place) -> FaceCutout:
    box = {"x0": 80, "y0": 70, "x1": 140, "y1": 150, "landmarks": POINTS} | place
    return FaceCutout("f", "somebody", "f.png", picture(POINTS), FaceRegion(**box))


def plate(quad=QUAD) -> PlateCutout:
    return PlateCutout("p", "a car", "p.png", picture(QUAD), PlateRegion(80, 98, 140, 122, quad))


def altered(cutout, seed=0):
    return another_picture(cutout, np.random.default_rng(seed))


@pytest.mark.parametrize("cutout", [face(), plate()])
def test_a_generator_in_the_same_state_gives_the_same_picture(cutout):
    before = cutout.pixels.copy()
    cutout.pixels.setflags(write=False)
    one, same, other = altered(cutout), altered(cutout), altered(cutout, 1)
    assert one.pixels.tobytes() == same.pixels.tobytes()
    assert one.place == same.place
    assert one.pixels.tobytes() != other.pixels.tobytes()
    assert one.pixels.dtype == np.uint8
    assert type(one.place) is type(cutout.place)
    assert (one.region, one.person) == (cutout.region, cutout.person)
    assert (cutout.pixels == before).all()


@pytest.mark.parametrize("cutout", [face(), plate()])
def test_landmarks_and_corners_move_along(cutout):
    for seed in range(20):
        other = altered(cutout, seed)
        points = other.place.landmarks if isinstance(other.place, FaceRegion) else other.place.quad
        for (x, y), colour in zip(points, COLOURS, strict=False):
            seen = other.pixels[int(y), int(x)].astype(int)
            lit = np.array(colour, bool)
            assert seen[lit].min() > seen[~lit].max() + 40


def test_the_box_moves_along_and_varies():
    cutout = face(landmarks=None)
    pixels = np.zeros_like(cutout.pixels)
    cv2.ellipse(pixels, (110, 110), (30, 40), 0, 0, 360, (255, 0, 0), -1)
    cutout = replace(cutout, pixels=pixels)
    size, widths = (60 * 80) ** 0.5, []
    for seed in range(20):
        other = altered(cutout, seed)
        rows, columns = np.nonzero(other.pixels @ (1, -1.5, -1.5) > 25)
        centre = columns.mean() + 0.5, rows.mean() + 0.5
        box = other.place
        found = (box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2
        assert found == pytest.approx(centre, abs=(FOUND + VIEW / 2) * 1.3 * size)
        area = np.pi / 4 * box.width * box.height
        assert area == pytest.approx(len(rows), rel=0.3)
        assert box.landmarks is None
        widths.append(box.width)
    assert min(widths) < 0.9 * 60
    assert max(widths) > 1.1 * 60


def test_surroundings_of_a_face_are_others():
    white = replace(face(), pixels=np.full((220, 220, 3), 255, np.uint8))
    black = replace(white, pixels=np.zeros((220, 220, 3), np.uint8))
    corner = slice(0, 20), slice(0, 20)
    for seed in range(5):
        first, second = (altered(one, seed).pixels[corner].astype(int) for one in (white, black))
        assert abs(first.mean() - second.mean()) < 5


def test_the_box_of_a_plate_reaches_around_its_corners():
    place = altered(plate()).place
    assert (place.x0, place.y0) == tuple(np.min(place.quad, axis=0))
    assert (place.x1, place.y1) == tuple(np.max(place.quad, axis=0))
    assert altered(plate(None)).place.quad is None


@pytest.mark.parametrize(
    "place",
    [
        {"x0": 100, "x1": 101, "y0": 100, "y1": 101},
        {"x0": -40, "x1": 20},
        {"x0": 0, "y0": 0, "x1": 220, "y1": 220},
        {"x1": 80},
    ],
)
def test_tiny_large_and_cut_regions_have_other_pictures(place):
    for seed in range(5):
        other = altered(face(**place), seed)
        assert min(other.pixels.shape[:2]) > 100
        assert np.isfinite([other.place.x0, other.place.y0, other.place.x1, other.place.y1]).all()


def test_a_picture_of_one_pixel_has_another_picture():
    one = FaceCutout("f", "f", "f.png", np.zeros((1, 1, 3), np.uint8), FaceRegion(0, 0, 1, 1))
    assert altered(one).pixels.shape == (1, 1, 3)


def test_a_recogniser_sees_another_picture_of_the_same_person(require_library, astronaut):
    require_library("dlib")
    recognizer = Dlib()
    near = replace(
        astronaut,
        pixels=astronaut.pixels[:300, 60:400],
        place=FaceRegion(
            *(181.5 - 60, 58.2, 269.9 - 60, 177.8),
            tuple((x - 60, y) for x, y in astronaut.place.landmarks),
        ),
    )
    vectors = recognizer.vectors([near, *(altered(near, seed) for seed in range(4))])
    distances = -recognizer.similarity(vectors[:1], vectors[1:])[0]
    assert 0.2 < distances.mean() < 0.45
    assert (distances < 0.6).all()
    assert (distances > 0.1).all()
