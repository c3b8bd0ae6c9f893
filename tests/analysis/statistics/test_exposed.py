"""The table of exposed objects: its numbers, its files, and what a run may lack."""

import json

import pandas as pd
import pytest
from run_equivalence.welch import Difference, SampleStatistics

from tests.analysis.tables.written_runs import CLASSES, evaluation, expectation, written
from tests.commands import statistics as main

AP = {"unmodified": (0.40, 0.42, 0.41), "natural": (0.30, 0.33, 0.31)}
VARIANTS = tuple(AP)


def exposed(much):
    def groups(little, much):
        return {
            "none": {"AP": 0.5, "AP50": 0.7, "instances": 40},
            "little": {"AP": little, "AP50": little, "instances": 0 if little is None else 3},
            "much": {"AP": much, "AP50": 0.6, "instances": 9},
        }

    return {
        "much_from": 0.03,
        "mean": groups(0.2, much),
        "per_class": {name: groups(None, much) for name in CLASSES},
    }


@pytest.fixture
def experiment(tmp_path):
    runs = [
        evaluation(variant, seed, (0.3, 0.2, None), exposed=exposed(ap))
        for variant, aps in AP.items()
        for seed, ap in enumerate(aps, start=1)
    ]
    written(tmp_path, *runs)
    return tmp_path


def make(folder):
    expected = expectation(VARIANTS, (1, 2, 3))
    runs = ["--runs-in", str(folder / "runs"), "--expected", expected]
    return main(["exposed", *runs, "--output", str(folder / "tables")])


def test_differences_are_those_of_the_verdict(experiment):
    assert make(experiment) == 0
    table = pd.read_csv(experiment / "tables/exposed.csv").set_index(["variant", "class", "group"])
    assert len(table) == 2 * (len(CLASSES) + 1) * 3
    reference, other = (SampleStatistics.of(aps) for aps in AP.values())
    welch = Difference.between(other, reference)
    for name in (*CLASSES, "all"):
        row = table.loc[("natural", name, "much")]
        assert row["mean"] == pytest.approx(other.mean)
        assert (row["std"], row["n"]) == (pytest.approx(other.std), 3)
        assert row["difference"] == pytest.approx(welch.value)
        assert (row["low"], row["high"]) == pytest.approx(welch.interval(0.05))
        assert row["welch_p"] == pytest.approx(welch.p_different())
    undefined = table.loc[("natural", "rider", "little")]
    assert (undefined["n"], undefined["instances"]) == (0, 0)
    assert undefined[["mean", "difference", "low"]].isna().all()
    alike = table.loc[("natural", "rider", "none")]
    assert alike["difference"] == 0
    assert pd.isna(alike["low"])
    assert table.loc["unmodified"]["difference"].isna().all()


def test_all_files_say_the_same(experiment):
    assert make(experiment) == 0
    content = json.loads((experiment / "tables/exposed.json").read_text())
    assert content["reference"] == "unmodified"
    assert len(content["rows"]) == 2 * (len(CLASSES) + 1) * 3
    assert content["rows"][0]["difference"] is None
    text = (experiment / "tables/exposed.md").read_text()
    assert "## natural against unmodified" in text
    assert "0.410 ± 0.010 | 0.313 ± 0.015 | -9.67" in text
    assert "(3 % or more)" in text
    latex = (experiment / "tables/exposed.tex").read_text()
    assert (
        r"All classes (mAP) & much & $9$ & $0.410 \pm 0.010$ & $0.313 \pm 0.015$ & $-9.67$ &"
        in latex
    )


def test_runs_that_lack_something_are_said(experiment, capsys):
    (experiment / "runs/natural/seed~3/eval.json").unlink()
    assert make(experiment) == 0
    assert "Missing runs: natural seed 3." in (experiment / "tables/exposed.md").read_text()

    written(experiment, evaluation("natural", 2, (0.3, 0.2, None)))
    assert make(experiment) == 2
    (line,) = capsys.readouterr().err.splitlines()[-1:]
    assert "seed~2/eval.json: no APs of exposed objects; evaluate it with" in line
