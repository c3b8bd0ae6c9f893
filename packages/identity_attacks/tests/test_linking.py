"""The same person in two treated pictures: pseudonyms are found, new faces are not."""

import numpy as np
import pytest
from identity_attacks.cutouts import FaceCutout
from identity_attacks.evidence import Evidence, NotPossibleError
from identity_attacks.linking import Linkage, linkage, linking
from identity_attacks.rates import Conclusion, Judgement
from pii_measures import FaceRegion
from told_vectors import ToldVectors


def link(frames: np.ndarray, pictures: np.ndarray):
    """The success on vectors (n, d) of n people in a frame and in a picture."""
    names = [str(number) for number in range(len(frames))]
    table = {}
    sides = []
    for side, vectors in (("frame", frames), ("picture", pictures)):
        table |= {f"{side} {one}": row for one, row in zip(names, vectors, strict=True)}
        sides.append([
            FaceCutout(f"{side} {one}", one, "f.png", np.zeros((8, 8, 3), np.uint8),
                       FaceRegion(2, 2, 6, 6))
            for one in names
        ])  # fmt: skip
    return linking(Evidence(*sides), ToldVectors(table))


def test_pseudonyms_are_linked_and_new_faces_are_not():
    rng = np.random.default_rng(0)
    new, another = rng.normal(size=(2, 150, 64))
    same = link(new, new + 0.1 * another).rates
    assert same["rank_1"].value == 1
    assert same["rank_1"].n == 300
    assert same["rank_1"].independent == 150
    assert same["rank_1"].chance == pytest.approx(1 / 299)
    for rate in link(new, another).rates.values():
        assert rate.low <= rate.chance <= rate.high


def test_the_most_exposed_are_regions_of_the_images():
    """An attacker's own pictures are nothing that anybody could look at."""
    new, another = np.random.default_rng(2).normal(size=(2, 5, 64))
    exposed = link(new, new + 0.1 * another).most_exposed
    assert {one.region.split()[0] for one in exposed} == {"frame"}


def test_frames_of_one_person_need_no_pictures():
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(60, 32))
    people = [str(number % 20) for number in range(60)]
    table = {str(n): vectors[n % 20] + 0.1 * vectors[n] for n in range(60)}
    pixels = np.zeros((8, 8, 3), np.uint8)
    faces = [
        FaceCutout(str(n), person, f"{n}.png", pixels, FaceRegion(2, 2, 6, 6))
        for n, person in enumerate(people)
    ]
    assert linking(Evidence(faces), ToldVectors(table)).rates["rank_1"].value == 1
    with pytest.raises(NotPossibleError, match="nobody is known to be in two pictures"):
        linking(Evidence(faces[:20]), ToldVectors(table))


LEAKS, CHANCE, UNDECIDED, FAILS = (
    Conclusion.LEAKS,
    Conclusion.CHANCE,
    Conclusion.UNDECIDED,
    Conclusion.FAILS,
)


@pytest.mark.parametrize(
    ("linked", "named", "meaning"),
    [
        (LEAKS, [CHANCE, LEAKS], Linkage.IDENTITY),
        (LEAKS, [CHANCE, CHANCE], Linkage.PSEUDONYM),
        (LEAKS, [CHANCE, UNDECIDED], Linkage.LINKED),
        (LEAKS, [FAILS], Linkage.LINKED),
        (LEAKS, [], Linkage.LINKED),
        (CHANCE, [LEAKS], Linkage.NOT_LINKED),
        (UNDECIDED, [CHANCE], Linkage.UNDECIDED),
        (FAILS, [CHANCE], Linkage.UNDECIDED),
    ],
)
def test_meaning(linked, named, meaning):
    judgements = [Judgement(conclusion, "rank_1") for conclusion in named]
    assert linkage(Judgement(linked, "rank_1"), judgements) is meaning
