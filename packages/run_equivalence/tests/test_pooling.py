"""Partial pooling: against statsmodels, a bisection, and finer integration."""

import numpy as np
import pytest
from run_equivalence import pooling
from run_equivalence.pooling import (
    Posterior,
    correlation_of_classes,
    draw_variances,
    pooled_effects,
    tau_grid,
)
from run_equivalence.welch import SampleStatistics
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects


def test_given_the_spread_the_mean_effect_is_that_of_a_random_effects_meta_analysis():
    effects, variances = np.array([0.01, -0.02, 0.03]), np.array([1e-4, 2e-4, 5e-5])
    tau = 0.012
    posterior = Posterior.of(effects, variances[None], 0.0, np.array([tau]))
    weights = 1 / (variances + tau**2)
    mu = np.sum(weights * effects) / np.sum(weights)
    share = tau**2 / (variances + tau**2)
    assert posterior.expectation()[:3] == pytest.approx(share * effects + (1 - share) * mu)
    # The same mean as statsmodels', at the spread that it estimates.
    theirs = combine_effects(effects, variances, method_re="dl")
    tau = np.sqrt(theirs.tau2)
    posterior = Posterior.of(effects, variances[None], 0.0, np.array([tau]))
    share = tau**2 / (variances + tau**2)
    ours = (posterior.expectation()[:3] - share * effects) / (1 - share)
    assert ours == pytest.approx(np.full(3, theirs.mean_effect_re))


@pytest.mark.parametrize("probability", [0.025, 0.05, 0.5, 0.95])
@pytest.mark.parametrize("shift", [0.0, -0.2])
def test_quantiles_are_those_of_a_bisection_that_takes_all_draws(probability, shift):
    rng = np.random.default_rng(4)
    posterior = Posterior.of(
        rng.normal(shift, 0.01, 5), rng.chisquare(4, (100, 5)) * 1e-5, 0.2, tau_grid(size=16)
    )
    ends = posterior.centres + stats.norm.ppf(probability) * posterior.deviations
    low, high = ends.min(axis=(0, 1)), ends.max(axis=(0, 1))
    while np.max(high - low) > 1e-3 * posterior.deviations.min():
        middle = (low + high) / 2
        below = posterior.mass_below(middle) < probability
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    assert posterior.quantile(probability) == pytest.approx((low + high) / 2, rel=1e-12)


def test_errors_that_classes_share_are_not_taken_for_an_effect():
    """With correlation near 1 and equal deviations, an equal shift of all classes tells little."""
    shift, variances = np.full(6, 0.01), np.full((1, 6), 1e-4)
    alone, shared = (
        Posterior.of(shift, variances, correlation, np.array([0.001])) for correlation in (0.0, 0.9)
    )
    widths = [(one.quantile(0.95) - one.quantile(0.05))[-1] for one in (alone, shared)]
    assert widths[1] > 2 * widths[0]


def table(deviations, mean_deviation, mean=0.3, n=5):
    names = [f"class {place}" for place in range(len(deviations))]
    classes = {
        name: SampleStatistics(mean, std, n) for name, std in zip(names, deviations, strict=True)
    }
    return classes | {"all": SampleStatistics(mean, mean_deviation, n)}


def test_the_correlation_of_classes_follows_from_the_deviation_of_their_mean():
    names = [f"class {place}" for place in range(4)]
    for correlation in (0.0, 0.3):
        deviation = 0.01 * np.sqrt((1 + 3 * correlation) / 4)
        samples = table([0.01] * 4, deviation)
        found = correlation_of_classes([samples, samples], names, "all")
        assert found == pytest.approx(correlation, abs=1e-12)
    # A mean over further classes tells nothing, and neither does one that varies less than chance.
    samples = table([0.01] * 5, 0.01)
    assert correlation_of_classes([samples], names, "all") == 0
    samples = table([0.01] * 4, 0.001)
    assert correlation_of_classes([samples], names, "all") == 0


def test_a_class_of_few_objects_leans_on_the_others():
    reference = table([0.003, 0.003, 0.003, 0.003, 0.02], np.sqrt(4 * 0.003**2 + 0.02**2) / 5)
    variant = reference | {"class 4": SampleStatistics(0.285, 0.02, 5)}
    pooled = pooled_effects(variant, reference, (0.01, 0.02), 0.05)
    assert list(pooled) == [*(f"class {place}" for place in range(5)), "all"]
    noisy = pooled["class 4"]
    assert -0.015 < noisy.mean < 0
    assert noisy.low < noisy.mean < noisy.high
    assert 0 < noisy.within[0] < noisy.within[1] < 1
    assert noisy.above[0] > noisy.within[0]
    # Variance that the test images add makes it lean even more.
    images = pooled_effects(variant, reference, (0.01,), 0.05, added={"class 4": 4e-4})
    assert abs(images["class 4"].mean) < abs(noisy.mean)
    assert pooled == pooled_effects(variant, reference, (0.01, 0.02), 0.05)


def test_few_draws_suffice(monkeypatch):
    """The result differs little from one with eight times the draws and values of tau."""
    deviations = [0.002, 0.006, 0.003, 0.012, 0.014, 0.02, 0.009, 0.004]
    reference = table(deviations, 0.004)
    variant = table(deviations[::-1], 0.004, mean=0.294)
    found = pooled_effects(variant, reference, (0.01,), 0.05)
    monkeypatch.setattr(pooling, "DRAWS", 8 * pooling.DRAWS)
    monkeypatch.setattr(pooling, "GRID", 8 * pooling.GRID)
    exact = pooled_effects(variant, reference, (0.01,), 0.05)
    for name, one in found.items():
        ends = [(of.mean, of.low, of.high) for of in (one, exact[name])]
        assert ends[0] == pytest.approx(ends[1], abs=2e-4)
        assert one.within == pytest.approx(exact[name].within, abs=0.01)


def test_variances_have_the_moments_of_their_posterior():
    """(n - 1) s² / chi² has the mean (n - 1) s² / (n - 3), and a mean of n runs a share of 1/n."""
    groups = [[SampleStatistics(0.3, std, 9) for std in (0.01, 0.02)] for _ in range(2)]
    expected = 2 * np.array([0.01, 0.02]) ** 2 * 8 / 6 / 9
    assert draw_variances(groups, 4096).mean(axis=0) == pytest.approx(expected, rel=0.01)


def test_two_classes_have_nothing_to_lean_on():
    samples = table([0.01, 0.01], 0.01)
    assert pooled_effects(samples, samples, (0.01,), 0.05) == {}


def test_half_of_the_spread_s_prior_lies_below_its_scale():
    taus = tau_grid(0.01, 1000)
    assert np.mean(taus < 0.01) == pytest.approx(0.5)
    assert np.mean(taus < 0.02) == pytest.approx(stats.halfcauchy.cdf(2), abs=1e-3)
