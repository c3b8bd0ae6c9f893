"""Comparing images with their twins: what was changed, and what only looks so."""

import io

import cv2
import numpy as np
import pytest
from drawn_streets import SceneSettings, draw_scene
from PIL import Image
from twin_comparison.changes import (
    boxes_of,
    coded_like,
    compared,
    difference,
    parts_of,
)
from twin_comparison.tolerance import MAX_TOLERANCE

FACE = (slice(100, 130), slice(200, 224))
PLATE = (slice(150, 162), slice(300, 350))


@pytest.fixture(scope="module")
def street() -> np.ndarray:
    """A drawn street with camera noise and two places full of detail, (256, 512, 3)."""
    rng = np.random.default_rng(0)
    image = draw_scene(SceneSettings(seed=4, width=512, height=256), "train", 1).image
    for window in (FACE, PLATE):
        height, width = image[window].shape[:2]
        detail = rng.integers(0, 256, (height // 4, width // 4, 3), np.uint8)
        image[window] = cv2.resize(detail, (width, height))
    return np.uint8(np.clip(image + rng.normal(0, 3, image.shape), 0, 255))


@pytest.fixture
def anonymized(street) -> np.ndarray:
    """The street with a face and a plate blurred."""
    image = street.copy()
    for window in (FACE, PLATE):
        image[window] = cv2.blur(image[window], (15, 15))
    return image


def jpeg(image: np.ndarray, quality: int = 90, **options) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=quality, **options)
    return stream.getvalue()


def decoded(content: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)


def png(image: np.ndarray) -> bytes:
    return cv2.imencode(".png", image[..., ::-1])[1].tobytes()


def inside(shape, *windows, margin: int = 0) -> np.ndarray:
    mask = np.zeros(shape[:2], np.uint8)
    for window in windows:
        mask[window] = 1
    return cv2.dilate(mask, np.ones((2 * margin + 1, 2 * margin + 1))) > 0


def test_the_difference_is_that_of_the_channel_that_differs_most():
    first, second = np.zeros((2, 3, 3), np.uint8), np.zeros((2, 3, 3), np.uint8)
    first[0, 1] = (10, 0, 255)
    second[0, 1] = (0, 30, 250)
    assert difference(first, second).tolist() == [[0, 30, 0], [0, 0, 0]]


def test_a_lossless_twin_shows_every_pixel_that_differs(street):
    twin = street.copy()
    twin[7, 9, 2] ^= 1
    found = compared(street, twin).changed()
    assert np.argwhere(found).tolist() == [[7, 9]]
    assert boxes_of(found).tolist() == [[9, 7, 10, 8]]
    same = compared(street, street).changed()
    assert not same.any()
    assert boxes_of(same).shape == (0, 4)


@pytest.mark.parametrize("quality", [50, 75, 90, 98])
@pytest.mark.parametrize("subsampling", [0, 2])
def test_a_jpeg_twin_shows_what_was_changed_only(street, anonymized, quality, subsampling):
    content = jpeg(anonymized, quality, subsampling=subsampling)
    found = compared(street, decoded(content), coded=content).changed()
    for window in (FACE, PLATE):
        assert found[window].mean() > 0.9
    assert not found[~inside(street.shape, FACE, PLATE, margin=16)].any()  # of the same blocks
    assert len(boxes_of(found)) == 2


def test_a_jpeg_twin_without_any_change_shows_none(street):
    content = jpeg(street, 60)
    assert not compared(street, decoded(content), coded=content).changed().any()


def test_a_file_that_is_no_jpeg_leaves_the_original_as_it_is(street):
    assert coded_like(street, png(street)) is street


def test_without_knowing_the_codec_coding_is_tolerated(street):
    twin = street.copy()
    twin[FACE] = 0
    webp = cv2.imencode(".webp", twin[..., ::-1], [cv2.IMWRITE_WEBP_QUALITY, 90])[1].tobytes()
    found = compared(street, decoded(webp), coded=webp).changed()
    assert found[inside(street.shape, FACE)].mean() > 0.9
    assert found[~inside(street.shape, FACE, margin=16)].mean() < 0.002


def test_a_change_of_brightness_is_one_in_a_lossless_twin_and_tolerated_in_a_lossy_one(street):
    darker = street - np.minimum(street, 6)
    assert (compared(street, darker).changed() == (street > 0).any(axis=2)).all()
    darker[FACE] = 0
    found = compared(street, darker, coded=png(darker)).changed()
    assert found[inside(street.shape, FACE)].mean() > 0.9
    assert not found[~inside(street.shape, FACE, margin=2)].any()
    much = np.clip(street, 60, 255) - np.uint8(60)
    lit = street.min(axis=2) > 60
    assert compared(street, much, coded=png(much)).changed()[lit].mean() > 0.95


def test_a_shifted_twin_is_seen_although_most_of_it_differs(street):
    shifted = np.roll(street, 5, axis=1)
    differences = compared(street, shifted, coded=png(shifted))
    assert differences.tolerance.levels == MAX_TOLERANCE
    found = differences.changed()
    edges = cv2.Canny(street, 200, 400) > 0
    assert found[edges].mean() > 0.5


def test_parts_that_are_near_are_one_and_each_pixel_is_in_a_box():
    mask = np.random.default_rng(1).random((60, 90)) < 0.005
    mask[:4, :4] = True
    labels, boxes = parts_of(mask)
    assert ((labels > 0) == mask).all()
    assert len(boxes) > 1
    for part, (x0, y0, x1, y1) in enumerate(boxes, start=1):
        rows, columns = np.nonzero(labels == part)
        assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (x0, y0, x1, y1)
    apart = np.zeros((20, 40), bool)
    apart[5, [5, 14, 24]] = True  # 9 and 10 pixels apart
    assert boxes_of(apart).tolist() == [[5, 5, 15, 6], [24, 5, 25, 6]]
