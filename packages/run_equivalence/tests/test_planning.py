"""The table of runs needed."""

import pytest
from run_equivalence.planning import deviations_of, runs_table
from run_equivalence.power import (
    runs_for_difference,
    runs_for_equivalence,
    runs_for_non_inferiority,
)
from run_equivalence.welch import SampleStatistics


def test_each_row_has_the_runs_of_both_tests():
    table = runs_table([("car", 0.01)], (0.01, 0.02), (0.8,), 0.05)
    assert list(table["margin"]) == [0.01, 0.02]
    both = (0.01, 0.01)
    for row in table.to_dict("records"):
        wanted = runs_for_equivalence(0.0, row["margin"], both, 0.05, 0.8)
        assert row["runs_equivalent"] == wanted
        fewer = runs_for_non_inferiority(0.0, row["margin"], both, 0.05, 0.8)
        assert row["runs_non_inferior"] == fewer < wanted
        assert row["runs_different"] == runs_for_difference(row["margin"], both, 0.05, 0.8)
    assert table["runs_different"][0] > table["runs_different"][1]


def test_deviations_are_pooled_over_the_variants():
    samples = {
        "plain": {"car": SampleStatistics.of([0.1, 0.2]), "bus": SampleStatistics.of([0.3])},
        "blur": {"car": SampleStatistics.of([0.4, 0.6]), "bus": SampleStatistics.of([0.3])},
    }
    variances = 0.1**2 / 2, 0.2**2 / 2
    assert deviations_of(samples) == {"car": pytest.approx((sum(variances) / 2) ** 0.5)}
