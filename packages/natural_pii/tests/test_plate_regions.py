"""Regions of plates: quads that do not fit, what is beside the characters, and what is no plate."""

import warnings
from dataclasses import replace

import cv2
import numpy as np
import pytest
from natural_pii import FallbackReason, PlateRegion, Route, replace_plate
from natural_pii.plates.replace import foreshortening_of
from natural_pii.plates.zone import text_zone
from pii_measures.appearance import grey
from plate_checks import IDENTICAL, correlations, seen, treat
from plate_pictures import LOOKS, PhotoStyle, invented, photograph


def lettered(lines: dict[int, tuple[str, float]], size: tuple[int, int]) -> np.ndarray:
    """Image with a light plate of a size, 40 pixels from its edges, and text by its baseline."""
    image = np.full((size[1] + 80, size[0] + 80, 3), 70, np.uint8)
    cv2.rectangle(image, (40, 40), (39 + size[0], 39 + size[1]), (230, 230, 226), -1)
    for y, (text, scale) in lines.items():
        (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, scale, 2)
        at = (40 + (size[0] - width) // 2, 40 + y)
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_DUPLEX, scale, (30, 30, 34), 2, cv2.LINE_AA)
    return image


def test_the_name_of_a_state_stays_above_the_characters():
    image = lettered({30: ("LOUISIANA", 0.7), 92: ("KLM 493", 1.7)}, (240, 120))
    result = replace_plate(image, PlateRegion(40, 40, 280, 160), np.random.default_rng(0))
    after = image.copy()
    result.paste(after)
    assert result.route is Route.NATURAL
    changed = (after != image).any(axis=2)
    assert not changed[45:72, 60:260].any()
    assert changed[90:130, 80:240].any()


@pytest.mark.parametrize("gap", ["-", "."])
def test_a_dot_stays_between_the_groups(gap):
    image = lettered({72: ("KLM    4937", 1.6)}, (330, 100))
    place = np.s_[95:100, 198:206] if gap == "." else np.s_[95:99, 194:210]
    image[place] = (30, 30, 34)
    result = replace_plate(image, PlateRegion(40, 40, 370, 140), np.random.default_rng(0))
    after = image.copy()
    result.paste(after)
    assert result.route is Route.NATURAL
    dark = grey(after)[75:115, 180:225] < 120
    assert dark[18:26].any(), "the dot is gone"
    assert not dark[:12].any()
    assert not dark[32:].any()


def test_the_middle_of_a_quad_is_read_where_a_frame_hides_the_characters():
    image = lettered({92: ("KLM 493", 1.7)}, (240, 120))
    for y in (40, 138):  # a frame with names, as dark as the characters that it touches
        image[y : y + 22, 40:280] = 30
        cv2.putText(image, "LOUISIANA AUTO", (60, y + 17), 0, 0.6, (230, 230, 230), 2)
    image[118:140, 60:66] = image[118:140, 150:156] = 30
    result = replace_plate(image, PlateRegion(40, 40, 280, 160), np.random.default_rng(0))
    after = image.copy()
    result.paste(after)
    assert result.route is not Route.FALLBACK
    changed = (after != image).any(axis=2)[80:130, 60:260]
    letters = grey(image)[80:130, 60:260] < 100  # the ground between them has its old colour
    assert changed[letters].mean() > 0.95


@pytest.mark.parametrize("width", [110, 160])
def test_one_of_two_lines_is_not_read_for_the_whole(width):
    rng = np.random.default_rng(width)
    for seed in range(6):
        lines = invented(rng, two=True)
        picture = photograph(lines, width, PhotoStyle(dirt=0.6, noise=5), seed=seed)
        image, _ = treat(picture, seed)
        assert max(correlations(picture, picture.image, image)) < IDENTICAL
        changed = (image != picture.image).any(axis=2).astype(np.float32)
        assert min(view.mean() for view in seen(picture, changed)) > 0.8


@pytest.mark.parametrize("missed", [0, 1, 2])
def test_ink_beside_a_line_is_repainted(missed):
    picture = photograph(("KLM 4937",), 160, PhotoStyle(band=False, frame=False), seed=4)
    reading = picture.read()
    (line,) = reading.layout.lines
    shorter = replace(line, boxes=line.boxes[: 7 - missed], groups=(3, 4 - missed))
    part = replace(reading, layout=replace(reading.layout, lines=(shorter,)))
    columns = np.flatnonzero(text_zone(part, certain=True).mask.any(axis=0))
    for end, column in ((line.boxes[0][0], columns[0]), (line.boxes[-1][1], columns[-1])):
        assert abs(column - end) < 0.7 * line.width


@pytest.mark.parametrize("width", [60, 110, 180])
@pytest.mark.parametrize(("text", "hidden"), [("KLM 4931", -1), ("1LM 4937", 0)])
def test_a_1_beyond_a_quad_does_not_stay(text, hidden, width):
    left = []
    for seed in range(5):
        picture = photograph((text,), width, PhotoStyle(band=False), seed=seed)
        x0, _, x1, _ = picture.characters[hidden]
        end = picture.straight[0]
        region = picture.part(0, x0 - 4) if hidden else picture.part(x1 + 4, end)
        image = picture.image.copy()
        replace_plate(picture.image, region, np.random.default_rng(seed)).paste(image)
        left.append(correlations(picture, picture.image, image)[hidden] > IDENTICAL)
    assert np.mean(left) <= 0.2


