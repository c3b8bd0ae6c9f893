"""Table II: the numbers, and the layout in each format."""

import csv
import json
import subprocess

import numpy as np
import pytest

from tests.analysis.tables.written_runs import APS, CLASSES, evaluation, expectation, make, written
from tests.commands import tables as main
from workflow_scripts.analysis.numbers import cell
from workflow_scripts.analysis.tables import formats
from workflow_scripts.analysis.tables.table import long_table
from workflow_scripts.contracts.runs import read_runs
from workflow_scripts.contracts.tables import ResultTable


def test_the_markdown_has_the_layout_of_the_whitepaper(tmp_path, paths):
    assert make(tmp_path, paths) == 0
    assert (tmp_path / "tables/table_2.md").read_text() == (
        "| Class             | AP             |                  |\n"
        "|:------------------|:---------------|:-----------------|\n"
        "|                   | **unmodified** | **deep_natural** |\n"
        "| Person            | 0.309 ± 0.002  | 0.310 ± 0.002    |\n"
        "| Rider             | 0.200 ± 0.000  | 0.200 ± 0.000    |\n"
        "| Car               | –              | –                |\n"
        "| All classes (mAP) | 0.255 ± 0.001  | 0.255 ± 0.001    |\n"
        "\n"
        "Mask average precision by the variant of the training images: mean and standard "
        "deviation (n-1) over 3 training runs per variant, tested on 500 unmodified images. "
        "The last row is the mean over all classes.\n"
    )


def test_the_latex_has_the_layout_of_the_whitepaper(tmp_path, paths):
    assert make(tmp_path, paths) == 0
    text = (tmp_path / "tables/table_2.tex").read_text()
    assert "  Class & \\multicolumn{2}{c}{AP} \\\\\n  \\cmidrule(l){2-3}\n" in text
    assert "  & unmodified & deep\\_natural \\\\\n  \\midrule\n" in text
    assert "  Person & $0.309 \\pm 0.002$ & $0.310 \\pm 0.002$ \\\\\n" in text
    assert "  Car & -- & -- \\\\\n  \\midrule\n  All classes (mAP) & $0.255 \\pm" in text
    assert "over 3 training runs per variant, tested on 500 unmodified images" in text


def test_the_latex_compiles(tmp_path, paths, require_tool):
    require_tool("pdflatex")
    expected = expectation(("unmodified", "deep_natural", "c", "d", "e", "50%_&_#{x}~^\\"))
    assert make(tmp_path, paths, "--partial", expected=expected) == 0
    document = (
        "\\documentclass{article}\\usepackage{booktabs}\\begin{document}"
        "\\input{tables/table_2}\\end{document}"
    )
    (tmp_path / "document.tex").write_text(document)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "document.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_the_csv_is_long(tmp_path, paths):
    assert make(tmp_path, paths) == 0
    with (tmp_path / "tables/table_2.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["class", "variant", "metric", "mean", "std", "n"]
    assert list(dict.fromkeys(row["class"] for row in rows)) == [*CLASSES, "all"]
    assert list(dict.fromkeys(row["variant"] for row in rows)) == ["unmodified", "deep_natural"]
    metrics = [*APS, *(f"bbox_{ap}" for ap in APS)]
    assert list(dict.fromkeys(row["metric"] for row in rows)) == metrics
    assert {row["metric"] for row in rows if row["class"] == "all"} == {
        *("AP", "AP50", "AP75", "bbox_AP", "bbox_AP50", "bbox_AP75")
    }
    found = {(row["class"], row["variant"], row["metric"]): row for row in rows}
    assert len(found) == len(rows) == (3 * 12 + 6) * 2

    person = found["person", "deep_natural", "bbox_APs"]
    assert float(person["mean"]) == pytest.approx(0.410)
    assert float(person["std"]) == pytest.approx(0.002)
    assert person["n"] == "3"
    assert found["car", "unmodified", "AP"] == {
        **{"class": "car", "variant": "unmodified", "metric": "AP"},
        **{"mean": "", "std": "", "n": "0"},
    }


def test_the_mean_over_classes_is_taken_in_each_run(tmp_path):
    """Its deviation is that of the runs' mAPs, not a mean of the classes' deviations."""
    paths = written(
        tmp_path,
        evaluation("unmodified", 1, (0.1, 0.5, 0.3)),
        evaluation("unmodified", 2, (0.5, 0.1, 0.3)),
    )
    table = long_table(read_runs(paths), ["unmodified"], CLASSES).set_index(["class", "metric"])
    assert table.loc[("person", "AP"), "std"] == pytest.approx(0.4 / np.sqrt(2))
    assert table.loc[("all", "AP"), "mean"] == pytest.approx(0.3)
    assert table.loc[("all", "AP"), "std"] == pytest.approx(0.0, abs=1e-12)


def test_the_json_holds_everything_and_can_be_read_back(tmp_path, paths):
    assert make(tmp_path, paths) == 0
    content = json.loads((tmp_path / "tables/table_2.json").read_text())
    assert content["schema"] == 1
    assert content["variants"] == ["unmodified", "deep_natural"]
    assert content["seeds"] == [1, 2, 3]
    assert content["classes"] == list(CLASSES)
    assert (content["engine"], content["tested_on"]) == ("torchvision", "unmodified")
    assert (content["images"], content["missing"]) == (500, [])
    assert content["runs"][4] == {
        "variant": "deep_natural",
        "seed": 2,
        "fingerprint": "deep_natural-2",
        "path": "runs/deep_natural/seed~2/eval.json",
    }
    undefined = {"class": "car", "variant": "unmodified", "metric": "AP"}
    assert {**undefined, "mean": None, "std": None, "n": 0} in content["cells"]
    assert ResultTable.read(tmp_path / "tables/table_2.json").as_json() == content


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((0.3094, 0.0016, 5, 5), "0.309 ± 0.002"),
        ((0.3094, float("nan"), 1, 1), "0.309"),
        ((0.3094, float("nan"), 1, 5), "0.309 (n=1)"),
        ((0.3094, 0.0016, 3, 5), "0.309 ± 0.002 (n=3)"),
        ((float("nan"), float("nan"), 0, 5), "–"),
        ((1.0, 0.0, 5, 5), "1.000 ± 0.000"),
    ],
)
def test_a_cell(numbers, text):
    assert cell(*numbers) == text


