"""Natural plates: no character stays, nothing else changes."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from natural_pii import PlateRegion, Route, replace_plate
from pii_measures.appearance import grey
from pii_measures.plates.comparison import compare_plate
from plate_checks import IDENTICAL, characters, correlations, inner, seen, treat
from plate_pictures import LOOKS, PhotoStyle, PlatePhoto, invented, photograph

WIDTHS = (14, 20, 30, 45, 70, 120, 200)


def rotated(text: tuple[str, ...], by: int) -> tuple[str, ...]:
    """Another text of the same kinds."""
    letters, digits = "ABCDEFGHKLMNPRSTUVWXZ", "0123456789"

    def other(char: str) -> str:
        kind = digits if char in digits else letters
        return char if char == " " else kind[(kind.index(char) + by) % len(kind)]

    return tuple("".join(map(other, line)) for line in text)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("loose", [0.0, 0.1])
def test_no_character_stays_where_it_was(look, loose):
    rng = np.random.default_rng(1)
    for width in (45, 70, 140):
        picture = photograph(invented(rng), width, LOOKS[look], seed=width)
        image, _ = treat(picture, loose=loose)
        assert max(correlations(picture, picture.image, image)) < IDENTICAL


@pytest.mark.parametrize("width", [50, 90, 150])
def test_two_lines(width):
    rng = np.random.default_rng(2)
    for look in ("plain", "dark ground", "oblique"):
        picture = photograph(invented(rng, two=True), width, LOOKS[look], seed=width)
        image, result = treat(picture)
        assert max(correlations(picture, picture.image, image)) < IDENTICAL
        assert result.route is not Route.FALLBACK


@pytest.mark.slow
@pytest.mark.parametrize("width", WIDTHS)
def test_the_residue_is_at_most_that_of_unrelated_plates(width):
    """Of plates at the same place in the same light, with their own noise."""
    rng = np.random.default_rng((3, width))
    new, unrelated = [], []
    repeats = 30 if width < 30 else 2  # where light and noise are stronger than characters
    for number, look in enumerate([*LOOKS.values()] * repeats):
        text = invented(rng)
        picture = photograph(text, width, look, seed=width + number)
        image, _ = treat(picture, seed=number)
        new.append(np.mean(correlations(picture, picture.image, image)))
        for by in (3, 7):
            other = photograph(rotated(text, by), width, look, seed=width + number, grain=by)
            unrelated.append(np.mean(correlations(picture, picture.image, other.image)))
    assert np.mean(new) < np.mean(unrelated) + 0.06


@pytest.mark.parametrize("look", ["plain", "dark ground", "red ink, turned"])
@pytest.mark.parametrize("inside", [0.0, 0.4])
def test_no_character_stays_beside_a_quad_that_ends_too_early(look, inside):
    picture = photograph(("BK HE 728",), 150, LOOKS[look], seed=1)
    first, last = picture.characters[0], picture.characters[-1]
    ends = last[0] - 10 + inside * (last[2] - last[0]), first[2] + 10 - inside * (last[2] - last[0])
    for region in (picture.part(0, ends[0]), picture.part(ends[1], picture.straight[0])):
        result = replace_plate(picture.image, region, np.random.default_rng(0))
        image = picture.image.copy()
        result.paste(image)
        assert result.route is not Route.FALLBACK
        assert max(correlations(picture, picture.image, image)) < IDENTICAL
        found = compare_plate(picture.image, image, region)
        assert (found.characters.count, found.characters.unchanged) == (7, 0)


def test_small_plates_are_painted_as_far_as_they_continue_beyond_the_quad():
    rng = np.random.default_rng(8)
    for width in (20, 24, 27):
        picture = photograph(invented(rng), width, PhotoStyle(band=False), seed=width)
        first, last = picture.characters[0], picture.characters[-1]
        for region in (
            picture.part(0, last[0] - 10),
            picture.part(first[2] + 10, picture.straight[0]),
        ):
            image = picture.image.copy()
            replace_plate(picture.image, region, np.random.default_rng(0)).paste(image)
            changed = (image != picture.image).any(axis=2).astype(np.float32)
            assert min(view.mean() for view in seen(picture, changed)) > 0.8


def test_the_car_beside_a_tilted_plate_stays():
    picture = photograph(("KLM 4937",), 150, PhotoStyle(band=False, roll=-5), seed=3)
    image, _ = treat(picture, loose=0.08, quad=False)
    plate = np.zeros(image.shape[:2], np.uint8)
    cv2.fillConvexPoly(plate, np.int32(np.round(picture.quad - 0.5)), 1)
    beside = cv2.dilate(plate, np.ones((7, 7), np.uint8)) == 0
    changed = (image.astype(int) != picture.image).any(axis=2)
    assert (changed & beside).sum() < 0.02 * plate.sum()


def test_a_character_that_only_the_check_finds_is_replaced_as_well():
    """It stands too far from the others to be taken for one of their line."""
    picture = photograph(("AB 123  7",), 150, PhotoStyle(band=False), seed=1)
    region = picture.part(0, picture.characters[-1][0] - 5)
    image = picture.image.copy()
    result = replace_plate(picture.image, region, np.random.default_rng(0))
    result.paste(image)
    assert result.route is Route.NATURAL
    assert max(correlations(picture, picture.image, image)) < IDENTICAL


def test_a_plate_whose_check_fails_loses_its_characters():
    """Part of the plate lies beyond its region's box, where nothing may be painted."""
    picture = photograph(("BK HE 728",), 150, PhotoStyle(), seed=1)
    whole = picture.region()
    edge = cv2.perspectiveTransform(
        np.float64([[(picture.characters[-2][0], 0)]]), picture.to_image
    )[0, 0, 0]
    result = replace_plate(picture.image, replace(whole, x1=edge), np.random.default_rng(0))
    image = picture.image.copy()
    result.paste(image)
    assert result.route is Route.FALLBACK
    old, new = characters(picture, picture.image), characters(picture, image)
    assert max(b.std() / a.std() for a, b in zip(old[:-2], new[:-2], strict=True)) < 0.3


