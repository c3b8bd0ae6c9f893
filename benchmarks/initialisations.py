"""`python -m benchmarks.initialisations`: runs that share initialisations, with known truth.

Accuracy of the estimated share of the initialisation in the variance of a run, and the effect of
sharing on the error rates of the verdict.
"""

import argparse
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from run_equivalence.variance import group_components
from run_equivalence.welch import Difference, SampleStatistics

MARGIN, LEVEL = 0.01, 0.05
DEVIATION = 0.006
"""Standard deviation of a run, including the initialisation."""
SHARES = 0.0, 0.25, 0.5, 0.75
Row = dict[str, Any]


def estimates(repetitions: int) -> Iterator[Row]:
    """Estimated share and its 90 % interval, by the runs and initialisations of a variant."""
    for runs, initialisations in ((6, 3), (10, 2), (10, 3), (10, 5), (20, 5), (20, 10)):
        for share in SHARES:
            rng = np.random.default_rng([runs, initialisations, round(100 * share)])
            found = []
            for _ in range(repetitions):
                values = _runs(rng, runs, share, _effects(rng, initialisations, share))
                parts = group_components(
                    [values[group::initialisations].tolist() for group in range(initialisations)]
                )
                assert parts is not None
                found.append((parts.share_of_a_run, *parts.interval(LEVEL)))
            estimate, low, high = np.transpose(found)
            yield {
                "runs": runs,
                "initialisations": initialisations,
                "share": share,
                "mean estimate": estimate.mean(),
                "interval holds it": np.mean((low <= share) & (share <= high)),
                "mean width": np.mean(high - low),
            }


def verdicts(repetitions: int) -> Iterator[Row]:
    """Error rates and coverage of Welch's tests on ten runs of each variant.

    The effects of an initialisation are a variant's own, or the same in the variant and in the
    reference.
    """
    runs = 10
    for share in SHARES:
        for initialisations in (2, 5, 10):
            for common in (False, True):
                rng = np.random.default_rng([initialisations, round(100 * share), common])
                counts: Counter[str] = Counter()
                for _ in range(repetitions):
                    effects = _effects(rng, initialisations, share)
                    others = effects if common else _effects(rng, initialisations, share)
                    sample, reference = (
                        SampleStatistics.of(_runs(rng, runs, share, of).tolist())
                        for of in (effects, others)
                    )
                    same = Difference.between(sample, reference)
                    low, high = same.interval(LEVEL)
                    moved = SampleStatistics(sample.mean + MARGIN, sample.std, runs)
                    margin_away = Difference.between(moved, reference)
                    counts["different where nothing differs"] += same.p_different() < LEVEL
                    counts["equivalent at the margin"] += margin_away.p_equivalent(MARGIN) < LEVEL
                    counts["interval holds it"] += low <= 0 <= high
                yield {
                    "share": share,
                    "initialisations": initialisations,
                    "effects": "the same in both" if common else "a variant's own",
                    **{name: count / repetitions for name, count in counts.items()},
                }


def _effects(rng: np.random.Generator, number: int, share: float) -> np.ndarray:
    """Effects of the initialisations, (number,)."""
    return rng.normal(0, DEVIATION * share**0.5, number)


def _runs(rng: np.random.Generator, runs: int, share: float, effects: np.ndarray) -> np.ndarray:
    """APs of runs that are distributed over the initialisations, (runs,)."""
    own = rng.normal(0.3, DEVIATION * (1 - share) ** 0.5, runs)
    return own + effects[np.arange(runs) % len(effects)]


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=2000)
    arguments = parser.parse_args()
    for part in (estimates, verdicts):
        table = pd.DataFrame(part(arguments.repetitions))
        print(f"{table.to_markdown(index=False, floatfmt='.3f')}\n", flush=True)


if __name__ == "__main__":
    main()