def test_a_character_that_touches_a_frame_is_repainted():
    picture = photograph(("6LM 4937",), 160, PhotoStyle(band=False, frame=False), seed=4)
    x0, y0, _, y1 = picture.characters[0]
    points = np.float64([[(x0 - 30, y0 - 60), (x0 + 30, y0 - 60), (x0 + 30, y1), (x0 - 30, y1)]])
    bar = cv2.perspectiveTransform(points, picture.to_image)
    image = cv2.fillPoly(picture.image.copy(), np.int32(np.round(bar)), (24, 24, 28))
    whole = cv2.perspectiveTransform(
        np.float64([[(0, y0 - 60), (picture.straight[0], y0 - 30)]]), picture.to_image
    )
    (left, top), (right, bottom) = np.int32(np.round(whole[0]))
    image[top:bottom, left:right] = (24, 24, 28)
    after = image.copy()
    replace_plate(image, picture.region(), np.random.default_rng(0)).paste(after)
    assert correlations(picture, image, after)[0] < IDENTICAL


@pytest.mark.parametrize("cut", [(0.12, 0.12), (0.3, 0), (0, 0.3)])
def test_characters_that_the_quad_cuts_do_not_stay(cut):
    """By up to a third of their height, as detectors' corners are wrong."""
    rng = np.random.default_rng(11)
    left = []
    for number, look in enumerate([*LOOKS.values()] * 2):
        width = 80 + 60 * (number % 2)
        picture = photograph(invented(rng), width, look, seed=number)
        (_, y0, _, y1), height = picture.characters[0], picture.straight[1]
        top = y0 + cut[0] * (y1 - y0) if cut[0] else 0
        bottom = y1 - cut[1] * (y1 - y0) if cut[1] else height
        region = picture.part(0, picture.straight[0], top, bottom)
        image = picture.image.copy()
        replace_plate(picture.image, region, np.random.default_rng(number)).paste(image)
        left.append(np.mean(correlations(picture, picture.image, image)) > 0.5)
    assert np.mean(left) < 0.1


def test_regions_that_no_view_shows():
    noise = np.random.default_rng(3).integers(0, 256, (103, 249, 3), np.uint8)
    horizon = ((-7.8, 88.6), (44.4, 81.9), (40.3, 108.5), (5.4, 99.9))
    regions = [
        PlateRegion(3.2, -39.2, 240, 6.4),  # without the part that is visible, nothing is left
        PlateRegion(10, 10, 1e300, 40),
        PlateRegion(0, 0, 3e9, 3e9),
        PlateRegion(-7.8, 81.9, 44.4, 108.5, horizon),
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for region in regions:
            result = replace_plate(noise, region, np.random.default_rng(0))
            x0, y0, x1, y1 = result.box
            assert result.patch.shape == (y1 - y0, x1 - x0, 3)


def test_strokes_are_narrower_only_where_a_plate_is_seen_from_the_side():
    for lines, yaw, low, high in ((("AB CD 123",), 0, 0.9, 1), (("AB CD 123",), 55, 0.5, 0.8)):
        reading = photograph(lines, 160, PhotoStyle(yaw=yaw), seed=4).read()
        assert low <= foreshortening_of(reading) <= high
    two = photograph(("AB", "C 123"), 120, PhotoStyle(), seed=4).read()
    assert foreshortening_of(two) == 1


def lamp(width: int, height: int) -> np.ndarray:
    """A headlamp with a bulb and ribs."""
    image = np.full((height + 60, width + 60, 3), (60, 66, 90), np.uint8)
    middle = (30 + width // 2, 30 + height // 2)
    cv2.ellipse(image, middle, (width // 2, height // 2), 0, 0, 360, (190, 195, 200), -1)
    cv2.circle(image, middle, height // 4, (90, 90, 96), 2, cv2.LINE_AA)
    for x in range(40, width + 20, max(width // 9, 4)):
        cv2.line(image, (x, 34), (x + 6, 26 + height), (235, 236, 238), 1, cv2.LINE_AA)
    return cv2.GaussianBlur(image, (0, 0), 0.7)


@pytest.mark.parametrize("size", [(60, 24), (90, 30), (130, 60)])
def test_no_characters_are_written_on_a_lamp(size, monkeypatch):
    monkeypatch.setattr("natural_pii.plates.replace._smoothed", None)  # it would be a smear
    image = lamp(*size)
    region = PlateRegion(30, 30, 30 + size[0], 30 + size[1])
    result = replace_plate(image, region, np.random.default_rng(0))
    after = image.copy()
    result.paste(after)
    assert (result.route, result.reason) == (Route.FALLBACK, FallbackReason.NO_TEXT)
    inside = np.s_[34 : 26 + size[1], 34 : 26 + size[0]]
    steps = [np.abs(np.diff(grey(one)[inside], axis=1)).mean() for one in (image, after)]
    assert steps[1] < 0.6 * steps[0]


@pytest.mark.parametrize(("width", "height", "small"), [(5, 4, True), (30, 1, True), (8, 3, False)])
def test_a_plate_without_room_for_characters_says_so(width, height, small):
    image = lettered({92: ("KLM 493", 1.7)}, (240, 120))
    region = PlateRegion(90, 90, 90 + width, 90 + height)
    result = replace_plate(image, region, np.random.default_rng(0))
    assert (result.reason is FallbackReason.TOO_SMALL) is small
    assert small == (result.route is Route.FALLBACK)


def test_plates_without_anything_to_read():
    for value in (0, 128, 255):
        image = np.full((60, 160, 3), value, np.uint8)
        region = PlateRegion(30, 20, 130, 42)
        assert replace_plate(image, region, np.random.default_rng(0)) is not None
