"""Intervals of shares against values from the literature and another implementation."""

import math

import numpy as np
import pytest
from identity_attacks.intervals import (
    chapman,
    clopper_pearson,
    independent_people,
    rate_over_people,
)
from scipy.stats import binomtest, hypergeom


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (3, 145), (145, 145), (29, 263)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_as_scipy_computes_them(successes, n, level):
    interval = clopper_pearson(successes, n, level)
    theirs = binomtest(successes, n).proportion_ci(level, method="exact")
    assert (interval.low, interval.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_rule_of_three():
    assert clopper_pearson(0, 1000, 0.9).high == pytest.approx(3 / 1000, rel=0.01)


def test_nothing_is_known_without_trials():
    interval = clopper_pearson(0, 0)
    assert (interval.low, interval.high) == (0, 1)


def test_pictures_of_one_person_are_one_trial():
    assert independent_people(["a", "b", "c"]) == pytest.approx(3)
    assert independent_people(["a", "a", "b", "b"]) == pytest.approx(2)
    assert independent_people(["a", "a", "a", "b"]) == pytest.approx(16 / 10)
    rate = rate_over_people([1, 1, 1, 0, 0, 0], list("aaabbb"), 0.1)
    assert (rate.value, rate.n, rate.independent) == (0.5, 6, 2)
    alone = clopper_pearson(1, 2)
    assert (rate.low, rate.high) == (alone.low, alone.high)


def test_outcomes_that_fit_nobody():
    with pytest.raises(ValueError, match="for 1 trials"):
        rate_over_people([1, 0], ["a"], 0.1)
    with pytest.raises(ValueError, match="for 0 trials"):
        rate_over_people([], [], 0.1)


@pytest.mark.parametrize(
    ("people", "pictures", "share"), [(20, 1, 0.1), (50, 8, 0.3), (500, 3, 0.02)]
)
def test_the_interval_holds_its_level_for_pictures_that_are_all_alike(people, pictures, share):
    """The worst case: a person is found on all pictures or on none."""
    rng = np.random.default_rng(0)
    who = np.repeat(np.arange(people), pictures)
    covered = 0
    for _ in range(400):
        found = np.repeat(rng.random(people) < share, pictures)
        rate = rate_over_people(found, who, 0.0)
        covered += rate.low <= share <= rate.high
    assert covered >= 0.93 * 400


@pytest.mark.parametrize(("first", "second", "both"), [(20, 15, 10), (9, 9, 9), (5, 40, 4)])
def test_totals_that_an_exact_test_does_not_refute(first, second, both):
    total = chapman(first, second, both)
    assert total.value == pytest.approx((first + 1) * (second + 1) / (both + 1) - 1)
    kept = [
        n
        for n in range(first + second - both, 1000)
        if hypergeom.cdf(both, n, first, second) > 0.025
        and hypergeom.sf(both - 1, n, first, second) > 0.025
    ]
    assert (total.low, total.high) == (kept[0], kept[-1])


def test_totals_without_a_second_find():
    nothing = chapman(0, 0, 0)
    assert (nothing.value, nothing.low, nothing.high) == (0, 0, math.inf)
    apart = chapman(3, 4, 0)
    assert (apart.value, apart.high) == (19, math.inf)
    assert apart.low >= 7
    with pytest.raises(ValueError, match="6 found by both"):
        chapman(5, 7, 6)


@pytest.mark.parametrize("recalls", [(0.93, 0.7), (0.6, 0.5)])
def test_totals_hold_their_level(recalls):
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(300):
        one, two = (rng.random(145) < recall for recall in recalls)
        total = chapman(one.sum(), two.sum(), (one & two).sum())
        covered += total.low <= 145 <= total.high
    assert covered >= 0.93 * 300


def test_searches_that_find_the_same_things_hide_what_they_miss():
    """Recalls of 0.93 and 0.7, but a fifth is hard to find for both."""
    rng = np.random.default_rng(2)
    hard = rng.random(20000) < 0.2
    one = rng.random(hard.size) < np.where(hard, 0.73, 0.98)
    two = rng.random(hard.size) < np.where(hard, 0.3, 0.8)
    total = chapman(one.sum(), two.sum(), (one & two).sum())
    expected = 0.93 * 0.7 / (0.8 * 0.98 * 0.8 + 0.2 * 0.73 * 0.3)  # 0.971
    assert total.value / hard.size == pytest.approx(expected, abs=0.005)
    assert total.high < hard.size
