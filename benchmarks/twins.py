"""`python -m benchmarks.twins`: error rates if the random drawing of a variant's images matters."""

import argparse
from collections.abc import Sequence

import numpy as np
import pandas as pd
from run_equivalence.variance import group_components
from run_equivalence.welch import Difference, SampleStatistics

MARGIN, LEVEL, RUNS = 0.01, 0.05, 6
DEVIATION = 0.004
"""Standard deviation of a run, including the drawing."""


def rates(twins: int, drawing: float, repetitions: int) -> dict[str, float]:
    """Error rates of the verdict on six runs of a variant that share some twins.

    Args:
        twins: number of twins; a divisor of the number of runs.
        drawing: share of the drawing in the variance of a run of the variant.
        repetitions: experiments of each kind.

    Returns:
        `different`: a difference is found although there is none on average over drawings; `same`:
        equivalence is found although that difference is the margin; `holds`: the 90 % interval
        contains it; `estimate`: mean estimated share of the drawing in the variance of a run.
    """
    rng = np.random.default_rng([twins, round(1000 * drawing)])
    different = same = holds = 0
    estimates = []
    for _ in range(repetitions):
        drawn = rng.normal(0, DEVIATION * drawing**0.5, twins)
        own = rng.normal(0, DEVIATION * (1 - drawing) ** 0.5, RUNS)
        values = drawn[np.arange(RUNS) % twins] + own
        sample = SampleStatistics.of(values.tolist())
        reference = SampleStatistics.of(rng.normal(0, DEVIATION, RUNS).tolist())
        found = Difference.between(sample, reference)
        low, high = found.interval(LEVEL)
        different += found.p_different() < LEVEL
        holds += low <= 0 <= high
        moved = SampleStatistics(sample.mean + MARGIN, sample.std, RUNS)
        same += Difference.between(moved, reference).p_equivalent(MARGIN) < LEVEL
        parts = group_components([values[twin::twins].tolist() for twin in range(twins)])
        if parts is not None:
            estimates.append(parts.between / (parts.between + parts.within))
    return {
        "different": different / repetitions,
        "same": same / repetitions,
        "holds": holds / repetitions,
        "estimate": float(np.mean(estimates)) if estimates else float("nan"),
    }


def table(shares: Sequence[float], repetitions: int) -> pd.DataFrame:
    """Rates for one, two, three and six twins, by the share of the drawing."""
    return pd.DataFrame(
        [
            {"drawing": share, "twins": twins} | rates(twins, share, repetitions)
            for share in shares
            for twins in (1, 2, 3, 6)
        ]
    )


def main() -> None:
    """Print the rates as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=2000)
    parser.add_argument("--shares", type=float, nargs="+", default=[0.0, 0.25, 0.5])
    arguments = parser.parse_args()
    print(table(arguments.shares, arguments.repetitions).to_markdown(index=False, floatfmt=".3f"))


if __name__ == "__main__":
    main()
