"""Non-inferiority, pairs and families: tests and verdicts."""

import numpy as np
import pytest
from run_equivalence.compare import compare
from run_equivalence.family import over_variants
from run_equivalence.pairs import FEWEST_PAIRS, PairedRuns, break_even, deviation_of_differences
from run_equivalence.power import (
    power_of_non_inferiority,
    runs_for_difference,
    runs_for_equivalence,
    runs_for_non_inferiority,
)
from run_equivalence.verdicts import Question, Verdict, conclusion
from run_equivalence.welch import Difference, SampleStatistics, error_and_df
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestIndPower
from statsmodels.stats.weightstats import ttest_ind, ttost_paired


def runs(seed, n=6, shift=0.004):
    rng = np.random.default_rng(seed)
    shared = rng.normal(0, 0.005, n)
    return 0.3 + shared + rng.normal(shift, 0.003, n), 0.3 + shared + rng.normal(0, 0.003, n)


@pytest.mark.parametrize("seed", range(4))
def test_non_inferiority_is_that_of_statsmodels(seed):
    values, reference = runs(seed)
    welch = Difference.between(SampleStatistics.of(values), SampleStatistics.of(reference))
    for margin in (0.001, 0.01):
        p = ttest_ind(values, reference, "larger", usevar="unequal", value=-margin)[1]
        assert welch.p_not_worse(margin) == pytest.approx(p, rel=1e-9)
        # The lower end of the interval tells the same.
        assert (p < 0.05) == (welch.interval(0.05)[0] > -margin)


@pytest.mark.parametrize("seed", range(4))
def test_pairs_are_those_of_statsmodels_and_scipy(seed):
    values, reference = runs(seed)
    pairs = PairedRuns(tuple(values), tuple(reference))
    paired = Difference.of_pairs(pairs.statistics)
    assert paired.p_different() == pytest.approx(stats.ttest_rel(values, reference).pvalue)
    for margin in (0.001, 0.01):
        p = ttost_paired(values, reference, -margin, margin)[0]
        assert paired.p_equivalent(margin) == pytest.approx(p, rel=1e-9)
    theirs = stats.pearsonr(values, reference)
    ours = pairs.correlation(0.05)
    assert ours.value == pytest.approx(theirs.statistic)
    interval = theirs.confidence_interval(0.9)
    assert (ours.low, ours.high) == pytest.approx((interval.low, interval.high))
    deviation = deviation_of_differences(
        *(float(np.std(group, ddof=1)) for group in (values, reference)), ours.value
    )
    assert deviation == pytest.approx(pairs.statistics.std)


def test_pairs_share_a_seed():
    pairs = PairedRuns.of({1: 0.3, 2: 0.31, 4: 0.29}, {4: 0.28, 2: 0.3, 7: 0.5})
    assert (pairs.values, pairs.reference) == ((0.31, 0.29), (0.3, 0.28))
    assert pairs.differences == pytest.approx((0.01, 0.01))
    assert pairs.correlation(0.05) is None


def test_the_rule_by_the_number_of_pairs():
    """Five pairs need a correlation of 0.24; ten cost at most 6 % of the width without any."""
    assert break_even(5, 0.05) == pytest.approx(0.239, abs=1e-3)
    width = (1 - break_even(FEWEST_PAIRS, 0.05)) ** -0.5
    assert 1.05 < width < 1.06


def samples(*means, std=0.004, n=5):
    names = ("car", "bus", "all")
    return {name: SampleStatistics(mean, std, n) for name, mean in zip(names, means, strict=True)}


@pytest.mark.parametrize(
    ("means", "verdicts"),
    [
        ((0.301, 0.32, 0.3), ["non-inferior", "better", "non-inferior"]),
        ((0.288, 0.293, 0.296), ["worse", "worse but within the margin", "non-inferior"]),
        ((0.293, 0.301, 0.35), ["inconclusive", "non-inferior", "better"]),
    ],
)
def test_verdicts_on_non_inferiority(means, verdicts):
    stds = {"worse but within the margin": 0.002, "inconclusive": 0.006}
    reference = samples(0.3, 0.3, 0.3)
    variant = {
        name: SampleStatistics(sample.mean, stds.get(wanted, 0.004), 5)
        for (name, sample), wanted in zip(samples(*means).items(), verdicts, strict=True)
    }
    reference = {name: SampleStatistics(0.3, variant[name].std, 5) for name in reference}
    rows = compare(variant, reference, margins=(0.01,), question=Question.NON_INFERIORITY)
    assert [row.margins[0].verdict for row in rows] == verdicts


