"""It learns street scenes of 512x256 from nothing: some twenty minutes of one core."""

import os
from dataclasses import replace

import pytest

pytest.importorskip("detectron2", reason="detectron2 is not installed (docs/detectron2.md)")

import yaml
from drawn_streets import SceneSettings, write_data_set
from instance_ap.coco import evaluate
from instance_ap.predictions import Predictions

from benchmarks.frames import index_frames
from tests.training.detectron2.conftest import DEMO
from tests.training.running import metrics_of, run_here
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.training.engines.detectron2 import Detectron2Training
from workflow_scripts.training.predictor import load_predictor

pytestmark = [
    pytest.mark.detectron2,
    pytest.mark.slow,
    pytest.mark.skipif(not os.environ.get("CI"), reason="takes twenty minutes; CI=true runs it"),
]

COUNTS = {"train": 160, "val": 60}


def test_it_learns_drawn_scenes_from_random_weights(d2_job, tmp_path):
    write_data_set(tmp_path, SceneSettings(seed=0, width=512, height=256), COUNTS, workers=2)
    for split in COUNTS:
        index_frames(tmp_path, split)
    demo = yaml.safe_load(DEMO.read_text())
    demo["training"]["options"].update(
        {
            "INPUT.MIN_SIZE_TRAIN": [256],
            "INPUT.MAX_SIZE_TRAIN": 512,
            "SOLVER.MAX_ITER": 1000,
            "SOLVER.STEPS": [800],
        }
    )
    demo["evaluation"].update({"shorter_side": 256, "longest_side": 512})
    job = replace(
        d2_job,
        settings=Detectron2Training(**demo["training"]),
        annotations=tmp_path / "train.coco.json",
        images=tmp_path,
        seed=1,
    )
    run_here(job)
    losses = [line["loss"] for line in metrics_of(job.output)]
    assert sum(losses[-10:]) < 0.75 * sum(losses[:10])

    split = CocoSplit.read(tmp_path / "val.coco.json")
    predictor, _ = load_predictor(
        job.output / "model_final.pth",
        Evaluation(**demo["evaluation"]),
        threads=1,
        on_gpu=False,
    )
    results = list(predictor.results(split.images, tmp_path))
    for result in evaluate(split, Predictions.of_coco_results(results, split)).values():
        assert result.mean() > 0.10
