"""Who is drawn: how people range, and what of the old picture they do not contradict."""

from dataclasses import replace

import numpy as np
import pytest
from face_pictures import HEAD, SKIN, box, crown, curtains, picture
from natural_pii.faces.estimate import skin_of
from natural_pii.faces.identity import draw_identity
from natural_pii.faces.pose import pose_of
from natural_pii.faces.surroundings import Beard, Mouth, Surroundings, surroundings_of

POSE = pose_of(HEAD)


def people(count: int = 400, seen: Surroundings | None = None):
    return [draw_identity(np.random.default_rng(seed), seen) for seed in range(count)]


def seen_in(*shapes) -> Surroundings:
    image = picture(*shapes)
    return surroundings_of(image, POSE, skin_of(image, POSE))


def test_a_bare_face_has_no_beard_no_glasses_and_a_closed_mouth():
    seen = seen_in(*crown((60, 40, 30)))
    assert (seen.beard, seen.glasses, seen.mouth) == (Beard.NONE, False, Mouth.CLOSED)
    assert not seen.long_hair
    assert not seen.grey


def test_a_bare_chin_never_gets_a_beard():
    for seen in (Surroundings(), Surroundings(long_hair=True), Surroundings(grey=True)):
        assert all(not any(who.beard) for who in people(seen=seen))


@pytest.mark.parametrize("colour", [(30, 22, 18), (110, 72, 45), (190, 160, 110)])
def test_hair_has_its_colour_and_brows_follow_it(colour):
    seen = seen_in(*crown(colour))
    found = np.array(seen.hair) ** (1 / 2.2) * 255
    np.testing.assert_allclose(found, colour, atol=14)
    assert all(who.hair == seen.hair for who in people(20, seen))


def test_a_sky_or_a_bald_head_is_no_hair():
    assert seen_in(*crown((120, 170, 230))).hair is None
    assert seen_in(*crown(SKIN)).hair is None


def test_white_hair_makes_people_old():
    seen = seen_in(*crown((190, 188, 184)))
    assert seen.grey
    assert min(who.age for who in people(seen=seen)) >= 50
    assert np.median([who.age for who in people()]) < 45


def test_hair_beside_the_lower_face_is_long_and_makes_most_people_women():
    brown = (80, 52, 38)
    seen = seen_in(*crown(brown), *curtains(brown))
    assert seen.long_hair
    women = np.mean([who.feminine > 0.5 for who in people(seen=seen)])
    men = np.mean([who.feminine > 0.5 for who in people()])
    assert women > 0.7
    assert men < 0.4


def test_a_beard_is_seen_and_goes_on_in_its_own_colour():
    dark = (52, 38, 32)
    full = seen_in((dark, box(-1.5, 1.6, 1.5, 3.4)), ((165, 85, 80), box(-0.5, 2.1, 0.5, 2.4)))
    lip = seen_in((dark, box(-0.7, 1.55, 0.7, 2.0)))
    assert (full.beard, lip.beard) == (Beard.FULL, Beard.MOUSTACHE)
    np.testing.assert_allclose(np.array(full.beard_colour) ** (1 / 2.2) * 255, dark, atol=14)
    for who in people(50, full):
        assert min(who.beard) > 0.5
        assert who.beard_colour == full.beard_colour
        assert who.feminine < 0.5
    for who in people(50, lip):
        assert who.beard[0] > 0.5
        assert who.beard[1:] == (0.0, 0.0)


def test_a_laughing_mouth_laughs_on():
    lips, white = (165, 85, 80), (215, 208, 200)
    teeth = seen_in((lips, box(-0.9, 1.95, 0.9, 2.65)), (white, box(-0.7, 2.05, 0.7, 2.5)))
    wide = seen_in((lips, box(-0.9, 1.9, 0.9, 2.85)), (white, box(-0.7, 2.0, 0.7, 2.3)),
                   ((40, 18, 16), box(-0.6, 2.3, 0.6, 2.42)))  # fmt: skip
    assert (teeth.mouth, wide.mouth) == (Mouth.TEETH, Mouth.OPEN)
    assert all(who.mouth is Mouth.TEETH and who.smile >= 0.5 for who in people(50, teeth))


def test_glasses_with_clear_rims_stay_glasses():
    rims = [
        ((25, 22, 22), box(side - w, v0, side + w, v1))
        for side in (-1, 1)
        for v0, v1, w in ((-0.5, -0.36, 0.7), (0.45, 0.6, 0.7))
    ]
    bridge = ((25, 22, 22), box(-0.4, -0.12, 0.4, 0.02))
    seen = seen_in(*rims, bridge)
    assert seen.glasses
    assert all(who.glasses for who in people(20, seen))
    assert not any(who.glasses for who in people(20))


def test_the_same_seed_is_the_same_person_in_other_surroundings():
    first = draw_identity(np.random.default_rng(5))
    other = draw_identity(np.random.default_rng(5), Surroundings(glasses=True, mouth=Mouth.TEETH))
    assert other.glasses
    kept = replace(other, glasses=None, mouth=first.mouth, smile=first.smile)
    assert kept == first


def test_measures_range_as_those_of_people_do():
    """Widths in mm, at 31.5 mm a unit; see the sources in `identity`."""
    everybody = people(2000)
    for values, low, high in (
        ([2 * (0.36 * who.nose_width + 0.18) * 31.5 for who in everybody], 27, 45),
        ([2 * who.mouth_width * 31.5 for who in everybody], 42, 64),
        ([2 * who.eye_long * 31.5 for who in everybody], 24, 36),
        ([who.eye_open * 31.5 for who in everybody], 3.5, 14),
    ):
        middle = np.percentile(values, (5, 95))
        assert low < middle[0] < middle[1] < high
    for name, least in (
        ("nose_width", 0.14), ("nose_length", 0.1), ("mouth_down", 0.1), ("brow_height", 0.07),
        ("brow_thickness", 0.03), ("eye_open", 0.05), ("lip_upper", 0.05), ("smile", 0.4),
    ):  # fmt: skip
        assert np.std([getattr(who, name) for who in everybody]) > least


def test_a_mouth_keeps_its_distance_from_the_nose():
    assert all(2.2 + who.mouth_down - who.nose_tip > 0.83 for who in people(1000))
