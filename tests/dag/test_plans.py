"""Which jobs a change schedules."""

import json
import re
import shutil
import sys

import pytest
from plain_commands.files import sha256_of

from tests.dag.conftest import (
    ALL_ATTACKED,
    ATTACKED,
    DETECTION,
    IMAGES,
    OF_A_VARIANT,
    OF_BOTH,
    ONE_AUDIT,
    PAGE,
    SEEDS,
    SHOWN,
    TABLES,
    jobs_of_checked_runs,
    jobs_of_runs,
)
from tests.workflow import PROJECT, Workflow, copy_of_project

PAPER = jobs_of_runs(10)


def test_two_variants_and_five_seeds_are_ten_trainings(fresh):
    plan = fresh.plan()
    assert {rule: plan[rule] for rule in PAPER} == PAPER
    assert plan["index_dataset"] == 1


def test_after_the_index_the_plan_is_complete(indexed):
    assert indexed.plan() == {
        **DETECTION,
        "check_training": 1,
        **IMAGES,
        **ONE_AUDIT,
        "audit": 2,
        **ALL_ATTACKED,
        **PAPER,
    }


def test_a_finished_experiment_has_nothing_to_do(done):
    assert done.plan() == {}


def test_more_seeds_run_the_new_ones_only(done):
    done.config["seeds"] = SEEDS + 5
    assert done.plan() == jobs_of_runs(10)


def test_a_run_beyond_the_config_is_asked_for_by_name(done):
    run = "results/whitepaper/runs/anonymized/seed~9"
    training = {"start_trainings": 1, "train": 1}
    assert done.plan(f"{run}/model_final.pth") == training
    assert done.plan(f"{run}/eval.json") == {**training, "predict": 1, "evaluate": 1}


@pytest.mark.slow
def test_more_seeds_of_a_variant_run_these_only(done):
    more = done.folder / "more_runs.yaml"
    more.write_text("more_seeds: {unmodified: [6], anonymized: [6, 7]}")
    files = ["--configfile", str(done.folder / "experiment.yaml"), str(more)]
    assert done.plan(*files) == jobs_of_runs(3)
    done.run(*files)
    assert done.plan(*files) == {}
    expected = json.loads((done.results / "runs/expected.json").read_text())
    assert expected["more_seeds"] == {"unmodified": [6], "anonymized": [6, 7]}
    table = json.loads((done.results / "tables/table_2.json").read_text())
    assert len(table["runs"]) == 2 * SEEDS + 3


def test_another_learning_rate_trains_everything_again(done):
    done.config["training"]["options"] = {"SOLVER.BASE_LR": 0.01}
    assert done.plan() == {"check_training": 1, **OF_BOTH}


def test_another_detection_threshold_leaves_the_reference_alone(done):
    done.config["pii"]["faces"]["threshold"] = 0.5
    assert done.plan() == {
        **DETECTION,
        "anonymize": 1,
        "gather_images": 1,
        **ONE_AUDIT,
        "audit": 2,
        **ALL_ATTACKED,
        **OF_A_VARIANT,
        # Another face is another exposed object, for the reference as well.
        "evaluate": 2 * SEEDS,
    }


def test_other_test_settings_train_nothing(done):
    done.config["evaluation"]["score_threshold"] = 0.1
    assert done.plan() == {"predict": 2 * SEEDS, "evaluate": 2 * SEEDS, **TABLES}


def test_other_margins_are_judged_anew_and_nothing_else(done):
    done.config["statistics"] = {"margins": [0.03]}
    assert done.plan() == {"verdict": 1, **SHOWN}


def test_another_question_is_judged_anew_and_nothing_else(done):
    done.config["question"] = "non-inferiority"
    assert done.plan() == {"verdict": 1, **SHOWN}


def test_without_exposed_objects_validation_images_are_not_searched(indexed, done):
    indexed.config["evaluation"]["exposed"] = False
    plan = indexed.plan()
    assert "exposed" not in plan
    assert plan["detect_pii"] == 1
    assert plan["evaluate"] == 10
    done.config["evaluation"]["exposed"] = False
    assert "predict" not in done.plan()


def test_a_deleted_evaluation_is_made_again(done):
    (done.results / "runs/anonymized/seed~1/eval.json").unlink()
    assert done.plan() == {"evaluate": 1, **TABLES}


def test_a_deleted_checkpoint_costs_one_run(done):
    shutil.rmtree(done.results / "runs/unmodified/seed~2")
    assert done.plan() == jobs_of_checked_runs(1)


def test_other_hardware_schedules_nothing(done):
    more = "train:gpu=4", "train:save_before_end=15", "predict:gres=gpu:1"
    assert done.plan("--set-resources", *more, "--set-threads", "train=2") == {}
    assert done.plan("--set-resources", "train:images_at_once=1") == {}
    done.profile = "profiles/slurm"
    assert done.plan() == {}


