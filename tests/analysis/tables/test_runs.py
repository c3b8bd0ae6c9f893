"""Table II: runs that are missing, do not fit, or come from elsewhere."""

import json
import shutil

import pytest
from plain_commands.errors import UserError
from plain_commands.files import write_json

from tests.analysis.tables.written_runs import CLASSES, evaluation, expectation, make, written
from tests.commands import tables as main
from workflow_scripts.contracts.runs import ExpectedRuns, expected_of, missing_runs, read_runs


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
    assert f"{absent} is missing" in capsys.readouterr().err
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
    assert [run["path"] for run in content["runs"]] == [
        paths[number].relative_to(tmp_path).as_posix() for number in (0, 1, 3, 4)
    ]

    more = expectation(seeds=(1, 2, 3, 4))
    assert main(["make", *folder, *output, "--expected", more]) == 2
    error = capsys.readouterr().err
    assert "runs are missing: unmodified seed 4; deep_natural seed 4;" in error
    assert main(["make", *folder, *output, "--expected", more, "--partial"]) == 0
    assert main(["make", *folder, *output]) == 2
    assert "--runs-in needs --expected" in capsys.readouterr().err


def outdated_but(current, seeds=(1, 2, 3)) -> str:
    """The `--expected` JSON by which all evaluated runs are outdated, but for some."""
    fingerprints = {
        variant: {seed: "new" for seed in seeds if (variant, seed) not in current}
        for variant in ("unmodified", "deep_natural")
    }
    return json.dumps({**json.loads(expectation(seeds=seeds)), "fingerprints": fingerprints})


def test_outdated_runs_are_left_out_and_named(tmp_path, paths, capsys):
    current = {("unmodified", 2), ("deep_natural", 1), ("deep_natural", 2)}
    paths[5].unlink()
    folder = ["--runs-in", str(tmp_path / "runs"), "--output", str(tmp_path / "tables")]
    folder += ["--expected", outdated_but(current)]
    assert main(["make", *folder]) == 2
    assert "runs are missing: deep_natural seed 3;" in capsys.readouterr().err
    assert main(["make", *folder, "--partial"]) == 0
    content = json.loads((tmp_path / "tables/table_2.json").read_text())
    assert {(run["variant"], run["seed"]) for run in content["runs"]} == current
    assert content["missing"] == [{"variant": "deep_natural", "seed": 3}]
    assert content["outdated"] == [{"variant": "unmodified", "seed": seed} for seed in (1, 3)]
    lines = (
        "Missing runs: deep_natural seed 3.",
        "2 outdated runs are left out, since settings, data or code changed: "
        "unmodified seeds 1, 3.",
    )
    text = (tmp_path / "tables/table_2.md").read_text()
    assert text.endswith("\n\n".join(lines) + "\n")
    assert "over 1 to 2 training runs per variant" in text
    assert " ".join(lines).replace("_", "\\_") in (tmp_path / "tables/table_2.tex").read_text()


def test_an_outdated_run_is_no_error_while_it_is_trained_again(tmp_path, paths):
    """Its run.json may be newer than its eval.json."""
    facts = {"variant": "unmodified", "seed": 1, "fingerprint": "new", "settings": {"engine": "x"}}
    write_json(paths[0].with_name("run.json"), facts)
    everything = {(variant, seed) for variant in ("unmodified", "deep_natural") for seed in (2, 3)}
    expected = outdated_but({*everything, ("deep_natural", 1)})
    assert make(tmp_path, paths, "--partial", expected=expected) == 0
    content = json.loads((tmp_path / "tables/table_2.json").read_text())
    assert content["outdated"] == [{"variant": "unmodified", "seed": 1}]


def test_outdated_runs_alone_make_no_table(tmp_path, paths, capsys):
    assert make(tmp_path, paths, "--partial", expected=outdated_but(set())) == 2
    error = capsys.readouterr().err
    assert "6 outdated runs are left out" in error
    assert "No other run has been evaluated yet" in error
    assert make(tmp_path, paths, expected=outdated_but({("unmodified", 1)})) == 2
    assert "runs are outdated: unmodified seeds 2, 3; deep_natural" in capsys.readouterr().err


def test_nothing_to_aggregate(tmp_path, capsys):
    assert make(tmp_path, [tmp_path / "eval.json"], "--partial") == 2
    assert "no run is evaluated yet" in capsys.readouterr().err
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
    expected = ExpectedRuns(variants=("unmodified",), seeds=(1,), classes=(*CLASSES, "bus"))
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
        ('{"variants": ["a", "a"], "seeds": [1], "classes": ["b"]}', "duplicates"),
        ('{"variants": ["a"], "seeds": [1], "classes": ["all"]}', "'all' is reserved for"),
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
