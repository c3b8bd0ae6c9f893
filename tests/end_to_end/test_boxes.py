"""The small experiment on boxes, with a further test set: a failed seed alone runs again."""

import json
import shutil
from pathlib import Path

import pytest
from drawn_streets import SceneSettings, write_data_set
from plain_commands.files import read_json

from tests import preloaded
from tests.commands import index
from tests.small_experiment import small_config
from tests.workflow import Workflow
from workflow_scripts.contracts.evaluations import RunEvaluation
from workflow_scripts.contracts.tasks import Task

pytestmark = pytest.mark.slow


def boxed_scenes(folder: Path) -> dict[str, str]:
    """Other drawn scenes with boxes only, as a section of `evaluation.also`."""
    write_data_set(
        folder, SceneSettings(seed=7, width=256, height=128), {"train": 2, "val": 3}, workers=1
    )
    settings = json.dumps({"kind": "cityscapes", "root": str(folder)})
    assert index(["--settings", settings, "--output", str(folder / "index")]) == 0
    content = json.loads((folder / "index/val.coco.json").read_text())
    for annotation in content["annotations"]:
        del annotation["segmentation"]
    for category in content["categories"]:
        category["name"] = category["name"].replace("person", "pedestrian")
    (folder / "night.json").write_text(json.dumps(content))
    return {
        "images": str(folder),
        "annotations": str(folder / "night.json"),
        "class_mapping": {"pedestrian": "person"},
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workflow, str]:
    folder = tmp_path_factory.mktemp("boxes")
    config = small_config() | {"experiment": "boxes", "task": "boxes", "seeds": 2}
    config["privacy"] = {"attacks": []}
    config["evaluation"]["also"] = {"night": boxed_scenes(folder / "night")}
    workflow = Workflow(folder / "work", config, "profiles/demo", environment=preloaded.forked())
    return workflow, workflow.run()


def test_table_2_the_verdict_and_the_report_are_about_box_ap(made):
    workflow, said = made
    assert "Box AP" in said and "Box average precision by the variant" in said
    tables = workflow.results / "tables"
    table, verdict = read_json(tables / "table_2.json"), read_json(tables / "verdict.json")
    assert table["task"] == verdict["task"] == "boxes" and "boxes" not in table
    assert {cell["metric"] for cell in table["cells"] if cell["class"] == "all"} == {
        "bbox_AP",
        "bbox_AP50",
        "bbox_AP75",
    }
    assert not (tables / "table_2_boxes.md").exists()
    assert verdict["said"]["caption"].startswith("Difference: box AP in points")
    assert read_json(tables / "exposed.json")["caption"].startswith("Box AP on 4 unmodified")
    page = (workflow.results / "report.html").read_text(encoding="utf-8")
    assert "Box AP of each run" in page and "Mask AP" not in page
    evaluation = RunEvaluation.read(workflow.results / "runs/natural/seed~1/eval.json")
    assert evaluation.task is Task.BOXES and evaluation.cityscapes is None


def test_a_further_test_set_has_its_table_and_its_verdict(made):
    workflow, _ = made
    folder = workflow.results / "tables/also/night"
    table, verdict = read_json(folder / "table_2.json"), read_json(folder / "verdict.json")
    assert table["images"] == 3 and table["tested_on"] == "night"
    assert "tested on 3 night images" in table["caption"]
    assert len(table["runs"]) == 4 and table["missing"] == []
    assert {of["variant"] for of in verdict["variants"]} == {"natural"}
    assert verdict["images"]["images"] == 3
    for suffix in "csv", "md", "tex":
        assert (folder / f"table_2.{suffix}").stat().st_size
        assert (folder / f"verdict.{suffix}").stat().st_size
    page = (workflow.results / "report.html").read_text(encoding="utf-8")
    assert "Further test sets" in page and "tested on 3 night images" in page
    hashed = read_json(workflow.results / "provenance.json")["files"]
    assert {"data/also/night.coco.json", "tables/also/night/table_2.json"} <= hashed.keys()
    notes = (workflow.results / "logs/index_test/night.log").read_text()
    assert "night: 3 images" in notes


def test_another_test_set_trains_nothing(made):
    workflow, _ = made
    night = workflow.config["evaluation"]["also"]["night"]
    changed = workflow.config["evaluation"] | {"also": {"night": night, "rain": night}}
    other = Workflow(
        workflow.folder,
        workflow.config | {"evaluation": changed},
        "profiles/demo",
        environment=preloaded.forked(),
    )
    plan = other.plan()
    assert plan["index_test"] == 1 and plan["predict_also"] == 4
    assert not {"train", "predict", "evaluate"} & plan.keys()


def test_a_lost_run_alone_is_made_again(made):
    workflow, _ = made
    assert workflow.plan() == {}
    shutil.rmtree(workflow.results / "runs/natural/seed~2")
    plan = workflow.plan()
    assert plan["train"] == plan["predict"] == plan["predict_also"] == 1
    assert plan["evaluate"] == plan["evaluate_also"] == 1
