"""`python -m benchmarks.adaptive`: error rates and savings of a plan with several looks."""

import argparse

import numpy as np
import pandas as pd
from run_equivalence.compare import compare
from run_equivalence.verdicts import Verdict
from run_equivalence.welch import SampleStatistics

MARGIN, LEVEL = 0.01, 0.05


def last_look(
    rng: np.random.Generator,
    difference: float,
    deviation: float,
    looks: tuple[int, ...],
    level: float,
) -> tuple[Verdict, int]:
    """Look until the verdict is no longer inconclusive; returns it and the runs per variant."""
    reference, values = rng.normal(0.3, deviation, (2, looks[-1]))
    for runs in looks:
        (row,) = compare(
            {"all": SampleStatistics.of(values[:runs] + difference)},
            {"all": SampleStatistics.of(reference[:runs])},
            margins=(MARGIN,),
            level=level,
        )
        verdict = row.margins[0].verdict
        if verdict is not Verdict.INCONCLUSIVE:
            break
    return verdict, runs


def rates(
    looks: tuple[int, ...], deviation: float, repetitions: int, *, corrected: bool = True
) -> dict[str, float]:
    """Rates of each verdict, with no difference and with a difference of the margin.

    Args:
        looks: runs per variant at each look.
        deviation: standard deviation of the runs.
        repetitions: experiments of each kind.
        corrected: whether the looks share the level; otherwise, each uses all of it.

    Returns:
        `false_different` and `right_same` with no difference; `false_same` and `right_different`
        with a difference of the margin; `runs`, the mean number per variant.
    """
    level = LEVEL / len(looks) if corrected else LEVEL
    counts = dict.fromkeys(("false_different", "right_same", "false_same", "right_different"), 0)
    runs = 0
    for number in range(repetitions):
        for difference, same, different in (
            (0.0, "right_same", "false_different"),
            (MARGIN, "false_same", "right_different"),
        ):
            rng = np.random.default_rng([number, difference > 0])
            verdict, used = last_look(rng, difference, deviation, looks, level)
            runs += used
            counts[same] += verdict.within
            counts[different] += verdict in (Verdict.DIFFERENT, Verdict.BOTH)
    shares = {name: count / repetitions for name, count in counts.items()}
    return shares | {"runs": runs / (2 * repetitions)}


def main() -> None:
    """Print the rates of several plans."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=2000)
    repetitions = parser.parse_args().repetitions
    plans = [
        ("looks at 5, 10, 15", (5, 10, 15), True),
        ("the same, uncorrected", (5, 10, 15), False),
        ("one look at 15", (15,), True),
        ("looks at 5, 10, 15, 20, 30", (5, 10, 15, 20, 30), True),
        ("the same, uncorrected", (5, 10, 15, 20, 30), False),
        ("one look at 30", (30,), True),
    ]
    rows = [
        {"plan": name, "std": deviation} | rates(looks, deviation, repetitions, corrected=corrected)
        for deviation in (0.005, 0.01)
        for name, looks, corrected in plans
    ]
    print(pd.DataFrame(rows).to_markdown(index=False, floatfmt=".3f"))


if __name__ == "__main__":
    main()
