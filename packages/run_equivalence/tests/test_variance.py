"""Sources of the variance of a difference."""

import math

import numpy as np
import pytest
from run_equivalence.variance import DifferenceVariance, gain_of_a_run, group_components
from run_equivalence.welch import Difference, SampleStatistics
from scipy import stats

GROUPS = ([0.31, 0.30, 0.32], [0.34, 0.33], [0.29, 0.30, 0.31, 0.30])


def test_components_are_those_of_an_analysis_of_variance():
    found = group_components(GROUPS)
    assert found is not None
    f, _ = stats.f_oneway(*GROUPS)
    # Mean squares between and within: their ratio is F, their expectation has both components.
    assert (found.sizes * found.between + found.within) / found.within == pytest.approx(f)
    assert found.sizes == pytest.approx((9 - (9 + 4 + 16) / 9) / 2)
    pooled = sum((len(of) - 1) * np.var(of, ddof=1) for of in GROUPS) / 6
    assert found.within == pytest.approx(pooled)


@pytest.mark.parametrize("sizes", [(2, 2, 2), (2, 2, 1), (5, 1, 1)])
def test_components_are_right_on_average(sizes):
    rng = np.random.default_rng(sum(sizes))
    between, within, repetitions = 4.0, 1.0, 4000
    found = [
        group_components(
            [
                centre + rng.normal(0, within**0.5, n)
                for centre, n in zip(rng.normal(0, between**0.5, 3), sizes, strict=True)
            ]
        )
        for _ in range(repetitions)
    ]
    assert np.mean([one.within for one in found]) == pytest.approx(within, rel=0.06)
    # The cut at 0 raises the mean a little.
    assert np.mean([one.between for one in found]) == pytest.approx(between, rel=0.12)


def test_equal_groups_have_no_share():
    found = group_components([[0.3, 0.32], [0.32, 0.3]])
    assert found is not None
    assert (found.between, found.share) == (0.0, 0.0)


def test_groups_that_explain_all_have_the_whole_share():
    found = group_components([[0.3, 0.3], [0.4, 0.4]])
    assert found is not None
    assert found.within == pytest.approx(0, abs=1e-15)
    assert found.share == pytest.approx(1)


@pytest.mark.parametrize("groups", [[], [[0.3, 0.4]], [[0.3], [0.4]], [[], [0.3, 0.4]]])
def test_what_cannot_be_separated_is_none(groups):
    assert group_components(groups) is None


RUNS = ((0.006, 5), (0.015, 4))
WELCH = Difference.between(SampleStatistics(0.30, *RUNS[0]), SampleStatistics(0.29, *RUNS[1]))


def test_the_reach_is_that_of_the_verdict():
    assert DifferenceVariance(RUNS, None, 1).reach(0.05) == pytest.approx(WELCH.reach(0.05))
    whole = WELCH.with_more(0.004**2, 99)
    found = DifferenceVariance(RUNS, 0.004, 100)
    assert found.reach(0.05) == pytest.approx(whole.reach(0.05))
    assert found.error == pytest.approx(whole.error)
    # Where few degrees of freedom of the runs limit the claim, they limit it here too.
    few = Difference.between(SampleStatistics(0.3, 0.01, 2), SampleStatistics(0.3, 0.01, 2))
    both = ((0.01, 2), (0.01, 2))
    assert DifferenceVariance(both, 0.001, 500).reach(0.05) == pytest.approx(
        few.with_more(0.001**2, 499).reach(0.05)
    )


def test_more_runs_narrow_what_comes_from_runs():
    found = DifferenceVariance(RUNS, 0.004, 100)
    twice = Difference.between(SampleStatistics(0, 0.006, 10), SampleStatistics(0, 0.015, 8))
    assert found.reach(0.05, 2) == pytest.approx(twice.with_more(0.004**2, 99).reach(0.05))
    alone = stats.t.ppf(0.95, 99) * 0.004
    assert found.reach(0.05, math.inf) == pytest.approx(alone)
    assert found.reach(0.05) > found.reach(0.05, 2) > alone
    assert DifferenceVariance(RUNS, None, 1).reach(0.05, math.inf) == 0


def test_shares_add_up():
    shares = DifferenceVariance(RUNS, 0.004, 100).shares
    assert sum(shares) == pytest.approx(1)
    whole = 0.006**2 / 5 + 0.015**2 / 4 + 0.004**2
    assert shares == pytest.approx((0.006**2 / 5 / whole, 0.015**2 / 4 / whole, 0.004**2 / whole))
    pairs = DifferenceVariance(((0.01, 10),), None, 1)
    assert pairs.shares == (1, 0)


def test_the_gain_of_a_run_is_the_variance_that_it_takes_away():
    assert gain_of_a_run(0.01, 5) == pytest.approx(0.01**2 / 5 - 0.01**2 / 6)
