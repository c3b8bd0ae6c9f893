"""The simulations of the tests beside and behind a verdict keep running, and promise what holds."""

from itertools import islice

import pytest

from benchmarks import verdict_tests

FEW = 150
WITHIN = 0.11
"""Three standard errors above 0.05 for so few experiments."""


def rows(part, count, repetitions=FEW):
    """The first rows of a table; the benchmark makes all of them, from 2000 experiments."""
    return list(islice(part(repetitions), count))


def test_pairs_keep_the_level_and_gain_where_seeds_correlate():
    found = rows(verdict_tests.pairs, 5)
    for row in found:
        assert row["paired: false different"] < WITHIN
        assert row["paired: false equivalent"] < WITHIN
        assert row["paired: power"] == pytest.approx(row["paired: power predicted"], abs=0.13)
    assert found[-1]["paired: power"] > found[-1]["Welch: power"]


def test_non_inferiority_keeps_the_level_and_needs_fewer_runs():
    for row in rows(verdict_tests.non_inferiority, 4):
        assert row["false: non-inferior at a loss of the margin"] < WITHIN
        assert row["power: non-inferior"] == pytest.approx(row["power predicted"], abs=0.13)
        assert row["power: non-inferior"] > row["power: equivalent"]
        assert row["runs for power 0.8"] < row["for equivalence"]


def test_a_family_keeps_the_level_over_treatments():
    for row in rows(verdict_tests.families, 2, 60):
        assert row["family: experiment"] < 0.14
        assert row["family: experiment"] <= row["family: variant"] < row["no correction"]


def test_false_discovery_rates_find_more_and_err_more():
    by_name = {row["correction"]: row for row in verdict_tests.discoveries(60)}
    by_holm, by_rate = by_name["Holm"], by_name["Benjamini-Hochberg"]
    assert by_holm["any false claim"] < 0.14 > by_rate["share of false ones"]
    assert by_holm["found"] < by_name["Benjamini-Yekutieli"]["found"] < by_rate["found"]
    assert by_holm["any false claim"] <= by_rate["any false claim"]


def test_exact_tests_keep_the_level_for_equal_distributions():
    for row in rows(verdict_tests.exact, 12, 600):
        if row["n"] == 3:
            assert row["exact: different"] == 0
        elif row["ratio of std"] == 1:
            # Three standard errors of 600 experiments.
            assert row["exact: different"] < 0.08
            assert row["exact: one-sided, worse side"] < 0.08


def test_partial_pooling_covers_alike_classes_and_overlooks_a_lone_one():
    found = rows(verdict_tests.pooling, 6, 40)
    for row in found[:5]:
        assert row["90 % intervals that hold"] > 0.84
    lone = found[5]
    assert lone["of the noisiest class"] < 0.4
    assert lone["its mass within the margin is 0.95"] > 0.6


def test_every_table_is_printed(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["verdict_tests", "--repetitions", "2", "--only", "effects"])
    verdict_tests.main()
    said = capsys.readouterr().out
    assert "Coverage of the 90 % intervals of effect sizes." in said
    assert "hedges_g" in said