def test_one_run_has_no_deviation(tmp_path):
    paths = written(tmp_path, evaluation("unmodified", 1, (0.3, 0.2, 0.1)))
    assert make(tmp_path, paths, expected=expectation(["unmodified"], [1])) == 0
    text = (tmp_path / "tables/table_2.md").read_text()
    assert "| Person            | 0.300          |\n" in text
    assert "±" not in text
    assert "mean over 1 training run per variant" in text


def test_many_variants_make_several_blocks_each_with_the_reference(tmp_path):
    variants = ["a", "b", "unmodified", "c", "d"]
    paths = written(tmp_path, *(evaluation(v, 1, (0.3, 0.2, 0.1)) for v in variants))
    assert make(tmp_path, paths, expected=expectation(variants, [1])) == 0
    text = (tmp_path / "tables/table_2.md").read_text()
    headers = [
        [name.strip(" *") for name in line.split("|")[2:-1]]
        for line in text.splitlines()
        if "**" in line
    ]
    assert headers == [["unmodified", "a", "b", "c"], ["unmodified", "d"]]
    assert max(map(len, text.splitlines()[:8])) <= 100
    assert (tmp_path / "tables/table_2.tex").read_text().count("\\begin{tabular}") == 2


def test_show_prints_the_table(tmp_path, paths, capsys):
    assert make(tmp_path, paths) == 0
    assert capsys.readouterr().out == ""
    assert main(["show", str(tmp_path / "tables/table_2.json")]) == 0
    out = capsys.readouterr().out
    assert "Person             0.309 ± 0.002  0.310 ± 0.002" in out
    assert out.index("Person") < out.index("Rider") < out.index("All classes (mAP)")


def test_show_draws_the_table_on_a_terminal(tmp_path, paths, capsys, monkeypatch):
    expected = expectation(("unmodified", "deep_natural", "blur"))
    assert make(tmp_path, paths, "--partial", expected=expected) == 0
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    formats.show(ResultTable.read(tmp_path / "tables/table_2.json"))
    out = capsys.readouterr().out
    assert "0.309 ± 0.002" in out
    assert "Missing runs: blur seeds 1, 2, 3." in out


def test_show_refuses_what_is_no_table(tmp_path, paths, capsys):
    assert main(["show", str(paths[0])]) == 2
    assert "reference, engine, variants" in capsys.readouterr().err
    assert main(["show", str(tmp_path / "none.json")]) == 2
    assert "none.json: no such file" in capsys.readouterr().err


def test_the_help_lists_both_actions(capsys):
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    assert "\n  tables make " in said
    assert "\n  tables show " in said


def test_the_numbers_of_the_whitepaper_come_out_as_printed(tmp_path):
    """Five runs whose mean and deviation are those of Table II's row "Person"."""
    spread = np.array([-1, -0.5, 0, 0.5, 1]) / np.std([-1, -0.5, 0, 0.5, 1], ddof=1)
    rows = {"unmodified": (0.309, 0.002), "anonymized": (0.310, 0.002)}
    paths = written(
        tmp_path,
        *(
            evaluation(variant, seed, (mean + std * step, 0.2, 0.5))
            for variant, (mean, std) in rows.items()
            for seed, step in enumerate(spread.tolist(), start=1)
        ),
    )
    assert make(tmp_path, paths, expected=expectation(list(rows), [1, 2, 3, 4, 5])) == 0
    text = (tmp_path / "tables/table_2.md").read_text()
    assert "| Person            | 0.309 ± 0.002  | 0.310 ± 0.002  |" in text
