"""Detectors whose weights a user brings, with small networks in their place."""

import cv2
import numpy as np
import pytest
import torch
from torch import nn

from tests.small_networks import (
    FACE,
    PLATE,
    POINTS,
    EndToEnd,
    Raw,
    write_egoblur,
    write_yolo,
    write_yunet,
)
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import sha256_of_file
from workflow_scripts.common.section import validate
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.weights import Weights
from workflow_scripts.imaging.pictures import Picture, picture_of
from workflow_scripts.pii.detectors import centerface
from workflow_scripts.pii.detectors.egoblur import EgoBlur
from workflow_scripts.pii.detectors.onnx_yolo import OnnxYolo
from workflow_scripts.pii.detectors.yunet import YuNet
from workflow_scripts.pii.plate_network.search import WEIGHTS
from workflow_scripts.pii.settings import Pii

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning")
WHITE, RED, BLUE = (255, 255, 255), (255, 0, 0), (0, 0, 255)
SIDE = 8


def weights(path) -> Weights:
    return Weights(source=str(path), sha256=sha256_of_file(path), licence="of the tests")


def picture_with(width, height, *squares) -> Picture:
    """A black picture with squares (x, y, colour)."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for x, y, colour in squares:
        pixels[y : y + SIDE, x : x + SIDE] = colour
    return picture_of(pixels, name="a.png")


def boxes_of(regions) -> list:
    return sorted((r.x0, r.y0, r.x1, r.y1) for r in regions)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict:
    """The small networks, by name."""
    folder = tmp_path_factory.mktemp("networks")
    write_yunet(folder / "yunet.onnx")
    write_egoblur(folder / "egoblur.jit")
    write_yolo(folder / "end_to_end.onnx", EndToEnd(), {})
    write_yolo(folder / "end_to_end_free.onnx", EndToEnd(), {0: "n", 2: "h", 3: "w"})
    write_yolo(folder / "raw.onnx", Raw(), {0: "n"})
    return {path.stem: weights(path) for path in folder.iterdir()}


@pytest.mark.parametrize(("width", "height"), [(64, 64), (150, 90), (40, 200)])
def test_yunet_reads_boxes_and_landmarks_in_our_order(tmp_path, files, width, height):
    picture = picture_with(width, height, (16, 32, WHITE))
    (face,) = YuNet(weights=files["yunet"]).regions(picture, Kind.FACE)
    x, y = 16 + FACE[0] * SIDE, 32 + FACE[1] * SIDE
    assert (face.x0, face.x1) == pytest.approx((x - 8, x + 8), abs=1e-3)
    assert (face.y0, face.y1) == pytest.approx((y - 12, y + 12), abs=1e-3)
    expected = np.reshape(POINTS, (5, 2)) * SIDE + (16, 32)
    np.testing.assert_allclose(face.landmarks, expected, atol=1e-3)
    left, right = face.landmarks[:2]
    assert left[0] < right[0]  # as the viewer sees them
    assert face.score == pytest.approx(1, abs=1e-3)


def test_yunet_threshold_scale_and_persons(tmp_path, files):
    picture = picture_with(128, 64, (16, 32, (128,) * 3), (96, 16, WHITE))
    assert len(YuNet(weights=files["yunet"]).regions(picture, Kind.FACE)) == 1
    assert len(YuNet(weights=files["yunet"], threshold=0.4).regions(picture, Kind.FACE)) == 2
    half = YuNet(weights=files["yunet"], scale=0.5, threshold=0.2).regions(picture, Kind.FACE)
    assert all(region.width == pytest.approx(32) for region in half if region.x0 > 0)
    picture = picture_with(128, 64, (16, 32, WHITE), (96, 16, WHITE))
    persons = np.array([(0, 0, 40, 64)])
    found = YuNet(weights=files["yunet"], threshold=0.2).regions(picture, Kind.FACE, persons)
    assert found
    assert all(region.x1 < 64 for region in found)


@pytest.mark.parametrize("kind", list(Kind))
def test_egoblur_finds_either_kind_and_drops_doubles(tmp_path, files, kind):
    picture = picture_with(100, 60, (32, 24, RED), (8, 8, BLUE))
    (region,) = EgoBlur(weights=files["egoblur"]).regions(picture, kind)
    assert region.kind is kind
    assert boxes_of([region]) == [(32, 24, 40, 32)]
    assert region.score == pytest.approx(0.95)
    both = EgoBlur(weights=files["egoblur"], threshold=0.2).regions(picture, kind)
    assert boxes_of(both) == [(0, 0, 9, 9), (32, 24, 40, 32)]
    (region,) = EgoBlur(weights=files["egoblur"], scale=2).regions(picture, kind)
    np.testing.assert_allclose(boxes_of([region]), [(32, 24, 40, 32)], atol=0.5)
    assert EgoBlur(weights=files["egoblur"]).regions(picture_with(64, 64), kind) == []


def plate_at(x, y) -> tuple:
    """The box that the YOLO networks put around a square."""
    wide, high = PLATE
    return (x + 4 - wide / 2, y + 4 - high / 2, x + 4 + wide / 2, y + 4 + high / 2)


@pytest.mark.parametrize("name", ["end_to_end", "end_to_end_free", "raw"])
def test_yolo_boxes_are_exact_and_found_once_in_overlapping_tiles(tmp_path, files, name):
    squares = [(40, 24), (56, 48), (80, 8)]  # of the tiles 0 to 64 and 32 to 96, one cuts a box
    picture = picture_with(96, 64, *((x, y, RED) for x, y in squares))
    found = OnnxYolo(weights=files[name], input_side=64).regions(picture, Kind.LICENSE_PLATE)
    np.testing.assert_allclose(boxes_of(found), sorted(plate_at(*s) for s in squares), atol=1e-4)
    assert all(region.score == pytest.approx(1, abs=1e-6) for region in found)


@pytest.mark.parametrize("name", ["end_to_end", "raw"])
def test_yolo_classes_are_chosen(tmp_path, files, name):
    picture = picture_with(64, 64, (24, 8, RED), (32, 40, BLUE))
    for classes, expected in (
        (None, [(24, 8), (32, 40)]),
        ((0,), [(24, 8)]),
        ((1,), [(32, 40)]),
        ((2,), []),
    ):
        found = OnnxYolo(weights=files[name], classes=classes).regions(picture, Kind.LICENSE_PLATE)
        np.testing.assert_allclose(
            np.reshape(boxes_of(found), (-1, 4)),
            np.reshape(sorted(plate_at(*place) for place in expected), (-1, 4)),
            atol=1e-4,
        )


@pytest.mark.parametrize("name", ["end_to_end", "raw"])
def test_yolo_tiles_are_resized_and_small_frames_padded(tmp_path, files, name):
    picture = picture_with(128, 96)
    cv2.rectangle(picture.pixels, (32, 48), (47, 63), RED, -1)  # one cell, in a tile of half size
    detector = OnnxYolo(weights=files[name], tile=128)
    (plate,) = detector.regions(picture, Kind.LICENSE_PLATE)
    np.testing.assert_allclose(boxes_of([plate]), [(20, 48, 60, 64)], atol=1e-4)


@pytest.mark.parametrize("name", ["end_to_end", "raw"])
def test_yolo_looks_inside_labelled_vehicles_only(tmp_path, files, name):
    squares = (64, 24, RED), (8, 24, RED)
    picture = picture_with(96, 64, *squares)
    detector = OnnxYolo(weights=files[name], threshold=0.61)
    found = detector.regions(picture, Kind.LICENSE_PLATE, np.array([(54, 14, 84, 44)]))
    assert found
    for region in found:
        assert abs((region.x0 + region.x1) / 2 - 68) < 6
        assert abs((region.y0 + region.y1) / 2 - 28) < 6
    assert detector.regions(picture, Kind.LICENSE_PLATE, np.zeros((0, 4))) == []


class Other(nn.Module):
    """Neither of the detectors."""

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        return image


@pytest.mark.parametrize(
    ("detector", "message"),
    [
        (YuNet, "not a YuNet face detector that OpenCV can run"),
        (EgoBlur, "not a detector of EgoBlur that can be run"),
        (OnnxYolo, "not a"),
    ],
)
def test_a_file_that_is_no_such_detector_is_named_in_one_line(tmp_path, detector, message):
    (tmp_path / "text").write_text("no network at all")
    torch.jit.script(Other()).save(str(tmp_path / "other.jit"))
    for path in (tmp_path / "text", tmp_path / "other.jit", WEIGHTS, centerface.weights_file()):
        with pytest.raises(UserError, match=message) as caught:
            detector(weights=weights(path)).check([], Kind.FACE)
        assert str(caught.value).startswith(str(path))
        assert "\n" not in str(caught.value)


def test_what_is_a_detector_passes_the_check(files):
    YuNet(weights=files["yunet"]).check([], Kind.FACE)
    EgoBlur(weights=files["egoblur"]).check([], Kind.LICENSE_PLATE)
    for name in ("end_to_end", "end_to_end_free", "raw"):
        OnnxYolo(weights=files[name]).check([], Kind.LICENSE_PLATE)


@pytest.mark.parametrize("detector", ["yunet", "egoblur", "onnx_yolo"])
def test_weights_have_to_be_given(detector):
    with pytest.raises(UserError, match=r"faces\.weights: missing"):
        validate(Pii, {"faces": {"detector": detector}}, "t")
