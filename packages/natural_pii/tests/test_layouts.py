"""Formats and places of the new characters of a plate."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from natural_pii.plates.arrange import Room, rearranged, spread
from natural_pii.plates.formats import FAMILIES, PlateShape, alphabet, fitting, is_digit, nearest
from natural_pii.plates.recognise import (
    has_text,
    read,
    without_edges,
)
from natural_pii.plates.text import Text, choose, formats_of
from pii_measures.plates.characters import likeness
from pii_measures.plates.glyphs import READABLE, glyph
from pii_measures.plates.layout import Line, PlateLayout
from plate_pictures import PhotoStyle, photograph

GERMAN = FAMILIES[0]

BAND, PLAIN, SHORT, STRIPE, AMERICAN = PlateShape


def leans(kinds: str) -> list[float]:
    return [0.3 if is_digit(kind) else -0.3 for kind in kinds.replace(" ", "")]


def groups(pattern: str) -> tuple[int, ...]:
    return tuple(map(len, pattern.split()))


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.formats[0])
def test_each_format_is_recognised(family):
    for pattern in family.formats:
        found = fitting(leans(pattern), groups(pattern), family.shapes[0])
        assert found is not None
        assert kinds_of(found.pattern) == kinds_of(pattern)


def kinds_of(pattern: str) -> list[list[bool]]:
    return [[is_digit(kind) for kind in group] for group in pattern.split()]


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.formats[0])
def test_some_formats_need_a_band(family):
    found = [fitting(leans(pattern), groups(pattern), PLAIN) for pattern in family.formats]
    own = [fit for fit in found if fit is not None and fit.family is family]
    assert bool(own) is not (family.only and PLAIN not in family.shapes)


def test_no_1_is_written():
    for family in FAMILIES:
        for kind in set("".join(family.formats)) - {" "}:
            assert "1" not in alphabet(kind)
            assert len(set(alphabet(kind))) > 4


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.formats[0])
def test_first_groups_have_a_format(family):
    for start in family.starts.split():
        assert any(len(pattern.split()[0]) == len(start) for pattern in family.formats)
        assert set(start) <= set(READABLE)


def test_a_doubtful_character_does_not_hide_a_format():
    evidence = leans("LLDD LLL")
    evidence[2] = -0.1  # a 0 that looks like an O
    assert fitting(evidence, (4, 3), PLAIN).pattern == "LLYN LLL"
    assert fitting(leans("LDDLDDL"), (7,), PLAIN) is None
    assert fitting(leans("LLLLLLLLLL"), (10,), BAND) is None
    assert fitting([], (), BAND) is None


def test_the_more_common_of_two_formats_explains_a_doubtful_reading():
    evidence = leans("LLL DDDD")
    evidence[1] = evidence[2] = 0.02  # J and S read as digits, or as letters
    assert fitting(evidence, (3, 4), PLAIN).pattern == "ALL DDDD"
    assert fitting(leans("LDD DDDD"), (3, 4), AMERICAN).pattern == "LDD DDDD"


def test_a_short_plate_without_a_band_has_no_european_format():
    for pattern in ("LLD LDL", "NLL DDD", "DDD LLL", "LDD DDDD", "NLLLDDD", "ALL DDDD"):
        assert fitting(leans(pattern), groups(pattern), SHORT).pattern == pattern
    assert fitting(leans("LL DDD LL"), (2, 3, 2), SHORT) is None
    assert fitting(leans("LL DDD LL"), (2, 3, 2), BAND).pattern == "LL DDD LL"


@pytest.mark.parametrize("count", [1, 6, 7, 8, 12])
@pytest.mark.parametrize("look", PlateShape)
def test_a_format_is_found_for_any_length(count, look):
    for which in (0, 0.5, 0.999):
        fit = nearest((count // 2, count - count // 2), look, which)
        assert look in fit.family.shapes
        assert fit.pattern in fit.family.formats
        if 6 <= count <= 7:
            assert abs(len(fit.pattern.replace(" ", "")) - count) <= 1


@pytest.mark.parametrize(
    ("groups", "look"),
    [
        ((3, 4), PLAIN),
        ((7,), AMERICAN),
        ((3, 3), AMERICAN),
        ((7,), STRIPE),
        ((3, 4), SHORT),
        ((2, 2, 3), BAND),
    ],
)
def test_a_format_for_an_illegible_line_has_its_groups(groups, look):
    for which in np.linspace(0, 0.999, 20):
        assert len(nearest(groups, look, which).pattern.split()) == len(groups)


@pytest.mark.parametrize(
    ("text", "look", "formats"),
    [
        ("HK CD 3725", PhotoStyle(), GERMAN.formats),
        ("AB34 CDE", PhotoStyle(band=False), ("LLYN LLL",)),
        ("XZ 482 KM", PhotoStyle(), ("LL DDD LL",)),
        ("KLM 4937", PhotoStyle(band=False), ("ALL DDDD",)),
        ("KLM4N37", PhotoStyle(band=False), ("ALL DDDD", "LLLDLDD")),
        ("4B3 9376", PhotoStyle(), ("NRD DDDD",)),
    ],
)
def test_formats_of_countries_are_kept(text, look, formats):
    picture = photograph((text,), 170, look, seed=5)
    reading = picture.read()
    scores = read(reading.share, reading.layout)
    for seed in range(4):
        (new,) = formats_of(
            scores, reading.layout, BAND if look.band else PLAIN, True, np.random.default_rng(seed)
        )
        assert new.pattern in formats
        assert abs(len(new.pattern) - len(text)) <= 1


def test_lines_that_cannot_be_read_get_a_format_that_exists():
    known = {pattern for family in FAMILIES for pattern in family.formats}
    picture = photograph(("HG HG 98",), 30, PhotoStyle(blur=0.7), seed=1)
    reading = picture.read()
    scores = read(reading.share, reading.layout)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        (new,) = formats_of(scores, reading.layout, BAND, False, rng)
        assert new.pattern in known
        line = spread(reading.layout.lines[0], new.groups, rng)
        (text,) = choose([new], scores, reading.layout, PlateLayout((line,), False), rng)
        first = new.groups[0] if new.starts else 0
        for char, kind in list(zip(text, new.pattern.replace(" ", ""), strict=True))[first:]:
            assert char in alphabet(kind)
        assert not new.starts or text[:first] in new.starts


def test_only_a_sure_reading_leads_to_an_unknown_format():
    layout = PlateLayout((line_of((3, 5)),), True)
    for best, kept in ((0.9, True), (0.7, False)):
        letter, digit = (likely(best, kind) for kind in "LD")
        scores = [[digit, digit, letter, *[digit] * 5]]  # Vietnam
        (new,) = formats_of(scores, layout, PLAIN, True, np.random.default_rng(0))
        assert (new.pattern == "DDL DDDDD") is kept


@pytest.mark.parametrize("old", READABLE)
def test_no_character_is_one_that_the_old_one_may_be(old):
    scores = likeness(glyph(old, 0.14))
    kept = PlateLayout((line_of((1,)),), True)
    for kind in sorted({kind for family in FAMILIES for kind in "".join(family.formats)} - {" "}):
        text = Text(kind, ())
        written = {
            choose([text], [[scores]], kept, kept, np.random.default_rng(seed))[0]
            for seed in range(20)
        }
        alike = {char for char, score in scores.items() if score > max(scores.values()) - 0.14}
        assert not written & (alike | {old})


def likely(best: float, kind: str) -> dict[str, float]:
    """Scores of a letter (L) or a digit (D)."""
    char, other = ("4", "A") if kind == "D" else ("A", "4")
    return {one: {char: best, other: best - 0.3}.get(one, 0) for one in READABLE}


def test_lines_of_two_keep_their_kinds():
    scores = [[likely(0.9, kind) for kind in line] for line in ("LL", "LDDD")]
    layout = PlateLayout((line_of((2,)), line_of((1, 3))), True)
    new = formats_of(scores, layout, BAND, True, np.random.default_rng(0))
    assert [text.pattern for text in new] == ["LL", "L DDD"]


def test_seals_and_edges_that_were_read_as_characters_are_none():
    scores = [likely(0.9, kind) for kind in "LLDDDLL"]
    seal = dict.fromkeys(READABLE, 0.4)
    line = line_of((3, 5))
    kept = PlateLayout((line,), True)
    layout, left = without_edges(kept, [[seal, *scores]], BAND)
    assert layout.lines[0].boxes == line.boxes[1:]
    assert layout.lines[0].groups == (2, 5)
    assert left == [scores]
    like_a_letter, _ = without_edges(kept, [[scores[0], *scores]], BAND)
    assert like_a_letter == layout  # there is no format with it
    old = [likely(0.9, kind) for kind in "LLLDDDD"]
    known = PlateLayout((line_of((3, 4)),), True)
    assert without_edges(known, [old], PLAIN)[0] == known

    last = line.boxes[-1][0]
    bar = replace(line_of((2, 6)), boxes=(*line_of((2, 6)).boxes[:-1], (last, last + 5)))
    layout, left = without_edges(PlateLayout((bar,), True), [[*scores, likely(0.9, "L")]], BAND)
    assert layout.lines[0].groups == (2, 5)
    assert left == [scores]


def test_a_line_of_nothing_but_edges_stays():
    kept = PlateLayout((line_of((2, 1)),), True)
    seal = dict.fromkeys(READABLE, 0.4)
    for count in (1, 2, 3):
        line = line_of((count,))
        layout, scores = without_edges(PlateLayout((line,), True), [[seal] * count], BAND)
        assert layout.lines == (line,)
        assert len(scores[0]) == count
    assert not has_text(kept, [[seal] * 3])


def test_a_plate_has_as_many_likely_characters_as_plates_have():
    kept = PlateLayout((line_of((3, 4)),), True)
    few = PlateLayout((line_of((4,)),), True)
    assert has_text(kept, [[likely(0.55, "L")] * 7])
    assert not has_text(kept, [[likely(0.4, "L")] * 7])
    assert not has_text(few, [[likely(0.55, "L")] * 4])
    assert has_text(few, [[likely(0.7, "L")] * 4])
    assert not has_text(replace(kept, legible=False), [[likely(0.9, "L")] * 7])


def test_new_characters_are_of_their_format_and_differ_from_the_old_ones():
    picture = photograph(("HK CD 3725",), 160, PhotoStyle(), seed=5)
    reading = picture.read()
    scores = read(reading.share, reading.layout)
    rng = np.random.default_rng(0)
    texts = formats_of(scores, reading.layout, BAND, True, rng)
    old = reading.layout.lines[0]
    room = Room(reading.sides, ends_of(old), (0, 0))
    line = rearranged(old, texts[0].groups, room, rng)
    new = type(reading.layout)((line,), True)
    (text,) = choose(texts, scores, reading.layout, new, rng)
    kinds = texts[0].pattern.replace(" ", "")
    assert [char.isdigit() for char in text] == [is_digit(kind) for kind in kinds]
    assert text[: texts[0].groups[0]] in texts[0].starts
    start = texts[0].groups[0]
    assert all(a != b for a, b in pairwise(text[start:]))
    old = [sum(box) / 2 for box in reading.layout.lines[0].boxes]
    for char, box in zip(text, line.boxes, strict=True):
        closest = int(np.abs(np.array(old) - sum(box) / 2).argmin())
        assert char != "HKCD3725"[closest]


def ends_of(line: Line) -> tuple[float, float]:
    return line.boxes[0][0], line.boxes[-1][1]


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
    room = Room((4, 220), ends_of(old), (0, 12))
    found = [rearranged(old, (2, 2, 3), room, np.random.default_rng(seed)) for seed in range(30)]
    for line in found:
        assert line.groups == (2, 2, 3)
        assert line.boxes[0][0] > max(4, old.boxes[0][0] - 0.17 * old.width)
        assert line.boxes[-1][1] < min(220, old.boxes[-1][1] + 0.17 * old.width)
        assert all(a[1] < b[0] for a, b in zip(line.boxes, line.boxes[1:], strict=False))
        assert line.boxes[4][0] - line.boxes[3][1] > 12  # room for the seal
        assert abs(line.cap - old.cap) < 0.06 * old.cap
    firsts = [line.boxes[0][0] for line in found]
    assert np.ptp(firsts) > 7
    assert np.std([line.cap for line in found]) > 0.3


def test_a_text_is_in_the_middle_although_a_character_was_not_read():
    old = line_of((3, 3))
    used = old.boxes[0][0], old.boxes[-1][1] + 1.2 * old.width
    for seed in range(10):
        room = Room((0, 400), used, (0,))
        line = rearranged(old, (3, 3), room, np.random.default_rng(seed))
        middle = (line.boxes[0][0] + line.boxes[-1][1]) / 2
        assert abs(middle - sum(used) / 2) < 0.15 * old.width


def test_a_longer_text_is_narrower_where_there_is_no_room():
    old = line_of((3, 4))
    room = (old.boxes[0][0] - 3, old.boxes[-1][1] + 3)
    line = rearranged(old, (3, 5), Room(room, ends_of(old), (0,)), np.random.default_rng(0))
    assert room[0] < line.boxes[0][0]
    assert line.boxes[-1][1] < room[1]
    assert line.width < old.width


def test_an_illegible_line_gets_other_places_between_its_ends():
    picture = photograph(("HG HG 98",), 30, PhotoStyle(blur=0.7), seed=1)
    (old,) = picture.read().layout.lines
    for groups_ in ((2, 5), (2, 2, 2), (7,)):
        new = spread(old, groups_, np.random.default_rng(0))
        assert (new.y0, new.y1, new.groups) == (old.y0, old.y1, groups_)
        assert len(new.boxes) == sum(groups_)
        assert new.boxes != old.boxes
        assert old.boxes[0][0] <= new.boxes[0][0] < new.boxes[-1][1] <= old.boxes[-1][1]
        assert all(a[1] < b[0] for a, b in pairwise(new.boxes))
