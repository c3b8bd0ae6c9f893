"""Reading of plates: their view, their characters, and where these are."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from pii_measures import quad_of, read_plate, reads_alike, rectify
from pii_measures.plates.characters import likeness
from pii_measures.plates.glyphs import READABLE, glyph
from pii_measures.plates.ink import has_stripe
from pii_measures.plates.layout import find_layout
from pii_measures.plates.rectify import frame_of, to_window
from plate_pictures import LOOKS, PhotoStyle, photograph


@pytest.mark.parametrize("width", [90, 160])
def test_the_layout_is_read(width):
    picture = photograph(("AB CD 123",), width, PhotoStyle(blur=0.5), seed=4)
    reading = picture.read()
    (line,) = reading.layout.lines
    assert reading.layout.legible
    assert line.groups == (2, 2, 3)
    cap = line.cap / reading.frame.scale
    assert cap == pytest.approx(width * 180 / 1248, rel=0.12)
    colour = reading.model.colour(reading.view, reading.share)
    assert find_layout(reading.share, colour, reading.frame, reading.sides) == reading.layout


@pytest.mark.parametrize("text", ["LKM4931", "HKL493H"])
@pytest.mark.parametrize("ink", [(60, 100, 200), (30, 30, 34)])
def test_stems_of_blue_characters_are_no_bands(text, ink):
    """An L at the start, and a 1 at the end, are as straight as the edge of a country band."""
    letters = np.full((130, 400, 3), 236, np.uint8)
    (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 1.25, 4)
    cv2.putText(letters, text, (2, 80), cv2.FONT_HERSHEY_SIMPLEX, 1.25, ink, 4, cv2.LINE_AA)
    image = np.full((180, 280, 3), 70, np.uint8)
    image[40:140, 40:240] = 236
    image[60:122, 43:237] = cv2.resize(letters[40:90, : width + 4], (194, 62))
    quad = np.float64([(40, 40), (240, 40), (240, 140), (40, 140)]) - 0.5
    reading = read_plate(image, quad, (0, 0, 280, 180))
    x0, _, x1, _ = reading.frame.plate
    assert reading.sides == pytest.approx((x0, x1), abs=3)
    assert reading.model.is_blue is (ink[2] == 200)


@pytest.mark.parametrize("ink", [(0, 90, 150), (0, 120, 170)])
def test_overexposed_characters_are_no_seals(ink):
    """Their colours are no mixtures of ink and ground."""
    look = PhotoStyle(ink=ink, band=False, blur=0.9)
    picture = photograph(("KLM 4937",), 170, look, seed=3)
    light = np.clip(picture.image * (1.15 / 255), 0, 1)
    reading = replace(picture, image=(255 * light**0.6).astype(np.uint8)).read()
    assert [len(line.boxes) for line in reading.layout.lines] == [7]


def test_a_stripe_is_at_the_top_of_a_plate():
    picture = photograph(("KLM4N37",), 150, PhotoStyle(band=False, frame=False), seed=2)
    height, width = picture.image.shape[:2]
    quad = picture.quad.copy()
    striped = picture.image.copy()
    (x0, y0), (x1, y1) = quad.min(axis=0), quad.max(axis=0)
    striped[round(y0) : round(y0 + 0.2 * (y1 - y0)), round(x0) : round(x1)] = (30, 60, 170)
    found = []
    for image in (picture.image, striped):
        reading = read_plate(image, quad - 0.5, (0, 0, width, height))
        found.append(has_stripe(reading.view, reading.frame))
    assert found == [False, True]


def test_glyphs_are_told_apart():
    for char in READABLE:
        scores = likeness(glyph(char, 0.15))
        best = max(scores, key=scores.__getitem__)
        assert {best, char} <= {"0", "O"} or {best, char} <= {"1", "I"} or best == char


def test_characters_read_alike_where_they_are_the_same_and_not_narrow():
    assert reads_alike(glyph("B", 0.14), glyph("B", 0.14))
    assert not reads_alike(glyph("B", 0.14), glyph("R", 0.14)[:, : glyph("B", 0.14).shape[1]])
    assert not reads_alike(glyph("I", 0.14), glyph("I", 0.14))
    assert not reads_alike(np.zeros((20, 12), np.float32), np.zeros((20, 12), np.float32))


def test_strokes_of_narrow_characters_are_as_wide_as_others():
    usual, narrow = (glyph("H", 0.14, stretch) for stretch in (1, 0.7))
    assert narrow.shape[1] == pytest.approx(0.7 * usual.shape[1], abs=1)
    for ink in (usual, narrow):
        stem = ink[20, : ink.shape[1] // 2]
        assert float(stem.sum()) == pytest.approx(0.14 * 128, rel=0.1)


def test_a_view_goes_back_where_it_came_from():
    picture = photograph(("K LM 4711",), 120, LOOKS["oblique"], seed=6)
    frame = frame_of(quad_of(picture.region()))
    view = rectify(picture.image, frame)
    height, width = picture.image.shape[:2]
    back = to_window(view, frame, (0, 0, width, height), 4)
    inside = to_window(np.ones(view.shape[:2], np.float32), frame, (0, 0, width, height), 4)
    difference = np.abs(back - picture.image)[inside > 0.999]
    assert difference.mean() < 4
