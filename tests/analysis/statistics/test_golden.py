"""Verdicts under default settings, as they were before pairs, families and other questions came.

`golden/` holds the files from before these settings: of the whitepaper's Table II, and of an
experiment with two treatments and both controls. Rows of tables and sentences stay as they are,
digit for digit; `verdict.json` may have further keys.
"""

import json
from pathlib import Path

import pytest

from tests.analysis.statistics.test_command import PAPER, write_experiment
from tests.commands import statistics as main

GOLDEN = Path(__file__).parent / "golden"


def table(folder):
    return ["--summary", PAPER]


def runs(folder):
    paths = write_experiment(
        folder,
        unmodified=(0.3, 0.2, 0.4),
        natural=(0.302, 0.21, 0.4),
        blackbox=(0.27, 0.2, 0.385),
        again=(0.3, 0.2, 0.4),
        masked=(0.1, 0.1, 0.2),
    )
    return ["--runs", *paths, "--aa-controls", "again", "--positive-controls", "masked"]


@pytest.mark.parametrize("source", [table, runs])
def test_default_settings_judge_as_before(tmp_path, source):
    assert main(["verdict", *map(str, source(tmp_path)), "--output", str(tmp_path / "now")]) == 0
    before = GOLDEN / source.__name__
    for name in ("verdict.csv", "verdict.md", "verdict.tex"):
        assert (tmp_path / "now" / name).read_text() == (before / name).read_text()
    old = json.loads((before / "verdict.json").read_text())
    assert_holds(json.loads((tmp_path / "now/verdict.json").read_text()), old, "verdict")


def assert_holds(now, before, where):
    """Everything that was there is there, with the same value."""
    if isinstance(before, dict):
        for key, value in before.items():
            assert key in now, f"{where}.{key} is gone"
            assert_holds(now[key], value, f"{where}.{key}")
    elif isinstance(before, list):
        assert len(now) == len(before), where
        for number, value in enumerate(before):
            assert_holds(now[number], value, f"{where}.{number}")
    else:
        assert now == before, where
