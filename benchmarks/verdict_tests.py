"""`python -m benchmarks.verdict_tests`: the tests behind and beside a verdict, with known truth.

Pairs, non-inferiority, families, exact tests, effect sizes and partial pooling, on simulated runs.
The tables compare error rates with the level, power with its prediction, and coverage with the
confidence. All numbers come from the functions that compute the verdict.
"""

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Literal

import numpy as np
import pandas as pd
from run_equivalence.effects import effect_sizes
from run_equivalence.pairs import PairedRuns, deviation_of_differences
from run_equivalence.permutation import tails_of_groups
from run_equivalence.pooling import (
    Posterior,
    correlation_of_classes,
    draw_variances,
    tau_grid,
)
from run_equivalence.power import (
    power_of_equivalence,
    power_of_non_inferiority,
    runs_for_equivalence,
    runs_for_non_inferiority,
)
from run_equivalence.welch import Difference, SampleStatistics, error_and_df, holm
from scipy import stats

MARGIN, LEVEL, POWER = 0.01, 0.05, 0.8
DEVIATIONS = 0.01 * np.array([0.2, 0.45, 0.25, 1.1, 1.4, 1.95, 0.8, 0.4])
"""Standard deviations of the runs of the eight classes, about as in the whitepaper's Table II."""
NOISIEST = int(np.argmax(DEVIATIONS))
Row = dict[str, Any]


def pairs(repetitions: int) -> Iterator[Row]:
    """Welch's test and the paired test, with correlated runs of the same seed."""
    deviation = 0.006
    for n in (5, 10):
        for correlation in (0.0, 0.2, 0.4, 0.6, 0.8):
            counts: Counter[str] = Counter()
            rng = np.random.default_rng(n)
            covariance = deviation**2 * np.array([[1, correlation], [correlation, 1]])
            for _ in range(repetitions):
                values, reference = rng.multivariate_normal((0.3, 0.3), covariance, n).T
                for how, test in _both(values, reference):
                    counts[f"{how}: false different"] += test.p_different() < LEVEL
                    counts[f"{how}: power"] += test.p_equivalent(MARGIN) < LEVEL
                for how, test in _both(values + MARGIN, reference):
                    counts[f"{how}: false equivalent"] += test.p_equivalent(MARGIN) < LEVEL
            spread = deviation_of_differences(deviation, deviation, correlation)
            predicted = power_of_equivalence(0, MARGIN, *error_and_df((spread,), (n,)), LEVEL)
            yield (
                {"pairs": n, "correlation": correlation}
                | {
                    name: counts[name] / repetitions
                    for name in sorted(counts)
                    if not name.endswith(": ")
                }
                | {"paired: power predicted": predicted}
            )


def _both(values: np.ndarray, reference: np.ndarray) -> Iterator[tuple[str, Difference]]:
    groups = SampleStatistics.of(values), SampleStatistics.of(reference)
    yield "Welch", Difference.between(*groups)
    yield "paired", Difference.of_pairs(PairedRuns(tuple(values), tuple(reference)).statistics)


def non_inferiority(repetitions: int) -> Iterator[Row]:
    """Non-inferiority ("no loss of the margin or more") compared with equivalence."""
    for stds in ((0.005, 0.005), (0.01, 0.01), (0.004, 0.012)):
        alone = runs_for_non_inferiority(0, MARGIN, stds, LEVEL, POWER)
        both_ways = runs_for_equivalence(0, MARGIN, stds, LEVEL, POWER)
        for n in sorted({5, alone or 5}):
            counts: Counter[str] = Counter()
            rng = np.random.default_rng(n)
            for _ in range(repetitions):
                values, reference = (rng.normal(0.3, std, n) for std in stds)
                sample, base = SampleStatistics.of(values), SampleStatistics.of(reference)
                worse = Difference.between(
                    SampleStatistics(sample.mean - MARGIN, sample.std, n), base
                )
                same = Difference.between(sample, base)
                counts["false: non-inferior at a loss of the margin"] += (
                    worse.p_not_worse(MARGIN) < LEVEL
                )
                counts["false: worse where nothing differs"] += (
                    same.p_different() < LEVEL and same.value < 0
                )
                counts["power: non-inferior"] += same.p_not_worse(MARGIN) < LEVEL
                counts["power: equivalent"] += same.p_equivalent(MARGIN) < LEVEL
            yield {
                "std": f"{100 * stds[0]:g}, {100 * stds[1]:g}",
                "n": n,
                **{name: count / repetitions for name, count in counts.items()},
                "power predicted": power_of_non_inferiority(
                    0, MARGIN, *error_and_df(stds, (n, n)), LEVEL
                ),
                "runs for power 0.8": alone,
                "for equivalence": both_ways,
            }


