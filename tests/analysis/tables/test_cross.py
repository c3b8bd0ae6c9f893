"""The cross test's table: trainings by tests."""

import json

import numpy as np
import pandas as pd
import pytest
from plain_commands.files import write_json

from tests.analysis.tables.written_runs import CLASSES, evaluation, expectation
from tests.commands import tables as main

VARIANTS = ("unmodified", "blur")
APS = {
    ("unmodified", "unmodified"): (0.30, 0.32),
    ("unmodified", "blur"): (0.25, 0.26),
    ("blur", "unmodified"): (0.29, 0.33),
    ("blur", "blur"): (0.28, 0.30),
}
"""By training and test: of a person in each run; a rider has 0.2 always, and there is no car."""


@pytest.fixture
def runs(tmp_path):
    for (variant, test), aps in APS.items():
        for seed, ap in enumerate(aps, start=1):
            folder = tmp_path / "runs" / variant / f"seed~{seed}"
            folder = folder if test == "unmodified" else folder / f"on~{test}"
            content = evaluation(variant, seed, (ap, 0.2, None), tested_on=test)
            write_json(folder / "eval.json", content)
    return tmp_path / "runs"


def make(runs, *on):
    expected = expectation(VARIANTS, (1, 2))
    output = runs.parent / "tables"
    known = ["--runs-in", str(runs), "--expected", expected, "--output", str(output)]
    return main(["cross", *known, "--on", *on])


def test_each_training_by_each_test(runs):
    assert make(runs, "unmodified", "blur") == 0
    tables = runs.parent / "tables"
    keys = ["class", "trained_on", "tested_on"]
    table = pd.read_csv(tables / "cross.csv").set_index(keys)
    assert len(table) == (len(CLASSES) + 1) * 4
    for (variant, test), aps in APS.items():
        row = table.loc[("person", variant, test)]
        assert row["mean"] == pytest.approx(np.mean(aps))
        assert row["std"] == pytest.approx(np.std(aps, ddof=1))
        assert table.loc[("all", variant, test), "mean"] == pytest.approx((np.mean(aps) + 0.2) / 2)
        assert table.loc[("car", variant, test), "n"] == 0
    content = json.loads((tables / "cross.json").read_text())
    assert content["tested_on"] == ["unmodified", "blur"]
    assert content["trained_on"] == list(VARIANTS)
    undefined = [cell for cell in content["cells"] if cell["class"] == "car"]
    assert {cell["mean"] for cell in undefined} == {None}
    text = (tables / "cross.md").read_text()
    assert "| unmodified | 0.255 ± 0.007 | 0.228 ± 0.004 |" in " ".join(text.split())
    assert text.index("All classes") < text.index("## Person")
    assert (
        r"unmodified & $0.255 \pm 0.007$ & $0.228 \pm 0.004$ \\"
        in (tables / "cross.tex").read_text()
    )


def test_given_files_are_sorted_by_what_they_were_tested_on(runs, capsys):
    assert make(runs, "unmodified", "blur") == 0
    tables = {path.name: path.read_bytes() for path in (runs.parent / "tables").iterdir()}
    files = list(map(str, sorted(runs.rglob("eval.json"))))
    expected = ["--expected", expectation(VARIANTS, (1, 2))]
    output = runs.parent / "again"
    command = ["cross", *expected, "--output", str(output), "--on", "unmodified"]
    assert main([*command, "blur", "--runs", *files]) == 0
    assert {path.name: path.read_bytes() for path in output.iterdir()} == tables
    assert main([*command, "--runs", *files]) == 2
    assert "tested on 'blur', which --on does not name" in capsys.readouterr().err
    assert main([*command, "--runs", *files, "--runs-in", str(runs)]) == 2
    assert "give one of --runs and --runs-in" in capsys.readouterr().err


def test_what_is_missing_or_mixed_up_is_one_line(runs, capsys):
    path = runs / "blur/seed~2/on~blur/eval.json"
    write_json(path, evaluation("blur", 2, (0.3, 0.2, None)))
    assert make(runs, "unmodified", "blur") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "on~blur/eval.json: blur, seed 2 is in" in line
    assert "seed~2/eval.json as well; give it once" in line
    path.unlink()
    assert make(runs, "unmodified", "blur") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "not tested on blur: blur seed 2; evaluate these runs" in line
