"""The files of the small experiment, and what can be done with it."""

import base64
import gzip
import json
import re
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import torch

from tests.commands import privacy, report
from tests.small_experiment import copied, small_config
from tests.workflow import Workflow
from workflow_scripts.analysis.report.registered import check_registration
from workflow_scripts.analysis.report.results import read_results
from workflow_scripts.contracts.manifest import read_manifest
from workflow_scripts.contracts.regions import read_regions
from workflow_scripts.contracts.registrations import Registration

pytestmark = pytest.mark.slow
FIGURES = ("forest", "effect_sizes", "reliability", "runs", "learning_curves", "privacy_utility")


@pytest.fixture(scope="module")
def experiment(
    small_experiment: tuple[Workflow, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Workflow, str]:
    """A copy of the finished experiment, and what Snakemake said."""
    made, said = small_experiment
    folder = tmp_path_factory.mktemp("end to end") / "work"
    return copied(made, replace(made, folder=folder)), said


def test_it_ends_with_table_2(experiment):
    _, said = experiment
    closing = said[said.index("All classes (mAP)") - 2000 :]
    words = ["unmodified", "natural", "Person", "Bicycle", "±", "Found again", "Pixels outside"]
    words += ["natural against unmodified", "Within 2 points?"]
    for word in words:
        assert word in closing


def test_a_partial_call_does_not_show_what_earlier_calls_made(small_experiment, tmp_path):
    made, _ = small_experiment
    config = {**made.config, "dataset": {**made.config["dataset"], "seed": 1}}
    workflow = copied(made, replace(made, folder=tmp_path / "work", config=config))
    said = workflow.run("index_dataset")
    assert (workflow.results / "tables/table_2.json").is_file()
    assert "Finished jobid: 0 (Rule: index_dataset)" in said
    assert "All classes (mAP)" not in said
    assert "The report:" not in said


def test_the_plan_was_registered_before_the_first_run(experiment):
    results = experiment[0].results
    registration = Registration.read(results / "registration.json")
    page = (results / "report.html").read_text(encoding="utf-8")
    assert "The plan was registered before the first run started: on 2" in page
    assert "Nothing was changed afterwards." in page
    assert f"sha256:{registration.sha256}" in page
    # Each run was made from what was registered.
    assert registration.runs == {
        variant: {
            str(seed): json.loads((results / f"runs/{variant}/seed~{seed}/run.json").read_text())[
                "fingerprint"
            ]
            for seed in (1, 2)
        }
        for variant in ("unmodified", "natural")
    }


def test_a_run_of_another_twin_trains_on_other_images(small_experiment, tmp_path):
    made, _ = small_experiment
    workflow = copied(made, replace(made, folder=tmp_path / "work", config=small_config()))
    workflow.config["variants"]["natural"]["twins"] = 2
    run = workflow.results / "runs/natural/seed~2/run.json"
    before = json.loads(run.read_text())
    workflow.run(str(run.relative_to(workflow.folder)))
    after = json.loads(run.read_text())
    assert after["fingerprint"] != before["fingerprint"]
    assert after["training_seed"] == before["training_seed"]
    assert after["final_loss"] != before["final_loss"]
    first, second = (
        {entry.image: entry.sha256 for entry in read_manifest(path) if entry.changes}
        for path in sorted(workflow.results.glob("images/*/train/manifest.parquet"))
    )
    assert first.keys() == second.keys() != set()
    assert not set(first.values()) & set(second.values())
    # The registration names the run that was made from something else.
    found = check_registration(read_results(workflow.results))
    assert found is not None
    assert "the settings, data or code of 1 training (natural seed 2)" in found.changes


def test_the_files_are_those_of_the_design(experiment):
    results = experiment[0].results
    found = {path.relative_to(results).as_posix() for path in results.rglob("*")}
    variants = "unmodified", "natural"
    runs = [f"runs/{variant}/seed~{seed}" for variant in variants for seed in (1, 2)]
    of_a_run = (
        "model_final.pth",
        "metrics.jsonl",
        "run.json",
        "predictions.json.gz",
        "eval.json",
    )
    expected = {
        *(f"data/{name}" for name in ("train.coco.json", "val.coco.json", "shards.json")),
        *(f"data/table_1.{suffix}" for suffix in ("csv", "md")),
        "pii/summary.json",
        *(f"figures/figure_3.{suffix}" for suffix in ("svg", "png")),
        *(f"figures/before_after.{suffix}" for suffix in ("svg", "png")),
        *(f"figures/{name}.{suffix}" for name in FIGURES for suffix in ("svg", "png")),
        *("provenance.json", "report.html", "registration.json"),
        *(f"privacy/{variant}.json" for variant in variants),
        *(f"privacy/attacks/{variant}/success.json" for variant in variants),
        "privacy.md",
        *(f"tables/privacy.{suffix}" for suffix in ("csv", "md", "tex", "json")),
        *(f"tables/verdict.{suffix}" for suffix in ("csv", "md", "tex", "json")),
        *(f"tables/supplement.{suffix}" for suffix in ("csv", "md", "tex", "json")),
        "images/natural/train/manifest.parquet",
        *(f"{run}/{name}" for run in runs for name in of_a_run),
        *(f"tables/table_2.{suffix}" for suffix in ("csv", "md", "tex", "json")),
        *(f"tables/exposed.{suffix}" for suffix in ("csv", "md", "tex", "json")),
    }
    assert expected <= found
    assert "images/unmodified/train/manifest.parquet" not in found
    shards = json.loads((results / "data/shards.json").read_text())["shards"]
    assert {f"pii/train/{shard}.parquet" for shard in shards} <= found
    assert {f"images/natural/train/{shard}" for shard in shards} <= found


def test_a_run_carries_its_origin(experiment):
    results = experiment[0].results
    run = json.loads((results / "runs/natural/seed~2/run.json").read_text())
    evaluation = json.loads((results / "runs/natural/seed~2/eval.json").read_text())
    assert run["variant"] == "natural"
    assert run["seed"] == 2
    assert run["settings"] == {**run["settings"], "engine": "torchvision", "model": "tiny"}
    assert evaluation["run"] == {
        "variant": "natural",
        "seed": 2,
        "engine": "torchvision",
        "fingerprint": run["fingerprint"],
    }
    assert evaluation["images"] == 4


def test_variants_and_seeds_give_different_weights(experiment):
    results = experiment[0].results
    paths = sorted(results.glob("runs/*/*/model_final.pth"))
    weights = {_first_weights(path) for path in paths}
    assert len(weights) == len(paths) == 4


def _first_weights(path: Path) -> bytes:
    content = torch.load(path, weights_only=True)
    while isinstance(content, dict):
        tensors = [value for value in content.values() if isinstance(value, torch.Tensor)]
        content = tensors[-1] if tensors else content.get("weights", content.get("model"))
    return content.numpy().tobytes()


def test_the_table_is_that_of_the_evaluations(experiment):
    results = experiment[0].results
    table = pd.read_csv(results / "tables/table_2.csv")
    row = table[(table["class"] == "all") & (table.variant == "natural") & (table.metric == "AP")]
    paths = results.glob("runs/natural/*/eval.json")
    values = pd.Series([json.loads(p.read_text())["coco"]["segm"]["mAP"] for p in paths])
    assert row["n"].item() == 2
    assert row["mean"].item() == pytest.approx(values.mean())
    assert row["std"].item() == pytest.approx(values.std())


def test_the_audit_says_what_natural_did(experiment):
    results = experiment[0].results
    kept, changed = (
        json.loads((results / f"privacy/{variant}.json").read_text())
        for variant in ("unmodified", "natural")
    )
    assert kept["kinds"]["face"]["all"]["regions"] > 0
    assert changed["outside"]["pixels"] == 0
    assert changed["metadata"]["n"] == 0
    assert changed["kinds"]["face"]["all"]["unchanged"]["n"] == 0


def test_the_page_says_which_attacks_ran(experiment):
    page = (experiment[0].results / "privacy.md").read_text()
    for attack in ("Recognition (dlib)", "Trained attacker (dlib)", "Plate reading"):
        assert f"{attack}: can an attacker" in page
    files = experiment[0].results.glob("privacy/attacks/*/success.json")
    for run in (run for file in files for run in json.loads(file.read_text())["runs"]):
        assert bool(run["reason"]) != bool(run["success"])


def test_predictions_are_coco_results(experiment):
    path = experiment[0].results / "runs/unmodified/seed~1/predictions.json.gz"
    predictions = json.loads(gzip.decompress(path.read_bytes()))
    for prediction in predictions:
        assert prediction["segmentation"]["size"] == [128, 256]
        assert 0 <= prediction["score"] <= 1


def test_a_second_call_has_nothing_to_do(experiment):
    assert "Nothing to be done" in experiment[0].run()


def faces_and_plates(results: Path) -> list[np.ndarray]:
    """What the originals show in the regions that were found, BGR; none that is of one colour."""
    shards = json.loads((results / "data/shards.json").read_text())["shards"]
    root = results / "data/synthetic"
    found = []
    for region in (
        r for shard in shards for r in read_regions(results / f"pii/train/{shard}.parquet")
    ):
        box = [round(end) for end in (region.y0, region.y1, region.x0, region.x1)]
        crop = cv2.imread(str(root / region.image))[box[0] : box[1], box[2] : box[3]]
        if min(crop.shape[:2]) >= 4 and crop.std() > 5:
            found.append(crop)
    return found


def pictures_in(page: str) -> list[np.ndarray]:
    """The pictures that a page holds, BGR, either way up."""
    coded = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=\s]+)", page)
    pictures = [
        cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), cv2.IMREAD_COLOR)
        for text in coded
    ]
    return pictures + [np.ascontiguousarray(picture[::-1]) for picture in pictures]


