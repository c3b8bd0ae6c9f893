"""The tiny Faster R-CNN learns drawn street scenes, from boxes that come with masks or alone."""

import json
from pathlib import Path

import pytest
import yaml
from drawn_streets import SceneSettings, write_data_set
from instance_ap.coco import IouType, evaluate
from instance_ap.predictions import Predictions

from tests.commands import index
from tests.training.conftest import job_on
from tests.training.running import hash_of_weights, run_here
from tests.workflow import PROJECT
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.training.engines.torchvision import TorchvisionTraining
from workflow_scripts.training.job import Ending, TrainingJob
from workflow_scripts.training.predictor import load_predictor

pytestmark = pytest.mark.slow
DEMO = yaml.safe_load((PROJECT / "profiles/demo/experiment.yaml").read_text())
COUNTS = {"train": 160, "val": 60}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory) -> Path:
    """The demo's scenes, indexed with masks in `masks`, and as a copy without them in `boxes`."""
    folder = tmp_path_factory.mktemp("drawn")
    write_data_set(folder, SceneSettings(seed=0, width=256, height=128), COUNTS, workers=1)
    settings = json.dumps({"kind": "cityscapes", "root": str(folder)})
    assert index(["--settings", settings, "--output", str(folder / "masks")]) == 0
    copy = {"kind": "coco"}
    for name in ("train", "val"):
        content = json.loads((folder / f"masks/{name}.coco.json").read_text())
        for annotation in content["annotations"]:
            del annotation["segmentation"], annotation["area"]
        file = folder / f"{name}_boxes.json"
        file.write_text(json.dumps(content))
        copy[name] = {"images": str(folder), "annotations": str(file)}
    arguments = ["--settings", json.dumps(copy), "--output", str(folder / "boxes")]
    assert index([*arguments, "--task", "boxes"]) == 0
    return folder


def trained(drawn: Path, labels: str, folder: Path, **changed: object) -> TrainingJob:
    settings = TorchvisionTraining(**{**DEMO["training"], **changed}, task="boxes")
    job = job_on(drawn, settings, folder / labels)
    job = TrainingJob(
        **{
            **vars(job),
            "annotations": drawn / labels / "train.coco.json",
            "images": drawn,
            "seed": 1,
        }
    )
    assert run_here(job).ending is Ending.DONE
    return job


def box_ap(job: TrainingJob, drawn: Path, labels: str) -> float | None:
    split = CocoSplit.read(drawn / labels / "val.coco.json")
    evaluation = Evaluation(**DEMO["evaluation"])
    predictor, _ = load_predictor(job.files.checkpoint, evaluation, threads=1, on_gpu=False)
    found = Predictions.of_coco_boxes(list(predictor.results(split.images, drawn)), split)
    return evaluate(split, found, [IouType.BBOX])[IouType.BBOX].mean()


def test_it_learns_drawn_scenes(drawn, tmp_path):
    learned = trained(drawn, "masks", tmp_path)
    assert box_ap(learned, drawn, "masks") >= 0.25  # 0.49 here


def test_a_copy_without_masks_is_the_same(drawn, tmp_path):
    assert CocoSplit.read(drawn / "boxes/val.coco.json").task is Task.BOXES
    with_masks, alone = (
        trained(drawn, labels, tmp_path, iterations=40, milestones=[30])
        for labels in ("masks", "boxes")
    )
    assert hash_of_weights(with_masks.output) == hash_of_weights(alone.output)
    expected = box_ap(with_masks, drawn, "masks")
    assert box_ap(alone, drawn, "boxes") == pytest.approx(expected, abs=1e-6)
