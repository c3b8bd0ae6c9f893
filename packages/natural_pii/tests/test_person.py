"""Who is drawn: how people range, and what of the old picture they do not contradict."""

import numpy as np
import pytest
from face_pictures import HEAD, SKIN, box, crown, curtains, picture
from natural_pii.faces.estimate import skin_of
from natural_pii.faces.identity import Mouth, draw_identity
from natural_pii.faces.pose import pose_of
from natural_pii.faces.surroundings import Surroundings, surroundings_of

POSE = pose_of(HEAD)


def people(count: int = 400, seen: Surroundings | None = None):
    return [draw_identity(np.random.default_rng(seed), seen) for seed in range(count)]


def seen_in(*shapes) -> Surroundings:
    image = picture(*shapes)
    return surroundings_of(image, POSE, skin_of(image, POSE))


def test_short_dark_hair_is_neither_long_nor_grey():
    seen = seen_in(*crown((60, 40, 30)))
    assert not seen.long_hair
    assert not seen.grey


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


@pytest.mark.parametrize(("lips", "red"), [((190, 70, 80), True), ((180, 125, 110), False)])
def test_red_lips_are_seen_and_make_most_people_women(lips, red):
    seen = seen_in(*crown((60, 40, 30)), (lips, box(-0.7, 2.0, 0.7, 2.55)))
    assert seen.red_lips == red
    assert (np.mean([who.feminine > 0.5 for who in people(seen=seen)]) > 0.7) == red


def test_a_beard_a_laugh_and_glasses_do_not_decide_who_is_drawn():
    bare = seen_in(*crown((60, 40, 30)))
    dark, white = (52, 38, 32), (215, 208, 200)
    for shape in (
        (dark, box(-1.5, 1.6, 1.5, 3.4)),
        (white, box(-0.7, 2.05, 0.7, 2.5)),
        (dark, box(-0.4, -0.12, 0.4, 0.02)),
    ):
        seen = seen_in(*crown((60, 40, 30)), shape)
        assert (seen.grey, seen.long_hair) == (bare.grey, bare.long_hair)
        np.testing.assert_allclose(seen.hair, bare.hair, rtol=0.05)
    mouths = [who.mouth for who in people()]
    assert [round(mouths.count(mouth) / len(mouths), 1) for mouth in Mouth] == [0.6, 0.3, 0.1]


def test_the_same_seed_is_the_same_person_in_other_surroundings():
    first = draw_identity(np.random.default_rng(5))
    hair = (0.2, 0.1, 0.05)
    other = draw_identity(np.random.default_rng(5), Surroundings(hair=hair, long_hair=True))
    assert other.hair == hair
    assert {name for name, value in vars(other).items() if value == vars(first)[name]} > {
        "eye_long", "nose_width", "mouth", "gaze", "seed",
    }  # fmt: skip


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
