"""Table II: the numbers, the layout in each format, and runs that are missing or do not fit."""

import csv
import json
import shutil
import subprocess

import numpy as np
import pytest

from workflow_scripts.errors import UserError
from workflow_scripts.files import write_json
from workflow_scripts.tables import formats, terminal
from workflow_scripts.tables.__main__ import main
from workflow_scripts.tables.runs import Expected, expected_of, missing_runs, read_runs
from workflow_scripts.tables.table import cell, long_table

CLASSES = ("person", "rider", "car")
APS = ("AP", "AP50", "AP75", "APs", "APm", "APl")


def evaluation(variant, seed, aps, **changes):
    """An eval.json. `aps` are the classes' mask APs; those of boxes are 0.1 higher."""

    def scores(offset):
        values = [None if ap is None else ap + offset for ap in aps]
        defined = [value for value in values if value is not None]
        mean = float(np.mean(defined)) if defined else None
        return {
            "mAP": mean,
            "AP50": mean,
            "AP75": mean,
            "per_class": {
                name: {**dict.fromkeys(APS, value), "instances": 5}
                for name, value in zip(CLASSES, values, strict=True)
            },
        }

    return {
        "schema": 1,
        "run": {
            "variant": variant,
            "seed": seed,
            "engine": changes.pop("engine", "torchvision"),
            "fingerprint": f"{variant}-{seed}",
        },
        "tested_on": "unmodified",
        "images": 500,
        "coco": {"segm": scores(0), "bbox": scores(0.1)},
        "cityscapes": {"mAP": 0.2},
        **changes,
    }


def written(folder, *evaluations):
    """Write evaluations as runs; their paths."""
    paths = []
    for content in evaluations:
        run = content["run"]
        path = folder / "runs" / run["variant"] / f"seed~{run['seed']}" / "eval.json"
        write_json(path, content)
        paths.append(path)
    return paths


@pytest.fixture
def paths(tmp_path):
    """Two variants with three seeds each; no run finds a car."""
    return written(
        tmp_path,
        *(
            evaluation(variant, seed, (base + step, 0.2, None))
            for variant, base in (("unmodified", 0.309), ("deep_natural", 0.310))
            for seed, step in ((1, -0.002), (2, 0.0), (3, 0.002))
        ),
    )


def expectation(variants=("unmodified", "deep_natural"), seeds=(1, 2, 3)):
    """The `--expected` JSON."""
    return json.dumps({"variants": variants, "seeds": seeds, "classes": CLASSES})


def make(folder, paths, *more, expected=None):
    """Run the command; its exit code."""
    return main(
        [
            "make",
            "--runs",
            *map(str, paths),
            f"--expected={expected or expectation()}",
            f"--output={folder / 'tables'}",
            *more,
        ]
    )


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
        "path": str(paths[4]),
    }
    undefined = {"class": "car", "variant": "unmodified", "metric": "AP"}
    assert {**undefined, "mean": None, "std": None, "n": 0} in content["cells"]
    assert formats.as_json(formats.from_json(content, "here")) == content


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


def test_a_missing_run_is_refused_by_name(tmp_path, paths, capsys):
    assert make(tmp_path, paths[:2] + paths[3:4], "--log", str(tmp_path / "log")) == 2
    error = capsys.readouterr().err
    assert "error: runs are missing: unmodified seed 3; deep_natural seeds 2, 3;" in error
    assert len(error.strip().splitlines()) == 1
    assert "--partial" in (tmp_path / "log").read_text()
    assert not (tmp_path / "tables").exists()


def test_a_partial_table_names_what_is_missing(tmp_path, paths, capsys):
    absent = paths[2]
    absent.unlink()
    expected = expectation(("unmodified", "deep_natural", "blur"))
    assert make(tmp_path, paths, "--partial", expected=expected) == 0
    assert f"{absent} is not there yet" in capsys.readouterr().err
    text = (tmp_path / "tables/table_2.md").read_text()
    person = next(line for line in text.splitlines() if line.startswith("| Person"))
    cells = [part.strip() for part in person.split("|")[2:-1]]
    assert cells == ["0.308 ± 0.001 (n=2)", "0.310 ± 0.002", "–"]
    assert "over 0 to 3 training runs per variant" in text
    assert text.endswith("\nMissing runs: unmodified seed 3; blur seeds 1, 2, 3.\n")
    tex = (tmp_path / "tables/table_2.tex").read_text()
    assert "$0.308 \\pm 0.001\\ (n=2)$" in tex
    assert "Missing runs: unmodified seed 3; blur seeds 1, 2, 3." in tex
    content = json.loads((tmp_path / "tables/table_2.json").read_text())
    assert content["missing"] == [
        {"variant": variant, "seed": seed}
        for variant, seed in (("unmodified", 3), ("blur", 1), ("blur", 2), ("blur", 3))
    ]


def test_a_folder_of_runs_gives_the_expected_ones(tmp_path, paths, capsys):
    """Runs of seeds and variants that are no longer asked for may lie beside them."""
    written(tmp_path, evaluation("old", 1, (0.3, 0.2, 0.1), engine="detectron2"))
    folder = ["--runs-in", str(tmp_path / "runs")]
    output = ["--output", str(tmp_path / "tables")]
    assert main(["make", *folder, *output, "--expected", expectation(seeds=(1, 2))]) == 0
    content = json.loads((tmp_path / "tables/table_2.json").read_text())
    assert [run["path"] for run in content["runs"]] == [str(paths[i]) for i in (0, 1, 3, 4)]

    more = expectation(seeds=(1, 2, 3, 4))
    assert main(["make", *folder, *output, "--expected", more]) == 2
    error = capsys.readouterr().err
    assert "runs are missing: unmodified seed 4; deep_natural seed 4;" in error
    assert main(["make", *folder, *output, "--expected", more, "--partial"]) == 0
    assert main(["make", *folder, *output]) == 2
    assert "--runs-in: give --expected too" in capsys.readouterr().err


