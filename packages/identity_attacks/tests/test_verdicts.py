"""Conclusions and the people they need, against exact binomial probabilities."""

import numpy as np
import pytest
from identity_attacks.intervals import rate_of
from identity_attacks.rates import Conclusion, Success
from identity_attacks.verdicts import detectable, fewest_for, judge, needed_for
from scipy.stats import binom


def success(n, chance=0.01, auc=0.5, **hits):
    rates = {name: rate_of(count / n, n, n, chance) for name, count in hits.items()}
    return Success(rates | {"auc": rate_of(auc, n, 3 * n, 0.5)})


WORKING = success(2000, rank_1=1900)


@pytest.mark.parametrize(
    ("variant", "conclusion", "measure"),
    [
        (success(1500, rank_1=12), Conclusion.CHANCE, "rank_1"),
        (success(145, rank_1=1), Conclusion.UNDECIDED, "rank_1"),
        (success(145, rank_1=20), Conclusion.LEAKS, "rank_1"),
        (success(145, rank_1=1, auc=0.69), Conclusion.LEAKS, "auc"),
    ],
)
def test_conclusions(variant, conclusion, measure):
    judgement = judge(variant, WORKING)
    assert (judgement.conclusion, judgement.measure) == (conclusion, measure)
    assert (judgement.needed is None) == (conclusion is not Conclusion.UNDECIDED)


def test_every_claimed_measure_has_to_be_within_the_margin():
    variant = success(1500, **{"rank_1": 12, "tar_at_far_0.01": 21})
    judgement = judge(variant, success(1500, **{"rank_1": 1400, "tar_at_far_0.01": 1400}))
    assert (judgement.conclusion, judgement.measure) == (Conclusion.UNDECIDED, "tar_at_far_0.01")


def test_an_attack_that_fails_on_the_originals_shows_nothing():
    weak = success(2000, rank_1=600)
    assert judge(success(1500, rank_1=12), weak).conclusion is Conclusion.FAILS
    assert judge(success(1500, rank_1=12), Success({})).conclusion is Conclusion.FAILS
    assert judge(success(1500, rank_1=12), weak, works=0.2).conclusion is Conclusion.CHANCE
    assert judge(success(1500, rank_1=100), weak).conclusion is Conclusion.LEAKS


def test_few_originals_do_not_show_that_an_attack_works():
    few = success(10, rank_1=6)
    assert judge(success(1500, rank_1=12), few).conclusion is Conclusion.UNDECIDED


def test_a_single_plate_that_nobody_guesses_leaks():
    plates = success(300, chance=0.0, read_whole=1)
    assert judge(plates, success(300, chance=0.0, read_whole=290)).conclusion is Conclusion.LEAKS


def test_nothing_measured():
    assert judge(Success({}), WORKING).conclusion is Conclusion.UNDECIDED


def most_hits(n, limit, level=0.05):
    """Most hits whose upper bound is within the limit, counted one by one; -1 for none."""
    return max((x for x in range(-1, 100) if x < 0 or binom.cdf(x, n, limit) <= level), default=-1)


@pytest.mark.parametrize("chance", [0.0, 0.01])
def test_people_needed(chance):
    needed = needed_for(0.01, chance)
    for n in range(needed - 1, needed + 150):
        enough = binom.cdf(most_hits(n, chance + 0.01), n, chance) >= 0.8
        assert enough == (n >= needed), n


def test_the_rule_of_three():
    assert fewest_for(0.01, 0.0) == 299  # 0.99 ** 299 is just below 0.05
    assert fewest_for(0.01, 0.01) == 149
    assert 0.98**149 < 0.05 < 0.98**148


def test_ranks_become_harder_in_a_larger_gallery():
    small = success(145, chance=1 / 145, rank_1=1)
    assert judge(small, WORKING).needed == needed_for(0.01, lambda n: 1 / n) == 528


def test_no_margin_is_refused():
    with pytest.raises(ValueError, match="margin 0"):
        needed_for(0.0, 0.01)


@pytest.mark.parametrize("n", [50, 145, 2000])
def test_detectable_excess_is_found_with_the_power(n):
    chance = 0.01
    excess = detectable(n, chance)
    hits = next(x for x in range(n) if binom.sf(x - 1, n, chance) <= 0.05)
    assert binom.sf(hits - 1, n, chance + excess) == pytest.approx(0.8)


def test_two_people_cannot_show_anything():
    assert detectable(2, 0.5) is None


@pytest.mark.parametrize("level", [0.05, 0.01])
def test_the_claim_is_false_as_often_as_the_level_allows(level):
    """All numbers of hits at a true excess of exactly the margin, weighted by their probability."""
    n, truth = 1500, 0.02
    false = sum(
        binom.pmf(hits, n, truth)
        for hits in range(60)
        if judge(success(n, rank_1=hits), WORKING, level=level).conclusion is Conclusion.CHANCE
    )
    assert 0.4 * level < false <= level


def test_chance_is_called_a_leak_as_often_as_the_level_allows():
    n = 1500
    chance = np.array([binom.pmf(hits, n, 0.01) for hits in range(100)])
    leaks = [
        judge(success(n, rank_1=hits), WORKING).conclusion is Conclusion.LEAKS
        for hits in range(100)
    ]
    assert chance[leaks].sum() <= 0.025  # one of two measures


def test_several_attacks_share_the_level():
    """Of many attacks by chance one looks like a leak."""
    found = success(150, rank_1=5)
    p_value = 2 * binom.sf(4, 150, 0.01)  # of two measures
    assert 0.05 / 5 < p_value < 0.05
    assert judge(found, WORKING).conclusion is Conclusion.LEAKS
    assert judge(found, WORKING, attacks=5).conclusion is Conclusion.UNDECIDED