@pytest.mark.parametrize("width", [40, 48, 60])
def test_small_dark_plates_get_light_ink(width):
    rng = np.random.default_rng(width)
    for ground in ((20, 20, 22), (30, 40, 90), (25, 90, 50)):
        look = PhotoStyle(ground=ground, ink=(230, 230, 230), band=False, frame=False)
        picture = photograph(invented(rng), width, look, seed=width)
        image, result = treat(picture)
        old, new = [grey(one)[inner(picture)] for one in (picture.image, image)]
        assert result.route is Route.NATURAL
        assert abs(np.median(new) - np.median(old)) < 0.25 * np.ptp(old)
        assert np.quantile(new, 0.95) > np.median(new) + 0.4 * np.ptp(old)


@pytest.mark.parametrize("seal", [(40, 70, 190), (190, 40, 40), (60, 60, 64)])
def test_seals_stay_between_the_groups(seal):
    look = PhotoStyle(seals=True, seal=seal)
    picture = photograph(("AB CD 123",), 170, look, seed=2)
    bare = photograph(("AB CD 123",), 170, PhotoStyle(), seed=2)
    treated = [treat(picture, seed) for seed in range(5)]
    assert {result.route for _, result in treated} == {Route.NATURAL}
    assert seal_pixels(bare.image, seal, bare) == 0
    there = seal_pixels(picture.image, seal, picture)
    assert there > 20
    # One of two seals that are moved by half a pixel may be too small to be counted.
    fewest, *others = sorted(seal_pixels(image, seal, picture) for image, _ in treated)
    assert fewest > 20
    assert others == pytest.approx([there] * len(others), rel=0.35)


