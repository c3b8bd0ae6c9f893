"""Sources of the variance of a difference."""

import math

import numpy as np
import pytest
from run_equivalence.variance import DifferenceVariance, gain_of_a_run, group_components
from run_equivalence.welch import Difference, SampleStatistics
from scipy import stats
from statsmodels.regression.mixed_linear_model import MixedLM

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
    assert (found.between, found.share, found.share_of_a_run) == (0.0, 0.0, 0.0)


def test_groups_that_explain_all_have_the_whole_share():
    found = group_components([[0.3, 0.3], [0.4, 0.4]])
    assert found is not None
    assert found.within == pytest.approx(0, abs=1e-15)
    assert found.share == pytest.approx(1)
    alike = group_components([[0.25, 0.25], [0.5, 0.5]])
    assert alike is not None
    assert (alike.share_of_a_run, alike.interval(0.05)) == (1.0, (1.0, 1.0))
    constant = group_components([[0.25, 0.25], [0.25, 0.25]])
    assert constant is not None
    assert math.isnan(constant.share_of_a_run)


def test_shares_of_a_run_are_those_of_a_mixed_model():
    """As statsmodels estimates them by restricted maximum likelihood, with groups of one size."""
    rng = np.random.default_rng(8)
    groups = [centre + rng.normal(0, 1, 4) for centre in rng.normal(30, 2, 6)]
    found = group_components(groups)
    assert found is not None
    model = MixedLM(np.concatenate(groups), np.ones(24), np.repeat(np.arange(6), 4)).fit()
    between, within = float(model.cov_re[0, 0]), model.scale
    assert found.between == pytest.approx(between, rel=1e-3)
    assert found.within == pytest.approx(within, rel=1e-3)
    assert found.share_of_a_run == pytest.approx(between / (between + within), rel=1e-3)


@pytest.mark.parametrize("groups", [GROUPS, ([0.3, 0.32], [0.31, 0.34], [0.31, 0.3])])
def test_ends_of_the_interval_are_shares_that_would_hardly_give_this_ratio(groups):
    found = group_components(groups)
    assert found is not None
    low, high = found.interval(0.05)
    assert 0 <= low <= found.share_of_a_run <= high <= 1
    df = found.groups - 1, found.runs - found.groups
    for end, tail in ((low, stats.f.sf), (high, stats.f.cdf)):
        # Under a share, the ratio divided by what it is on average follows F.
        average = 1 + found.sizes * end / (1 - end)
        if end > 0:
            assert tail(found.ratio / average, *df) == pytest.approx(0.05)
        else:
            assert tail(found.ratio, *df) > 0.05


@pytest.mark.parametrize(("groups", "share"), [(5, 0.0), (5, 0.5), (3, 0.5)])
def test_intervals_of_a_share_hold_the_truth(groups, share):
    """2000 experiments of ten runs; a rate of 90 % is known to 2 %."""
    rng = np.random.default_rng(groups)
    held = 0
    for _ in range(2000):
        centres = rng.normal(0, share**0.5, groups)
        values = centres[np.arange(10) % groups] + rng.normal(0, (1 - share) ** 0.5, 10)
        found = group_components([values[group::groups] for group in range(groups)])
        assert found is not None
        low, high = found.interval(0.05)
        held += low <= share <= high
    # At a share of 0, the lower end cannot miss it.
    assert held / 2000 == pytest.approx(0.95 if share == 0 else 0.9, abs=0.02)


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
