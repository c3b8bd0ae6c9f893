"""The method that replaces faces and plates, on drawn scenes."""

import numpy as np
import pytest
from drawn_streets import SceneSettings, VisibleFace, draw_scene
from pii_detectors import ious

from tests.anonymization.anonymizing import treated
from workflow_scripts.anonymization.methods.natural import Natural
from workflow_scripts.contracts.regions import Kind, Region, with_ids
from workflow_scripts.imaging.pictures import picture_of
from workflow_scripts.pii.detectors.centerface import CenterFace

ROUTES = {"natural", "natural_wide", "fallback"}


@pytest.fixture(scope="module")
def scene() -> tuple[np.ndarray, list[Region]]:
    """A drawn street with faces and plates, as detectors would report them."""
    drawing = draw_scene(SceneSettings(seed=7, width=1024, height=512), "train", 1)
    regions = [
        Region("a.png", Kind.FACE, 1.0, *mark.box, landmarks=_points(mark.landmarks))
        if isinstance(mark, VisibleFace)
        else Region("a.png", Kind.LICENSE_PLATE, 1.0, *mark.box, quad=_points(mark.quad))
        for mark in drawing.marks
    ]
    assert {region.kind for region in regions} == set(Kind)
    return drawing.image, with_ids(regions)


def _points(array: np.ndarray | None) -> tuple[tuple[float, float], ...] | None:
    return None if array is None else tuple(map(tuple, array.tolist()))


def treat(scene, seed=0, rng=1):
    image, regions = scene
    return treated(Natural(seed=seed), picture_of(image, regions), rng)


def test_every_region_is_replaced_and_nothing_else(scene):
    image, regions = scene
    before = image.copy()
    result = treat(scene)
    assert np.array_equal(image, before)
    assert [change.region_id for change in result.changes] == [region.id for region in regions]
    assert {change.method for change in result.changes} <= ROUTES
    touched = np.zeros(image.shape[:2], bool)
    for change in result.changes:
        x0, y0, x1, y1 = change.box
        touched[y0:y1, x0:x1] = True
        assert (result.image[y0:y1, x0:x1] != image[y0:y1, x0:x1]).any()
    assert np.array_equal(result.image[~touched], image[~touched])


def test_the_generator_and_the_seed_decide(scene):
    first = treat(scene).image
    assert np.array_equal(first, treat(scene).image)
    assert not np.array_equal(first, treat(scene, seed=1).image)
    assert not np.array_equal(first, treat(scene, rng=2).image)


def test_new_faces_are_found_by_a_detector_as_the_old_ones_were():
    settings, found = SceneSettings(seed=3, width=1024, height=512), []
    for index in (1, 2, 3):
        image = draw_scene(settings, "faces", index).image
        faces = detected(image)
        again = detected(treat((image, faces)).image)
        found += [any(iou(face, other) > 0.3 for other in again) for face in faces]
    assert len(found) >= 8
    assert np.mean(found) >= 0.9


def detected(image: np.ndarray) -> list[Region]:
    return CenterFace().regions(picture_of(image), Kind.FACE)


def iou(one: Region, other: Region) -> float:
    first, second = ([r.x0, r.y0, r.x1, r.y1] for r in (one, other))
    return float(ious(np.array(first), np.array([second]))[0])