def seal_pixels(image: np.ndarray, seal: tuple[int, int, int], picture: PlatePhoto) -> int:
    """Pixels between characters' tops and bottoms of about the seal's colour in full light.

    The middle third of the lines only, where the new strokes of characters are narrow.
    """
    apart = np.abs(image.astype(float) - np.float64(seal)).max(axis=2) < 28
    round_ = cv2.morphologyEx(apart.astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    return int((round_ > 0)[inner(picture)].sum())


@pytest.mark.slow
def test_most_plates_need_no_other_path():
    rng = np.random.default_rng(4)
    routes = [
        treat(photograph(invented(rng), width, look, seed=width), loose=0.05)[1].route
        for look in LOOKS.values()
        for width in WIDTHS[::2]
    ]
    assert np.mean([route is Route.NATURAL for route in routes]) > 0.85
    assert np.mean([route is Route.FALLBACK for route in routes]) < 0.06


def test_pixels_outside_the_plate_stay():
    rng = np.random.default_rng(5)
    for width in WIDTHS:
        picture = photograph(invented(rng), width, LOOKS["oblique"], seed=width)
        image, result = treat(picture)
        changed = (image != picture.image).any(axis=2)
        x0, y0, x1, y1 = result.box
        inside = np.zeros_like(changed)
        inside[y0:y1, x0:x1] = True
        assert changed.any()
        assert not changed[~inside].any()
        near = np.zeros(changed.shape, np.uint8)
        cv2.fillConvexPoly(near, np.int32(np.round((picture.quad - 0.5) * 16)), 1, shift=4)
        reach = 2 * round(0.3 * np.linalg.norm(picture.quad[3] - picture.quad[0])) + 5
        near = cv2.dilate(near, np.ones((reach, reach), np.uint8))
        assert not changed[near == 0].any()


def test_the_country_band_stays():
    picture = photograph(("AB CD 123",), 120, PhotoStyle(), seed=1)
    image, result = treat(picture)
    assert result.route is Route.NATURAL
    band = cv2.perspectiveTransform(np.float64([[(40, 132)]]), picture.to_image)[0, 0]
    x, y = np.int32(band)
    assert (
        image[y - 2 : y + 3, x - 1 : x + 2] == picture.image[y - 2 : y + 3, x - 1 : x + 2]
    ).all()


def test_the_same_generator_gives_the_same_bytes():
    picture = photograph(("K LM 4711",), 90, PhotoStyle(), seed=2)
    one, other = treat(picture, 7)[0], treat(picture, 7)[0]
    assert (one == other).all()
    assert (one != treat(picture, 8)[0]).any()


def test_a_missing_or_impossible_quad_gives_way_to_the_box():
    picture = photograph(("K LM 4711",), 100, PhotoStyle(), seed=3)
    image, result = treat(picture, quad=False)
    assert max(correlations(picture, picture.image, image)) < IDENTICAL
    box = picture.region(quad=False)
    for quad in (
        ((0, 0), (0, 0), (0, 0), (0, 0)),
        tuple(reversed(picture.region().quad)),
        ((float("nan"), 0), (1, 0), (1, 1), (0, 1)),
        tuple((x + 900, y) for x, y in picture.region().quad),
    ):
        odd = replace(box, quad=quad)
        other = replace_plate(picture.image, odd, np.random.default_rng(0))
        assert (other.patch == result.patch).all()


def test_regions_at_and_beyond_the_border():
    rng = np.random.default_rng(6)
    image = np.random.default_rng(0).integers(0, 256, (80, 120, 3), np.uint8)
    boxes = [(-30, 20, 60, 15), (100, 70, 60, 15), (-10, -10, 400, 200), (5, 5, 1, 1)]
    boxes += [(5, 5, 0, 0), (50, 40, 12, 3), (300, 300, 50, 10), (0, 0, 3, 70)]
    for x, y, w, h in boxes:
        corners = ((x, y), (x + w, y), (x + w, y + h), (x, y + h))
        box = (max(x, 0), max(y, 0), min(x + w, 120), min(y + h, 80))
        region = PlateRegion(*map(float, box), quad=corners)
        result = replace_plate(image, region, rng)
        if result is not None:
            x0, y0, x1, y1 = result.box
            assert 0 <= x0 < x1 <= 120
            assert 0 <= y0 < y1 <= 80
            assert result.patch.shape == (y1 - y0, x1 - x0, 3)
            assert result.patch.dtype == np.uint8
        else:
            assert w * h == 0 or x >= 120


def test_what_hides_a_plate_stays():
    picture = photograph(("K LM 4711",), 100, PhotoStyle(), seed=7)
    post = picture.image.copy()
    x0, y0, x1, y1 = 60, 0, 110, post.shape[0]
    post[:, 110:] = (200, 120, 30)
    whole = picture.region()
    region = replace(whole, x1=110.0)
    result = replace_plate(post, region, np.random.default_rng(0))
    after = post.copy()
    result.paste(after)
    assert (after[:, 118:] == post[:, 118:]).all()
    assert (after[y0:y1, x0:x1] != post[y0:y1, x0:x1]).any()
