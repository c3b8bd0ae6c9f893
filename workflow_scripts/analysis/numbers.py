"""Numbers as text: an AP as a fraction of 1, a difference of APs in points (0.01)."""

import math

from figures_and_tables.latex import UNDEFINED


def points(fraction: float) -> str:
    """`1 point`, `0.5 points`."""
    number = f"{100 * fraction:.3g}"
    return f"{number} point{'' if number == '1' else 's'}"


def ap(fraction: float | None) -> str:
    """`0.309`."""
    return UNDEFINED if fraction is None or math.isnan(fraction) else f"{fraction:.3f}"


def unsigned(fraction: float | None) -> str:
    """`0.40`, a difference without sign; `> 100` if no APs differ as much."""
    if fraction is None or math.isnan(fraction):
        return UNDEFINED
    return "> 100" if fraction > 1 else f"{100 * fraction:.2f}"


def signed(fraction: float | None) -> str:
    """`+0.40`; `-0.004` where two digits would be a zero with a sign, and `0.00`."""
    if fraction is None or math.isnan(fraction):
        return UNDEFINED
    for digits in (2, 3):
        text = f"{100 * fraction:+.{digits}f}"
        if text.strip("+-0."):
            return text
    return "0.00"


def interval(low: float | None, high: float | None) -> str:
    """`-0.14 to +0.34`."""
    return UNDEFINED if low is None or math.isnan(low) else f"{signed(low)} to {signed(high)}"


def p_value(p: float | None) -> str:
    """`0.042`, `< 0.001`."""
    if p is None or math.isnan(p):
        return UNDEFINED
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def cell(mean: float, std: float, n: int, expected: int) -> str:
    """`0.309 ± 0.002`; without deviation for a single run; with `(n=…)` if not all runs count."""
    if n == 0:
        return UNDEFINED
    deviation = "" if math.isnan(std) else f" ± {std:.3f}"
    count = "" if n == expected else f" (n={n})"
    return f"{mean:.3f}{deviation}{count}"
