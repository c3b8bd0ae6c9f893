"""The simulation behind docs/variance.md: what twins do to the error rates of the verdict."""

import math

import pytest

from benchmarks.twins import rates


def test_a_twin_for_each_run_keeps_the_level():
    found = rates(6, 0.5, 800)
    assert found["different"] < 0.08
    assert found["same"] < 0.08
    assert found["holds"] == pytest.approx(0.9, abs=0.04)
    assert math.isnan(found["estimate"])


def test_a_single_drawing_that_matters_does_not():
    found = rates(1, 0.5, 800)
    assert found["different"] > 0.15
    assert found["holds"] < 0.75


def test_a_drawing_without_a_part_needs_no_twins():
    found = rates(1, 0.0, 800)
    assert found["different"] < 0.08
    assert found["holds"] == pytest.approx(0.9, abs=0.04)


def test_the_part_is_estimated():
    assert rates(3, 0.5, 800)["estimate"] > rates(3, 0.0, 800)["estimate"] + 0.15
