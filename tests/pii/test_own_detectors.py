"""Detectors whose weights a user brings: their config sections, and what becomes of finds."""

import numpy as np
import pytest
from plain_commands.errors import UserError
from plain_commands.files import sha256_of_file
from plain_commands.section import validate
from small_networks import PLATE, EndToEnd, write_egoblur, write_yolo, write_yunet

from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.weights import weights_in
from workflow_scripts.imaging.pictures import picture_of
from workflow_scripts.pii.settings import DETECTORS, Pii

pytestmark = pytest.mark.filterwarnings("ignore:.torch.jit:FutureWarning")


def weights(path) -> dict:
    return {"source": str(path), "sha256": sha256_of_file(path), "licence": "of the tests"}


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict:
    """A small network for each detector, by its name."""
    folder = tmp_path_factory.mktemp("networks")
    write_yunet(folder / "yunet")
    write_egoblur(folder / "egoblur")
    write_yolo(folder / "onnx_yolo", EndToEnd(), {})
    return {path.name: weights(path) for path in folder.iterdir()}


def detector_of(name, weights, **settings):
    return validate(Pii, {"faces": {"detector": name, "weights": weights} | settings}, "t").faces


@pytest.mark.parametrize("name", ["yunet", "egoblur", "onnx_yolo"])
def test_finds_become_regions_of_the_kind_that_was_asked_for(files, name):
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[32:40, 16:24] = (255, 0, 0) if name == "egoblur" else (255, 255, 255)
    detector = detector_of(name, files[name])
    detector.check([], Kind.FACE)
    for kind in detector.kinds:
        (region,) = detector.regions(picture_of(pixels, name="a.png"), kind)
        assert (region.image, region.kind, region.quad) == ("a.png", kind, None)
        assert (region.landmarks is not None) == (name == "yunet")
        assert region.score > 0.9
        assert 0 <= region.x0 < region.x1 <= 64
        assert abs((region.y0 + region.y1) / 2 - 36) <= 4


def test_boxes_are_clipped_to_the_image(files):
    pixels = np.zeros((64, 64, 3), np.uint8)
    pixels[32:40, :8] = 255
    (region,) = detector_of("onnx_yolo", files["onnx_yolo"]).regions(picture_of(pixels), Kind.FACE)
    assert (region.x0, region.x1) == (0, 4 + PLATE[0] / 2)


@pytest.mark.parametrize("name", ["yunet", "egoblur", "onnx_yolo"])
def test_a_file_that_is_no_such_detector_is_named_in_one_line(tmp_path, name):
    path = tmp_path / "text"
    path.write_text("no network at all")
    detector = detector_of(name, weights(path))
    for use in (
        lambda: detector.check([], Kind.FACE),
        lambda: detector.regions(picture_of(np.zeros((64, 64, 3), np.uint8)), Kind.FACE),
    ):
        with pytest.raises(UserError, match=f"{path}: not a") as caught:
            use()
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["egoblur", "onnx_yolo"])
def test_weights_have_to_be_given(name):
    with pytest.raises(UserError, match=r"faces\.weights: missing"):
        validate(Pii, {"faces": {"detector": name}}, "t")


def test_yunet_downloads_the_file_of_the_zoo_unless_another_is_named(files):
    named = dict(weights_in(validate(Pii, {"faces": {"detector": "yunet"}}, "t")))
    zoo = named["faces.weights"]
    assert zoo.is_remote
    assert zoo.sha256 == "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"
    assert zoo.source.endswith("/face_detection_yunet_2023mar.onnx")
    assert detector_of("yunet", files["yunet"]).weights.local().exists()


def test_the_sections_take_over_the_defaults_of_the_package():
    for section in DETECTORS:
        if not hasattr(section, "search_class"):
            continue
        search = section.search_class.__dataclass_fields__
        for name, field in section.model_fields.items():
            if name not in ("detector", "weights"):
                assert search[name].default == field.default, (section, name)
