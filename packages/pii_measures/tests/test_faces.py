"""Crops of faces and their correlation, on images of which the answer is known."""

import cv2
import numpy as np
import pytest
from pii_measures import FaceRegion, band_passed, correlation, face_crop
from pii_measures.faces import TEMPLATE, similarity_transform


def noise(seed: int, height: int = 60, width: int = 80) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def face(landmarks: np.ndarray | None, box=(20, 10, 50, 50)) -> FaceRegion:
    points = None if landmarks is None else tuple(map(tuple, landmarks.tolist()))
    return FaceRegion(*box, landmarks=points)


def test_a_face_is_aligned_by_its_landmarks():
    drawn = cv2.GaussianBlur(noise(3, 128, 128), (0, 0), 3)
    placed = np.zeros((300, 300, 3), np.uint8)
    turn = np.radians(25)
    matrix = 1.4 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    shift = np.array([110.0, 40.0])
    affine = np.column_stack([matrix, shift + matrix @ (0.5, 0.5) - 0.5])
    cv2.warpAffine(drawn, affine, (300, 300), placed, cv2.INTER_CUBIC, cv2.BORDER_TRANSPARENT)
    points = TEMPLATE * 64 + 32
    straight = face_crop(drawn, face(points))
    there = points @ matrix.T + shift
    turned = face_crop(placed, face(there, (*there.min(axis=0), *there.max(axis=0))))
    assert correlation(straight, turned) > 0.99
    assert abs(correlation(straight, face_crop(placed, face(None)))) < 0.6


def test_the_similarity_transform_is_exact_where_it_can_be():
    points = TEMPLATE * 32
    turn = np.array([[0.6, -0.8], [0.8, 0.6]]) * 3
    matrix = similarity_transform(points, points @ turn.T + (7, -5))
    assert matrix == pytest.approx(np.column_stack([turn, (7, -5)]))
    assert similarity_transform(points, np.full((5, 2), 9.0)) is None
    assert similarity_transform(points, np.full((5, 2), np.nan)) is None


@pytest.mark.parametrize("box", [(-30, -30, 10, 10), (70, 50, 200, 200), (-9, -9, -1, -1)])
def test_faces_beyond_the_border_have_a_crop(box):
    points = TEMPLATE * (box[2] - box[0]) + box[:2]
    for region in (face(None, box), face(points, box), face(np.full((5, 2), 3.0), box)):
        assert face_crop(noise(1), region).shape == (32, 32)


def test_correlation_of_known_pairs():
    crop = face_crop(noise(4), face(None))
    assert correlation(crop, crop) == pytest.approx(1)
    assert correlation(crop, 200 - crop / 2) == pytest.approx(-1)
    assert correlation(crop, np.full_like(crop, 7)) == 0
    other = face_crop(noise(5), face(None))
    assert abs(correlation(crop, other)) < 0.2
    # What is light only, the band-pass takes away.
    slope = np.linspace(0, 120, 32, dtype=np.float32) + np.zeros((32, 1), np.float32)
    bright = correlation(crop / 4 + slope, other / 4 + slope)
    banded = correlation(band_passed(crop / 4 + slope), band_passed(other / 4 + slope))
    assert bright > 0.6
    assert banded < bright - 0.2
