"""Shares and bounds of small samples, whose values are known; benchmarks/review.py has more."""

import pytest
from region_review.answers import Answers, MissedRegion
from region_review.bounds import BoundedShare, clopper_pearson_upper, numbers_of
from small_sample import sample_of

NOBODY = BoundedShare(None, None)


def missed_in(*tiles: str, width: float = 30) -> tuple[MissedRegion, ...]:
    return tuple(
        MissedRegion(tile, "a.png", "face", (number, 0, number + width, 30))
        for number, tile in enumerate(tiles)
    )


@pytest.mark.parametrize(
    ("successes", "n", "upper"),
    [(0, 59, 0.04951), (0, 1, 0.95), (1, 20, 0.21611), (10, 10, 1.0), (0, 0, 1.0)],
)
def test_the_upper_limit_of_a_share(successes, n, upper):
    """Of 0 in n, it is 1 - 0.05^(1/n); of 1 in 20, P(X <= 1) is 0.05 there."""
    assert clopper_pearson_upper(successes, n, 0.05) == pytest.approx(upper, abs=1e-5)
    if successes == 0 and n:
        assert clopper_pearson_upper(successes, n, 0.05) == pytest.approx(1 - 0.05 ** (1 / n))


def test_a_limit_at_an_effective_number_lies_between_its_neighbours():
    low, between, high = (clopper_pearson_upper(0, n, 0.05) for n in (3, 2.5, 2))
    assert low < between < high


def test_without_a_found_region_only_tiles_have_a_bound():
    sample = sample_of({"no_region": 1000}, {"no_region": [0] * 59}, {})
    numbers = numbers_of(sample, Answers())["face"]
    (stratum,) = numbers.strata
    assert stratum.tiles_with_missed_share.value == 0
    assert stratum.tiles_with_missed_share.upper == pytest.approx(0.04951, abs=1e-5)
    assert numbers.missed_share == numbers.wrong_share == NOBODY


def test_missed_of_a_stratum_is_weighted_by_its_tiles():
    """2 missed in 50 of 1000 tiles are 40; 30 confirmed in 20 of 100 tiles are 150."""
    sample = sample_of(
        {"no_region": 1000, "20_to_40": 100},
        {"no_region": [0] * 50, "20_to_40": [1] * 10 + [2] * 10},
        {"20_to_40": 160},
    )
    answers = Answers(missed=missed_in("no_region-1", "no_region-2"))
    numbers = numbers_of(sample, answers)["face"]
    assert (numbers.judged, numbers.confirmed, numbers.missed) == (30, 30, 2)
    assert numbers.missed_estimated == 40
    assert numbers.missed_share.value == pytest.approx(40 / 190)
    # Three bounds share 5 %: tiles with a missed face in both strata, and wrong finds in one.
    error = 0.05 / 3
    most = 1000 * clopper_pearson_upper(2, 50, error) + 100 * clopper_pearson_upper(0, 20, error)
    fewest = 160 * (1 - clopper_pearson_upper(0, 30**2 / 50, error))
    assert numbers.missed_share.upper == pytest.approx(most / (most + fewest))
    assert numbers.wrong_share == BoundedShare(0, pytest.approx(clopper_pearson_upper(0, 18, 0.05)))


def test_several_missed_in_a_tile_count_each():
    sample = sample_of({"no_region": 100}, {"no_region": [0] * 10}, {})
    answers = Answers(missed=missed_in("no_region-1", "no_region-1", "no_region-1", "no_region-2"))
    numbers = numbers_of(sample, answers)["face"]
    (stratum,) = numbers.strata
    assert (stratum.missed, stratum.tiles_with_missed) == (4, 2)
    assert stratum.tiles_with_missed_share.value == 0.2
    assert numbers.missed_estimated == 40
    assert numbers.missed_share == BoundedShare(1.0, 1.0)


def test_wrong_finds_of_one_tile_count_as_one_observation():
    """Ten faces in one tile of the sample of two, all wrong: n is (10+1)²/(100+1), not 11."""
    sample = sample_of({"20_to_40": 50}, {"20_to_40": [10, 1]}, {"20_to_40": 300})
    wrong = frozenset(f"20_to_40-0-{number}" for number in range(10))
    numbers = numbers_of(sample, Answers(wrong))["face"]
    effective = 121 / 101
    upper = clopper_pearson_upper(10 / 11 * effective, effective, 0.05)
    assert numbers.wrong_share.value == pytest.approx(10 / 11)
    assert numbers.wrong_share.upper == pytest.approx(upper)


def test_a_complete_review_has_no_error():
    sample = sample_of(
        {"no_region": 2, "20_to_40": 2}, {"no_region": [0, 0], "20_to_40": [2, 2]}, {"20_to_40": 4}
    )
    answers = Answers(frozenset({"20_to_40-0-1"}), missed_in("no_region-0"))
    numbers = numbers_of(sample, answers)["face"]
    assert numbers.wrong_share == BoundedShare(0.25, 0.25)
    assert numbers.missed_share == BoundedShare(0.25, 0.25)
    assert numbers_of(sample, answers)["license_plate"].missed_share == NOBODY


def test_what_was_found_and_not_sampled_may_all_be_wrong():
    sample = sample_of(
        {"no_region": 9, "80_and_more": 9},
        {"no_region": [0], "80_and_more": []},
        {"80_and_more": 9},
    )
    numbers = numbers_of(sample, Answers())["face"]
    assert numbers.wrong_share == BoundedShare(None, 1.0)
    assert numbers.missed_share == BoundedShare(None, 1.0)


def test_numbers_by_the_width_of_each_region():
    sample = sample_of(
        {"no_region": 30, "20_to_40": 10},
        {"no_region": [0] * 10, "20_to_40": [1] * 5},
        {"20_to_40": 12},
    )
    answers = Answers(
        frozenset({"20_to_40-4-0"}),
        missed_in("no_region-1", "20_to_40-0") + missed_in("no_region-2", width=12),
    )
    under_20, middle, *others = numbers_of(sample, answers)["face"].sizes
    assert (under_20.confirmed, under_20.wrong, under_20.missed) == (0, 0, 1)
    assert under_20.missed_share == 1
    assert (middle.confirmed, middle.wrong, middle.missed) == (4, 1, 2)
    # A tile without regions stands for 3 tiles, one with a region for 2.
    assert middle.missed_share == pytest.approx((3 + 2) / (3 + 2 + 4 * 2))
    assert [one.missed_share for one in others] == [None, None]