def test_nothing_to_aggregate(tmp_path, capsys):
    assert make(tmp_path, [tmp_path / "eval.json"], "--partial") == 2
    assert "no run has been evaluated" in capsys.readouterr().err
    assert make(tmp_path, [tmp_path / "eval.json"]) == 2
    assert "eval.json: no such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"engine": "detectron2"}, "engine is 'detectron2', but 'torchvision' in"),
        ({"tested_on": "blur"}, "tested_on is 'blur', but 'unmodified' in"),
        ({"images": 60}, "images is 60, but 500 in"),
    ],
)
def test_runs_of_another_experiment_are_refused(tmp_path, paths, changes, message):
    (odd,) = written(tmp_path, evaluation("unmodified", 3, (0.3, 0.2, 0.1), **changes))
    with pytest.raises(UserError) as error:
        read_runs(paths)
    assert str(error.value).startswith(f"{odd}: {message} {paths[0]}")


def test_a_run_given_twice_is_refused(tmp_path, paths):
    other = tmp_path / "copy.json"
    shutil.copy(paths[1], other)
    with pytest.raises(UserError, match=f"{other}: unmodified, seed 2 is in {paths[1]} as well"):
        read_runs([*paths, other])


def test_a_run_nobody_expects_is_refused(tmp_path, paths, capsys):
    assert make(tmp_path, paths, expected=expectation(seeds=(1, 2))) == 2
    error = capsys.readouterr().err
    assert f"{paths[2]}: unmodified, seed 3 is not one of the expected runs" in error
    assert f"{paths[5]}: deep_natural, seed 3 is not one" in error


def test_a_run_without_one_of_the_classes_is_refused(paths):
    expected = Expected(variants=("unmodified",), seeds=(1,), classes=(*CLASSES, "bus"))
    with pytest.raises(UserError, match="per_class has no 'bus'"):
        missing_runs(read_runs(paths[:1]), expected)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (lambda content: content["coco"]["segm"].update(mAP=-1), "coco.segm.mAP"),
        (lambda content: content["coco"].pop("bbox"), "coco.bbox"),
        (lambda content: content["run"].pop("seed"), "run.seed"),
        (lambda content: content.update(schema=2), "schema"),
    ],
)
def test_a_file_that_is_no_evaluation_is_named_with_its_key(tmp_path, change, key):
    content = evaluation("unmodified", 1, (0.3, 0.2, 0.1))
    change(content)
    path = tmp_path / "eval.json"
    write_json(path, content)
    with pytest.raises(UserError) as error:
        read_runs([path])
    assert str(error.value).startswith(f"{path}: {key}: ")


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ('{"variants": ["a"]', "--expected: not valid JSON"),
        ('{"variants": ["a"], "seeds": [1]}', "--expected: classes: missing"),
        ('{"variants": ["a", "a"], "seeds": [1], "classes": ["b"]}', "stands twice"),
        ('{"variants": ["a"], "seeds": [1], "classes": ["all"]}', "'all' is kept for"),
        ("none.json", "none.json: no such file"),
    ],
)
def test_a_wrong_expectation_is_explained(tmp_path, paths, capsys, expected, message):
    assert make(tmp_path, paths, expected=expected) == 2
    assert message in capsys.readouterr().err


def test_without_expectation_every_pair_that_occurs_is_expected(paths):
    runs = read_runs([*paths[3:], *paths[:2]])
    expected = expected_of(runs, "unmodified")
    assert expected.variants == ("unmodified", "deep_natural")
    assert (expected.seeds, expected.classes) == ((1, 2, 3), CLASSES)
    assert missing_runs(runs, expected) == {"unmodified": [3]}


def test_a_thousand_runs_come_from_a_list(tmp_path):
    seeds = list(range(1, 251))
    variants = ["unmodified", "a", "b", "c"]
    paths = written(
        tmp_path, *(evaluation(v, s, (s / 500, 0.2, 0.1)) for v in variants for s in seeds)
    )
    (tmp_path / "list.txt").write_text("\n".join(map(str, paths)) + "\n\n")
    (tmp_path / "expected.json").write_text(expectation(variants, seeds))
    arguments = [
        f"--runs-from={tmp_path / 'list.txt'}",
        f"--expected={tmp_path / 'expected.json'}",
        f"--output={tmp_path}",
    ]
    assert main(["make", *arguments]) == 0
    assert "over 250 training runs" in (tmp_path / "table_2.md").read_text()


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
    content = json.loads((tmp_path / "tables/table_2.json").read_text())
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "100")
    terminal.show(formats.from_json(content, "here"))
    out = capsys.readouterr().out
    assert "0.309 ± 0.002" in out
    assert "Missing runs: blur seeds 1, 2, 3." in out


def test_show_refuses_what_is_no_table(tmp_path, paths, capsys):
    assert main(["show", str(paths[0])]) == 2
    assert "not a table_2.json" in capsys.readouterr().err
    assert main(["show", str(tmp_path / "none.json")]) == 2
    assert "none.json: no such file" in capsys.readouterr().err


def test_the_help_lists_both_actions(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert "\n  make " in said
    assert "\n  show " in said


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
