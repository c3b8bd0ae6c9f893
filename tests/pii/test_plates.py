"""The plate detector at work: inside vehicles and over whole frames, and with unusable weights."""

from itertools import pairwise

import cv2
import numpy as np
import pytest

from tools.plate_detector.crops import widths
from tools.plate_detector.measure import match, vehicles_in
from tools.plate_detector.scenes import large_scene, plates_of
from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import sha256_of_file
from workflow_scripts.common.section import validate
from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.contracts.weights import Weights
from workflow_scripts.imaging.images import write_png
from workflow_scripts.imaging.masks import encode_mask
from workflow_scripts.imaging.pictures import picture_of, pictures_of
from workflow_scripts.imaging.tiling import around, tiles
from workflow_scripts.pii.detect import check, detect
from workflow_scripts.pii.detectors import centerface
from workflow_scripts.pii.detectors.plates import Plates
from workflow_scripts.pii.plate_network.search import SHA256, WEIGHTS, scale_of_vehicle
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


@pytest.mark.parametrize("size", [(2048, 1024), (300, 200), (1025, 3000)])
def test_tiles_cover_the_frame_and_overlap(size):
    width, height = size
    seen = np.zeros((height, width), int)
    for view in tiles(width, height, 1024):
        assert view.x1 - view.x0 <= 1024
        assert view.y1 - view.y0 <= 1024
        seen[view.y0 : view.y1, view.x0 : view.x1] += 1
    assert seen.min() == 1
    columns = [(v.x0, v.x1) for v in tiles(width, height, 1024) if v.y0 == 0]
    for (_, end), (start, _) in pairwise(columns):
        assert end - start >= 256


def test_vehicles_are_scaled_to_what_the_network_has_learned():
    boxes = np.array([(10, 10, 40, 30), (100, 100, 400, 300), (0, 0, 1500, 900), (-9, -9, -5, -5)])
    small, middle, large, beside = around(boxes, 1600, 900, scale_of_vehicle)
    assert small.scale == 2
    assert (small.x0, small.y0) == (0, 0)
    assert middle.scale == 1
    assert (middle.x0, middle.y0, middle.x1, middle.y1) == (74, 80, 427, 321)
    assert large.scale == pytest.approx(640 / 1599)
    assert beside.x1 < 9


def test_a_picture_of_any_size_is_searched():
    picture = picture_of(np.full((37, 51, 3), 128, np.uint8))
    assert Plates().regions(picture, Kind.LICENSE_PLATE) == []


def test_the_weights_are_those_of_the_card():
    assert sha256_of_file(WEIGHTS) == SHA256
    assert SHA256 in WEIGHTS.with_suffix(".md").read_text(encoding="utf-8")
    assert WEIGHTS.stat().st_size <= 3 * 2**20


def weights(path, sha256=None) -> Weights:
    digest = sha256 or sha256_of_file(path)
    return Weights(source=str(path), sha256=digest, licence="of the tests")


def test_unusable_weights_are_named_in_one_line(tmp_path):
    def check_with(weights):
        Plates(weights=weights).check([], Kind.LICENSE_PLATE)

    path = tmp_path / "mine.onnx"
    with pytest.raises(UserError, match=r"mine\.onnx: no such file"):
        check_with(weights(path, "0" * 64))
    path.write_bytes(WEIGHTS.read_bytes())
    with pytest.raises(UserError, match=rf"mine\.onnx: its sha256 is {SHA256}, expected 0+;"):
        check_with(weights(path, "0" * 64))
    path.write_bytes(b"no network at all")
    with pytest.raises(UserError, match=r"mine\.onnx: not an ONNX file") as caught:
        check_with(weights(path))
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="one from image to plates is expected"):
        check_with(weights(centerface.weights_file()))
    with pytest.raises(UserError, match=r"https://x\.org/a: a job does not download"):
        check_with(weights("https://x.org/a", "0" * 64))


def test_weights_without_their_sha256_are_refused():
    plates = {"detector": "plates", "weights": {"source": "a.onnx", "licence": "MIT"}}
    with pytest.raises(UserError, match=r"license_plates\.weights\.sha256: missing"):
        validate(Pii, {"license_plates": plates}, "t")
    with pytest.raises(UserError, match=r"faces.detector: plates finds none"):
        validate(Pii, {"faces": {"detector": "plates"}}, "t")


def test_pixels_of_a_resized_view_are_those_of_the_frame():
    """A plate's place must not shift with the scale at which it is looked at."""
    flat = np.zeros((64, 64, 3), np.uint8)
    cv2.rectangle(flat, (20, 24), (43, 31), (255, 255, 255), -1)

    class Edges:
        """Answers with the box of what is bright."""

        def run(self, _, feed):
            image = feed["image"][0, 0]
            rows, columns = np.nonzero(image > 127)
            x0, y0, x1, y1 = columns.min(), rows.min(), columns.max() + 1, rows.max() + 1
            answer = np.zeros((1, 9, image.shape[0] // 4, image.shape[1] // 4), np.float32)
            row, column = (y0 + y1) // 8, (x0 + x1) // 8
            middle = (np.array((column, row)) + 0.5) * 4
            corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)]) - middle
            answer[0, 0, row, column] = 0.9
            answer[0, 1:, row, column] = corners.ravel()
            return [answer]

    expected = [[(20, 24), (44, 24), (44, 32), (20, 32)]]
    boxes = np.array([(16, 16, 48, 48)], float)
    for settings, where, tolerance in (
        (Plates(second_look=False), None, 0.01),
        (Plates(second_look=False), boxes, 0.3),
        (Plates(), boxes, 0.3),
    ):
        quads, _ = settings.find(Edges(), flat, where)
        np.testing.assert_allclose(quads, expected, atol=tolerance)
