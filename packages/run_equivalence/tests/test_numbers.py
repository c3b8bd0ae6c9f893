"""Welch, TOST, Holm, power: against statsmodels, simulation, and the numbers of the literature."""

import numpy as np
import pytest
from run_equivalence.power import (
    detectable_difference,
    power_of_difference,
    power_of_equivalence,
    runs_for_difference,
    runs_for_equivalence,
)
from run_equivalence.welch import Difference, SampleStatistics, error_and_df, holm
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.weightstats import CompareMeans, ttest_ind, ttost_ind

GROUPS = [(5, 5, 0.004, 0.02), (2, 9, 0.01, 0.001), (30, 4, 0.01, 0.01)]


def groups(n, m, std, other):
    rng = np.random.default_rng(n)
    return rng.normal(0.305, std, n), rng.normal(0.3, other, m)


@pytest.mark.parametrize("sizes", GROUPS)
def test_tests_and_interval_are_those_of_statsmodels(sizes):
    values, reference = groups(*sizes)
    welch = Difference.between(SampleStatistics.of(values), SampleStatistics.of(reference))
    _, p, df = ttest_ind(values, reference, usevar="unequal")
    assert welch.p_different() == pytest.approx(p, rel=1e-9)
    assert welch.df == pytest.approx(df, rel=1e-9)
    for margin in (0.001, 0.01, 0.02):
        p = ttost_ind(values, reference, -margin, margin, usevar="unequal")[0]
        assert welch.p_equivalent(margin) == pytest.approx(p, rel=1e-9)
    means = CompareMeans.from_data(values, reference)
    assert welch.interval(0.05) == pytest.approx(
        means.tconfint_diff(alpha=0.1, usevar="unequal"), rel=1e-9
    )


def test_the_interval_lies_within_the_margin_when_tost_passes():
    for seed in range(50):
        rng = np.random.default_rng(seed)
        welch = Difference.between(
            *(SampleStatistics.of(rng.normal(mean, 0.006, 5)) for mean in (0.3, 0.303))
        )
        low, high = welch.interval(0.05)
        assert (welch.p_equivalent(0.01) < 0.05) == (low > -0.01 and high < 0.01)


@pytest.mark.parametrize("p", [[0.01, 0.04, 0.03, 0.005], [0.5, 0.9], [0.2], [0.01, 0.01, 0.01]])
def test_holm_is_that_of_statsmodels(p):
    assert holm(p) == pytest.approx(multipletests(p, method="holm")[1])


@pytest.mark.parametrize("n", [2, 5, 40])
@pytest.mark.parametrize("effect", [0.1, 0.5, 1.0])
def test_power_of_welch_is_that_of_statsmodels(n, effect):
    ours = power_of_difference(effect, *error_and_df((1, 1), (n, n)), 0.05)
    assert ours == pytest.approx(TTestIndPower().power(effect, n, 0.05), rel=1e-6)


def test_power_stays_a_probability_far_out():
    for df in (1, 1.3, 4, 78, 20_000):
        powers = [power_of_difference(shift, 1, df, 0.05) for shift in np.geomspace(0.01, 300, 40)]
        assert np.all(np.diff(powers) >= -1e-9)
        assert powers[-1] == pytest.approx(1, abs=0.01 if df > 1 else 0.1)


def test_five_runs_detect_two_deviations():
    found = detectable_difference(*error_and_df((0.01, 0.01), (5, 5)), 0.05, 0.8)
    assert found == pytest.approx(0.0202, abs=1e-4)
    assert found == pytest.approx(0.01 * TTestIndPower().solve_power(None, 5, 0.05, 0.8), rel=1e-5)


@pytest.mark.parametrize(("std", "margin"), [(0.0085, 0.01), (0.0170, 0.02)])
def test_five_runs_cannot_show_equivalence_past_this_deviation(std, margin):
    reach = [
        Difference.between(SampleStatistics(0.3, s, 5), SampleStatistics(0.3, s, 5)).reach(0.05)
        for s in (0.99 * std, 1.02 * std)
    ]
    assert reach[0] < margin < reach[1]


