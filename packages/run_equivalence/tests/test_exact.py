"""Permutation tests and effect sizes: against scipy, statsmodels and simulation."""

import numpy as np
import pytest
from run_equivalence.effects import effect_sizes, noncentrality, relative_change
from run_equivalence.permutation import MOST_EXACT, permutation_test, sign_flip_test
from run_equivalence.welch import SampleStatistics
from scipy import stats
from statsmodels.stats.meta_analysis import effectsize_smd


def welch_t(values, reference, axis=-1):
    return stats.ttest_ind(values, reference, axis=axis, equal_var=False).statistic


def student_t(values, axis=-1):
    return stats.ttest_1samp(values, 0, axis=axis).statistic


def exchanged_by_scipy(values, reference, alternative):
    return stats.permutation_test(
        (values, reference), welch_t, vectorized=True, alternative=alternative, n_resamples=10**6
    ).pvalue


@pytest.mark.parametrize(
    "sizes",
    [(2, 2), (5, 5), (8, 8), pytest.param((10, 10), marks=pytest.mark.slow), (3, 6), (2, 4)],
)
def test_exchanged_runs_are_those_of_scipy(sizes):
    rng = np.random.default_rng(sizes[1])
    values, reference = (rng.normal(0.3, 0.01, n) for n in sizes)
    ours = permutation_test(values, reference, (0.002,))
    upper = exchanged_by_scipy(values + 0.002, reference, "greater")
    lower = exchanged_by_scipy(values - 0.002, reference, "less")
    assert ours.p_not_worse == pytest.approx((upper,), abs=1e-12)
    assert ours.p_equivalent == pytest.approx((max(upper, lower),), abs=1e-12)
    if sizes[0] == sizes[1]:
        # With other sizes scipy doubles the smaller tail instead of counting both.
        both = exchanged_by_scipy(values, reference, "two-sided")
        assert ours.p_different == pytest.approx(both, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_arrangements_that_are_alike_count_as_scipy_counts_them(seed):
    values, reference = np.random.default_rng(seed).integers(0, 6, (2, 6)) + np.array([[2], [0]])
    ours = permutation_test(values, reference, (1.0,))
    # Whole numbers, and hundredths, which have no exact sums.
    assert permutation_test(values / 100, reference / 100, (0.01,)) == ours
    assert ours.p_different == pytest.approx(exchanged_by_scipy(values, reference, "two-sided"))
    upper = exchanged_by_scipy(values + 1, reference, "greater")
    assert ours.p_not_worse == pytest.approx((upper,), abs=1e-12)


@pytest.mark.parametrize(
    ("values", "reference", "different", "one_sided"),
    [
        # A margin of a point takes the difference to 0. Counted by hand in fractions.
        ([0.34, 0.30], [0.35, 0.30, 0.34], 0.8, 0.5),
        ([0.35, 0.30], [0.35, 0.34, 0.32, 0.33], 11 / 15, 0.6),
        ([0.29, 0.29, 0.29], [0.30, 0.30], 0.1, 1.0),
    ],
)
def test_a_difference_of_zero_ties_with_others_in_groups_of_two_sizes(
    values, reference, different, one_sided
):
    ours = permutation_test(values, reference, (0.01,))
    assert (ours.p_different, *ours.p_not_worse) == pytest.approx((different, one_sided))


def test_pairs_that_a_margin_takes_to_zero_are_all_alike():
    ours = sign_flip_test([0.28 - 0.3, 0.38 - 0.4], (0.01, 0.02))
    assert ours.p_different == 0.5
    assert (ours.p_not_worse, ours.p_equivalent) == ((1.0, 1.0), (1.0, 1.0))


def test_the_observed_arrangement_is_one_of_many_without_a_difference():
    # The margin takes the difference to zero but for rounding: half of the arrangements, and the
    # ties, are as extreme.
    values, reference = np.array([0.31, 0.33, 0.35]), np.array([0.30, 0.31, 0.32])
    ours = permutation_test(values, reference, (0.02,))
    assert ours.p_equivalent == (
        pytest.approx(permutation_test(100 * values, 100 * reference, (2.0,)).p_equivalent[0]),
    )
    assert ours.p_equivalent[0] > 0.5


def test_flipped_signs_are_those_of_scipy():
    differences = np.random.default_rng(3).normal(0.002, 0.01, 6)
    ours = sign_flip_test(differences, (0.01,))

    def theirs(shift, alternative):
        return stats.permutation_test(
            (differences + shift,),
            student_t,
            permutation_type="samples",
            vectorized=True,
            alternative=alternative,
        ).pvalue

    assert ours.p_different == pytest.approx(theirs(0, "two-sided"))
    upper, lower = theirs(0.01, "greater"), theirs(-0.01, "less")
    assert ours.p_not_worse == pytest.approx((upper,))
    assert ours.p_equivalent == pytest.approx((max(upper, lower),))


def test_the_smallest_p_that_runs_allow():
    far = np.arange(5) + 100.0
    exact = permutation_test(far, np.arange(5), (1.0,))
    assert exact.p_different == exact.smallest_different == 2 / 252
    assert exact.p_not_worse == (exact.smallest_one_sided,) == (1 / 252,)
    pairs = sign_flip_test(far, (1.0,))
    assert pairs.p_different == pairs.smallest_different == 0.0625
    many = permutation_test(np.arange(4) + 100.0, np.arange(6), (1.0,))
    assert many.p_different == many.smallest_different == 1 / 210
    assert permutation_test(np.zeros(MOST_EXACT + 1), far, (1.0,)) is None
    assert permutation_test([0.3], far, (1.0,)) is None
    assert sign_flip_test([0.3], (1.0,)) is None


def test_equal_runs_differ_in_nothing():
    assert permutation_test([0.3] * 3, [0.3] * 3, (0.01,)).p_different == 1
    assert sign_flip_test([0.0] * 4, (0.01,)).p_different == 1


@pytest.mark.parametrize("shift", [-0.03, 0.0, 0.004])
def test_hedges_g_is_that_of_statsmodels(shift):
    rng = np.random.default_rng(2)
    values, reference = rng.normal(0.3 + shift, 0.01, 6), rng.normal(0.3, 0.012, 9)
    groups = SampleStatistics.of(values), SampleStatistics.of(reference)
    g = effect_sizes(*groups, 0.05).hedges_g
    theirs, _ = effectsize_smd(*(part for one in groups for part in (one.mean, one.std, one.n)))
    # statsmodels approximates the correction by 1 - 3 / (4 df - 1).
    assert g.value == pytest.approx(theirs, rel=1e-3)
    assert g.low < g.value < g.high


@pytest.mark.parametrize("t", [-30.0, -1.0, 0.0, 2.5, 80.0])
def test_ends_of_a_noncentrality(t):
    low, high = noncentrality(t, 8, 0.05)
    side = abs(t)
    ends = (low, high) if t >= 0 else (-high, -low)
    assert stats.nct.sf(side, 8, ends[0]) == pytest.approx(0.05, rel=1e-4)
    assert stats.nct.cdf(side, 8, ends[1]) == pytest.approx(0.05, rel=1e-4)


def test_a_relative_change_is_bounded_if_the_reference_is_clearly_above_zero():
    change = relative_change(
        SampleStatistics(0.28, 0.006, 5), SampleStatistics(0.3, 0.005, 5), 0.05
    )
    assert change.value == pytest.approx(-1 / 15)
    # With so small errors Fieller's interval is nearly that of the delta method.
    error = np.hypot(0.006 / 0.28, 0.005 / 0.3) / 5**0.5 * 0.28 / 0.3
    reach = stats.t.ppf(0.95, 7.7) * error
    assert (change.low, change.high) == pytest.approx(
        (change.value - reach, change.value + reach), abs=1e-3
    )
    unclear = relative_change(
        SampleStatistics(0.01, 0.01, 3), SampleStatistics(0.005, 0.02, 3), 0.05
    )
    assert (unclear.low, unclear.high) == (None, None)


@pytest.mark.parametrize("stds", [(0.01, 0.01), (0.005, 0.015)])
def test_intervals_of_effect_sizes_hold_the_truth(stds):
    """2000 experiments of five runs: 90 % intervals, P(better), relative change and g."""
    rng = np.random.default_rng(7)
    truth = {
        "better": stats.norm.cdf(0.01 / np.hypot(*stds)),
        "relative": 0.01 / 0.3,
        "hedges_g": 0.01 / np.sqrt(np.mean(np.square(stds))),
    }
    held = dict.fromkeys(truth, 0)
    for _ in range(2000):
        groups = [
            SampleStatistics.of(rng.normal(mean, std, 5))
            for mean, std in zip((0.31, 0.3), stds, strict=True)
        ]
        sizes = effect_sizes(*groups, 0.05)
        for name, value in truth.items():
            estimate = getattr(sizes, name)
            held[name] += estimate.low < value < estimate.high
    # Three standard errors of 0.9 over 2000 are 0.02. g takes equal deviations for granted.
    for name, count in held.items():
        lowest = 0.85 if name == "hedges_g" and stds[0] != stds[1] else 0.88
        assert lowest < count / 2000 < 0.93, name
