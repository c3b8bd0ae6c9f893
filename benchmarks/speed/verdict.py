"""Exact test of the verdict, compared with SciPy's."""

from collections.abc import Iterator

import numpy as np
from run_equivalence.permutation import MOST_EXACT, permutation_test
from scipy import stats

from benchmarks.comparison import Comparison, comparison, interleaved

TESTS, ROUNDS = 200, 3
SAME = 1e-12


def comparisons() -> Iterator[Comparison]:
    """Ten runs against ten, two-sided; SciPy tries all 184,756 permutations.

    Raises:
        AssertionError: the p values do not agree.
    """
    values, reference = np.random.default_rng(0).normal(0.3, 0.01, (2, MOST_EXACT))
    found: dict[str, float] = {}

    def ours() -> None:
        for _ in range(TESTS):
            test = permutation_test(values, reference, ())
            assert test is not None
            found["ours"] = test.p_different

    def theirs() -> None:
        found["theirs"] = stats.permutation_test(
            (values, reference), _welch_t, vectorized=True, n_resamples=10**6
        ).pvalue

    times = interleaved({"ours": ours, "theirs": theirs}, ROUNDS)
    difference = abs(found["ours"] - found["theirs"])
    assert difference < SAME, difference
    yield comparison(
        "exact test",
        f"p value of {MOST_EXACT} runs against {MOST_EXACT}, all permutations",
        tuple(seconds / TESTS for seconds in times["ours"]),
        peer=("scipy.stats.permutation_test", times["theirs"]),
        unit="test",
        note=f"difference between the p values {difference:.0e}",
    )


def _welch_t(values: np.ndarray, reference: np.ndarray, axis: int) -> np.ndarray:
    return stats.ttest_ind(values, reference, axis=axis, equal_var=False).statistic