def families(repetitions: int) -> Iterator[Row]:
    """Share of experiments of three treatments and eight classes with at least one false claim."""
    names = list(map(str, range(len(DEVIATIONS))))
    for truth, shift in (("nothing differs", 0.0), ("every class gains the margin", MARGIN)):
        counts: Counter[str] = Counter()
        rng = np.random.default_rng(1)
        for _ in range(repetitions):
            reference, *treatments = (_experiment(rng, at) for at in (0.0, shift, shift, shift))
            tests = [
                [Difference.between(of[name], reference[name]) for name in names]
                for of in treatments
            ]
            ps = [
                [test.p_equivalent(MARGIN) if shift else test.p_different() for test in of]
                for of in tests
            ]
            everything = [p for of in ps for p in of]
            counts["no correction"] += min(everything) < LEVEL
            counts["family: variant"] += min(min(holm(of)) for of in ps) < LEVEL
            counts["family: experiment"] += min(holm(everything)) < LEVEL
        claim = "equivalent" if shift else "different"
        yield {"truth": truth, "claim": claim} | {
            how: count / repetitions for how, count in counts.items()
        }


def discoveries(repetitions: int) -> Iterator[Row]:
    """Differences found with Holm's correction and with false discovery rates over all treatments.

    Three treatments and eight classes; every second class differs by two margins.
    """
    names = list(map(str, range(len(DEVIATIONS))))
    shift = np.where(np.arange(len(names)) % 2, 0.0, 2 * MARGIN)
    is_true = np.tile(shift != 0, 3)
    adjustments: dict[str, Callable[[np.ndarray], Any]] = {
        "no correction": lambda ps: ps,
        "Holm": holm,
        "Benjamini-Hochberg": stats.false_discovery_control,
        "Benjamini-Yekutieli": lambda ps: stats.false_discovery_control(ps, method="by"),
    }
    found: dict[str, list[tuple[float, bool, float]]] = {name: [] for name in adjustments}
    rng = np.random.default_rng(2)
    for _ in range(repetitions):
        reference, *treatments = (_experiment(rng, at) for at in (0.0, shift, shift, shift))
        ps = np.array(
            [
                Difference.between(of[name], reference[name]).p_different()
                for of in treatments
                for name in names
            ]
        )
        for how, adjusted in adjustments.items():
            claimed = np.asarray(adjusted(ps)) < LEVEL
            false = np.sum(claimed & ~is_true)
            found[how].append((claimed[is_true].mean(), false > 0, false / max(claimed.sum(), 1)))
    for how, of in found.items():
        yield {"correction": how} | dict(
            zip(
                ("found", "any false claim", "share of false ones"),
                np.mean(of, axis=0),
                strict=True,
            )
        )


def _experiment(
    rng: np.random.Generator, shift: float | np.ndarray, correlation: float = 0.1, n: int = 5
) -> dict[str, SampleStatistics]:
    """Runs of a variant, with correlated classes within a run."""
    shared = rng.normal(0, 1, (n, 1))
    noise = np.sqrt(correlation) * shared + np.sqrt(1 - correlation) * rng.normal(
        0, 1, (n, len(DEVIATIONS))
    )
    aps = 0.3 + shift + DEVIATIONS * noise
    samples = {str(place): SampleStatistics.of(column) for place, column in enumerate(aps.T)}
    return samples | {"all": SampleStatistics.of(aps.mean(axis=1))}


DISTRIBUTIONS: dict[str, Callable[[np.random.Generator, tuple[int, int]], np.ndarray]] = {
    "normal": lambda rng, size: rng.normal(0, 1, size),
    "skewed (exponential)": lambda rng, size: rng.exponential(1, size) - 1,
    "heavy tails (t, 3)": lambda rng, size: rng.standard_t(3, size) / np.sqrt(3),
}


def exact(repetitions: int) -> Iterator[Row]:
    """Permutation tests compared with Welch's test, for other distributions and few runs."""
    for n in (3, 5, 7):
        for name, draw in DISTRIBUTIONS.items():
            for ratio in (1.0, 3.0):
                rng = np.random.default_rng(n)
                values, reference = (
                    0.01 * scale * draw(rng, (repetitions, n)) for scale in (ratio, 1.0)
                )
                # At the margin, false equivalence is as frequent as false one-sided differences.
                tails = tails_of_groups(values, reference)
                welch = stats.ttest_ind(values, reference, axis=1, equal_var=False)
                yield {
                    "n": n,
                    "runs": name,
                    "ratio of std": ratio,
                    "Welch: different": np.mean(welch.pvalue < LEVEL),
                    "exact: different": np.mean(tails.both < LEVEL),
                    "Welch: one-sided, worse side": max(
                        _one_sided(values, reference, side) for side in ("greater", "less")
                    ),
                    "exact: one-sided, worse side": max(
                        np.mean(side < LEVEL) for side in (tails.upper, tails.lower)
                    ),
                }


