"""The verdict as a command: from runs, from a table, and with what can be wrong with either."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.analysis.tables.written_runs import CLASSES, evaluation, expectation, make, written
from tests.commands import statistics as main
from tests.workflow import PROJECT
from workflow_scripts.contracts.manifest import Change, Entry, write_manifest
from workflow_scripts.contracts.regions import Kind

PAPER = PROJECT / "docs/whitepaper_table_2.csv"


def write_experiment(folder, seeds=6, **means):
    """Evaluations of runs with a deviation of 0.4 points, by variant its classes' means."""
    rng = np.random.default_rng(0)
    return written(
        folder,
        *(
            evaluation(
                variant, seed, [None if m is None else m + rng.normal(0, 0.004) for m in of_variant]
            )
            for variant, of_variant in means.items()
            for seed in range(1, seeds + 1)
        ),
    )


def judged(folder, *arguments):
    assert main(["verdict", *map(str, arguments), "--output", str(folder)]) == 0
    return json.loads((folder / "verdict.json").read_text())


def by_name(verdict, variant=0):
    return {row["name"]: row for row in verdict["variants"][variant]["rows"]}


def test_runs_and_their_summary_get_the_same_verdict(tmp_path):
    paths = write_experiment(tmp_path, unmodified=(0.3, 0.2, None), natural=(0.305, 0.16, None))
    from_runs = judged(tmp_path / "runs", "--runs", *paths)
    expected = expectation(("unmodified", "natural"), [1, 2, 3, 4, 5, 6])
    assert make(tmp_path, paths, expected=expected) == 0
    from_table = judged(tmp_path / "summary", "--summary", tmp_path / "tables/table_2.csv")
    assert (from_runs.pop("source"), from_table.pop("source")) == ("runs", "summary")
    ours, theirs = (pd.json_normalize(flat(verdict)) for verdict in (from_runs, from_table))
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-9)
    rows = by_name(from_runs)
    assert [at["verdict"] for at in rows["rider"]["margins"]] == ["different", "different"]
    assert rows["car"]["margins"][0]["verdict"] == "not testable"
    assert "no instance in the test images" in rows["car"]["notes"][0]


def flat(verdict):
    return [
        {**row, **{f"at {at['margin']}": at for at in row["margins"]}, "margins": None}
        for variant in verdict["variants"]
        for row in variant["rows"]
    ]


def test_the_whitepaper_table(tmp_path):
    """What docs/verdict.md says about it."""
    rows = by_name(judged(tmp_path, "--summary", PAPER))
    assert {name: [at["verdict"] for at in row["margins"]] for name, row in rows.items()} == {
        "person": ["equivalent", "equivalent"],
        "rider": ["equivalent", "equivalent"],
        "car": ["different but within the margin"] * 2,
        "truck": ["inconclusive", "inconclusive"],
        "bus": ["inconclusive", "equivalent"],
        "train": ["inconclusive", "inconclusive"],
        "motorcycle": ["inconclusive", "equivalent"],
        "bicycle": ["equivalent", "equivalent"],
        "all": ["equivalent", "equivalent"],
    }
    kept = {
        name: [at["verdict_holm"] for at in row["margins"]]
        for name, row in rows.items()
        if name in ("person", "rider", "car", "bus", "all")
    }
    assert kept == {
        "person": ["equivalent", "equivalent"],
        "rider": ["inconclusive", "equivalent"],
        "car": ["equivalent", "equivalent"],
        "bus": ["inconclusive", "inconclusive"],
        "all": [None, None],
    }
    assert rows["train"]["margins"][1]["within_reach"] is False
    assert rows["bus"]["margins"][0]["runs_needed"] == 41


