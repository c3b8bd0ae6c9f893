"""Searches whose weights a user brings, with small networks in their place."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
import torch
from pii_detectors import (
    DetectorError,
    EgoBlurSearch,
    YoloSearch,
    YuNetSearch,
)
from pii_detectors.centerface import weights_file
from pii_detectors.plates import WEIGHTS
from small_networks import (
    FACE,
    PLATE,
    POINTS,
    EndToEnd,
    Raw,
    write_egoblur,
    write_yolo,
    write_yunet,
)
from torch import nn

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning")
WHITE, RED, BLUE = (255, 255, 255), (255, 0, 0), (0, 0, 255)
SIDE = 8


def image_with(width, height, *squares) -> np.ndarray:
    """A black image with squares (x, y, colour)."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for x, y, colour in squares:
        pixels[y : y + SIDE, x : x + SIDE] = colour
    return pixels


def boxes_of(found) -> list:
    return sorted(map(tuple, found.boxes.tolist()))


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict:
    """The small networks, by name."""
    folder = tmp_path_factory.mktemp("networks")
    write_yunet(folder / "yunet.onnx")
    write_egoblur(folder / "egoblur.jit")
    write_yolo(folder / "end_to_end.onnx", EndToEnd(), {})
    write_yolo(folder / "end_to_end_free.onnx", EndToEnd(), {0: "n", 2: "h", 3: "w"})
    write_yolo(folder / "raw.onnx", Raw(), {0: "n"})
    return {path.stem: path for path in folder.iterdir()}


@pytest.mark.parametrize(("width", "height"), [(64, 64), (150, 90), (40, 200)])
def test_yunet_reads_boxes_and_landmarks_in_our_order(files, width, height):
    image = image_with(width, height, (16, 32, WHITE))
    faces = YuNetSearch(weights=files["yunet"]).find(image)
    x, y = 16 + FACE[0] * SIDE, 32 + FACE[1] * SIDE
    np.testing.assert_allclose(faces.boxes, [(x - 8, y - 12, x + 8, y + 12)], atol=1e-3)
    expected = np.reshape(POINTS, (5, 2)) * SIDE + (16, 32)
    np.testing.assert_allclose(faces.landmarks, expected[None], atol=1e-3)
    left, right = faces.landmarks[0, :2]
    assert left[0] < right[0]  # as the viewer sees them
    assert faces.scores == pytest.approx([1], abs=1e-3)


def test_yunet_searches_images_of_several_sizes_side_by_side(files):
    search = YuNetSearch(weights=files["yunet"])
    images = [np.zeros((side, 2 * side, 3), np.uint8) for side in (64, 96, 200, 320)] * 8
    for image in images:
        image[32:40, 16:24] = 255
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(search.find, images))
    assert [len(faces) for faces in found] == [1] * len(images)


def test_yunet_threshold_scale_and_persons(files):
    image = image_with(128, 64, (16, 32, (128,) * 3), (96, 16, WHITE))
    assert len(YuNetSearch(weights=files["yunet"]).find(image)) == 1
    assert len(YuNetSearch(weights=files["yunet"], threshold=0.4).find(image)) == 2
    half = YuNetSearch(weights=files["yunet"], scale=0.5, threshold=0.2).find(image)
    np.testing.assert_allclose(np.ptp(half.boxes[:, ::2], axis=1), 32)
    image = image_with(128, 64, (16, 32, WHITE), (96, 16, WHITE))
    persons = np.array([(0, 0, 40, 64)])
    found = YuNetSearch(weights=files["yunet"], threshold=0.2).find(image, persons)
    assert len(found)
    assert (found.boxes[:, 2] < 64).all()


def test_egoblur_suppresses_overlapping_boxes(files):
    image = image_with(100, 60, (32, 24, RED), (8, 8, BLUE))
    found = EgoBlurSearch(weights=files["egoblur"]).find(image)
    assert boxes_of(found) == [(32, 24, 40, 32)]
    assert found.scores == pytest.approx([0.95])
    both = EgoBlurSearch(weights=files["egoblur"], threshold=0.2).find(image)
    assert boxes_of(both) == [(0, 0, 9, 9), (32, 24, 40, 32)]
    enlarged = EgoBlurSearch(weights=files["egoblur"], scale=2).find(image)
    np.testing.assert_allclose(enlarged.boxes, [(32, 24, 40, 32)], atol=0.5)
    assert len(EgoBlurSearch(weights=files["egoblur"]).find(image_with(64, 64))) == 0


