"""The simulation behind docs/variance.md: shares of the initialisation, and what sharing costs."""

from itertools import islice

import pytest

from benchmarks.initialisations import SHARES, estimates, verdicts

FEW = 300


def test_intervals_of_a_share_keep_their_confidence():
    for row in islice(estimates(FEW), 2 * len(SHARES)):
        # Three standard errors of 300 experiments.
        assert 0.84 < row["interval holds it"] < 0.99
        assert abs(row["mean estimate"] - row["share"]) < 0.3


def test_sharing_costs_the_level_only_where_the_initialisation_matters():
    rows = list(islice(verdicts(FEW), 9))
    for row in rows:
        own = row["effects"] == "a variant's own"
        if row["share"] == 0 or not own or row["initialisations"] == 10:
            assert row["different where nothing differs"] < 0.1
        elif row["initialisations"] == 2:
            assert row["different where nothing differs"] > 0.1
            assert row["interval holds it"] == pytest.approx(0.73, abs=0.09)
