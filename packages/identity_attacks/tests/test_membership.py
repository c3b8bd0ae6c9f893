"""Membership told by losses whose distributions are known."""

import numpy as np
import pytest
from identity_attacks.membership import membership
from scipy.stats import norm


def test_the_auc_counts_pairs_with_ties_by_half():
    rate = membership([1.0, 2.0, 2.0], [2.0, 3.0]).rates["auc"]
    # Of six pairs, four have the smaller loss in the member, and two are equal.
    assert rate.value == pytest.approx(5 / 6)
    assert (rate.n, rate.chance) == (3, 0.5)


def test_smaller_losses_of_members_are_found_and_others_are_not():
    random = np.random.default_rng(0)
    losses = random.normal(1, 0.2, 1000)
    none = membership(losses[:500], losses[500:]).rates["auc"]
    assert none.low < 0.5 < none.high
    some = membership(losses[:500] - 0.1, losses[500:]).rates["auc"]
    assert some.low < norm.cdf(0.5 / 2**0.5) < some.high
    assert some.low > 0.5
    # Larger losses of members are no membership, but a difference between the images.
    assert membership(losses[:500] + 0.1, losses[500:]).rates["auc"].high < 0.5


def test_the_rate_at_few_false_positives_is_that_of_the_distributions():
    random = np.random.default_rng(1)
    found = membership(random.normal(-1, 1, 2000), random.normal(0, 1, 5000)).rates
    for fpr in (0.01, 0.001):
        rate = found[f"tpr_at_fpr_{fpr:g}"]
        assert rate.low < norm.cdf(norm.ppf(fpr) + 1) < rate.high
        assert rate.chance == fpr
        assert rate.low > fpr


def test_losses_that_tell_nothing_give_exactly_what_chance_gives():
    found = membership([1.0] * 10, [1.0] * 5000).rates
    assert found["auc"].value == 0.5
    assert found["tpr_at_fpr_0.001"].value == pytest.approx(0.001)


def test_few_others_fix_no_threshold():
    found = membership([0.0] * 9, [1.0] * 500)
    assert found.not_measured == {"tpr_at_fpr_0.001": "500 others, fewer than 5000"}
    all_named = found.rates["tpr_at_fpr_0.01"]
    assert all_named.value == all_named.high == 1
    assert all_named.low == pytest.approx(0.025 ** (1 / 9))  # Clopper-Pearson
    none = membership([2.0] * 9, [1.0] * 500).rates["tpr_at_fpr_0.01"]
    assert none.value == none.low == 0
    assert none.high == pytest.approx(1 - 0.025 ** (1 / 9))
    assert found.rates["auc"].value == 1
    assert 0.5 < found.rates["auc"].low < 1  # nine members are not certain


@pytest.mark.parametrize(
    ("members", "message"), [([1.0], "1 losses of members"), ([1.0, np.nan], "not finite")]
)
def test_what_is_no_comparison_is_refused(members, message):
    with pytest.raises(ValueError, match=message):
        membership(members, [1.0, 2.0])