def plate_at(x, y) -> tuple:
    """The box that the YOLO networks put around a square."""
    wide, high = PLATE
    return (x + 4 - wide / 2, y + 4 - high / 2, x + 4 + wide / 2, y + 4 + high / 2)


@pytest.mark.parametrize("name", ["end_to_end", "end_to_end_free", "raw"])
def test_yolo_boxes_are_exact_and_found_once_in_overlapping_tiles(files, name):
    squares = [(40, 24), (56, 48), (80, 8)]  # of the tiles 0 to 64 and 32 to 96, one cuts a box
    image = image_with(96, 64, *((x, y, RED) for x, y in squares))
    found = YoloSearch(weights=files[name], input_side=64).find(image)
    np.testing.assert_allclose(boxes_of(found), sorted(plate_at(*s) for s in squares), atol=1e-4)
    np.testing.assert_allclose(found.scores, 1, atol=1e-6)


@pytest.mark.parametrize("name", ["end_to_end", "raw"])
def test_yolo_classes_are_chosen(files, name):
    image = image_with(64, 64, (24, 8, RED), (32, 40, BLUE))
    for classes, expected in (
        (None, [(24, 8), (32, 40)]),
        ((0,), [(24, 8)]),
        ((1,), [(32, 40)]),
        ((2,), []),
    ):
        found = YoloSearch(weights=files[name], classes=classes).find(image)
        np.testing.assert_allclose(
            np.reshape(boxes_of(found), (-1, 4)),
            np.reshape(sorted(plate_at(*place) for place in expected), (-1, 4)),
            atol=1e-4,
        )


@pytest.mark.parametrize("name", ["end_to_end", "raw"])
def test_yolo_tiles_are_resized_and_small_frames_padded(files, name):
    image = image_with(128, 96)
    cv2.rectangle(image, (32, 48), (47, 63), RED, -1)  # one cell, in a tile of half size
    found = YoloSearch(weights=files[name], tile=128, threshold=0.5).find(image)
    np.testing.assert_allclose(found.boxes, [(20, 48, 60, 64)], atol=1e-4)


@pytest.mark.parametrize("name", ["end_to_end", "raw"])
def test_yolo_looks_inside_given_vehicles_only(files, name):
    squares = (64, 24, RED), (8, 24, RED)
    image = image_with(96, 64, *squares)
    search = YoloSearch(weights=files[name], threshold=0.61)
    found = search.find(image, np.array([(54, 14, 84, 44)]))
    assert len(found)
    assert (abs(found.boxes.reshape(-1, 2, 2).mean(axis=1) - (68, 28)) < 6).all()
    assert len(search.find(image, np.zeros((0, 4)))) == 0


class Other(nn.Module):
    """Neither of the detectors."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image


@pytest.mark.parametrize(
    ("search", "message"),
    [
        (YuNetSearch, "not a YuNet face detector that OpenCV can run"),
        (EgoBlurSearch, "not a detector of EgoBlur that can be run"),
        (YoloSearch, "not a"),
    ],
)
def test_a_file_that_is_no_such_detector_is_named_in_one_line(tmp_path, search, message):
    (tmp_path / "text").write_text("no network at all")
    torch.jit.script(Other()).save(str(tmp_path / "other.jit"))
    for path in (tmp_path / "text", tmp_path / "other.jit", WEIGHTS, weights_file()):
        with pytest.raises(DetectorError, match=message) as caught:
            search(weights=path).load()
        assert str(caught.value).startswith(str(path))
        assert "\n" not in str(caught.value)


def test_a_digest_of_another_file_is_refused(files):
    digest = hashlib.sha256(files["yunet"].read_bytes()).hexdigest()
    YuNetSearch(weights=files["yunet"], sha256=digest).load()
    with pytest.raises(DetectorError, match=rf"yunet\.onnx: its sha256 is {digest}, expected 0+;"):
        YuNetSearch(weights=files["yunet"], sha256="0" * 64).load()
