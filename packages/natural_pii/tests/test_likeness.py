"""New faces are unlike the old ones, by every measure."""

from dataclasses import replace

import numpy as np
import pytest
from face_pictures import face, likeness, portrait, replace_face, replaced, scenes
from natural_pii import Route
from natural_pii.faces import gate
from pii_measures import band_passed, correlation, face_crop


def test_no_face_stays_alike_however_it_is_compared():
    """By its details, and by all that is seen, aligned and in the middle of the box."""
    routes = []
    for image, regions in scenes():
        result, outcomes = replaced(image, regions)
        routes += [outcome.route for outcome in outcomes]
        for region, outcome in zip(regions, outcomes, strict=True):
            before, after = (gate.look_of(source, region) for source in (image, result))
            aligned = correlation(before.aligned, after.aligned)
            details = correlation(before.details, after.details)
            boxed = correlation(before.boxed, after.boxed)
            assert max(aligned, details, boxed) <= gate.MAX_SIMILARITY
            assert outcome.similarity == max(aligned, details, boxed)
            crops = [face_crop(source, region) for source in (image, result)]  # as an audit does
            assert correlation(*crops) == aligned
            assert correlation(*map(band_passed, crops)) == details
    assert np.mean([route is not Route.FALLBACK for route in routes]) >= 0.9


def test_overlapping_faces_bring_nothing_back():
    first, second = face(40, 30), face(62, 34)
    image = portrait(first)
    alone = image.copy()
    replace_face(image, first, 0).paste(alone)
    both, _ = replaced(image, [first, second])
    assert likeness(image, both, first) <= gate.MAX_SIMILARITY
    again = alone.copy()
    replace_face(alone, second, 1, original=image).paste(again)
    changed = (again != alone).any(axis=2)
    assert changed.any()
    came_back = changed & (again == image).all(axis=2) & (alone != image).any(axis=2)
    assert came_back.mean() < 0.002  # a pixel may meet its old value by chance


@pytest.mark.parametrize("turn", [1.4, 3.1])
def test_the_fallback_is_unlike_too(turn):
    for image, regions in scenes()[:2]:
        for region in regions:
            points = np.array(region.landmarks)
            c, s = np.cos(turn), np.sin(turn)
            points = (points - points.mean(axis=0)) @ np.array([[c, s], [-s, c]])
            points += np.mean(region.landmarks, axis=0)
            askew = replace(region, landmarks=tuple(map(tuple, points.tolist())))
            outcome = replace_face(image, askew)
            assert outcome.route is Route.FALLBACK
            result = image.copy()
            outcome.paste(result)
            assert likeness(image, result, askew) <= gate.MAX_SIMILARITY


def test_likeness_tells_the_same_face_from_others():
    image, regions = scenes()[0]
    brighter = np.clip(np.int16(image) + 12, 0, 255).astype(np.uint8)
    looks = [gate.look_of(image, region) for region in regions]
    others = [gate.alikeness(a, b) for index, a in enumerate(looks) for b in looks[:index]]
    for region in regions:
        assert likeness(image, brighter, region) > 0.95 > np.mean(others)


def test_the_picture_does_not_decide_who_the_new_person_is():
    """The same generator over other faces of the same pose draws the same features."""
    region = face(width=60)
    light = portrait(region)
    other = np.clip(np.int16(light) + 8, 0, 255).astype(np.uint8)
    crops = []
    for image in (light, other):
        result = image.copy()
        replace_face(image, region, 11).paste(result)
        crops.append(face_crop(result, region))
    assert correlation(*map(band_passed, crops)) > 0.95
