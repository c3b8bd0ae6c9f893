"""Effect sizes in addition to the difference of APs: in percent, in deviations, as a probability.

Intervals have the confidence 1 - 2 * level, like those of the difference.

Sources: Hedges 1981 (g and its correction), Cumming and Finch 2001 (its interval by the noncentral
t distribution), Reiser and Guttman 1986 (probability that one normal variable exceeds another,
unequal variances), Fieller 1954 (interval of a ratio of means).
"""

import math
from dataclasses import dataclass

from scipy import special

from run_equivalence.welch import SampleStatistics, is_testable


@dataclass(frozen=True)
class IntervalEstimate:
    """An estimate with its interval."""

    value: float
    low: float | None = None
    high: float | None = None
    """Ends of the interval; None if it is unbounded."""


@dataclass(frozen=True)
class EffectSizes:
    """Effect sizes of a variant in one class."""

    relative: IntervalEstimate | None
    """Difference as a share of the reference's mean; None if the mean is not positive."""
    hedges_g: IntervalEstimate
    """Difference in pooled standard deviations, corrected for few runs."""
    better: IntervalEstimate
    """Probability that a run of the variant is better than one of the reference."""


def effect_sizes(
    sample: SampleStatistics, reference: SampleStatistics, level: float
) -> EffectSizes | None:
    """Effect sizes between two independent groups of runs; None if not testable."""
    if not is_testable(sample, reference):
        return None
    return EffectSizes(
        relative=relative_change(sample, reference, level) if reference.mean > 0 else None,
        hedges_g=hedges_g(sample, reference, level),
        better=probability_better(sample, reference, level),
    )


def relative_change(
    sample: SampleStatistics, reference: SampleStatistics, level: float
) -> IntervalEstimate:
    """Difference as a share of the reference's mean, with Fieller's interval.

    The degrees of freedom are Satterthwaite's at the observed ratio. The interval is unbounded if
    the reference's mean is not significantly above 0.
    """
    ratio = sample.mean / reference.mean
    own, other = sample.std**2 / sample.n, reference.std**2 / reference.n
    parts = own, ratio**2 * other
    # If all runs are 0, the variance at their ratio is 0; the reference's variance still counts
    # below.
    df = reference.n - 1.0
    if sum(parts) > 0:
        df = sum(parts) ** 2 / (parts[0] ** 2 / (sample.n - 1) + parts[1] ** 2 / (reference.n - 1))
    square = float(special.stdtrit(df, 1 - level)) ** 2
    # The ratios r with (mean - r * reference mean)^2 <= t^2 * (variance + r^2 * other variance).
    a = reference.mean**2 - square * other
    b = sample.mean * reference.mean
    c = sample.mean**2 - square * own
    if a <= 0:
        return IntervalEstimate(ratio - 1)
    reach = math.sqrt(max(b**2 - a * c, 0))
    return IntervalEstimate(ratio - 1, (b - reach) / a - 1, (b + reach) / a - 1)


def hedges_g(
    sample: SampleStatistics, reference: SampleStatistics, level: float
) -> IntervalEstimate:
    """Hedges' g; like g itself, its interval assumes equal standard deviations."""
    df = sample.n + reference.n - 2
    pooled = math.sqrt(((sample.n - 1) * sample.std**2 + (reference.n - 1) * reference.std**2) / df)
    shift = math.sqrt(1 / sample.n + 1 / reference.n)
    t = (sample.mean - reference.mean) / (pooled * shift)
    factor = shift * math.exp(
        special.gammaln(df / 2) - special.gammaln((df - 1) / 2) - math.log(df / 2) / 2
    )
    low, high = noncentrality(t, df, level)
    return IntervalEstimate(factor * t, factor * low, factor * high)


def probability_better(
    sample: SampleStatistics, reference: SampleStatistics, level: float
) -> IntervalEstimate:
    """Probability that a run of the variant is better than an independent one of the reference."""
    variances = sample.std**2, reference.std**2
    whole = sum(variances)
    root = math.sqrt(whole / (variances[0] / sample.n + variances[1] / reference.n))
    df = whole**2 / (variances[0] ** 2 / (sample.n - 1) + variances[1] ** 2 / (reference.n - 1))
    shift = (sample.mean - reference.mean) / math.sqrt(whole)
    low, high = noncentrality(root * shift, df, level)
    value, *ends = (float(special.ndtr(at)) for at in (shift, low / root, high / root))
    return IntervalEstimate(value, *ends)


def noncentrality(t: float, df: float, level: float) -> tuple[float, float]:
    """Interval of a noncentrality parameter from an observed t, with confidence 1 - 2 * level."""
    # Computed on the positive side only, where scipy's distribution function is accurate in the far
    # tail.
    low, high = (float(special.nctdtrinc(df, share, abs(t))) for share in (1 - level, level))
    return (low, high) if t >= 0 else (-high, -low)