@pytest.mark.parametrize("n", [2, 3, 5, 12])
@pytest.mark.parametrize("difference", [0.0, 0.005, 0.01])
def test_power_of_equivalence_is_that_of_simulated_runs(n, difference):
    """Equal deviations: there the pooled test is exact, as the power is."""
    std, margin, repetitions = 0.006, 0.01, 40_000
    rng = np.random.default_rng(n)
    values, reference = rng.normal(0.3, std, (2, repetitions, n))
    estimates = values.mean(1) + difference - reference.mean(1)
    errors = np.sqrt((values.var(1, ddof=1) + reference.var(1, ddof=1)) / n)
    passed = np.abs(estimates) + stats.t.ppf(0.95, 2 * n - 2) * errors < margin
    error, df = error_and_df((std, std), (n, n))
    power = power_of_equivalence(difference, margin, error, df, 0.05)
    assert power == pytest.approx(passed.mean(), abs=0.008)


def test_runs_needed_are_the_fewest_that_suffice():
    both = (0.008, 0.012)
    same = runs_for_equivalence(0.002, 0.01, both, 0.05, 0.8)
    powers = [
        power_of_equivalence(0.002, 0.01, *error_and_df(both, (n, n)), 0.05)
        for n in (same - 1, same)
    ]
    assert powers[0] < 0.8 <= powers[1]
    n = runs_for_difference(0.01, (0.01, 0.01), 0.05, 0.8)
    assert n == np.ceil(TTestIndPower().solve_power(1, None, 0.05, 0.8))
    assert runs_for_equivalence(0.01, 0.01, both, 0.05, 0.8) is None
    assert runs_for_difference(1e-6, both, 0.05, 0.8) is None


def test_more_variance_has_satterthwaites_degrees_of_freedom():
    welch = Difference(0.01, 0.003, 8.0)
    both = welch.with_more(0.004**2, 99.0)
    assert both.error == pytest.approx(0.005)
    assert both.df == pytest.approx(0.005**4 / (0.003**4 / 8 + 0.004**4 / 99))
    assert welch.with_more(0.0, 99.0).df == pytest.approx(8.0)


def test_more_variance_never_makes_a_claim_easier():
    # Two runs a variant: few degrees of freedom, of which images bring many.
    welch = Difference(0.005, 0.004, 2.0)
    both = welch.with_more(0.002**2, 59.0)
    assert both.df > 3
    assert both.interval(0.05) == welch.interval(0.05)
    assert both.p_different() >= welch.p_different()
    assert both.p_equivalent(0.02) == welch.p_equivalent(0.02)
    large = welch.with_more(0.02**2, 59.0)
    assert large.reach(0.05) > welch.reach(0.05)
    assert large.p_equivalent(0.02) > welch.p_equivalent(0.02)


@pytest.mark.parametrize("stds", [(0.004, 0.004), (0.002, 0.006)])
@pytest.mark.parametrize("n", [3, 5])
def test_error_rates_are_those_that_were_promised(stds, n):
    """2000 experiments whose truth is known: at the margin TOST passes in 5 % of them at most, and
    where nothing differs Welch's test finds something in about 5 %.
    """
    rng = np.random.default_rng(n)
    margin, repetitions = 0.02, 2000
    passed = found = 0
    for _ in range(repetitions):
        reference = SampleStatistics.of(rng.normal(0.3, stds[0], n))
        values = rng.normal(0.3, stds[1], n)
        passed += Difference.between(SampleStatistics.of(values + margin), reference).p_equivalent(
            margin
        ) < (0.05)
        found += Difference.between(SampleStatistics.of(values), reference).p_different() < 0.05
    # Three standard errors of a share of 0.05; Welch is a little conservative with few runs.
    assert 0.025 < passed / repetitions < 0.065
    assert 0.025 < found / repetitions < 0.065