def test_the_files_say_the_same(tmp_path, capsys):
    verdict = judged(tmp_path, "--summary", PAPER)
    table = pd.read_csv(tmp_path / "verdict.csv")
    assert len(table) == 9 * 2
    truck = table[(table["class"] == "truck") & (table["margin"] == 0.01)].iloc[0]
    at = by_name(verdict)["truck"]["margins"][0]
    assert truck["tost_p"] == pytest.approx(at["tost_p"])
    assert truck["runs_needed"] == at["runs_needed"]
    assert (
        "| Car               | +0.40        | +0.09 to +0.71  | 0.53 "
        in (tmp_path / "verdict.md").read_text()
    )
    assert "verdict.{csv,md,tex,json}: 1 variant judged" in capsys.readouterr().err
    assert main(["show", str(tmp_path / "verdict.json")]) == 0
    shown = capsys.readouterr().out
    assert main(["verdict", "--summary", str(PAPER)]) == 0
    assert capsys.readouterr().out == shown
    assert "inconclusive: 41 runs" in shown
    assert "Without A/A control and positive control" in shown


def test_other_margins_are_judged(tmp_path):
    settings = json.dumps({"margins": [0.05]})
    verdict = judged(tmp_path, "--summary", PAPER, "--settings", settings)
    assert {len(row["margins"]) for row in verdict["variants"][0]["rows"]} == {1}
    text = (tmp_path / "verdict.md").read_text()
    assert "Within 5 points: all 8 classes lie inside the margin; the mean is equivalent." in text


def test_a_failed_run_is_named_and_the_others_are_judged(tmp_path):
    paths = write_experiment(tmp_path, unmodified=(0.3, 0.2, 0.4), natural=(0.3, 0.2, 0.4))
    paths[-1].unlink()
    expected = expectation(("unmodified", "natural"), [1, 2, 3, 4, 5, 6])
    verdict = judged(tmp_path, "--runs-in", tmp_path / "runs", "--expected", expected)
    assert verdict["missing"] == "natural seed 6"
    assert by_name(verdict)["person"]["notes"] == ["5 runs against 6"]
    assert by_name(verdict)["person"]["margins"][1]["verdict"] == "equivalent"
    assert "**Attention:** Missing runs: natural seed 6." in (tmp_path / "verdict.md").read_text()


def test_an_evaluation_without_one_of_the_classes_is_one_line(tmp_path, capsys):
    paths = write_experiment(tmp_path, unmodified=(0.3, 0.2, 0.4), natural=(0.3, 0.2, 0.4))
    content = json.loads(paths[0].read_text())
    del content["coco"]["segm"]["per_class"]["rider"]
    paths[0].write_text(json.dumps(content))
    expected = expectation(("unmodified", "natural"), [1, 2, 3, 4, 5, 6])
    command = ["--runs-in", str(tmp_path / "runs"), "--expected", expected]
    assert main(["verdict", *command, "--output", str(tmp_path / "tables")]) == 2
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "error" in line]
    advice = f"delete '{paths[0]}' and make it again with: snakemake '{paths[0]}' …"
    assert f"{paths[0]}: coco.segm.per_class has no 'rider'; {advice}" in line


def test_controls_say_what_the_experiment_can_see(tmp_path):
    same = (0.3, 0.2, 0.4)
    harmed = (0.2, 0.19, 0.3)
    controls = ["--aa-controls", "again", "--positive-controls", "masked"]
    paths = write_experiment(tmp_path, unmodified=same, again=same, masked=harmed)
    verdict = judged(tmp_path, "--runs", *paths, *controls)
    assert [variant["role"] for variant in verdict["variants"]] == [
        "A/A control",
        "positive control",
    ]
    text = (tmp_path / "verdict.md").read_text()
    assert "## again (A/A control) against unmodified" in text
    assert "none after Holm correction: no false alarm." in text
    assert "Positive control: the mean falls by" in text
    assert "harm is detected; by class: person, rider, car." in text
    assert "Attention" not in text

    paths = write_experiment(tmp_path, unmodified=same, again=harmed, masked=same)
    judged(tmp_path, "--runs", *paths, *controls)
    text = (tmp_path / "verdict.md").read_text()
    assert "and person, rider, car beyond chance although nothing was changed" in text
    assert "this experiment would miss harm" in text


