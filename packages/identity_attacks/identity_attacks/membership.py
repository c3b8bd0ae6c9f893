"""Membership inference: does the loss reveal which images a model was trained on?

The attack is that of Yeom et al. (2018): images with a small loss are assumed to be members. Its
success is reported as in Carlini et al. (2022): by the AUC, and by the share of members identified
at a low false positive rate.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from .intervals import rate_of
from .rates import Rate, Success

FALSE_POSITIVE_RATES = (0.01, 0.001)
FALSE_POSITIVES = 5
"""Minimum number of false positives for a threshold."""
RESAMPLES = 1000


def membership(
    members: Sequence[float] | np.ndarray,
    others: Sequence[float] | np.ndarray,
    *,
    level: float = 0.95,
) -> Success:
    """Success in separating images that a model was trained on from others by their loss.

    - `auc`: probability that a member's loss is smaller than that of another image; chance is 0.5.
    - `tpr_at_fpr_0.01`, `tpr_at_fpr_0.001` (true positive rate at a false positive rate): share of
      the members below the loss that 1 % or 0.1 % of the others fall below; chance is 1 % or 0.1 %.

    Ties are treated as randomly ordered, and images as independent. Any other difference between
    members and others counts as membership, so both have to be sampled from the same images.

    Args:
        members: losses of images that the model was trained on.
        others: losses of other images.
        level: confidence of the intervals, 0 to 1.

    Raises:
        ValueError: a loss is not finite, or one of the groups has fewer than two images.
    """
    members, others = np.asarray(members, float), np.asarray(others, float)
    if min(members.size, others.size) < 2:
        raise ValueError(f"{members.size} losses of members and {others.size} of others")
    if not (np.isfinite(members).all() and np.isfinite(others).all()):
        raise ValueError("a loss is not finite")
    rates = {"auc": _auc(members, others, level)}
    not_measured = {}
    for fpr in FALSE_POSITIVE_RATES:
        fewest = round(FALSE_POSITIVES / fpr)
        if others.size < fewest:
            not_measured[f"tpr_at_fpr_{fpr:g}"] = f"{others.size} others, fewer than {fewest}"
        else:
            rates[f"tpr_at_fpr_{fpr:g}"] = _true_positive_rate(members, others, fpr, level)
    return Success(rates=rates, not_measured=not_measured)


def _auc(members: np.ndarray, others: np.ndarray, level: float) -> Rate:
    """Area under the ROC curve, with the variance of DeLong et al. (1988)."""
    m, n = members.size, others.size
    ranks = rankdata(np.concatenate([-members, -others]))
    of_members = (ranks[:m] - rankdata(-members)) / n
    of_others = 1 - (ranks[m:] - rankdata(-others)) / m
    value = float(of_members.mean())
    variance = of_members.var(ddof=1) / m + of_others.var(ddof=1) / n
    # If one group is almost entirely below the other, this variance is close to 0 and unreliable:
    # an AUC is worth at most as many binary trials as under chance.
    most = 3 * m * n / (m + n + 1)
    spread = value * (1 - value)
    independent = min(spread / variance, most) if variance else most
    return rate_of(value, m, independent, 0.5, level)


def _true_positive_rate(members: np.ndarray, others: np.ndarray, fpr: float, level: float) -> Rate:
    """True positive rate with a bootstrap interval, which covers the uncertainty of the threshold.

    The interval always contains the exact one for a known threshold: if all members are
    identified, or none, all resamples agree and reveal nothing about other members.
    """
    random = np.random.default_rng(0)
    resampled = [
        _named(random.choice(members, members.size), random.choice(others, others.size), fpr)
        for _ in range(RESAMPLES)
    ]
    ends = np.quantile(resampled, [(1 - level) / 2, (1 + level) / 2])
    value, n = _named(members, others, fpr), members.size
    exact = rate_of(value, n, n, fpr, level)
    low, high = min(float(ends[0]), exact.low), max(float(ends[1]), exact.high)
    return Rate(value, low, high, n, fpr, n)


def _named(members: np.ndarray, others: np.ndarray, fpr: float) -> float:
    """Share of the members among the `fpr` smallest of the others' losses, ties in random order.

    Based on the smoothed rank of conformal prediction (Vovk et al. 2005), whose expectation under
    chance is exactly `fpr`.
    """
    ordered = np.sort(others)
    below = np.searchsorted(ordered, members, "left")
    tied = np.searchsorted(ordered, members, "right") - below
    return float(np.clip((fpr * (others.size + 1) - below) / (tied + 1), 0, 1).mean())
