"""Recognition of originals, of what is hidden entirely, and of what an attacker treats alike."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from cell_networks import network
from identity_attacks.alterations import another_picture
from identity_attacks.cutouts import FaceCutout, without_landmarks
from identity_attacks.evidence import Evidence
from identity_attacks.recognition import informed_recognition, recognition
from identity_attacks.recognizers import ArcFace
from pii_measures import FaceRegion

PEOPLE = 40
LANDMARKS = ((55.0, 60.0), (85.0, 60.0), (70.0, 77.0), (58.0, 92.0), (82.0, 92.0))


def faces() -> list[FaceCutout]:
    """Faces of random colours, which are as alike as those of people."""
    rng = np.random.default_rng(0)
    place = FaceRegion(40, 35, 100, 110, LANDMARKS)
    common = rng.uniform(0, 255, (6, 6, 3))
    made = []
    for number in range(PEOPLE):
        own = np.clip(0.4 * common + 0.6 * rng.uniform(0, 255, (6, 6, 3)), 0, 255)
        pixels = cv2.resize(own.astype(np.uint8), (140, 140), interpolation=cv2.INTER_CUBIC)
        made.append(FaceCutout(f"face {number}", str(number), "f.png", pixels, place))
    return made


def others(originals: list[FaceCutout]) -> list[FaceCutout]:
    rng = np.random.default_rng(1)
    return [replace(another_picture(one, rng), region=f"own {one.region}") for one in originals]


def covered(cutout: FaceCutout) -> FaceCutout:
    return without_landmarks(replace(cutout, pixels=np.zeros_like(cutout.pixels)))


def coded(cutout: FaceCutout) -> FaceCutout:
    """A method that changes every pixel, and hides nobody from who knows it."""
    turned = 255 - np.roll(cutout.pixels, 1, axis=2)
    return without_landmarks(replace(cutout, pixels=turned))


@pytest.fixture(scope="module")
def recognizer() -> ArcFace:
    return ArcFace(network(cell=16, shape=("n", 3, 112, 112)))


def test_originals_are_recognised_by_other_pictures(recognizer):
    originals = faces()
    success = recognition(Evidence(originals), Evidence(others(originals)), recognizer)
    assert success.rates["rank_1"].value > 0.7
    assert success.rates["rank_1"].chance == pytest.approx(1 / PEOPLE)
    assert success.rates["auc"].value > 0.9
    assert success.most_exposed[0].region.startswith("own face")


def test_each_face_is_computed_once(recognizer):
    seen = []

    class Counting:
        name = "counting"

        def vectors(self, cutouts):
            seen.extend(cutout.region for cutout in cutouts)
            return recognizer.vectors(cutouts)

    originals = faces()
    untreated = Evidence(originals, others(originals))
    exchanged, counting = untreated.exchanged(), Counting()
    for _ in range(2):
        known = untreated.frame_vectors(counting)
        assert np.array_equal(exchanged.picture_vectors(counting), known)
        theirs = exchanged.frame_vectors(counting)
        assert np.array_equal(untreated.picture_vectors(counting), theirs)
    assert sorted(seen) == sorted(one.region for one in (*originals, *untreated.pictures))
    assert not np.array_equal(known, theirs)


def test_covered_faces_are_recognised_by_chance_alone(recognizer):
    originals = faces()
    variant = Evidence(
        [covered(one) for one in originals], [covered(one) for one in others(originals)]
    )
    for success in (
        recognition(Evidence(originals), variant, recognizer),
        informed_recognition(variant, recognizer),
    ):
        for rate in success.rates.values():
            assert rate.low <= rate.chance <= rate.high


def test_who_treats_pictures_alike_recognises_more(recognizer):
    originals = faces()
    variant = Evidence([coded(one) for one in originals], [coded(one) for one in others(originals)])
    known = recognition(Evidence(originals), variant, recognizer)
    informed = informed_recognition(variant, recognizer)
    assert known.rates["rank_1"].high < 0.3
    assert informed.rates["rank_1"].low > 0.5


def test_faces_without_a_vector_are_left_out_and_counted(recognizer):
    originals = faces()
    seen = others(originals)
    seen[3] = replace(seen[3], place=replace(seen[3].place, x1=seen[3].place.x0))
    success = recognition(Evidence(originals), Evidence(seen), recognizer)
    assert success.rates["rank_1"].n == PEOPLE - 1
    assert success.left_out == {"no vector": 1}


def test_the_pose_of_a_covered_face_is_not_told(recognizer):
    """Landmarks of the originals would turn each black box by the pose behind it."""
    rng = np.random.default_rng(2)
    originals = []
    for one in faces():
        points = np.array(LANDMARKS) + rng.normal(0, 6, (5, 2))
        place = replace(one.place, landmarks=tuple(map(tuple, points.tolist())))
        originals.append(replace(one, place=place))

    def boxed(cutout: FaceCutout) -> FaceCutout:
        pixels, place = cutout.pixels.copy(), cutout.place
        x0, y0, x1, y1 = (round(side) for side in (place.x0, place.y0, place.x1, place.y1))
        pixels[max(y0, 0) : y1, max(x0, 0) : x1] = 0
        return replace(cutout, pixels=pixels)

    plain = [replace(one, pixels=np.full_like(one.pixels, 200)) for one in originals]
    seen = [boxed(one) for one in plain]
    told = informed_recognition(Evidence(seen, seen), recognizer)
    hidden = [without_landmarks(one) for one in seen]
    untold = informed_recognition(Evidence(hidden, hidden), recognizer)
    assert told.rates["rank_1"].value > 0.9
    assert untold.rates["rank_1"].value == pytest.approx(1 / PEOPLE)
