"""Which jobs a new, damaged or missing index schedules."""

import json
import re
import shutil
import subprocess

import pytest

from tests.cityscapes_folder import add_image, make_cityscapes
from tests.dag.conftest import PAGE, paper_config
from tests.workflow import Workflow


@pytest.mark.slow
def test_new_images_are_seen_when_the_data_set_is_indexed_again(tmp_path, stand_in):
    root = make_cityscapes(tmp_path / "cityscapes")
    config = paper_config(root)
    config["seeds"] = 1
    workflow = Workflow(tmp_path / "work", config, environment=stand_in)
    run = "results/whitepaper/runs/unmodified/seed~1/run.json"
    workflow.run(run)
    before = json.loads((workflow.folder / run).read_text())
    workflow.run(run, "--forcerun", "index_dataset")
    assert json.loads((workflow.folder / run).read_text()) == before

    add_image(root, "train", 17)
    workflow.run(run, "--forcerun", "index_dataset")
    after = json.loads((workflow.folder / run).read_text())
    assert after["fingerprint"] != before["fingerprint"]
    expected = json.loads((workflow.results / "runs/expected.json").read_text())
    assert expected["fingerprints"]["unmodified"] == {"1": after["fingerprint"]}
    assert workflow.plan(run) == {}


@pytest.mark.slow
def test_a_missing_run_is_trained_in_the_call_that_makes_the_index_anew(done):
    run = done.results / "runs/unmodified/seed~2"
    shutil.rmtree(run)
    done.run("results/whitepaper/runs/unmodified/seed~2/run.json", "--forcerun", "index_dataset")
    assert (run / "model_final.pth").is_file()


@pytest.mark.slow
def test_nothing_is_left_out_of_a_call_that_makes_the_index_anew(done):
    """Also what could start before the index is made, of inputs that the call makes anew."""
    shutil.rmtree(done.results / "runs/unmodified/seed~2")
    done.config["training"]["iterations"] = (
        47_000  # another check of the recipe, which is not indexed
    )
    done.config["pii"]["faces"]["threshold"] = 0.55  # and of the detection, which is
    done.config["statistics"]["margins"] = [0.015]  # another verdict
    done.run("--forcerun", "index_dataset", "--cores", "32")
    assert (done.results / "runs/unmodified/seed~2/model_final.pth").is_file()
    assert done.plan() == {}


def test_all_that_follows_the_index_waits_for_it(done):
    """What ran before a new index would be left as it was, and what follows it would not run."""
    shutil.rmtree(done.results / "runs/unmodified/seed~2")
    done.config["evaluation"]["on"] = ["unmodified", "anonymized"]
    graph = done.run("all", "limits", "--rulegraph", "dot")
    names = dict(re.findall(r'^\s*(\d+)\[label = "(\w+)"', graph, re.MULTILINE))
    pairs = re.findall(r"^\s*(\d+) -> (\d+)", graph, re.MULTILINE)
    edges = {(names[before], names[after]) for before, after in pairs}
    following = {"index_dataset"}
    while more := {after for before, after in edges if before in following} - following:
        following |= more
    waiting = {after for before, after in edges if before == "index_dataset"}
    assert {"train", "verdict", "start_trainings", "report"} <= following
    assert following - waiting == {"index_dataset"}


@pytest.mark.slow
def test_a_moved_data_set_is_indexed_again_and_no_more_than_recorded(done, cityscapes, tmp_path):
    moved = shutil.copytree(cityscapes, tmp_path / "moved")
    done.config["dataset"]["root"] = str(moved)
    done.run("index_dataset")
    assert done.plan() == PAGE


@pytest.mark.slow
def test_a_moved_file_of_regions_is_not_detected_with_again(indexed, cityscapes):
    image = next(cityscapes.glob("leftImg8bit/train/*/*.png")).relative_to(cityscapes)
    before, after = indexed.folder / "regions.csv", indexed.folder / "moved" / "regions.csv"
    before.write_text(f"image,kind,x0,y0,x1,y1\n{image},face,20,12,26,18\n")
    indexed.config["pii"]["faces"] = {"detector": "annotations", "file": str(before)}
    indexed.config["evaluation"]["exposed"] = False
    summary = "results/whitepaper/pii/summary.json"
    indexed.run(summary)
    after.parent.mkdir()
    before.rename(after)
    indexed.config["pii"]["faces"]["file"] = str(after)
    assert indexed.plan(summary) == {}
    after.write_text(after.read_text().replace("26,18", "27,18"))
    assert indexed.plan(summary) == {"check_pii": 1, "detect_pii": 1, "summarize_pii": 1}


@pytest.mark.parametrize("content", ["{", "[]", '{"shards": []}'])
def test_a_damaged_index_is_named_with_what_helps(indexed, content):
    shards = indexed.results / "data/shards.json"
    shards.write_text(content)
    refused = indexed.dry_run()
    assert refused.returncode != 0
    (line,) = [line for line in refused.stdout.splitlines() if "shards.json: " in line]
    file = shards.relative_to(indexed.folder)
    assert line.endswith(f"; delete {file} and make it again with: snakemake {file} …")
    shards.unlink()
    assert indexed.plan()["index_dataset"] == 1


def test_a_damaged_index_of_images_only_is_no_traceback(fresh, cityscapes):
    fresh.config = {
        "experiment": "photos",
        "dataset": {"kind": "images", "root": str(cityscapes)},
        "variants": {"natural": {"method": "natural"}},
    }
    shards = fresh.results / "data/shards.json"
    shards.parent.mkdir(parents=True)
    shards.write_text("{")
    refused = fresh.dry_run()
    assert refused.returncode == 1
    file = shards.relative_to(fresh.folder)
    assert f"; delete {file} and make it again with: snakemake {file} …\n" in refused.stdout
    assert not re.search("InputFunction|Traceback", refused.stdout)


@pytest.mark.parametrize("option", ["--until", "--omit-from"])
def test_options_that_see_no_shards_before_the_index_say_so(fresh, indexed, option):
    said = fresh.dry_run(option, "anonymize").stdout
    assert "The data set is not indexed yet" in said
    assert "not indexed" not in fresh.dry_run("--until", "index_dataset").stdout
    assert "not indexed" not in indexed.dry_run(option, "anonymize").stdout


def test_a_path_that_leads_nowhere_costs_no_index(indexed):
    before = {file: file.read_bytes() for file in (indexed.results / "data").iterdir()}
    indexed.config["dataset"]["root"] = "/nowhere"
    line = "dataset.root: no such folder: /nowhere; correct the path, or put the folder there\n"
    for said in (indexed.dry_run(), indexed.snakemake()):
        assert said.returncode == 1
        assert f"\n{line}" in said.stdout
    assert indexed.call("plan").stdout.endswith(f"\n[plan] error: snakemake: {line}")
    assert {file: file.read_bytes() for file in (indexed.results / "data").iterdir()} == before


def test_a_dry_run_for_slurm_prints_no_warning(fresh):
    fresh.profile = "profiles/slurm"
    command = fresh.command("--dry-run")
    said = subprocess.run(command, **fresh.surroundings(), check=False)
    assert said.returncode == 0, said.stdout
    assert "Warning" not in said.stdout


def test_a_plan_says_what_a_new_index_leaves_open(indexed):
    assert "not planned yet" not in indexed.call("plan").stdout
    indexed.config["dataset"]["images_per_shard"] = 2
    said = indexed.call("plan").stdout
    assert "what follows from its result is not planned yet; for the whole plan, first run" in said
