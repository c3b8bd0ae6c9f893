"""Light, colour, sharpness and what covers a face: the new one takes them from the photograph."""

import cv2
import numpy as np
import pytest
from face_pictures import HEAD, box, drawn_over, face, new_face, picture, portrait, scenes
from natural_pii import FallbackReason, Route
from natural_pii.faces.field import plane_of, skin_field
from natural_pii.faces.pose import pose_of

SUN = np.linspace(1.0, 1.9, 150)[:, None]
"""Light from the right, which clips the bright side."""


def pasted(image, region, seed=0):
    outcome = new_face(image, region, seed)
    result = image.copy()
    outcome.paste(result)
    return result, outcome


def cheeks(region):
    """Parts of both cheeks, which have no features, as slices."""
    pose = pose_of(region)
    half = round(0.35 * pose.unit)
    for u in (-1.15, 1.15):
        x, y = pose.pixels(np.array([(u, 1.35, 0.0)]))[0].astype(int)
        yield slice(y - half, y + half), slice(x - half, x + half)


@pytest.mark.parametrize(
    "light",
    [(1.0, 1.0, 1.0), (0.35, 0.35, 0.35), (1.25, 1.0, 0.6), (0.7, 0.8, 0.85), SUN, SUN[::-1]],
    ids=["plain", "dark", "evening", "overcast", "sun", "sun from the left"],
)
def test_skin_has_the_colour_that_it_had_on_both_cheeks(light):
    region = face(width=60)
    image = np.clip(portrait(region) * np.asarray(light), 0, 255).astype(np.uint8)
    result, outcome = pasted(image, region)
    assert outcome.route is Route.NATURAL
    for cheek in cheeks(region):
        assert (result[cheek] != image[cheek]).any()
        new, old = result[cheek].mean(axis=(0, 1)), image[cheek].mean(axis=(0, 1))
        assert np.allclose(new, old, rtol=0.13, atol=3)


def test_cheeks_stay_as_red_as_they_were():
    """They are redder than a smooth field over the face could be."""
    region = face(width=60)
    blush = np.zeros((*portrait(region).shape[:2], 1), np.float32)
    for cheek in cheeks(region):
        blush[cheek] = 1
    blush = cv2.GaussianBlur(blush, (0, 0), 4)[..., None]
    image = portrait(region) * (1 + blush * (0.12, -0.12, -0.06))
    image = np.clip(image, 0, 255).astype(np.uint8)
    result, _ = pasted(image, region)
    for cheek in cheeks(region):
        plain, old, new = (redness(one[cheek]) for one in (portrait(region), image, result))
        assert new > plain + 0.4 * (old - plain)


def redness(patch) -> float:
    red, green, _ = patch.mean(axis=(0, 1))
    return float(red / green)


def test_a_grey_image_stays_grey():
    region = face(width=60)
    grey = np.repeat(portrait(region).mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    result, outcome = pasted(grey, region)
    assert outcome.route is Route.NATURAL
    colour = np.ptp(result.astype(int), axis=2)
    assert colour.mean() < 2  # camera noise has some colour


@pytest.mark.parametrize("sigma", [0.0, 1.5, 3.0])
def test_a_new_face_is_as_sharp_as_the_old_one(sigma):
    image, regions = scenes()[0]
    region = regions[-1]
    if sigma:
        image = cv2.GaussianBlur(image, (0, 0), sigma)
    result = drawn_over(image, region, 5)
    inner = (slice(int(region.y0 + 15), int(region.y1 - 15)),
             slice(int(region.x0 + 10), int(region.x1 - 10)))  # fmt: skip
    old, new = (sharpness(source[inner]) for source in (image, result))
    assert 0.55 < new / old < 1.8


def sharpness(patch) -> float:
    """Fine detail, less noise, relative to coarser detail."""
    grey = cv2.GaussianBlur(patch.mean(axis=2).astype(np.float32), (0, 0), 0.8)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), 1.2)
    coarse = cv2.GaussianBlur(grey, (0, 0), 1.2) - cv2.GaussianBlur(grey, (0, 0), 4.0)
    return float(fine.std() / coarse.std())


@pytest.mark.parametrize("lead", [-0.14, -0.08, 0.08, 0.14])
def test_nothing_is_drawn_beside_a_turned_head(lead):
    region = face(width=60, lead=lead)
    image = portrait(region)
    result, outcome = pasted(image, region)
    assert outcome.route is Route.NATURAL
    background = np.abs(image.astype(int) - (90, 105, 120)).max(axis=2) < 20
    away = cv2.erode(background.astype(np.uint8), np.ones((5, 5))) > 0
    changed = np.abs(result.astype(int) - image).max(axis=2)
    assert changed[away].max() < 40
    assert changed[~background].max() > 40


