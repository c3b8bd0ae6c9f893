"""Formats and places of the new characters of a plate."""

import numpy as np
import pytest
from natural_pii.plates.arrange import rearranged, shuffled
from natural_pii.plates.formats import FAMILIES, fitting
from natural_pii.plates.write import choose, formats_of, read, without_seals
from pii_measures.plates.glyphs import DIGITS, READABLE
from pii_measures.plates.layout import Line, PlateLayout
from plate_pictures import PhotoStyle, photograph

GERMAN = FAMILIES[0]


def leans(kinds: str) -> list[float]:
    return [0.3 if kind == "D" else -0.3 for kind in kinds.replace(" ", "")]


def groups(pattern: str) -> tuple[int, ...]:
    return tuple(map(len, pattern.split()))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.formats[0])
def test_each_format_is_recognised(family):
    for pattern in family.formats:
        found = fitting(leans(pattern), groups(pattern), family.band)
        assert found is not None
        assert found[1] == pattern


def test_a_doubtful_character_does_not_hide_a_format():
    evidence = leans("LLDD LLL")
    evidence[2] = -0.1  # a 0 that looks like an O
    assert fitting(evidence, (4, 3), band=False)[1] == "LLDD LLL"
    assert fitting(leans("LDDLDDL"), (7,), band=False) is None
    assert fitting(leans("LLLLLLLLLL"), (10,), band=True) is None


@pytest.mark.parametrize(
    ("text", "look", "formats"),
    [
        ("HK CD 3725", PhotoStyle(), GERMAN.formats),
        ("AB34 CDE", PhotoStyle(band=False), ("LLDD LLL",)),
        ("XZ 482 KM", PhotoStyle(), ("LL DDD LL",)),
        ("KLM 4937", PhotoStyle(band=False), ("LLL DDDD",)),
        ("KLM4N37", PhotoStyle(band=False), ("LLLDLDD",)),
        ("4B3 9376", PhotoStyle(), ("DLD DDDD",)),
    ],
)
def test_formats_of_countries_are_kept(text, look, formats):
    picture = photograph((text,), 170, look, seed=5)
    reading = picture.read()
    scores = read(reading.share, reading.layout)
    for seed in range(4):
        (new,) = formats_of(scores, reading.layout, look.band, np.random.default_rng(seed))
        assert new.pattern in formats
        assert abs(len(new.pattern) - len(text)) <= 1


def test_a_seal_that_was_read_as_a_character_is_none():
    letters, digits = {"A": 0.9, "4": 0.6}, {"A": 0.5, "4": 0.9}
    scores = [
        {char: row.get("4" if char in DIGITS else "A", 0) for char in READABLE}
        for row in [letters, letters, digits, digits, digits, letters, letters]
    ]
    seal = dict.fromkeys(READABLE, 0.4)
    line = line_of((3, 5))
    kept = PlateLayout((line,), True)
    layout, left = without_seals(kept, [[seal, *scores]], True)
    assert layout.lines[0].boxes == line.boxes[1:]
    assert layout.lines[0].groups == (2, 5)
    assert left == [scores]
    same, _ = without_seals(kept, [[scores[0], *scores]], True)  # it looks like a character
    assert same == kept


def test_new_characters_are_of_their_format_and_differ_from_the_old_ones():
    picture = photograph(("HK CD 3725",), 160, PhotoStyle(), seed=5)
    reading = picture.read()
    scores = read(reading.share, reading.layout)
    rng = np.random.default_rng(0)
    texts = formats_of(scores, reading.layout, True, rng)
    line = rearranged(reading.layout.lines[0], texts[0].groups, reading.sides, (0, 0), rng)
    new = type(reading.layout)((line,), True)
    (text,) = choose(texts, scores, reading.layout, new, rng)
    kinds = texts[0].pattern.replace(" ", "")
    assert [char.isdigit() for char in text] == [kind == "D" for kind in kinds]
    assert not texts[0].start or text.startswith(texts[0].start) or text[0] not in "H"
    old = [sum(box) / 2 for box in reading.layout.lines[0].boxes]
    for char, box in zip(text, line.boxes, strict=True):
        nearest = int(np.abs(np.array(old) - sum(box) / 2).argmin())
        assert char != "HKCD3725"[nearest]


def line_of(counts: tuple[int, ...]) -> Line:
    boxes, x = [], 20.0
    for count in counts:
        for _ in range(count):
            boxes.append((x, x + 16))
            x += 20
        x += 14
    return Line(10, 36, tuple(boxes), counts, 16)


def test_characters_stand_elsewhere_in_their_groups():
    old = line_of((2, 2, 3))
    found = [
        rearranged(old, (2, 2, 3), (4, 220), (0, 12), np.random.default_rng(seed))
        for seed in range(30)
    ]
    for line in found:
        assert line.groups == (2, 2, 3)
        assert line.boxes[0][0] > 4
        assert line.boxes[-1][1] < 220
        assert all(a[1] < b[0] for a, b in zip(line.boxes, line.boxes[1:], strict=False))
        assert line.boxes[4][0] - line.boxes[3][1] > 12  # room for the seal
        assert abs(line.cap - old.cap) < 0.11 * old.cap
    firsts = [line.boxes[0][0] for line in found]
    assert np.ptp(firsts) > 10
    assert np.std([line.cap for line in found]) > 0.3


def test_a_longer_text_is_narrower_where_there_is_no_room():
    old = line_of((3, 4))
    room = (old.boxes[0][0] - 3, old.boxes[-1][1] + 3)
    line = rearranged(old, (3, 5), room, (0,), np.random.default_rng(0))
    assert room[0] < line.boxes[0][0]
    assert line.boxes[-1][1] < room[1]
    assert line.width < old.width


def test_an_illegible_line_gets_other_places_between_its_ends():
    picture = photograph(("HG HG 98",), 30, PhotoStyle(blur=0.7), seed=1)
    layout = picture.read().layout
    moved = shuffled(layout, np.random.default_rng(0))
    assert [line.y0 for line in moved.lines] == [line.y0 for line in layout.lines]
    for old, new in zip(layout.lines, moved.lines, strict=True):
        assert new.boxes != old.boxes
        assert old.boxes[0][0] <= new.boxes[0][0] < new.boxes[-1][1] <= old.boxes[-1][1]
        assert sum(new.groups) == len(new.boxes)
