"""Whether two images show the same picture."""

import cv2
import numpy as np
import pytest
from drawn_streets import SceneSettings, draw_scene
from twin_comparison.resemblance import exchanged, glimpse, resemblance


def street(number: int) -> np.ndarray:
    """A drawn street, with the grain that a camera adds."""
    drawn = draw_scene(SceneSettings(seed=number, width=512, height=256), "train", 1).image
    grain = np.random.default_rng(number).normal(0, 4, drawn.shape)
    return np.clip(drawn + grain, 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def original() -> np.ndarray:
    return street(0)


def differences(original: np.ndarray, twin: np.ndarray) -> str:
    nothing = np.zeros(original.shape[:2], bool)
    return "; ".join(resemblance(original, twin, nothing).differences())


def recoded(image: np.ndarray, quality: int) -> np.ndarray:
    content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return cv2.imdecode(content, cv2.IMREAD_COLOR)


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image,
        lambda image: recoded(image, 40),
        lambda image: np.where(np.arange(512)[:, None] < 150, 0, image).astype(np.uint8),
    ],
)
def test_compressed_and_blackened_twins_show_the_same_picture(original, change):
    assert differences(original, change(original)) == ""


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda image: image[::-1], "texture"),
        (lambda image: np.roll(image, 3, axis=1), "moved by 3.0 pixels"),
        (lambda image: image[..., ::-1], "colours"),
        (lambda image: (255 * (image / 255) ** 0.7).astype(np.uint8), "brightness"),
    ],
)
def test_other_pictures_differ(original, change, said):
    assert said in differences(original, recoded(np.ascontiguousarray(change(original)), 90))


def test_what_is_ignored_may_differ_in_any_way(original):
    twin = np.random.default_rng(1).integers(0, 256, original.shape, np.uint8)
    assert resemblance(original, twin, np.ones(twin.shape[:2], bool)).differences() == []


def test_exchanged_twins_are_found():
    glimpses = [glimpse(street(number)) for number in range(3)]
    assert exchanged(glimpses, glimpses) == []
    assert exchanged(glimpses, [glimpses[number] for number in (0, 2, 1)]) == [(1, 2), (2, 1)]
