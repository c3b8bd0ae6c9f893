"""Conclusions from an attack's success, and the number of people they require."""

from collections.abc import Callable

import numpy as np
from scipy.stats import beta, binom

from .intervals import clopper_pearson
from .rates import Conclusion, Judgement, Rate, Success

CLAIMED = ("rank_1", "tar_at_far_0.01", "read_whole", "any_character")
"""Measures of identification. "No better than chance" is a claim about all of them that were
measured. The first one of an attack also determines whether it works on the originals."""

Chance = float | Callable[[np.ndarray], np.ndarray]
"""Rate of guessing, or a function of the number of people, such as `lambda n: 1 / n`."""


_NUMBERS = np.unique(np.append(np.arange(1, 4097), np.geomspace(4096, 1e8, 10_000).round()))
"""Numbers of people that are tried: all small ones, then steps of 0.1 %."""


def judge(
    variant: Success,
    originals: Success,
    *,
    margin: float = 0.01,
    level: float = 0.05,
    works: float = 0.5,
    power: float = 0.8,
    attacks: int = 1,
) -> Judgement:
    """Conclusion from an attack's success on a variant; the first that applies.

    - `LEAKS`: at least one measure, including `auc`, exceeds chance: exact binomial test,
      Bonferroni-corrected for the number of measures and of attacks. The margin is not used
      here. A leak remains one even if the attack does not work on the originals.
    - `FAILS`: the attack's first claimed measure on the originals is below `works`.
    - `CHANCE`: the upper bounds of all claimed measures are at most chance + `margin`
      (non-inferiority; an intersection-union test, which needs no correction, Berger 1982), and the
      lower bound on the originals is at least `works`.
    - `UNDECIDED`: none of these.

    Args:
        variant: success on the anonymized images.
        originals: success of the same attack on the originals.
        margin: negligible excess over chance, 0 to 1; chosen in advance.
        level: probability of a false conclusion, 0 to 1; bounds are one-sided.
        works: least share of the originals on which the attack has to succeed.
        power: probability with which `needed` people allow the claim.
        attacks: number of attacks on the variant, of which one leak is enough.
    """
    rates = variant.rates
    p_values = {measure: _p_exceeds(rate) for measure, rate in rates.items()}
    if p_values:
        measure = min(p_values, key=p_values.__getitem__)
        if p_values[measure] * len(p_values) * attacks <= level:
            return Judgement(Conclusion.LEAKS, measure)
    claimed = [measure for measure in CLAIMED if measure in rates]
    if not claimed:
        return Judgement(Conclusion.UNDECIDED, next(iter(rates), ""))
    original = originals.rates.get(claimed[0])
    if original is None or original.value < works:
        return Judgement(Conclusion.FAILS, claimed[0])
    excess = {name: _bounds(rates[name], level)[1] - rates[name].chance for name in claimed}
    worst = max(excess, key=excess.__getitem__)
    if excess[worst] <= margin and _bounds(original, level)[0] >= works:
        return Judgement(Conclusion.CHANCE, worst)
    chances = [_chance_of(name, rates[name]) for name in claimed]
    return Judgement(
        Conclusion.UNDECIDED,
        worst,
        needed=max(needed_for(margin, chance, level, power) for chance in chances),
        fewest=max(fewest_for(margin, chance, level) for chance in chances),
    )


def needed_for(margin: float, chance: Chance, level: float = 0.05, power: float = 0.8) -> int:
    """Number of people that a claim of "no better than chance" requires.

    Any number from there on allows the claim with probability `power` if the success rate is
    that of chance.

    Args:
        margin: negligible excess over chance, above 0.
        chance: success rate of guessing.
        level: one-sided level of the test.
        power: probability of the claim.

    Raises:
        ValueError: the margin is 0, which no number of people can show.
    """
    return _first_number(
        lambda n: _power(n, _at(chance, n), _at(chance, n), margin, level), power, margin
    )


def fewest_for(margin: float, chance: Chance, level: float = 0.05) -> int:
    """Number of people that a claim of "no better than chance" requires if nobody is found.

    For a chance close to 0, it is 3 / `margin`, the rule of three.
    """
    return _first_number(lambda n: _power(n, 0.0 * n, _at(chance, n), margin, level), 1.0, margin)


def detectable(n: int, chance: float, level: float = 0.05, power: float = 0.8) -> float | None:
    """Smallest excess over chance that an attack on `n` people detects with probability `power`.

    None if not even success on everybody would be significant.
    """
    hits = int(binom.isf(level, n, chance)) + 1  # fewest that are significant
    return float(beta.ppf(power, hits, n - hits + 1)) - chance if hits <= n else None


def _p_exceeds(rate: Rate) -> float:
    """Probability of at least this success by chance."""
    hits = rate.value * rate.independent
    if hits <= 0:
        return 1.0
    return float(beta.cdf(rate.chance, hits, rate.independent - hits + 1))


def _bounds(rate: Rate, level: float) -> tuple[float, float]:
    """One-sided lower and upper bounds."""
    interval = clopper_pearson(rate.value * rate.independent, rate.independent, 1 - 2 * level)
    return interval.low, interval.high


def _chance_of(measure: str, rate: Rate) -> Chance:
    """Chance for other numbers of people; it decreases with the gallery's size for ranks."""
    if measure.startswith("rank_"):
        return lambda n: np.minimum(rate.chance * rate.independent / n, 1.0)
    return rate.chance


def _at(chance: Chance, n: np.ndarray) -> np.ndarray:
    return chance(n) if callable(chance) else np.full(n.shape, chance)


def _power(
    n: np.ndarray, truth: np.ndarray, chance: np.ndarray, margin: float, level: float
) -> np.ndarray:
    """Probability that the upper bound is at most chance + margin."""
    limit = np.minimum(chance + margin, 1.0)
    hits = np.asarray(binom.ppf(level, n, limit))
    most = hits - (binom.cdf(hits, n, limit) > level)  # most hits that still allow the claim
    return np.where(most < 0, 0.0, binom.cdf(most, n, truth))


def _first_number(power_of: Callable[[np.ndarray], np.ndarray], power: float, margin: float) -> int:
    """The first of `_NUMBERS` from which on the power, which does not increase monotonically,
    suffices; the last one if none does.
    """
    if margin <= 0:
        raise ValueError(f"margin {margin}: it must be above 0")
    lacking = np.flatnonzero(power_of(_NUMBERS) < power)
    first = lacking[-1] + 1 if lacking.size else 0
    return int(_NUMBERS[min(first, len(_NUMBERS) - 1)])
