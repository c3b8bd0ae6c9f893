"""Plates read before and after: what an attack on pictures with known text has to find."""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
import pytest
from identity_attacks.cutouts import PlateCutout
from identity_attacks.evidence import NotPossibleError
from identity_attacks.plate_readers import Character, Line, OcrReader
from identity_attacks.plates import NO_PICTURE, TOO_SMALL, UNREADABLE, KnownPlates
from pii_measures import PlateRegion
from plate_pictures import LOOKS, PhotoStyle, invented, photograph

PLAIN = PhotoStyle()


def plate(lines: tuple[str, ...], width: float = 180, look: PhotoStyle = PLAIN, seed: int = 0):
    """A photograph of a plate as a cut-out, its region named after its text."""
    picture = photograph(lines, width, look, seed)
    name = "".join(lines).replace(" ", "")
    return PlateCutout(name, name, f"{name}.png", picture.image, picture.region())


def changed(cutout: PlateCutout, x0: float, x1: float) -> PlateCutout:
    """The cut-out, black where its quad is between two shares of its width."""
    (a, b, c, d), pixels = np.array(cutout.place.quad), cutout.pixels.copy()
    corners = [a + x0 * (b - a), a + x1 * (b - a), d + x1 * (c - d), d + x0 * (c - d)]
    cv2.fillConvexPoly(pixels, np.round(corners).astype(np.int32), (0, 0, 0))
    return replace(cutout, pixels=pixels)


@pytest.fixture(scope="module")
def ocr(require_library) -> OcrReader:
    require_library("rapidocr_onnxruntime")
    return OcrReader()


@dataclass(frozen=True)
class TextReader:
    """Reads codes of characters, one a pixel; the first and the last stand outside of the quad."""

    name: str = "text"
    believed: float = 0.5

    def lines(self, cutout: PlateCutout) -> list[np.ndarray]:
        return [np.array([(-0.2, 0), (1.2, 0), (1.2, 1), (-0.2, 1)], float)]

    def read(self, cutout: PlateCutout, lines: Sequence[np.ndarray]) -> list[Line]:
        codes = cutout.pixels[0, :, 0]
        places = (np.arange(len(codes)) + 0.5) / len(codes)
        return [
            tuple(Character(chr(c), p, 1.0) for c, p in zip(codes, places, strict=True) if c)
            for _ in lines
        ]


def written(text: str, region: str, person: str | None = None) -> PlateCutout:
    """What `TextReader` reads as a text; blanks are not read."""
    codes = [0 if char == " " else ord(char) for char in text]
    pixels = np.repeat(np.array(codes, np.uint8)[None, :, None], 3, axis=2)
    return PlateCutout(region, person or region, "a.png", pixels, PlateRegion(0, 0, 90, 20))


TEXTS = ("ABC123", "ABD124", "XYZ789", "KLM456")


def known() -> KnownPlates:
    return KnownPlates.of([written(text, text) for text in TEXTS], TextReader())


def test_what_is_read_is_counted_by_place():
    pictures = [
        written("ABC123", "ABC123"),  # all
        written("A    4", "ABD124"),  # two of six
        written("ZYX987", "XYZ789"),  # two of six at their places: Y and 8
        written("      ", "KLM456"),
    ]
    success = known().success(pictures)
    values = {name: rate.value for name, rate in success.rates.items()}
    assert values == pytest.approx({
        "read_whole": 1 / 4,
        "characters": (6 + 2 + 2) / 24,
        "any_character": 3 / 4,
        "singled_out": 3 / 4,
        "outside_of_quad": 2 / 4,  # the first and the last character stand there
    })  # fmt: skip
    assert all(rate.n == 4 for rate in success.rates.values())
    assert success.candidates is not None
    assert (success.candidates.plates, success.candidates.fewest) == (3, 1)
    assert success.candidates.of == 4
    exposed = success.most_exposed[0]
    assert (exposed.region, exposed.score, exposed.found) == ("ABC123", 1.0, True)


def test_plates_that_fit_what_is_read_are_candidates():
    success = known().success([written("AB  2 ", text) for text in ("ABC123", "ABD124")])
    assert success.rates["any_character"].value == 1
    assert success.rates["singled_out"].value == 0
    assert success.candidates is not None
    assert (success.candidates.median, success.candidates.fewest) == (2, 2)
    assert success.left_out == {NO_PICTURE: 2}


def test_places_that_are_off_by_half_a_character_are_matched_in_order():
    assert known().success([written(" ABC123 ", "ABC123")]).rates["read_whole"].value == 1


def test_characters_that_look_alike_are_the_same():
    plates = KnownPlates.of([written("OI8S", "a")], TextReader())
    assert plates.success([written("018S", "a")]).rates["read_whole"].value == 1