@pytest.mark.parametrize(
    ("rows", "verdict", "note"),
    [
        ("0.3,,1 0.3,0.01,5", "not testable", "a single run: variation cannot"),
        ("0.3,0,5 0.3,0,5", "not testable", "identical runs: variation cannot"),
        ("0.3,0,5 0.3,0.001,5", "equivalent", "no variation on one side"),
        ("0.3,0.001,5 0.3,0.001,4", "equivalent", "4 runs against 5"),
        (",,0 0.3,0.001,4", "not testable", "no value of the reference"),
        ("0.3,0.001,4 ,,0", "not testable", "no value of the variant"),
        (",,0 ,,0", "not testable", "undefined in every run"),
    ],
)
def test_what_cannot_be_tested_is_said(tmp_path, rows, verdict, note):
    reference, variant = rows.split(" ")
    path = tmp_path / "table.csv"
    path.write_text(
        f"class,variant,mean,std,n\nbus,unmodified,{reference}\nbus,blur,{variant}\n"
        "all,unmodified,0.3,0.01,5\nall,blur,0.3,0.01,5\n"
    )
    result = judged(tmp_path, "--summary", path)
    row = by_name(result)["bus"]
    assert row["margins"][0]["verdict"] == verdict
    assert any(note in said for said in row["notes"])
    assert note in (tmp_path / "verdict.md").read_text()
    if verdict == "not testable":
        assert row["welch_p"] is None
        assert row["margins"][0]["runs_needed"] is None


