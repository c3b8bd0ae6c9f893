"""Reading of plates: their view, their characters, and where these are."""

import numpy as np
import pytest
from pii_measures import quad_of, reads_alike, rectify
from pii_measures.plates.characters import likeness
from pii_measures.plates.glyphs import READABLE, glyph
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