def test_chance_is_what_characters_of_others_give():
    """Plates that are replaced by random others succeed as often as chance says."""
    rng = np.random.default_rng(0)

    def text() -> str:
        return "".join(rng.choice(list("ABCDE"), 3)) + "".join(rng.choice(list("012"), 3))

    plates = KnownPlates.of([written(text(), str(i)) for i in range(600)], TextReader())
    success = plates.success([written(text(), str(i)) for i in range(600)])
    for measure in ("characters", "any_character"):
        rate = success.rates[measure]
        assert rate.low < rate.chance < rate.high
    assert success.rates["any_character"].value == pytest.approx(1 - (4 / 5 * 2 / 3) ** 3, abs=0.05)
    assert success.rates["characters"].value == pytest.approx((1 / 5 + 1 / 3) / 2, abs=0.03)
    nothing = plates.success([written("      ", str(i)) for i in range(600)])
    assert {rate.value for rate in nothing.rates.values()} == {0}
    assert nothing.rates["any_character"].chance == 0
    assert nothing.candidates is None


def test_one_character_that_is_left_in_a_tenth_of_the_plates_is_found():
    rng = np.random.default_rng(1)
    texts = ["".join(rng.choice(list("ABCDEFGH"), 6)) for _ in range(300)]
    plates = KnownPlates.of([written(t, str(i)) for i, t in enumerate(texts)], TextReader())
    left = [f"     {t[-1]}" if i % 10 == 0 else "      " for i, t in enumerate(texts)]
    rate = plates.success([written(t, str(i)) for i, t in enumerate(left)]).rates["any_character"]
    assert rate.value == 0.1
    assert rate.chance == pytest.approx(0.1 / 8, rel=0.2)
    assert rate.low > rate.chance


@pytest.mark.parametrize("look", ["plain", "dark ground", "red ink, turned", "yellow"])
def test_drawn_plates_are_read(ocr, look):
    original = plate(("BK HE 728",), look=LOOKS[look])
    plates = KnownPlates.of([original], ocr)
    assert [one.text for one in plates.plates] == ["BKHE728"]
    for other in (original, replace(plate(("BK HE 728",), 150, LOOKS[look], seed=3), region="b")):
        assert plates.success([other]).rates["read_whole"].value == 1
    rates = plates.success([changed(original, -0.3, 1.3)]).rates
    assert rates["any_character"].value == 0


def test_a_plate_with_two_lines_is_read(ocr):
    two = plate(("BK", "HE 728"), 120)
    plates = KnownPlates.of([two, plate(("M AB 1234",))], ocr)
    assert [one.text for one in plates.plates] == ["BKHE728", "MAB1234"]
    assert [len(one.lines) for one in plates.plates] == [2, 1]


def test_a_character_outside_of_the_quad_is_read(ocr):
    """A quad that ends before the last character; what it covers is black."""
    original = plate(("BK HE 728",))
    (a, b, c, d) = np.array(original.place.quad)
    short = [a, a + 0.87 * (b - a), d + 0.87 * (c - d), d]
    place = replace(original.place, x1=short[1][0], quad=tuple(map(tuple, short)))
    original = replace(original, place=place)
    plates = KnownPlates.of([original], ocr)
    assert [one.text for one in plates.plates] == ["BKHE728"]
    assert plates.plates[0].outside.tolist() == [False] * 6 + [True]
    rates = plates.success([changed(original, 0, 1)]).rates
    assert rates["outside_of_quad"].value == 1
    assert rates["characters"].value == pytest.approx(1 / 7)


def test_other_plates_at_the_same_places_are_not_mistaken_for_the_originals(ocr):
    rng = np.random.default_rng(4)
    originals = [plate(invented(rng), 140) for _ in range(4)]
    plates = KnownPlates.of(originals, ocr)
    assert len(plates.plates) == 4
    others = [
        replace(plate(invented(rng)), region=one.region, person=one.person) for one in originals
    ]
    rates = plates.success(others).rates
    assert rates["read_whole"].value == 0
    assert rates["singled_out"].low < rates["singled_out"].chance


def test_what_cannot_be_read_is_left_out_and_counted(ocr):
    grey = np.full((60, 300, 3), 128, np.uint8)
    places = {
        "even": (grey, PlateRegion(50, 15, 250, 45)),
        "small": (grey, PlateRegion(50, 15, 90, 25)),
        "one pixel": (grey[:1, :1], PlateRegion(0, 0, 1, 1)),
        "beyond the window": (grey, PlateRegion(280, 50, 400, 90)),
        "outside": (grey, PlateRegion(400, 100, 500, 130)),
        "crossed corners": (
            grey,
            PlateRegion(50, 15, 250, 45, ((50, 15), (250, 45), (250, 15), (50, 45))),
        ),
        "a line": (grey, PlateRegion(50, 30, 250, 30)),
        "long": (grey, PlateRegion(0, 28, 300, 31)),
    }
    cutouts = [PlateCutout(n, n, "a.png", *one) for n, one in places.items()]
    plates = KnownPlates.of(cutouts, ocr)
    assert not plates.plates
    assert plates.left_out == {UNREADABLE: 4, TOO_SMALL: 4}
    success = plates.success(cutouts)
    assert success.rates == {}
    assert success.left_out == plates.left_out


def test_without_the_ocr_it_says_so(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(NotPossibleError, match="rapidocr_onnxruntime is not installed"):
        OcrReader()