def is_in(crop: np.ndarray, picture: np.ndarray) -> bool:
    """Whether a picture has these very pixels somewhere."""
    if any(a > b for a, b in zip(crop.shape[:2], picture.shape[:2], strict=True)):
        return False
    return bool(cv2.matchTemplate(picture, crop, cv2.TM_SQDIFF).min() < 0.5)


@pytest.mark.parametrize("shown", [True, False])
def test_the_report_holds_pixels_of_originals_only_if_asked(experiment, tmp_path, shown):
    results = experiment[0].results
    copy = tmp_path / "small"
    shutil.copytree(results / "runs", copy / "runs", ignore=shutil.ignore_patterns("*.pth"))
    settings = json.dumps({"show_originals": shown})
    shards = json.loads((results / "data/shards.json").read_text())["shards"]
    arguments = ["figure", "--settings", settings]
    arguments += ["--annotations", results / "data/train.coco.json"]
    arguments += ["--images", results / "data/synthetic"]
    arguments += ["--regions", *(results / f"pii/train/{shard}.parquet" for shard in shards)]
    arguments += ["--manifests", results / "images/natural/train/manifest.parquet"]
    assert privacy([str(word) for word in (*arguments, "--output", copy / "figures")]) == 0
    assert report(["html", str(copy), "--settings", settings]) == 0
    pictures = pictures_in((copy / "report.html").read_text())
    crops = faces_and_plates(results)
    assert pictures
    assert crops
    assert any(is_in(crop, picture) for crop in crops for picture in pictures) is shown


def test_snakemakes_own_report_has_each_result_with_its_caption(experiment):
    workflow = experiment[0]
    workflow.run("--report", "report.zip")
    with zipfile.ZipFile(workflow.folder / "report.zip") as archive:
        names = archive.namelist()
        page = "".join(
            archive.read(name).decode() for name in names if name.endswith((".html", ".js"))
        )
    for name in ("report.html", "table_2.csv", "verdict.csv", "forest.svg", "before_after.svg"):
        assert any(path.endswith(name) for path in names), name
    assert "against the reference (unmodified)" in page
