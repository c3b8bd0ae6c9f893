"""Predictions of a fixed model: ours, and those of detectron2's own predictor and evaluator."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

pytest.importorskip("detectron2", reason="detectron2 is not installed (docs/detectron2.md)")

from detectron2.data import DatasetCatalog, MetadataCatalog
from detectron2.data.datasets import register_coco_instances
from detectron2.engine import DefaultPredictor
from detectron2.evaluation import COCOEvaluator
from instance_ap.coco import evaluate
from instance_ap.predictions import Predictions
from plain_commands.files import read_json

from tests.training.conftest import job_on
from tests.training.detectron2.conftest import small_settings
from tests.training.running import run_here
from tests.training.shapes import CLASSES
from tests.training.test_predict import check_contract, predict
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.training.checkpoint import TrainedModel
from workflow_scripts.training.engines.detectron2.engine import Detectron2Engine
from workflow_scripts.training.job import TrainingJob

pytestmark = [pytest.mark.detectron2, pytest.mark.slow]

SIZE = {"shorter_side": 96, "longest_side": 180}


@pytest.fixture(scope="module")
def trained(shapes, tmp_path_factory) -> TrainingJob:
    """A model that has learnt something about the shapes."""
    settings = small_settings(
        options={
            "SOLVER.MAX_ITER": 100,
            "SOLVER.STEPS": [80],
            "SOLVER.WARMUP_ITERS": 20,
            "SOLVER.BASE_LR": 0.02,
        }
    )
    job = job_on(shapes, settings, tmp_path_factory.mktemp("trained"))
    run_here(job)
    return job


def stock_evaluation(job: TrainingJob, annotations: Path, images: Path, folder: Path) -> dict:
    """What detectron2 says about the model: AP in percent by kind."""
    trained = TrainedModel.read(job.output / "model_final.pth")
    weights = folder / "weights.pth"
    torch.save({"model": trained.model}, weights)
    cfg = Detectron2Engine(job.settings, 2, trained.config).model_config.cfg.clone()
    cfg.MODEL.DEVICE, cfg.MODEL.WEIGHTS, cfg.DATASETS.TEST = "cpu", str(weights), ()
    cfg.INPUT.MIN_SIZE_TEST, cfg.INPUT.MAX_SIZE_TEST = SIZE["shorter_side"], SIZE["longest_side"]
    cfg.MODEL.ROI_HEADS.SCORE_THRESH_TEST = 0.0
    predictor = DefaultPredictor(cfg)
    register_coco_instances("shapes", {}, str(annotations), str(images))
    try:
        evaluator = COCOEvaluator("shapes", ("bbox", "segm"), distributed=False)
        evaluator.reset()
        for description in DatasetCatalog.get("shapes"):
            output = predictor(cv2.imread(description["file_name"]))
            evaluator.process([description], [output])
        return evaluator.evaluate()
    finally:
        DatasetCatalog.remove("shapes")
        MetadataCatalog.remove("shapes")


def test_average_precision_is_that_of_detectron2s_own_path(trained, shapes, tmp_path):
    check_contract(predict(trained.output, shapes, "predictions.json.gz", **SIZE), shapes)
    annotations = shapes / "val" / "annotations.json"
    split = CocoSplit.read(annotations)
    found = read_json(trained.output / "predictions.json.gz")
    ours = evaluate(split, Predictions.of_coco_results(found, split))
    theirs = stock_evaluation(trained, annotations, shapes / "val", tmp_path)
    for kind, result in ours.items():
        assert result.mean() > 0.02, kind
        assert result.mean() == pytest.approx(theirs[kind.value]["AP"] / 100, abs=1e-6), kind
        assert set(CLASSES) <= set(split.classes)
        found = {name: result.mean(class_index=n) for n, name in enumerate(split.classes)}
        expected = {name: theirs[kind.value][f"AP-{name}"] / 100 for name in found}
        assert found == pytest.approx(expected, abs=1e-6), kind


def test_a_batch_is_predicted_like_its_images(trained, shapes):
    stored = TrainedModel.read(trained.output / "model_final.pth")
    engine = Detectron2Engine(stored.settings, 2, stored.config)
    model = engine.trained_model(stored.model, Evaluation(**SIZE))
    images = [cv2.imread(str(path))[..., ::-1] for path in sorted((shapes / "val").glob("*.png"))]
    together = engine.detect(model, images)
    for image, found in zip(images, together, strict=True):
        (alone,) = engine.detect(model, [image])
        assert len(found.scores) == len(alone.scores) > 0
        np.testing.assert_allclose(found.boxes, alone.boxes, atol=1e-3)
        np.testing.assert_allclose(found.scores, alone.scores, atol=1e-5)
        np.testing.assert_allclose(found.masks, alone.masks, atol=1e-4)


def test_the_model_file_is_one_that_detectron2_reads_too(trained):
    content = torch.load(trained.output / "model_final.pth", weights_only=True)
    model = Detectron2Engine(trained.settings, 2, content["config"]).model_config.model()
    model.load_state_dict(content["model"])
    assert json.loads(json.dumps(content["settings"]))["engine"] == "detectron2"