def test_code_counts_and_comments_and_file_times_do_not(done, tmp_path):
    done.project = copy_of_project(tmp_path / "clone of the project")
    module = done.project / "workflow_scripts/training/loop.py"
    text = module.read_text().replace('"""', '"""Reworded. ', 1)
    module.write_text(text.replace("import ", "\n\n# A comment.\nimport ", 1))
    assert module.read_text().count("Reworded. ") == 1
    assert module.read_text().count("# A comment.\n") == 1
    assert done.plan() == {}
    module.write_text(text.replace("import ", "SEEN = 1\nimport ", 1))
    assert done.plan() == jobs_of_checked_runs(2 * SEEDS)


@pytest.mark.slow
def test_a_failed_run_is_the_only_one_that_runs_again(done):
    shutil.rmtree(done.results / "runs/anonymized")
    done.environment = {**done.environment, "FAILING_RUN": "anonymized 1"}
    assert done.snakemake().returncode != 0
    del done.environment["FAILING_RUN"]
    again = jobs_of_checked_runs(1)
    assert done.plan() == again

    said = done.run("partial_table_2")
    assert "anonymized" in said
    partial = json.loads((done.results / "tables/partial/table_2.json").read_text())
    assert partial["missing"] == [{"variant": "anonymized", "seed": 1}]
    done.run("partial_report")
    page = (done.results / "tables/partial/report.html").read_text()
    assert "<strong>anonymized, seed 1</strong>: " in page
    assert done.plan() == again


@pytest.mark.slow
def test_partial_results_leave_out_runs_of_another_recipe(done):
    done.config["training"]["iterations"] = 47_000
    done.run("results/whitepaper/runs/unmodified/seed~2/eval.json")
    (done.results / "runs/anonymized/seed~2/eval.json").unlink()
    done.run("partial_table_2", "partial_report")
    table = json.loads((done.results / "tables/partial/table_2.json").read_text())
    assert [(run["variant"], run["seed"]) for run in table["runs"]] == [("unmodified", 2)]
    assert table["missing"] == [{"variant": "anonymized", "seed": 2}]
    assert table["outdated"] == [
        {"variant": variant, "seed": 1} for variant in ("unmodified", "anonymized")
    ]
    sentence = (
        "2 outdated runs are left out, since settings, data or code changed: unmodified seed 1; "
        "anonymized seed 1."
    )
    verdict = json.loads((done.results / "tables/partial/verdict.json").read_text())
    assert (verdict["outdated"], verdict["missing"]) == (sentence, "anonymized seed 2")
    page = (done.results / "tables/partial/report.html").read_text()
    assert sentence in page
    assert "Incomplete: 3 of 4 runs missing or outdated" in page
    assert "<strong>unmodified, seed 1</strong>: outdated" in page


@pytest.mark.slow
def test_the_cross_test_adds_predictions_and_trains_nothing(done):
    done.config["evaluation"]["on"] = ["unmodified"]
    assert done.plan() == {}
    done.config["evaluation"]["on"] = ["unmodified", "anonymized"]
    added = {
        **IMAGES,
        "predict_on": 2 * SEEDS,
        "evaluate_on": 2 * SEEDS,
        "cross": 1,
        **PAGE,
    }
    assert done.plan() == added
    done.run()
    assert done.plan() == {}
    table = json.loads((done.results / "tables/cross.json").read_text())
    assert table["tested_on"] == ["unmodified", "anonymized"]
    names = {cell["trained_on"] for cell in table["cells"]}
    assert names == {"unmodified", "anonymized"}
    done.config["variants"]["anonymized"]["seed"] = 1
    assert done.plan() == {
        **added,
        **OF_A_VARIANT,
        **ONE_AUDIT,
        **ATTACKED,
        **dict.fromkeys(IMAGES, 2),
    }


def test_braces_are_no_wildcards(tmp_path, stand_in):
    """Not in a regular expression, the name of a class, nor in paths."""
    data = tmp_path / "{data}"
    data.mkdir()
    for name in "{annotations}.json", "{faces}.csv", "{plates}.csv":
        (data / name).touch()
    split = {"images": str(data), "annotations": str(data / "{annotations}.json")}
    config = {
        "experiment": "braces",
        "dataset": {"kind": "coco", "train": split, "val": split, "classes": ["{car}", "bus"]},
        "pii": {
            "faces": {"detector": "annotations", "file": str(data / "{faces}.csv")},
            "license_plates": {"detector": "annotations", "file": str(data / "{plates}.csv")},
            "only_on_labelled": False,
        },
        "variants": {
            "unmodified": {"method": "unmodified"},
            "theirs": {"method": "command", "command": "x {input} {output} {}", "version": "{1}"},
        },
        "training": {"engine": "torchvision"},
        "statistics": {"image_groups": r"^[a-z]+_\d{6}"},
    }
    planned = Workflow(tmp_path / "{work}", config, environment=stand_in).dry_run("-p")
    said = planned.stdout
    assert planned.returncode == 0, said
    assert "d{6}" in said
    assert "{annotations}.json" in said
    assert "{car}" in said


