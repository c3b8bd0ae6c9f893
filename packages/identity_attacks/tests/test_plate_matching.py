"""Plates that are found again without being read."""

import cv2
import numpy as np
import pytest
from identity_attacks.alterations import another_picture
from identity_attacks.cutouts import Cutout
from identity_attacks.evidence import Evidence
from identity_attacks.plate_matching import plate_matching, strips
from pii_measures import PlateRegion

PLACE = PlateRegion(40, 30, 140, 54, ((40, 30), (140, 30), (140, 54), (40, 54)))
N = 40


def plate(number: int) -> Cutout:
    pixels = np.full((84, 180, 3), 90, np.uint8)
    cv2.rectangle(pixels, (40, 30), (139, 53), (240, 240, 240), -1)
    text = "".join(np.random.default_rng(number).choice([*"ABCDEHKLMNPRSTXZ23456789"], 6))
    cv2.putText(pixels, text, (45, 50), cv2.FONT_HERSHEY_SIMPLEX, 0.75, (20, 20, 20), 2)
    return Cutout(f"{number}", f"{number}", f"{number}.png", pixels, PLACE)


PLATES = [plate(number) for number in range(N)]
PICTURES = [another_picture(one, np.random.default_rng(at)) for at, one in enumerate(PLATES)]


def treated(plates: list[Cutout], sigma: float) -> list[Cutout]:
    """Blurred in their boxes, as method blur does."""
    found = []
    for one in plates:
        pixels = one.pixels.copy()
        x0, y0 = max(round(one.place.x0), 0), max(round(one.place.y0), 0)
        box = np.s_[y0 : round(one.place.y1), x0 : round(one.place.x1)]
        pixels[box] = cv2.GaussianBlur(pixels, (0, 0), sigma)[box] if sigma else 0
        found.append(Cutout(one.region, one.person, one.image, pixels, one.place))
    return found


def rank_1(sigma: float) -> float:
    evidence = Evidence(treated(PLATES, sigma), treated(PICTURES, sigma))
    return plate_matching(evidence).rates["rank_1"].value


def test_plates_are_found_again():
    assert plate_matching(Evidence(PLATES, PICTURES)).rates["rank_1"].value > 0.5


def test_a_blur_that_nobody_can_read_through_leaks():
    assert rank_1(7.0) > 10 / N


def test_a_black_box_leaves_nothing_to_compare():
    assert not strips(treated(PLATES, 0)).any()
    found = plate_matching(Evidence(treated(PLATES, 0), treated(PLATES, 0)))
    assert found.rates["rank_1"].value == pytest.approx(1 / N)
    assert found.rates["auc"].value == 0.5


def test_a_plate_without_area_has_no_look():
    nothing = Cutout("0", "0", "0.png", PLATES[0].pixels, PlateRegion(5, 5, 5, 5))
    assert np.isnan(strips([nothing])).all()