def test_hair_that_hangs_over_the_face_stays():
    region = face(width=60)
    image = portrait(region)
    x, y = pose_of(region).pixels(np.array([(1.45, 1.5, -0.3)]))[0].astype(int)
    strand = slice(y - 12, y + 18), slice(x, x + 9)
    image[strand] = (45, 30, 22)
    result, _ = pasted(image, region)
    inner = slice(y - 8, y + 14), slice(x + 2, x + 7)
    assert np.abs(result[inner].astype(int) - image[inner]).mean() < 6


def test_a_mask_of_cloth_stays_and_gets_no_mouth():
    region = face(width=60)
    image = portrait(region)
    pose = pose_of(region)
    top = int(pose.pixels(np.array([(0.0, 0.75, 0.4)]))[0, 1])
    skin = np.abs(image.astype(int) - (90, 105, 120)).max(axis=2) > 25
    skin[:top] = False
    image[skin] = np.random.default_rng(0).normal(215, 3, (skin.sum(), 3)).astype(np.uint8)
    result, outcome = pasted(image, region)
    assert outcome.route is Route.NATURAL
    below = int(pose.pixels(np.array([(0.0, 1.3, 0.3)]))[0, 1])
    assert np.array_equal(result[below:], image[below:])
    assert (result[: top - 5] != image[: top - 5]).any()


def test_no_face_is_drawn_on_a_traffic_sign():
    region = face(width=40)
    image = np.full((130, 150, 3), (60, 90, 60), np.uint8)
    middle = int((region.x0 + region.x1) / 2), int((region.y0 + region.y1) / 2)
    cv2.circle(image, middle, 26, (190, 30, 35), -1)
    cv2.circle(image, middle, 19, (235, 228, 225), -1)
    for point in region.landmarks:
        cv2.circle(image, (int(point[0]), int(point[1])), 5, (20, 20, 20), -1)
    _, outcome = pasted(image, region)
    assert outcome.route is Route.FALLBACK
    assert outcome.reason is FallbackReason.NO_SKIN


HAIR = (35, 28, 26)
FRINGE = (HAIR, box(-2.6, -3.2, 2.6, -0.3))


def test_hair_around_the_face_and_down_to_the_brows_is_no_lack_of_skin():
    sides = (HAIR, box(-2.8, -0.6, -1.4, 3.8)), (HAIR, box(1.4, -0.6, 2.8, 3.8))
    image = picture(FRINGE, *sides)
    result, outcome = pasted(image, HEAD)
    assert outcome.route is Route.NATURAL
    x, y = pose_of(HEAD).pixels(np.array([(0.0, -1.6, 0.2)]))[0].astype(int)
    assert np.abs(result[y, x].astype(int) - image[y, x]).max() < 15  # the fringe


def test_no_face_is_drawn_where_skin_is_seen_between_hair_and_scarf_only():
    _, outcome = pasted(picture(FRINGE, (HAIR, box(-2.8, 1.0, 2.8, 5.0))), HEAD)
    assert outcome.route is Route.FALLBACK


def test_the_field_of_skin_follows_light_and_ignores_what_is_no_skin():
    pose = pose_of(face(width=60))
    plane = plane_of(pose, 20, 10, (110, 90))
    light = np.float32(5.0) + plane.full[..., 1:2] * np.array((0.3, 0.25, 0.2), np.float32)
    light -= np.float32(0.1) * plane.full[..., 5:6]
    seen = light.copy()
    seen[:30, :45] = (3.5, 3.4, 3.6)  # hair
    field = skin_field(plane, plane.small(seen), plane.small(np.ones((110, 90), np.float32)),
                       np.array((5.0, 5.0, 5.0), np.float32))  # fmt: skip
    assert np.abs(plane.over(field.coefficients) - light).max() < 0.08
    assert 0.75 < field.share < 0.95


def test_a_smear_runs_into_what_surrounds_it_and_keeps_nothing_of_the_face():
    region = face(width=50, turn=1.4)
    image = portrait(region)
    image[:, 75:] = (200, 60, 50)
    y, x = int((region.y0 + region.y1) / 2), int((region.x0 + region.x1) / 2)
    block = slice(y - 12, y + 12), slice(x - 10, x + 10)
    image[y - 12 : y, x - 10 : x + 10] = 0
    other = image.copy()
    other[block] = image[block][::-1]  # the same colours elsewhere
    results = [pasted(source, region) for source in (image, other)]
    assert [outcome.route for _, outcome in results] == [Route.FALLBACK] * 2
    first, second = (result[block].astype(int) for result, _ in results)
    assert np.abs(first - second).max() <= 2
    left, top, right, bottom = results[0][1].box
    border = results[0][0][top:bottom, [left, right - 1]].astype(int)
    assert np.abs(border - image[top:bottom, [left, right - 1]]).max() < 12