def test_equal_runs_have_no_spread_in_floating_point(tmp_path):
    paths = written(
        tmp_path,
        *(evaluation(v, seed, (0.1, 0.7, 0.3)) for v in ("unmodified", "a") for seed in (1, 2, 3)),
    )
    rows = by_name(judged(tmp_path, "--runs", *paths))
    assert {row["margins"][0]["verdict"] for row in rows.values()} == {"not testable"}
    assert set(rows) == {*CLASSES, "all"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class,variant,mean\nall,a,0.3\n", "no column std, n; the first line has to name"),
        ("class,variant,mean,std,n\nall,unmodified,30.9,0.2,5\n", "line 2: mean is 30.9, expected"),
        (
            "class,variant,mean,std,n\nbus,unmodified,30.9,,5\nall,unmodified,0.3,,5\n",
            "line 2: mean is 30.9, expected a fraction of 1 (0.309, or 30.9 % with its sign)",
        ),
        (
            "class,variant,mean,std,n\nbus,unmodified,30.9,,5\nall,unmodified,31.5,,5\n",
            "(0.309, or 30.9 % with its sign); so are all means",
        ),
        ("class,variant,mean,std,n\nall,unmodified,130 %,,5\n", "mean is 130 %, expected 0 to 100"),
        (
            "class,variant,mean,std,n\nall,unmodified,30.9 %,0.2,5\n",
            "line 2: mean is a percentage, std is not; use the same form for both",
        ),
        (
            "class,variant,mean,std,n\nall,unmodified,0.309,0.2 %,5\n",
            "line 2: std is a percentage, mean is not; use the same form for both",
        ),
        ("class,variant,mean,std,n\nall,unmodified,,,5\n", "mean is empty, expected a number"),
        ("class,variant,mean,std,n\nall,unmodified,0.3,0.1,\n", "line 2: n is '', expected a"),
        (
            'class,variant,mean,std,n\nall,unmodified,0.3,0.1,"1,000"\n',
            "n is '1,000', expected a whole number",
        ),
        (
            "class,variant,mean,std,n\nall,unmodified,0,309,0,002,5\n",
            "line 2: 7 cells for 5 columns; if commas are decimal, separate the columns",
        ),
        ("class,variant,mean,std,n\nall,unmodified,0.3,5\n", "line 2: 4 cells for 5 columns"),
        (
            "class;variant;mean;std;n\nall;unmodified;1.234,5;0,1;5\n",
            "line 2: mean is '1.234,5', expected one decimal sign",
        ),
        (
            "class,variant,mean,std,n\nall,unmodified,0.309 ± 0.002,,5\n",
            "mean is '0.309 ± 0.002', expected a number; the deviation has its own column",
        ),
        ("class,variant,mean,mean,std,n\n", "duplicate column mean; keep one"),
        ("class,variant,mean,std,n\n", "no row of AP"),
        ("class,variant,mean,std,n\nall,unmodified,0.3,0.1,2.5\n", "line 2: n is 2.5, expected"),
        ("class,variant,mean,std,n\nall,unmodified,x,0.1,2\n", "line 2: mean is 'x', expected a"),
        ("class,variant,mean,std,n\nbus,unmodified,0.3,0.1,2\n", "no row of class 'all'"),
        (
            "class,variant,mean,std,n\nall,unmodified,0.3,0.1,2\nall,unmodified,0.3,0.1,2\n",
            "all of unmodified is listed 2 times",
        ),
        (
            "class,variant,mean,std,n\nall,unmodified,0.3,0.1,2\nall,a,0.3,0.1,2\nbus,a,0.3,0,2\n",
            "variant unmodified has no row of class 'bus'",
        ),
        ("class,variant,mean,std,n\nall,a,0.3,0.1,2\n", "unknown variant 'unmodified'"),
        (
            "class,variant,mean,std,n\nall,unmodified,0.3,0.1,2\n",
            "only the reference 'unmodified'; add a variant to compare with it",
        ),
        (
            "class,variant,mean,std,n\nall,unmodified,0.3,–,2\n",
            "line 2: std is '–', expected a number; leave it empty if none is given",
        ),
        ("", "not a csv table"),
    ],
)
def test_a_wrong_table_is_one_line(tmp_path, capsys, text, message):
    path = tmp_path / "table.csv"
    path.write_text(text)
    assert main(["verdict", "--summary", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


SPELLINGS = {
    "percentages": ("class,variant,mean,std,n\n", ",", "30.9 %", "0.2%"),
    "semicolons": ("class;variant;mean;std;n\n", ";", "0.309", "0.002"),
    "decimal commas": ("class;variant;mean;std;n\n", ";", "0,309", "0,002"),
    "quoted decimal commas": ("class,variant,mean,std,n\n", ",", '"0,309"', '"0,002"'),
    "percentages with commas": ("class\tvariant\tmean\tstd\tn\n", "\t", "30,9\xa0%", "0,2 %"),
    "capitals and spaces": ("Class, Variant, Mean, Std, N\n", " , ", "0.309", "2e-3"),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_table_may_be_spelled_as_spreadsheets_do(tmp_path, spelling, encoding):
    header, separator, mean, std = SPELLINGS[spelling]
    path = tmp_path / "table.csv"
    rows = [[name, v, mean, std, "5"] for name in ("bus", "all") for v in ("unmodified", "blur")]
    text = header + "\n".join(separator.join(row) for row in rows) + "\n\n"
    path.write_bytes(text.replace("\n", "\r\n").encode(encoding))
    verdict = judged(tmp_path, "--summary", path)
    for row in by_name(verdict).values():
        assert row["variant"] == {"mean": 0.309, "std": 0.002, "n": 5}
        assert row["margins"][0]["verdict"] == "equivalent"


@pytest.mark.parametrize("raw", [b"PK\x03\x04\x14\xff\xfe", b"class,variant,mean,std,n\nall,\xe9,"])
def test_other_encodings_are_refused_in_one_line(tmp_path, capsys, raw):
    path = tmp_path / "table.csv"
    path.write_bytes(raw)
    assert main(["verdict", "--summary", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "not a csv table in UTF-8; save it as CSV with this encoding" in line


@pytest.mark.parametrize("runs", [1, 5])
def test_means_without_deviations_cannot_be_judged(tmp_path, runs):
    path = tmp_path / "table.csv"
    path.write_text(
        f"class,variant,mean,std,n\nbus,unmodified,30.9 %,,{runs}\nbus,blur,30.0 %,,{runs}\n"
        f"all,unmodified,30 %,0.2 %,5\nall,blur,29 %,,{runs}\n"
    )
    verdict = judged(tmp_path, "--summary", path)
    rows = by_name(verdict)
    assert {at["verdict"] for row in rows.values() for at in row["margins"]} == {"not testable"}
    assert rows["bus"]["difference"] == pytest.approx(-0.009)
    why = "cannot be judged: no deviation given"
    assert verdict["said"]["variants"]["blur"]["answer"].endswith(f"images {why}.")
    single = "a single run: variation cannot be estimated"
    assert rows["bus"]["notes"] == [single if runs == 1 else why]


def test_power_plans_runs_from_a_pilot(tmp_path, capsys):
    output = tmp_path / "runs.csv"
    assert main(["power", "--summary", str(PAPER), "--output", str(output)]) == 0
    table = pd.read_csv(output).set_index(["name", "margin", "power"])
    assert table.loc[("truck", 0.01, 0.8), "std"] == pytest.approx(0.01142, abs=1e-5)
    assert table.loc[("truck", 0.01, 0.8), "runs_equivalent"] == 24
    assert "truck" in capsys.readouterr().out

    assert main(["power", "--deviations", "0.01", "0.5", "--margins", "0.01"]) == 0
    said = capsys.readouterr().out
    assert "std 0.01" in said
    assert "> 10000" in said
    for wrong in ("1.5", "1e-300", "nan", "0.1, 1.5"):
        assert main(["power", "--deviations", *wrong.split(", ")]) == 2
        assert f'Invalid value "{wrong}" for --deviations' in capsys.readouterr().err


def test_a_variant_that_changed_no_pixel_is_named_first_and_not_called_equivalent(tmp_path, capsys):
    paths = write_experiment(tmp_path, unmodified=(0.3, 0.2, 0.4), natural=(0.3, 0.2, 0.4))
    manifest = tmp_path / "images/natural/train/manifest.parquet"
    entries = [Entry(f"{n}.png", f"s/{n}.png", "", "", linked=True, asked=n) for n in range(3)]
    write_manifest(manifest, entries)
    runs = ["--runs", *paths]
    missing = tmp_path / "images/blur/train/manifest.parquet"
    verdict = judged(tmp_path / "tables", *runs, "--manifests", manifest, missing)
    warning = f"{missing}: no such file; the changes of its variant are unknown"
    assert warning in capsys.readouterr().err
    said = (
        "natural changed nothing in 3 training images: none of the 3 detected faces and "
        "license plates."
    )
    assert verdict["said"]["headline"] == said
    assert verdict["variants"][0]["coverage"] == {
        "images": 3,
        "changed_images": 0,
        "regions": 3,
        "changed_regions": 0,
        "dropped_images": 0,
        "dropped_regions": 0,
        "dropped_instances": {},
    }
    outcomes = [at["verdict"] for row in verdict["variants"][0]["rows"] for at in row["margins"]]
    assert set(outcomes) == {"not testable"}
    text = (tmp_path / "tables/verdict.md").read_text()
    assert text.startswith(f"**Attention:** {said}")
    assert "| equivalent" not in text
    # The same runs of a variant that changed every region.
    change = Change("natural", 0, 0, 5, 5, Kind.FACE, "r")
    write_manifest(manifest, [replace(e, asked=1, changes=(change,)) for e in entries])
    verdict = judged(tmp_path / "tables", *runs, "--manifests", manifest)
    assert verdict["said"]["headline"].startswith("Training on natural instead of unmodified")
    assert "changed" not in verdict["said"]["headline"].replace("unchanged", "")
