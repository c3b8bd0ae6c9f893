"""The trained attacker: finds a leak of known size, and nothing where nothing leaks."""

from dataclasses import replace

import numpy as np
import pytest
from identity_attacks.cutouts import FaceCutout
from identity_attacks.evidence import Evidence, NotPossibleError
from identity_attacks.learned import face_inputs, predict_halves, trained_attacker
from pii_measures import FaceRegion
from told_vectors import ToldVectors

DIMENSIONS = 16


def face(region: str, person: str) -> FaceCutout:
    """A face of one colour: its pixels tell nothing."""
    pixels = np.full((12, 12, 3), 128, np.uint8)
    return FaceCutout(region, person, f"{region}.png", pixels, FaceRegion(4, 4, 8, 8))


def attack(known: np.ndarray, treated: np.ndarray, alike: np.ndarray | None = None):
    """The success on treated vectors (n, d) of n people, one original each."""
    people = [str(number) for number in range(len(known))]
    table = {f"old {one}": row for one, row in zip(people, known, strict=True)}
    table |= {f"new {one}": row for one, row in zip(people, treated, strict=True)}
    if alike is not None:
        table |= {f"own {one}": row for one, row in zip(people, alike, strict=True)}
    originals = Evidence([face(f"old {one}", one) for one in people])
    variant = Evidence(
        [face(f"new {one}", one) for one in people],
        [] if alike is None else [face(f"own {one}", one) for one in people],
    )
    return trained_attacker(originals, variant, ToldVectors(table))


def test_linear_leak_is_found():
    """A recogniser would find nobody: the treatment turns the vectors into other directions."""
    rng = np.random.default_rng(0)
    known = rng.normal(size=(200, DIMENSIONS))
    turn = np.linalg.qr(rng.normal(size=(DIMENSIONS, DIMENSIONS)))[0]
    success = attack(known, known @ turn + 0.1 * rng.normal(size=known.shape))
    assert success.rates["rank_1"].value > 0.98
    assert success.rates["rank_1"].n == 200
    assert success.rates["rank_1"].chance == pytest.approx(1 / 100)  # of its own half
    assert not success.left_out


def test_nothing_is_found_where_nothing_leaks():
    rng = np.random.default_rng(1)
    known = rng.normal(size=(400, DIMENSIONS))
    success = attack(known, rng.normal(size=known.shape))
    for measure in ("rank_1", "tar_at_far_0.01", "auc"):
        rate = success.rates[measure]
        assert rate.low <= rate.chance <= rate.high


def test_equal_faces_give_chance():
    rng = np.random.default_rng(2)
    known = rng.normal(size=(60, DIMENSIONS))
    rates = attack(known, np.zeros_like(known)).rates
    assert rates["rank_1"].value == pytest.approx(1 / 30, abs=0.02)
    assert rates["auc"].value == pytest.approx(0.5, abs=0.05)


def test_own_pictures_are_learned_from():
    rng = np.random.default_rng(3)
    known = rng.normal(size=(40, DIMENSIONS))
    turn = rng.normal(size=(DIMENSIONS, DIMENSIONS))
    noisy = [known @ turn + rng.normal(0, 2, known.shape) for _ in range(2)]
    alone, more = attack(known, noisy[0]), attack(known, *noisy)
    assert more.rates["auc"].value > alone.rates["auc"].value
    assert more.rates["rank_1"].n == 40


def test_people_are_in_one_half_only():
    rng = np.random.default_rng(4)
    people = [str(number // 3) for number in range(90)]
    inputs, targets = rng.normal(size=(90, 5)), rng.normal(size=(90, 2))
    predicted, half = predict_halves(inputs, targets, people)
    assert np.isfinite(predicted).all()
    assert all(len(set(half[start : start + 3])) == 1 for start in range(0, 90, 3))
    assert half.sum() == 45
    for test in (0, 1):  # what one half shows has no effect on what is learned for it
        changed = np.where((half == test)[:, None], 1e3 * rng.normal(size=(90, 2)), targets)
        other, _ = predict_halves(inputs, changed, people)
        assert (other[half == test] == predicted[half == test]).all()
        assert (other[half != test] != predicted[half != test]).any()


def test_faces_without_a_vector_are_counted():
    rng = np.random.default_rng(5)
    known = rng.normal(size=(50, DIMENSIONS))
    treated = known.copy()
    treated[:3] = np.nan
    known[7] = np.nan
    success = attack(known, treated)
    assert success.left_out == {"no vector": 3, "not in the gallery": 1}
    assert success.rates["rank_1"].n == 46


def test_too_few_people():
    rng = np.random.default_rng(6)
    known = rng.normal(size=(19, DIMENSIONS))
    with pytest.raises(NotPossibleError, match=r"19 people are too few .* it takes 20"):
        attack(known, known)
    nowhere = np.full((30, DIMENSIONS), np.nan)
    with pytest.raises(NotPossibleError, match="0 people"):
        attack(nowhere, nowhere)


def test_pixels_count_as_much_as_the_vector():
    rng = np.random.default_rng(7)
    faces = [
        replace(face(str(number), "a"), pixels=rng.integers(0, 256, (12, 12, 3), np.uint8))
        for number in range(30)
    ]
    inputs = face_inputs(faces, rng.normal(0, 100, (30, 4)))
    assert inputs.shape == (30, 4 + 32 * 32)
    assert inputs[:, :4].var(axis=0).sum() == pytest.approx(1)
    assert inputs[:, 4:].var(axis=0).sum() == pytest.approx(1)
