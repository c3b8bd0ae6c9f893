"""Intervals of shares against values from the literature and another implementation."""

import pytest
from identity_attacks.intervals import clopper_pearson, wilson
from scipy.stats import binomtest


@pytest.mark.parametrize(("successes", "n"), [(0, 10), (3, 145), (145, 145), (29, 263)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_as_scipy_computes_them(successes, n, level):
    for ours, name in ((wilson, "wilson"), (clopper_pearson, "exact")):
        interval = ours(successes, n, level)
        theirs = binomtest(successes, n).proportion_ci(level, method=name)
        assert (interval.low, interval.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_rule_of_three():
    assert clopper_pearson(0, 1000, 0.9).high == pytest.approx(3 / 1000, rel=0.01)


def test_nothing_is_known_without_trials():
    for interval in (wilson(0, 0), clopper_pearson(0, 0)):
        assert (interval.low, interval.high) == (0, 1)
