"""Confidence intervals of shares and of totals. Shares are fractions of 1."""

from dataclasses import dataclass

from scipy.stats import beta, norm


@dataclass(frozen=True)
class Interval:
    """A confidence interval."""

    low: float
    high: float


def wilson(successes: float, n: int, level: float = 0.95) -> Interval:
    """Two-sided interval of a share by Wilson's score (1927).

    Args:
        successes: 0 to `n`; ties may count in part.
        n: number of trials; without any, the interval is 0 to 1.
        level: confidence, 0 to 1.
    """
    if n == 0:
        return Interval(0.0, 1.0)
    z = float(norm.ppf((1 + level) / 2))
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)) ** 0.5
    low = 0.0 if successes <= 0 else max(centre - reach, 0.0)
    high = 1.0 if successes >= n else min(centre + reach, 1.0)
    return Interval(low, high)


def clopper_pearson(successes: int, n: int, level: float = 0.95) -> Interval:
    """Two-sided exact interval of a share (Clopper and Pearson 1934).

    Its upper end is the one-sided upper bound with confidence (1 + level) / 2.

    Args:
        successes: 0 to `n`.
        n: number of trials; without any, the interval is 0 to 1.
        level: confidence, 0 to 1.
    """
    tail = (1 - level) / 2
    low = 0.0 if successes == 0 else float(beta.ppf(tail, successes, n - successes + 1))
    high = 1.0 if successes == n else float(beta.ppf(1 - tail, successes + 1, n - successes))
    return Interval(low, high)
