"""What the settings `question`, `family` and `paired` make of a verdict, as files and in words."""

import json

import numpy as np
import pandas as pd
import pytest

from tests.analysis.statistics.test_command import PAPER, by_name, judged, write_experiment
from tests.analysis.tables.written_runs import evaluation, expectation, written
from tests.commands import statistics as main
from workflow_scripts.analysis.statistics.pairing import paired_differences, planned_pairs
from workflow_scripts.contracts.runs import ExpectedRuns
from workflow_scripts.contracts.settings import VerdictSettings

MANY = {
    "unmodified": (0.3, 0.2, 0.4),
    "natural": (0.3, 0.204, 0.4),
    "blur": (0.3, 0.2, 0.393),
    "blackbox": (0.25, 0.2, 0.38),
}


def asked(**settings):
    return ["--settings", json.dumps(settings)]


def write_pairs(folder, seeds=6, lost=(), offset=0.0):
    """Runs that share most of their deviation with the run of the same seed."""
    rng = np.random.default_rng(5)
    shared = rng.normal(0, 0.012, (seeds, 3))
    return written(
        folder,
        *(
            evaluation(
                variant,
                seed,
                (np.array((0.3, 0.2, 0.4)) + shift + shared[seed - 1] + rng.normal(0, 0.002, 3))
                .round(6)
                .tolist(),
            )
            for variant, shift in (("unmodified", 0.0), ("natural", offset))
            for seed in range(1, seeds + 1)
            if (variant, seed) not in lost
        ),
    )


def test_non_inferiority_of_the_whitepaper_table(tmp_path):
    """What docs/verdict.md says about it."""
    verdict = judged(tmp_path, "--summary", PAPER, *asked(question="non-inferiority"))
    rows = by_name(verdict)
    assert {name: [at["verdict"] for at in row["margins"]] for name, row in rows.items()} == {
        "person": ["non-inferior", "non-inferior"],
        "rider": ["non-inferior", "non-inferior"],
        "car": ["better", "better"],
        "truck": ["non-inferior", "non-inferior"],
        "bus": ["inconclusive", "non-inferior"],
        "train": ["inconclusive", "inconclusive"],
        "motorcycle": ["inconclusive", "non-inferior"],
        "bicycle": ["non-inferior", "non-inferior"],
        "all": ["non-inferior", "non-inferior"],
    }
    assert verdict["settings"]["question"] == "non-inferiority"
    assert verdict["said"]["headline"].startswith(
        "Training on anonymized instead of unmodified images lowers mean AP by less than 1 point, "
    )
    text = (tmp_path / "verdict.md").read_text()
    assert "| One-sided p, 1 point | Loss below 1 point? | Runs" in " ".join(text.split())
    assert "equivalen" not in text
    assert "pairs" not in pd.read_csv(tmp_path / "verdict.csv").columns


def test_a_loss_and_a_gain_are_told_apart(tmp_path):
    paths = write_experiment(tmp_path, unmodified=(0.3, 0.2, 0.4), natural=(0.25, 0.26, 0.392))
    verdict = judged(tmp_path, "--runs", *paths, *asked(question="non-inferiority", margins=[0.01]))
    assert [by_name(verdict)[name]["margins"][0]["verdict"] for name in ("person", "rider")] == [
        "worse",
        "better",
    ]
    assert "2 worse (person, car)" in verdict["said"]["variants"]["natural"]["answer"]


def test_a_family_of_treatments_is_corrected_and_named_in_the_answer(tmp_path):
    paths = write_experiment(tmp_path, **MANY)
    alone = judged(tmp_path / "alone", "--runs", *paths)
    verdict = judged(tmp_path / "family", "--runs", *paths, *asked(family="experiment"))
    for before, after in zip(alone["variants"], verdict["variants"], strict=True):
        for old, new in zip(before["rows"], after["rows"], strict=True):
            assert old["welch_p"] == new["welch_p"] <= new["welch_p_family"]
            assert old["welch_p_holm"] == new["welch_p_holm"]
            assert old["welch_p_family"] is None
            for one, two in zip(old["margins"], new["margins"], strict=True):
                assert one["verdict"] == two["verdict"]
                assert two["tost_p_family"] >= two["tost_p"]
    assert (
        "Compared with unmodified, after Holm correction over 3 treatments:"
        in (verdict["said"]["headline"])
    )
    (caveat,) = [one for one in verdict["said"]["caveats"] if "treatments" in one]
    assert "corrected over 3 treatments" in caveat
    assert "the means of all treatments, and their 9 classes" in caveat
    assert any("without correction over treatments" in one for one in alone["said"]["caveats"])
    assert "| Over all treatments" in (tmp_path / "family/verdict.md").read_text()
    table = pd.read_csv(tmp_path / "family/verdict.csv")
    assert table["tost_p_family"].notna().all()