def test_a_gain_beyond_the_margin_is_better_and_never_worse():
    for within in (0.001, 0.9):
        verdict = conclusion(Question.NON_INFERIORITY, within, 0.001, 0.05, 0.05)
        assert verdict is Verdict.BETTER
        assert verdict.within


def test_non_inferiority_needs_fewer_runs():
    stds = (0.01, 0.01)
    fewer = runs_for_non_inferiority(0.0, 0.01, stds, 0.05, 0.8)
    assert fewer == 14
    assert runs_for_equivalence(0.0, 0.01, stds, 0.05, 0.8) == 18
    solved = TTestIndPower().solve_power(1, None, 0.05, 0.8, alternative="larger")
    assert fewer == np.ceil(solved)
    power = power_of_non_inferiority(0.0, 0.01, *error_and_df(stds, (14, 14)), 0.05)
    assert power == pytest.approx(TTestIndPower().power(1, 14, 0.05, alternative="larger"))
    assert runs_for_non_inferiority(-0.01, 0.01, stds, 0.05, 0.8) is None
    assert runs_for_non_inferiority(0.02, 0.01, stds, 0.05, 0.8) < fewer


def test_pairs_save_runs_where_seeds_correlate():
    independent = runs_for_equivalence(0.0, 0.01, (0.01, 0.01), 0.05, 0.8)
    needed = [
        runs_for_equivalence(
            0.0, 0.01, (deviation_of_differences(0.01, 0.01, correlation),), 0.05, 0.8
        )
        for correlation in (0.0, 0.5, 0.8)
    ]
    assert needed[0] >= independent > needed[1] > needed[2]
    assert runs_for_difference(0.01, (0.01,), 0.05, 0.8) == 10


def test_paired_runs_are_judged_by_their_differences():
    values, reference = runs(1)
    groups = SampleStatistics.of(values), SampleStatistics.of(reference)
    pairs = PairedRuns(tuple(values), tuple(reference)).statistics
    (paired,) = compare({"all": groups[0]}, {"all": groups[1]}, pairs={"all": pairs})
    (independent,) = compare({"all": groups[0]}, {"all": groups[1]})
    assert (paired.pairs, independent.pairs) == (6, None)
    assert paired.difference == pytest.approx(independent.difference)
    assert paired.high - paired.low < independent.high - independent.low
    assert paired.welch_p == pytest.approx(stats.ttest_rel(values, reference).pvalue)


@pytest.mark.parametrize(
    ("pairs", "note"),
    [
        ((), "no pair of runs: variation cannot be estimated"),
        ((0.01,), "1 pair of runs: variation cannot be estimated"),
        ((0.25, 0.25), "all pairs have the same difference: variation cannot be estimated"),
        ((0.01, 0.02, 0.0, 0.01), "2 runs without a partner, left out of the tests"),
    ],
)
def test_what_pairs_cannot_tell_is_said(pairs, note):
    sample = SampleStatistics(0.3, 0.01, 5)
    (row,) = compare({"all": sample}, {"all": sample}, pairs={"all": SampleStatistics.of(pairs)})
    assert note in row.notes
    assert (row.margins[0].verdict is Verdict.UNTESTABLE) == (len(pairs) < 3)


def test_a_family_over_variants_is_holm_s_of_statsmodels():
    reference = samples(0.3, 0.3, 0.3)
    variants = {
        "blur": compare(samples(0.296, 0.302, 0.299), reference),
        "natural": compare(samples(0.303, 0.293, 0.298), reference),
    }
    found = over_variants(variants, 0.05, Question.EQUIVALENCE)
    for is_mean in (True, False):
        before = [r for rows in variants.values() for r in rows if (r.name == "all") == is_mean]
        after = [r for rows in found.values() for r in rows if (r.name == "all") == is_mean]
        assert [row.welch_p_family for row in after] == pytest.approx(
            multipletests([row.welch_p for row in before], method="holm")[1]
        )
        for index in (0, 1):
            assert [row.margins[index].tost_p_family for row in after] == pytest.approx(
                multipletests([row.margins[index].tost_p for row in before], method="holm")[1]
            )
        for old, new in zip(before, after, strict=True):
            assert new.margins[0].verdict is old.margins[0].verdict
            assert new.margins[0].claimed is new.margins[0].verdict_family


def test_a_family_leaves_what_was_not_tested():
    reference = samples(0.3, 0.3, 0.3)
    nothing = {name: SampleStatistics(float("nan"), float("nan"), 0) for name in reference}
    variants = {"a": compare(nothing, reference), "b": compare(samples(0.3, 0.3, 0.3), reference)}
    found = over_variants(variants, 0.05, Question.EQUIVALENCE)
    assert found["a"] == variants["a"]
    assert found["b"][2].welch_p_family == found["b"][2].welch_p
