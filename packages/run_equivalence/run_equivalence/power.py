"""Power of the tests, and the number of runs for a given power.

Exact if both groups have the same deviation and size; otherwise the estimated standard error is
assumed to follow a chi distribution with Satterthwaite's degrees of freedom, as in Welch's test.

Planning asks for thousands of powers: this package takes the functions of scipy.special, which
those of scipy.stats call behind checks that take most of their time.

Sources: noncentral t distribution for Welch's test (Cohen 1988); for two one-sided tests the power
integrated over the distribution of the estimated error (Phillips 1990).
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy import optimize, special

from run_equivalence.verdicts import MOST_RUNS
from run_equivalence.welch import error_and_df

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(100)


def power_of_difference(difference: float, error: float, df: float, level: float) -> float:
    """Probability that Welch's two-sided test finds a true difference (noncentral t)."""
    critical = float(special.stdtrit(df, 1 - level / 2))
    shift = abs(difference) / error
    # The lower tail is the upper one of the mirrored shift.
    return _upper_tail(critical, df, shift) + _upper_tail(critical, df, -shift)


def power_of_equivalence(
    difference: float, margin: float, error: float, df: float, level: float
) -> float:
    """Probability that two one-sided tests show that a true difference is within `margin`.

    The estimated error is `error` times s, with df * s^2 chi-squared. Given s, the tests pass if
    the normal estimate is within `margin` - t * error * s; this is integrated over s.
    """
    critical = float(special.stdtrit(df, 1 - level)) * error
    # Above this s, no estimate passes.
    passing = special.chdtr(df, df * (margin / critical) ** 2)
    squares = 2 * special.gammaincinv(df / 2, passing * (_NODES + 1) / 2)  # chi-squared
    room = margin - critical * np.sqrt(squares / df)
    given_s = special.ndtr((room - difference) / error) - special.ndtr((-room - difference) / error)
    return float(passing / 2 * np.sum(_WEIGHTS * given_s))


def power_of_non_inferiority(
    difference: float, margin: float, error: float, df: float, level: float
) -> float:
    """Probability that a one-sided test shows a loss smaller than `margin` (noncentral t)."""
    critical = float(special.stdtrit(df, 1 - level))
    return _upper_tail(critical, df, (difference + margin) / error)


def _upper_tail(t: float, df: float, shift: float) -> float:
    """Probability that a noncentral t exceeds a value of 0 or more."""
    # The lower tail of the mirrored distribution, which scipy gives as NaN where it is 0.
    tail = float(special.nctdtr(df, -shift, -t))
    return 0.0 if math.isnan(tail) else tail


def detectable_difference(error: float, df: float, level: float, power: float) -> float:
    """The smallest true difference that Welch's test finds with probability `power`."""

    def lack(shift: float) -> float:
        return power_of_difference(shift, 1.0, df, level) - power

    most = 1.0
    while lack(most) < 0:
        most *= 2
    return error * float(optimize.brentq(lack, 0, most))


def runs_for_difference(
    difference: float, stds: Sequence[float], level: float, power: float
) -> int | None:
    """Fewest runs per variant to find this difference by the two-sided test.

    Args:
        difference: true difference.
        stds: standard deviations of the runs of both variants, or only that of the pair
            differences.
        level: significance level.
        power: required probability.

    Returns:
        None above `MOST_RUNS`.
    """
    return _fewest(
        lambda n: power_of_difference(difference, *_planned_error(stds, n), level), power
    )


def runs_for_equivalence(
    difference: float, margin: float, stds: Sequence[float], level: float, power: float
) -> int | None:
    """Fewest runs per variant with which two one-sided tests pass; see `runs_for_difference`.

    None above `MOST_RUNS`, or if the difference is at least the margin.
    """
    if abs(difference) >= margin:
        return None
    return _fewest(
        lambda n: power_of_equivalence(difference, margin, *_planned_error(stds, n), level), power
    )


def runs_for_non_inferiority(
    difference: float, margin: float, stds: Sequence[float], level: float, power: float
) -> int | None:
    """Fewest runs per variant with which one one-sided test passes; see `runs_for_difference`.

    None above `MOST_RUNS`, or if the loss is at least the margin.
    """
    if difference <= -margin:
        return None
    return _fewest(
        lambda n: power_of_non_inferiority(difference, margin, *_planned_error(stds, n), level),
        power,
    )


def _planned_error(stds: Sequence[float], n: int) -> tuple[float, float]:
    return error_and_df(stds, [n] * len(stds))


def _fewest(power_with: Callable[[int], float], power: float) -> int | None:
    """The smallest n >= 2 with sufficient power; power increases with n."""
    enough = 2
    while power_with(enough) < power:
        if enough >= MOST_RUNS:
            return None
        enough = min(2 * enough, MOST_RUNS)
    too_few = 1 if enough == 2 else enough // 2
    while enough - too_few > 1:
        middle = math.floor((enough + too_few) / 2)
        if power_with(middle) < power:
            too_few = middle
        else:
            enough = middle
    return enough