def test_controls_are_no_part_of_the_family(tmp_path):
    paths = write_experiment(tmp_path, **MANY)
    controls = ["--aa-controls", "natural", "--positive-controls", "blackbox"]
    verdict = judged(tmp_path, "--runs", *paths, *controls, *asked(family="experiment"))
    # One treatment is left, which is corrected over nothing else.
    assert all(row["welch_p_family"] is None for of in verdict["variants"] for row in of["rows"])
    assert "treatments" not in verdict["said"]["headline"]


def test_pairs_narrow_the_interval_where_seeds_matter(tmp_path):
    paths = write_pairs(tmp_path)
    independent = by_name(judged(tmp_path / "a", "--runs", *paths))
    verdict = judged(tmp_path / "b", "--runs", *paths, *asked(paired=True))
    for name, row in by_name(verdict).items():
        assert row["pairs"] == 6
        assert row["df"] == pytest.approx(5)
        assert row["difference"] == pytest.approx(independent[name]["difference"])
        assert row["high"] - row["low"] < 0.5 * (
            independent[name]["high"] - independent[name]["low"]
        )
    said = " ".join([verdict["said"]["headline"], *verdict["said"]["caveats"]])
    assert "6 pairs of runs" in said
    assert "Runs with the same seed are compared as pairs (statistics.paired: true): nat" in said
    assert "| Paired p" in (tmp_path / "b/verdict.md").read_text()
    assert set(pd.read_csv(tmp_path / "b/verdict.csv")["pairs"]) == {6}


def test_a_run_without_a_partner_is_counted(tmp_path):
    paths = write_pairs(tmp_path, lost=[("natural", 2)])
    expected = expectation(("unmodified", "natural"), [1, 2, 3, 4, 5, 6])
    verdict = judged(tmp_path, "--runs", *paths, "--expected", expected, *asked(paired=True))
    row = by_name(verdict)["person"]
    assert row["pairs"] == 5
    assert "1 run without a partner, left out of the tests" in row["notes"]


@pytest.mark.parametrize(("seeds", "is_paired"), [(9, False), (10, True)])
def test_auto_pairs_by_the_planned_number(tmp_path, seeds, is_paired):
    verdict = judged(tmp_path, "--runs", *write_pairs(tmp_path, seeds), *asked(paired="auto"))
    assert (by_name(verdict)["person"]["pairs"] is not None) == is_paired
    said = " ".join(verdict["said"]["caveats"])
    rule = "statistics.paired: auto, from 10 planned pairs on"
    assert (f"compared as pairs ({rule})" in said) == is_paired
    assert (f"as independent ({rule}; fewer pairs were planned" in said) != is_paired


def test_other_seeds_are_no_pairs():
    expected = ExpectedRuns(
        variants=("a", "b"), seeds=(1, 2), classes=("car",), more_seeds={"a": (3, 4)}
    )
    assert planned_pairs(expected, "a", "b") == 2
    values = {name: {"car": {1: 0.3, 2: 0.31}} for name in ("a", "b")}
    settings = VerdictSettings(paired=True)
    assert set(paired_differences(values, expected, "b", settings, unpaired=())) == {"a"}
    assert paired_differences(values, expected, "b", settings, unpaired=("a",)) == {}


def test_a_printed_table_has_no_pairs(tmp_path, capsys):
    arguments = ["verdict", "--summary", str(PAPER), "--output", str(tmp_path)]
    assert main([*arguments, *asked(paired=True)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "statistics.paired: true needs runs, and a printed table has no pairs" in line
    assert main([*arguments, *asked(paired="auto")]) == 0
