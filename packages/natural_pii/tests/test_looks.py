"""What a new face takes from the picture, and what nothing may be left of."""

import cv2
import numpy as np
import pytest
from face_pictures import drawn_over, face, likeness, new_face, portrait, replaced, scenes
from natural_pii import Route, anonymize
from natural_pii.faces.pose import pose_of


def test_nothing_of_the_old_inner_face_is_left():
    """Two images that differ inside the face only, where no colour is looked at, give the same."""
    region = face(width=60)
    image = portrait(region)
    inner = pose_of(region).pixels(np.array([(0.0, 2.2, 0.3)]))[0].astype(int)
    marked = image.copy()
    marked[inner[1] - 3 : inner[1] + 3, inner[0] - 8 : inner[0] + 8, 0] ^= 0x80
    results = []
    for source in (image, marked):
        result = drawn_over(source, region, 2)
        results.append(result[inner[1] - 3 : inner[1] + 3, inner[0] - 8 : inner[0] + 8])
    difference = np.abs(np.int16(results[0]) - results[1])
    assert difference.max() < 40  # of 128: brightness and contrast as a whole may follow
    assert difference.mean() < 12


@pytest.mark.parametrize("seed", range(8))
def test_old_brows_are_covered(seed):
    region = face(width=60)
    image = portrait(region)
    pose = pose_of(region)
    for u in (-1.55, -1.1, -0.5, 0.5, 1.1, 1.55):
        x, y = pose.pixels(np.array([(u, -0.75, 0.2)]))[0]
        cv2.circle(image, (int(x), int(y)), 2, (0, 255, 0), -1)
    result = image.copy()
    outcome = new_face(image, region, seed)
    outcome.paste(result)
    assert outcome.route is not Route.FALLBACK
    green = np.int16(result[..., 1]) - result[..., ::2].max(axis=2)
    assert green.max() < 60  # of 255: a tint at most


@pytest.mark.parametrize("turn", [-0.7, -0.3, 0.3, 0.7])
def test_tilted_faces_are_drawn_tilted(turn):
    region = face(turn=turn)
    assert np.isclose(pose_of(region).roll, turn, atol=0.02)
    outcome = new_face(portrait(region), region, 0)
    assert outcome.route is not Route.FALLBACK


def test_what_has_no_colour_of_skin_is_blurred_unless_nothing_has_colours():
    region = face()
    image = portrait(region)
    helmet = image[..., ::-1].copy()
    grey = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    outcomes = [new_face(source, region, 0) for source in (image, helmet, grey)]
    assert [one.route for one in outcomes] == [Route.NATURAL, Route.FALLBACK, Route.NATURAL]
    assert [one.reason for one in outcomes] == [None, "no skin", None]


def test_a_face_takes_the_tone_and_the_bright_side_of_the_old_one():
    region = face(width=50)
    image = portrait(region)
    dark = np.uint8(image * 0.45)
    slope = np.linspace(0.5, 1.3, image.shape[1])[:, None]
    lit = np.clip(image * slope, 0, 255).astype(np.uint8)
    x0, y0 = int(region.x0), int(region.y0)
    inner = slice(y0 + 22, y0 + 45), slice(x0 + 8, x0 + 42)
    for source in (image, dark, lit):
        outcome = new_face(source, region, 0)
        result = source.copy()
        outcome.paste(result)
        ratio = result[inner].mean(axis=(0, 1)) / source[inner].mean(axis=(0, 1))
        assert (ratio > 0.75).all()
        assert (ratio < 1.25).all()
    left, right = result[inner][:, :12].mean(), result[inner][:, -12:].mean()
    assert right > 1.03 * left  # a part of the light only: the rest would be the old face's


@pytest.mark.parametrize("lead", [0.0, 0.08, 0.14, -0.14])
def test_no_pixel_between_the_old_landmarks_shows_through(lead):
    """Dots that are there or not, too small for tone and contrast, make hardly a difference."""
    region = face(width=60, lead=lead)
    image = portrait(region)
    points = np.array(region.landmarks)
    hull = cv2.fillConvexPoly(
        np.zeros(image.shape[:2], np.uint8), cv2.convexHull(np.int32(points)), 1
    )
    rows, columns = np.nonzero(hull)
    chosen = np.random.default_rng(4).choice(len(rows), 12, replace=False)
    dotted = image.copy()
    dotted[rows[chosen], columns[chosen]] = (0, 255, 0)
    results = []
    for source in (image, dotted):
        result = drawn_over(source, region, 2)
        results.append(np.int16(result[rows[chosen], columns[chosen]]))
    assert np.abs(results[0] - results[1]).max() < 25


def test_overlapping_faces_bring_nothing_back():
    first, second = face(40, 30), face(62, 34)
    image = portrait(first)
    alone = image.copy()
    new_face(image, first, 0).paste(alone)
    both, _ = replaced(image, [first, second])
    assert likeness(image, both, first) <= 0.5
    again = alone.copy()
    new_face(alone, second, 1, original=image).paste(again)
    changed = (again != alone).any(axis=2)
    assert changed.any()
    came_back = changed & (again == image).all(axis=2) & (alone != image).any(axis=2)
    assert came_back.mean() < 0.002  # a pixel may meet its old value by chance


def test_the_picture_does_not_decide_who_the_new_person_is():
    """The same seed over other faces of the same pose draws the same features."""
    region = face(width=60)
    light = portrait(region)
    other = np.clip(np.int16(light) + 8, 0, 255).astype(np.uint8)
    results = []
    for image in (light, other):
        result = image.copy()
        new_face(image, region, 11).paste(result)
        results.append(result)
    assert likeness(*results, region) > 0.95


def test_faces_above_the_largest_width_are_smeared_and_named():
    image, regions = scenes()[0]
    _, outcomes = anonymize(image, regions, 0, largest_face=30)
    routes = [outcome.route for outcome in outcomes]
    large = [region.width > 30 for region in regions]
    assert [route is Route.LARGE for route in routes] == large
    assert 0 < sum(large) < len(large)