@pytest.mark.parametrize("file", ["pii/000-00000000.parquet", "images/blur/manifest.parquet"])
def test_results_of_an_earlier_version_are_refused(fresh, file):
    old = fresh.results / file
    old.parent.mkdir(parents=True)
    old.touch()
    refused = fresh.dry_run()
    assert refused.returncode != 0
    assert "results/whitepaper: made by an earlier version of the workflow" in refused.stdout
    assert f"({file}); move or delete this folder" in refused.stdout


def test_tables_and_figures_that_are_deleted_are_made_again(done):
    shown = [*done.results.glob("tables/*.*"), *done.results.glob("figures/*.*")]
    assert len(shown) == 5 * 4 + 2 + 2 * 8
    rule_of = {
        "exposed": "exposed",
        "privacy": "privacy_table",
        "table_2": "table_2",
        "table_2_boxes": "table_2",
        "supplement": "verdict",
        "verdict": "verdict",
        "before_after": "before_after",
        "figure_3": "summarize_pii",
    }
    for suffix in "csv", "md", "tex", "svg", "png":
        away = [file for file in shown if file.suffix == f".{suffix}"]
        for file in away:
            file.rename(file.with_suffix(".away"))
        plan = done.plan()
        made = {rule_of.get(file.stem, "figures") for file in away}
        assert made <= set(plan), suffix
        assert "train" not in plan
        for file in away:
            file.with_suffix(".away").rename(file)
    assert done.plan() == {}


def test_deleted_matches_are_made_again(done):
    (done.results / "runs/anonymized/seed~1/matches.npz").unlink()
    assert done.plan() == {"evaluate": 1, **TABLES}


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["precomputed", "command", "regions", "persom", "weights"])
def test_what_cannot_work_stops_all_trainings(indexed, kind):
    config, missing = indexed.config, str(indexed.folder / "missing")
    match kind:
        case "precomputed":
            config["variants"]["theirs"] = {"method": "precomputed", "folder": missing}
        case "command":
            config["variants"]["theirs"] = {
                "method": "command",
                "command": "sh -c 'exit 1' {input} {output}",
                "version": "1",
                "all_images": True,
            }
        case "regions":
            config["pii"]["faces"] = {"detector": "annotations", "file": missing}
        case "persom":
            config["pii"]["person_classes"] = ["persom"]
        case "weights":
            weights = {"source": missing, "sha256": sha256_of("faces"), "licence": "MIT"}
            attack = {"attack": "recognition", "recognizer": "arcface", "weights": weights}
            config["privacy"] = {"attacks": [attack]}
    stopped = indexed.snakemake("--keep-going")
    assert stopped.returncode != 0
    assert "rule train:" not in stopped.stdout
    assert not list(indexed.results.glob("runs/*/seed~*"))


PROGRAM = """
import pathlib, sys
{line}
"""


@pytest.mark.slow
def test_a_line_of_a_users_trainer_trains_again_and_the_page_beside_it_nothing(done, tmp_path):
    folder = tmp_path / "their trainer"
    folder.mkdir()
    for name in ("train", "predict"):
        (folder / f"{name}.py").write_text(PROGRAM.format(line="RATE = 1"))
    page = folder / "README.md"
    page.write_text("How it trains.")
    common = "--images {images} --labels {annotations} --output {output}"
    done.config["training"] = {
        "engine": "command",
        "train": f"'{sys.executable}' train.py --seed {{seed}} {common}",
        "predict": f"'{sys.executable}' predict.py --model {{model}} {common}",
        "directory": str(folder),
    }
    done.config["evaluation"] = {"exposed": True}
    assert done.plan() == {"check_training": 1, **OF_BOTH}
    done.run()
    assert done.plan() == {}
    page.write_text("How it trains, and why.")
    (folder / "train.py").write_text(PROGRAM.format(line="RATE = 1  # the rate"))
    assert done.plan() == {}
    (folder / "train.py").write_text(PROGRAM.format(line="RATE = 2"))
    assert done.plan() == jobs_of_checked_runs(2 * SEEDS)
    (folder / "train.py").write_text(PROGRAM.format(line="RATE = 1"))
    assert done.plan() == {}
    (folder / "predict.py").write_text(PROGRAM.format(line="RATE = 2"))
    assert done.plan() == {key: n for key, n in OF_BOTH.items() if "train" not in key}
    (folder / "predict.py").write_text(PROGRAM.format(line="RATE = 1"))
    assert done.plan("--set-resources", "train:silent_minutes=9", "predict:silent_minutes=9") == {}


def test_no_output_is_temporary_since_snakemake_is_told_to_look_for_none():
    rules = [path.read_text() for path in PROJECT.glob("rules/*.smk")]
    assert any("storage_settings.notemp = True" in text for text in rules)
    assert not [text for text in rules if re.search(r"\btemp\(", text)]
