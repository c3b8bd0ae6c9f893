"""The plate detector at work: inside vehicles and over whole frames, and with unusable weights."""

import cv2
import numpy as np
import pytest
from plain_commands.errors import UserError
from plain_commands.files import sha256_of_file
from plain_commands.section import validate

from tools.plate_detector.crops import widths
from tools.plate_detector.matching import match
from tools.plate_detector.measure import vehicles_in
from tools.plate_detector.scenes import large_scene, plates_of
from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.weights import Weights
from workflow_scripts.imaging.images import write_png
from workflow_scripts.imaging.masks import encode_mask
from workflow_scripts.imaging.pictures import picture_of, pictures_of
from workflow_scripts.pii.detect import check, detect
from workflow_scripts.pii.detectors.plates import Plates
from workflow_scripts.pii.settings import Pii

SCENE = 2
"""Of a seed and a split that the training never draws from."""
CLASSES = ("person", "car")


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A drawn scene on disk, its labels, and the plates of at least 20 pixels."""
    root = tmp_path_factory.mktemp("scene")
    drawing = large_scene(99, SCENE, "val")
    height, width = drawing.image.shape[:2]
    write_png(root / "scene.png", drawing.image)
    instances = []
    for number, (x0, y0, x1, y1) in enumerate(vehicles_in(drawing.instance_ids).astype(int), 1):
        mask = encode_mask(np.ones((y1 - y0, x1 - x0), bool), x0, y0, height, width)
        box = (x0, y0, x1 - x0, y1 - y0)
        instances.append(Instance(number, 1, 2, box, (x1 - x0) * (y1 - y0), mask))
    image = CocoImage(1, "scene.png", width, height, sha256_of_file(root / "scene.png"))
    quads, visible = plates_of(drawing)
    asked = (visible > 0.6) & (widths(quads) >= 20)
    split = CocoSplit(CLASSES, (image,), tuple(instances))
    return split, pictures_of(split, root)[0], quads[asked], quads[~asked]


def test_plates_of_every_size_are_found(scene):
    """A plate that fills a third of the frame is wider than what the network has learned."""
    _, picture, truth, _ = scene
    middle, width = truth[0].mean(axis=0), np.ptp(truth[0][:, 0])
    scale = 480 / width
    matrix = scale * np.array([[1, 0, -middle[0]], [0, 1, -middle[1]]])
    matrix[:, 2] += (720, 480)
    near = picture_of(cv2.warpAffine(picture.pixels, matrix, (1440, 960)))
    expected = (truth[0] - middle) * scale + (720, 480)
    found = Plates().regions(near, Kind.LICENSE_PLATE)
    quads = np.array([region.quad for region in found]).reshape(-1, 4, 2)
    near_it = np.abs(quads.mean(axis=1) - expected.mean(axis=0)).max(axis=1) < 48
    assert widths(quads[near_it]).tolist() == [pytest.approx(480, rel=0.15)]


@pytest.mark.parametrize("only_on_labelled", [True, False])
def test_plates_of_a_drawn_scene_are_found(scene, only_on_labelled):
    split, picture, truth, hidden = scene
    settings = Pii(faces=None, license_plates=Plates(), only_on_labelled=only_on_labelled)
    check(settings, split, [picture])
    (regions,) = detect(settings, [picture])
    outcome = match(np.array([region.quad for region in regions]), truth, hidden)
    assert len(truth) >= 2
    assert outcome.found.all()
    assert outcome.false_alarms == 0
    assert np.mean(outcome.errors) < 0.08
    for region in regions:
        assert region.kind is Kind.LICENSE_PLATE
        assert 0 < region.score <= 1
        x, y = np.array(region.quad).T
        assert (region.x0, region.x1) == pytest.approx((x.min(), x.max()), abs=1e-3)
        assert (region.y0, region.y1) == pytest.approx((y.min(), y.max()), abs=1e-3)


def test_nothing_is_looked_for_outside_of_labelled_vehicles(scene):
    split, picture, _, _ = scene
    person = Instance(1, 1, 1, (0, 0, 2048, 1024), 1, split.instances[0].segmentation)
    settings = Pii(faces=None, license_plates=Plates())
    without_vehicles = CocoSplit(CLASSES, split.images, (person,))
    (regions,) = detect(settings, pictures_of(without_vehicles, picture.root))
    assert regions == []


def weights(path, sha256=None) -> Weights:
    digest = sha256 or sha256_of_file(path)
    return Weights(source=str(path), sha256=digest, licence="of the tests")


def test_unusable_weights_are_named_in_one_line(tmp_path):
    def check_with(weights):
        Plates(weights=weights).check([], Kind.LICENSE_PLATE)

    path = tmp_path / "mine.onnx"
    path.write_bytes(b"no network at all")
    with pytest.raises(UserError, match=r"mine\.onnx: its sha256 is [0-9a-f]+, expected 0+;"):
        check_with(weights(path, "0" * 64))
    with pytest.raises(UserError, match=r"mine\.onnx: not an ONNX file"):
        check_with(weights(path))
    with pytest.raises(UserError, match=r"https://x\.org/a: jobs do not download"):
        check_with(weights("https://x.org/a", "0" * 64))


def test_weights_without_their_sha256_are_refused():
    plates = {"detector": "plates", "weights": {"source": "a.onnx", "licence": "MIT"}}
    with pytest.raises(UserError, match=r"license_plates\.weights\.sha256: missing"):
        validate(Pii, {"license_plates": plates}, "t")
    with pytest.raises(UserError, match=r"faces.detector: plates does not find them"):
        validate(Pii, {"faces": {"detector": "plates"}}, "t")
