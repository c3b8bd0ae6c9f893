"""New faces are unlike the old ones, by every measure, and are found again."""

from dataclasses import replace

import numpy as np
import pytest
from drawn_streets import SceneSettings, draw_scene
from natural_pii.faces import gate
from natural_pii.replacement import Route
from pii_measures.face_likeness import band_passed, correlation, crop_of

from tests.face_pictures import detected, face, iou, portrait, replace_face, replaced, scenes
from workflow_scripts.contracts.regions import Kind, Region


def test_drawn_scenes_keep_findable_faces_that_are_unlike_the_old_ones():
    total = again = 0
    alike, paths = [], []
    for image, regions in scenes():
        result, outcomes = replaced(image, regions)
        hits = detected(result)
        total += len(regions)
        again += sum(any(iou(old, new) > 0.3 for new in hits) for old in regions)
        alike += [gate.similarity(image, result, region) for region in regions]
        paths += [outcome.route for outcome in outcomes]
    assert total >= 15
    assert again >= 0.9 * total
    assert max(alike) <= gate.MAX_SIMILARITY
    assert np.mean([path is not Route.FALLBACK for path in paths]) >= 0.9


def test_all_drawn_faces_can_be_replaced():
    settings = SceneSettings(seed=4, width=1024, height=512)
    scene = draw_scene(settings, "faces", 0)
    marks = scene.faces
    assert marks
    for mark in marks:
        points = tuple(map(tuple, np.float64(mark.landmarks)))
        region = Region("a.png", Kind.FACE, 1.0, *mark.box, landmarks=points)
        outcome = replace_face(scene.image, region, 0)
        assert outcome.similarity <= gate.MAX_SIMILARITY


def test_overlapping_faces_bring_nothing_back():
    first, second = face(40, 30), face(62, 34)
    image = portrait(first)
    alone = image.copy()
    replace_face(image, first, 0).paste(alone)
    both, _ = replaced(image, [first, second])
    hidden = gate.similarity(image, both, first)
    assert hidden <= gate.MAX_SIMILARITY
    again = alone.copy()
    replace_face(alone, second, 1, original=image).paste(again)
    changed = (again != alone).any(axis=2)
    assert changed.any()
    came_back = changed & (again == image).all(axis=2) & (alone != image).any(axis=2)
    assert came_back.mean() < 0.002  # a pixel may meet its old value by chance


def test_no_face_stays_alike_however_it_is_compared():
    """Of details, and of all that is seen, aligned and in the middle of the box."""
    for image, regions in scenes():
        result, outcomes = replaced(image, regions)
        for region, outcome in zip(regions, outcomes, strict=True):
            before, after = (gate.look_of(source, region) for source in (image, result))
            aligned = correlation(before.aligned, after.aligned)
            details = correlation(before.details, after.details)
            boxed = correlation(before.boxed, after.boxed)
            assert max(aligned, details, boxed) <= gate.MAX_SIMILARITY
            assert outcome.similarity == max(aligned, details, boxed)
            crops = [crop_of(source, region) for source in (image, result)]  # as the audit does
            assert correlation(*crops) == aligned
            assert correlation(*map(band_passed, crops)) == details


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
            assert gate.similarity(image, result, askew) <= gate.MAX_SIMILARITY


def test_similarity_tells_the_same_face_from_others():
    image, regions = scenes()[-1]
    shifted = np.clip(np.int16(image) + 12, 0, 255).astype(np.uint8)
    largest = max(regions, key=lambda region: region.height)
    assert gate.similarity(image, shifted, largest) > 0.95
    looks = [gate.look_of(image, region) for region in regions]
    pairs = gate.between_people(looks)
    assert len(pairs) == len(regions) * (len(regions) - 1) // 2
    assert pairs.mean() < gate.similarity(image, shifted, largest)


def test_the_picture_does_not_decide_who_the_new_person_is():
    """The same generator over other faces of the same pose draws the same features."""
    region = face(width=60)
    light = portrait(region)
    other = np.clip(np.int16(light) + 8, 0, 255).astype(np.uint8)
    crops = []
    for image in (light, other):
        result = image.copy()
        replace_face(image, region, 11).paste(result)
        crops.append(crop_of(result, region))
    assert correlation(*map(band_passed, crops)) > 0.95
