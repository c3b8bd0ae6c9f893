"""Frames with faces or plates left out, and as many at random: drawn scenes in, verdict out."""

import json
from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests import preloaded
from tests.small_experiment import small_config
from tests.workflow import Workflow
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import Entry, read_manifest
from workflow_scripts.contracts.regions import Region, read_regions

pytestmark = pytest.mark.slow
LEAST = 12
"""Width in pixels of a face or plate whose frame is left out."""


@pytest.fixture(scope="module")
def experiment(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workflow, str]:
    config = small_config()
    config["experiment"] = "dropping"
    config["dataset"].update(images={"train": 16, "val": 4})
    drop = {"method": "drop", "min_width": LEAST}
    config["variants"] = {
        "unmodified": {"method": "unmodified"},
        "drop": drop,
        "drop_random": {**drop, "at_random": True},
    }
    config["training"]["iterations"], config["training"]["milestones"] = 4, [3]
    folder = tmp_path_factory.mktemp("drop") / "work"
    workflow = Workflow(folder, config, "profiles/demo", environment=preloaded.forked())
    return workflow, workflow.run()


def entries_of(results: Path, variant: str) -> dict[str, Entry]:
    found = read_manifest(results / f"images/{variant}/train/manifest.parquet")
    return {entry.image: entry for entry in found}


def regions_of(results: Path) -> list[Region]:
    return [region for path in results.glob("pii/train/*.parquet") for region in read_regions(path)]


def test_frames_are_left_out_by_what_they_show_and_as_many_at_random(experiment):
    results = experiment[0].results
    shards = json.loads((results / "data/shards.json").read_text())["shards"]
    assert len(shards) > 1
    wide = {region.image for region in regions_of(results) if region.width >= LEAST}
    chosen, drawn = (
        {name for name, entry in entries_of(results, variant).items() if entry.dropped}
        for variant in ("drop", "drop_random")
    )
    assert chosen == wide
    assert 0 < len(chosen) == len(drawn) < 16
    assert chosen != drawn
    for variant, names in (("drop", chosen), ("drop_random", drawn)):
        folder = results / "images" / variant / "train"
        assert len(list(folder.rglob("*.png"))) == 16 - len(names)


def test_the_audit_counts_what_is_left_apart(experiment):
    results = experiment[0].results
    found = regions_of(results)
    for variant in ("drop", "drop_random"):
        dropped = {name for name, one in entries_of(results, variant).items() if one.dropped}
        audit = json.loads((results / f"privacy/{variant}.json").read_text())
        assert audit["images"]["dropped"] == len(dropped)
        for kind, blocks in audit["kinds"].items():
            of_kind = [region for region in found if region.kind == kind]
            gone = sum(region.image in dropped for region in of_kind)
            assert blocks["all"].get("dropped", 0) == gone
            assert blocks["all"]["regions"] == len(of_kind) - gone
            assert blocks["all"]["unchanged"]["n"] == len(of_kind) - gone


def test_the_verdict_says_what_was_left_out(experiment):
    results = experiment[0].results
    verdict = json.loads((results / "tables/verdict.json").read_text())
    drop, control = verdict["variants"]
    assert (drop["role"], control["role"]) == ("treatment", "random drop")
    split = CocoSplit.read(results / "data/train.coco.json")
    names = {image.id: image.file_name for image in split.images}
    for of in (drop, control):
        entries = entries_of(results, of["variant"])
        lost = [one for one in split.instances if entries[names[one.image_id]].dropped]
        persons = sum(split.class_of(one) == "person" and not one.iscrowd for one in lost)
        assert of["coverage"]["dropped_instances"]["person"][0] == persons
    assert verdict["said"]["headline"].startswith("drop leaves out ")
    caveats = " ".join(verdict["said"]["caveats"])
    assert "Instances left out by drop: person " in caveats
    assert "drop and drop_random leave out the same number of images" in caveats
    page = (results / "report.html").read_text()
    assert '<span class="role">random drop</span>' in page
    assert "dropped)" in page


def test_runs_take_as_many_steps_on_fewer_images(experiment):
    workflow, _ = experiment
    for variant in workflow.config["variants"]:
        run = json.loads((workflow.results / f"runs/{variant}/seed~1/run.json").read_text())
        assert (run["iterations"], run["images_seen"]) == (4, 8)
    table = pd.read_csv(workflow.results / "tables/table_2.csv")
    assert set(table.variant) == {"unmodified", "drop", "drop_random"}


def test_a_second_call_has_nothing_to_do_and_another_seed_makes_the_control_again(experiment):
    workflow, _ = experiment
    assert workflow.plan() == {}
    before = yaml.safe_dump(workflow.config)
    workflow.config["variants"]["drop_random"]["seed"] = 1
    shards = json.loads((workflow.results / "data/shards.json").read_text())["shards"]
    plan = workflow.plan()
    assert plan["anonymize"] == len(shards)
    assert plan["train"] == 2
    workflow.config = yaml.safe_load(before)
