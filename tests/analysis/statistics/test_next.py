"""Adding runs until the verdict stands: which ones, when it ends, and how often it errs."""

import json

import pytest
import yaml
from plain_commands.files import read_json, write_json

from benchmarks.adaptive import rates
from tests.analysis.statistics.test_command import write_experiment
from tests.analysis.tables.written_runs import CLASSES, evaluation, written
from tests.commands import statistics as main
from workflow_scripts.contracts.settings import VerdictSettings

SAME = (0.3, 0.2, 0.4)
LOOKS = [6, 9, 14]


@pytest.mark.slow
def test_looking_three_times_errs_as_seldom_as_once():
    """80 experiments of each kind; `python -m benchmarks.adaptive` does 2000 (docs/verdict.md)."""
    corrected = rates((5, 10, 15), 0.008, 80)
    # Two standard errors above 0.05.
    assert corrected["false_different"] <= 0.10
    assert corrected["false_same"] <= 0.10
    uncorrected = rates((5, 10, 15), 0.008, 80, corrected=False)
    assert uncorrected["false_same"] > corrected["false_same"]
    assert uncorrected["false_different"] > corrected["false_different"]


def test_the_level_is_spent_in_equal_parts():
    assert VerdictSettings(looks=(5, 10, 15, 20)).test_level == pytest.approx(0.0125)
    assert VerdictSettings().test_level == 0.05
    with pytest.raises(ValueError, match="larger than the previous one"):
        VerdictSettings(looks=(5, 15, 10))


def look(folder, variants, seeds=6, more_seeds=None, looks=LOOKS):
    """Judge an experiment's runs as snakemake does, and ask for the next ones; the exit code."""
    expected = {"variants": list(variants), "seeds": list(range(1, seeds + 1)), "classes": CLASSES}
    expected |= {"more_seeds": more_seeds} if more_seeds else {}
    write_json(folder / "runs/expected.json", expected)
    settings = json.dumps({"looks": looks, "margins": [0.01, 0.001]})
    runs = ["--runs-in", str(folder / "runs"), "--expected", json.dumps(expected)]
    output = ["--settings", settings, "--output", str(folder / "tables")]
    controls = ["--aa-controls", "again"] if "again" in variants else []
    assert main(["verdict", *runs, *output, *controls]) == 0
    return main(["next", str(folder)])


VARIANTS = ("unmodified", "blur", "natural", "again")


def write_undecided(folder, seeds):
    """All alike but for `natural`, whose riders no run finds as the one before did."""
    for variant in VARIANTS:
        for seed in range(1, seeds + 1):
            step = 0.001 * (seed % 3 - 1)
            rider = 0.2 + (0.05 * (-1) ** seed if variant == "natural" else step)
            written(folder, evaluation(variant, seed, (0.3 + step, rider, 0.4 + step)))


def test_the_undecided_and_the_reference_get_runs(tmp_path, capsys):
    write_undecided(tmp_path, 6)
    assert look(tmp_path, VARIANTS) == 0
    said = capsys.readouterr().out
    assert "Look 1 of 3, at 6 runs per variant: undecided within 1 point:" in said
    assert "\n  natural: rider, all\n" in said
    assert "Runs to add: 3 of unmodified, 3 of natural." in said
    more = yaml.safe_load((tmp_path / "more_runs.yaml").read_text())["more_seeds"]
    assert more == {"unmodified": [7, 8, 9], "natural": [7, 8, 9]}

    write_undecided(tmp_path, 9)
    assert look(tmp_path, VARIANTS, more_seeds=more) == 0
    assert "Look 2 of 3, at 9 runs per variant" in capsys.readouterr().out
    more = yaml.safe_load((tmp_path / "more_runs.yaml").read_text())["more_seeds"]
    assert more["natural"] == more["unmodified"] == list(range(7, 15))

    write_undecided(tmp_path, 14)
    assert look(tmp_path, VARIANTS, more_seeds=more) == 3
    assert "No looks left: this result is final." in capsys.readouterr().out


def test_it_ends_when_all_is_decided(tmp_path, capsys):
    variants = {"unmodified": SAME, "natural": (0.25, 0.15, 0.35)}
    write_experiment(tmp_path, **variants)
    assert look(tmp_path, variants) == 3
    assert "every variant is decided within 1 point." in capsys.readouterr().out
    assert not (tmp_path / "more_runs.yaml").exists()


def test_another_margin_may_be_meant(tmp_path, capsys):
    variants = {"unmodified": SAME, "natural": SAME}
    write_experiment(tmp_path, **variants)
    assert look(tmp_path, variants) == 3
    assert main(["next", str(tmp_path), "--margin", "0.001"]) == 0
    assert main(["next", str(tmp_path), "--margin", "0.02"]) == 2
    assert "--margin: 0.02 is not in statistics.margins (0.01, 0.001)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"looks": []}, "statistics.looks is empty; set the numbers of runs"),
        ({"looks": [5, 10]}, "6 runs per variant is not one of statistics.looks (5, 1"),
        ({"seeds": 7}, "runs are missing: unmodified seed 7; natural seed 7; run snakemake first"),
    ],
)
def test_what_does_not_fit_is_one_line(tmp_path, capsys, changes, message):
    variants = {"unmodified": SAME, "natural": SAME}
    write_experiment(tmp_path, **variants)
    capsys.readouterr()
    assert look(tmp_path, variants, **changes) == 2
    assert message in capsys.readouterr().err.splitlines()[-1]


def test_a_verdict_on_other_runs_is_seen(tmp_path, capsys):
    variants = {"unmodified": SAME, "natural": SAME}
    write_experiment(tmp_path, **variants)
    look(tmp_path, variants)
    expected = read_json(tmp_path / "runs/expected.json") | {"more_seeds": {"natural": [7]}}
    write_json(tmp_path / "runs/expected.json", expected)
    assert main(["next", str(tmp_path)]) == 2
    assert "verdict.json does not cover the runs in runs/expected.json" in capsys.readouterr().err