def _one_sided(
    values: np.ndarray, reference: np.ndarray, side: Literal["greater", "less"]
) -> float:
    test = stats.ttest_ind(values, reference, axis=1, equal_var=False, alternative=side)
    return float(np.mean(test.pvalue < LEVEL))


def effects(repetitions: int) -> Iterator[Row]:
    """Coverage of the 90 % intervals of effect sizes."""
    for n in (3, 5, 10):
        for stds in ((0.01, 0.01), (0.005, 0.015)):
            rng = np.random.default_rng(n)
            truth = {
                "better": stats.norm.cdf(0.01 / np.hypot(*stds)),
                "hedges_g": 0.01 / np.sqrt(np.mean(np.square(stds))),
                "relative": 0.01 / 0.3,
            }
            held: Counter[str] = Counter()
            for _ in range(repetitions):
                groups = [
                    SampleStatistics.of(rng.normal(mean, std, n))
                    for mean, std in zip((0.31, 0.3), stds, strict=True)
                ]
                sizes = effect_sizes(*groups, LEVEL)
                for name, value in truth.items():
                    estimate = getattr(sizes, name)
                    held[name] += estimate.low < value < estimate.high
            yield {"n": n, "std": f"{100 * stds[0]:g}, {100 * stds[1]:g}"} | {
                name: held[name] / repetitions for name in truth
            }


def pooling(repetitions: int) -> Iterator[Row]:
    """Coverage of partial pooling, and how often a harmed class seems to be within the margin."""
    classes = len(DEVIATIONS)
    alone = np.where(np.arange(classes) == NOISIEST, -MARGIN, 0.0)
    worlds: dict[str, Callable[[np.random.Generator], np.ndarray]] = {
        f"effects normal, spread {100 * tau:g} points": lambda rng, tau=tau: rng.normal(
            0, tau, classes
        )
        for tau in (0.0, 0.003, 0.01, 0.02)
    }
    worlds["every class loses the margin"] = lambda rng: np.full(classes, -MARGIN)
    worlds["the noisiest class alone loses the margin"] = lambda rng: alone
    for world, effects_of in worlds.items():
        held, claimed, tested = (np.zeros(classes) for _ in range(3))
        for number in range(repetitions):
            rng = np.random.default_rng(number)
            truth = effects_of(rng)
            samples = [_experiment(rng, shift) for shift in (truth, 0.0)]
            posterior = _posterior(*samples)
            below = posterior.mass_below(np.append(truth, truth.mean()))[:classes]
            held += (below > LEVEL) & (below < 1 - LEVEL)
            within = posterior.mass_below(MARGIN) - posterior.mass_below(-MARGIN)
            claimed += within[:classes] >= 1 - LEVEL
            tested += [
                Difference.between(samples[0][at], samples[1][at]).p_equivalent(MARGIN) < LEVEL
                for at in map(str, range(classes))
            ]
        yield {
            "world": world,
            "90 % intervals that hold": held.mean() / repetitions,
            "of the noisiest class": held[NOISIEST] / repetitions,
            "its mass within the margin is 0.95": claimed[NOISIEST] / repetitions,
            "TOST passes": tested[NOISIEST] / repetitions,
        }


def _posterior(
    samples: dict[str, SampleStatistics],
    references: dict[str, SampleStatistics],
) -> Posterior:
    """Posterior as by `pooled_effects`, with fewer draws and a coarser grid."""
    names = [name for name in samples if name != "all"]
    groups = [[of[name] for name in names] for of in (samples, references)]
    means = [np.array([one.mean for one in of]) for of in groups]
    return Posterior.of(
        means[0] - means[1],
        draw_variances(groups, 128),
        correlation_of_classes([samples, references], names, "all"),
        tau_grid(size=16),
    )


PARTS = {
    part.__name__: part
    for part in (pairs, non_inferiority, families, discoveries, exact, effects, pooling)
}


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=2000)
    parser.add_argument("--only", choices=PARTS)
    arguments = parser.parse_args()
    for name, part in PARTS.items():
        if arguments.only in (None, name):
            table = pd.DataFrame(part(arguments.repetitions))
            print(f"{part.__doc__}\n")
            print(table.to_markdown(index=False, floatfmt=".3f"), flush=True)
            print()


if __name__ == "__main__":
    main()
