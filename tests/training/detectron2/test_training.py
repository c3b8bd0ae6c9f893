"""Seeds, resuming, workers, parts of a step, and other models of the zoo."""

from dataclasses import replace

import pytest

pytest.importorskip("detectron2", reason="detectron2 is not installed (docs/detectron2.md)")

from plain_commands.errors import UserError
from plain_commands.files import read_json

from tests.commands import training as main
from tests.training.conftest import job_on
from tests.training.detectron2.conftest import small_settings
from tests.training.running import (
    check_killed_stopped_and_continued,
    check_one_initialisation,
    command_of,
    hash_of_weights,
    metrics_of,
    run,
    run_here,
    stop_after,
)
from tests.training.test_predict import predict
from workflow_scripts.training import doctor_checks
from workflow_scripts.training.job import Ending, TrainingJob

pytestmark = pytest.mark.detectron2

SHORT = {"SOLVER.MAX_ITER": 3, "SOLVER.STEPS": [], "SOLVER.BASE_LR": 0.001}

OTHER_MODELS = [
    "Misc/cascade_mask_rcnn_R_50_FPN_1x.yaml",
    "Misc/scratch_mask_rcnn_R_50_FPN_3x_gn.yaml",
]


@pytest.fixture(scope="module")
def reference(shapes, tmp_path_factory) -> TrainingJob:
    """An uninterrupted run of `d2_job`."""
    whole = job_on(shapes, small_settings(), tmp_path_factory.mktemp("reference"))
    run_here(whole)
    return whole


@pytest.fixture(scope="module")
def short(shapes, tmp_path_factory) -> TrainingJob:
    """A run of three steps."""
    folder = tmp_path_factory.mktemp("short")
    whole = job_on(shapes, small_settings(options=SHORT), folder)
    run_here(whole)
    return whole


def losses_of(job) -> list[float]:
    return [line["loss"] for line in metrics_of(job.output)]


def test_a_run_that_was_stopped_ends_like_one_that_was_not(d2_job, reference):
    assert run_here(d2_job, stop_after(2)).ending is Ending.SAVED
    assert run_here(d2_job, stop_after(3)).ending is Ending.SAVED
    assert run_here(d2_job).ending is Ending.DONE
    assert hash_of_weights(d2_job.output) == hash_of_weights(reference.output)
    assert read_json(d2_job.output / "run.json")["resumed_from"] == [2, 5]
    assert losses_of(d2_job) == losses_of(reference)


def test_another_seed_is_another_run(d2_job, reference):
    run_here(replace(d2_job, seed=1))
    assert losses_of(d2_job) != losses_of(reference)


def test_runs_of_one_initialisation_start_alike_and_differ_afterwards(d2_job, tmp_path):
    check_one_initialisation(replace(d2_job, settings=small_settings(options=SHORT)), tmp_path)


def test_a_run_keeps_its_config(short):
    text = (short.output / "config.yaml").read_text()
    assert text.startswith("# What this run was trained with: detectron2's Cityscapes/mask_rcnn_R")
    assert "MAX_ITER: 3" in text
    record = read_json(short.output / "run.json")
    assert record["engine"] == "detectron2"
    assert record["versions"]["detectron2"]
    assert record["iterations"] == 3 and record["images_seen"] == 12


@pytest.mark.parametrize("micro_batch", [1, 3])
def test_a_step_in_parts_is_the_whole_step(short, tmp_path, micro_batch):
    job = replace(short, output=tmp_path / "run", micro_batch=micro_batch)
    run_here(job)
    assert losses_of(job)[0] == pytest.approx(losses_of(short)[0], rel=1e-5)
    assert losses_of(job) == pytest.approx(losses_of(short), rel=1e-3)


@pytest.mark.slow
def test_two_workers_train_like_one(short, tmp_path):
    both = replace(short, output=tmp_path / "run", workers=2, threads=2)
    ended = run(both)
    assert ended.returncode == 0, ended.stderr
    assert losses_of(both)[0] == pytest.approx(losses_of(short)[0], rel=1e-5)
    assert losses_of(both) == pytest.approx(losses_of(short), rel=1e-3)
    assert read_json(both.output / "run.json")["world_size"] == 2


@pytest.mark.slow
def test_killed_stopped_and_continued_with_one_result(d2_job, tmp_path):
    def last(job: TrainingJob, number: int) -> TrainingJob:
        # detectron2 rounds the fraction of the iterations that its warm-up takes.
        options = {"SOLVER.MAX_ITER": number, "SOLVER.STEPS": [], "SOLVER.WARMUP_ITERS": 0}
        return replace(job, settings=small_settings(options=options))

    check_killed_stopped_and_continued(last(d2_job, 10**6), tmp_path / "whole", last)
    assert sorted(file.name for file in d2_job.output.iterdir()) == [
        "config.yaml",
        "metrics.jsonl",
        "model_final.pth",
        "run.json",
        "tensorboard",
    ]


def test_workers_that_cannot_share_a_step_get_advice(d2_job, capfd):
    assert main(command_of(replace(d2_job, workers=8))[3:]) == 2
    said = capfd.readouterr().err
    assert "a step's 4 images cannot be shared equally by 8 workers" in said
    assert "set --workers to one of 1, 2, 4" in said


def step_and_predict(job, shapes) -> list[dict]:
    """A step of training, then the model's predictions."""
    assert run_here(job).ending is Ending.DONE
    return predict(job.output, shapes, "predictions.json.gz", shorter_side=64, score_threshold=0)


@pytest.mark.parametrize("name", OTHER_MODELS)
def test_other_models_of_the_zoo_train_and_predict(d2_job, shapes, name):
    # Frozen norms of random weights would say nothing.
    learning = {"MODEL.RESNETS.NORM": "GN", "MODEL.BACKBONE.FREEZE_AT": 0}
    few = {"SOLVER.MAX_ITER": 1, "SOLVER.STEPS": [], "SOLVER.IMS_PER_BATCH": 2}
    small = {"INPUT.MIN_SIZE_TRAIN": [64], "MODEL.RPN.POST_NMS_TOPK_TEST": 20}
    options = {**learning, **few, **small}
    settings = d2_job.settings.model_copy(update={"config": name, "options": options})
    assert step_and_predict(replace(d2_job, settings=settings), shapes)


LAZY = "COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_1x.py"
LAZY_STEP = {
    "train.max_iter": 1,
    "dataloader.train.total_batch_size": 2,
    "dataloader.train.mapper.augmentations.0.short_edge_length": [64],
    "dataloader.train.mapper.augmentations.0.max_size": 128,
    "model.proposal_generator.post_nms_topk": [20, 20],
    "optimizer.lr": 0.001,
}
"""One step on small images."""


def test_a_lazy_config_trains_and_predicts(d2_job, shapes):
    settings = d2_job.settings.model_copy(update={"config": LAZY, "options": LAZY_STEP})
    assert step_and_predict(replace(d2_job, settings=settings), shapes)
    assert "max_iter: 1" in (d2_job.output / "config.yaml").read_text()


BOXES = [
    "Cityscapes/mask_rcnn_R_50_FPN.yaml",
    "COCO-Detection/faster_rcnn_R_50_FPN_1x.yaml",
    "COCO-Detection/faster_rcnn_R_50_C4_1x.yaml",
    "COCO-Detection/faster_rcnn_R_50_DC5_1x.yaml",
    "COCO-Detection/retinanet_R_50_FPN_1x.yaml",
    "Misc/cascade_mask_rcnn_R_50_FPN_1x.yaml",
]
"""Configs that learn boxes: with a mask head, which is left out, and without."""


@pytest.mark.parametrize("name", BOXES)
def test_models_without_masks_train_and_predict(d2_job, shapes, name):
    learning = {"MODEL.RESNETS.NORM": "GN", "MODEL.BACKBONE.FREEZE_AT": 0}
    few = {"SOLVER.MAX_ITER": 1, "SOLVER.STEPS": [], "SOLVER.IMS_PER_BATCH": 2}
    small = {"INPUT.MIN_SIZE_TRAIN": [64], "MODEL.RPN.POST_NMS_TOPK_TEST": 20}
    small["MODEL.ROI_HEADS.BATCH_SIZE_PER_IMAGE"] = 32
    settings = small_settings(config=name, task="boxes")
    settings = settings.model_copy(update={"options": {**learning, **few, **small}})
    found = step_and_predict(replace(d2_job, settings=settings), shapes)
    assert found and all("segmentation" not in one for one in found)
    assert not any("mask" in name for name in metrics_of(d2_job.output)[0])
    assert "MASK_ON: false" in (d2_job.output / "config.yaml").read_text()


def test_a_lazy_config_trains_without_its_masks(d2_job, shapes):
    settings = small_settings(task="boxes", config=LAZY)
    settings = settings.model_copy(update={"options": LAZY_STEP})
    found = step_and_predict(replace(d2_job, settings=settings), shapes)
    assert found and all("segmentation" not in one for one in found)


WITHOUT_MASKS = """
from detectron2.model_zoo import get_config

base = get_config("COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_1x.py")
train, model, optimizer = base.train, base.model, base.optimizer
lr_multiplier, dataloader = base.lr_multiplier, base.dataloader
model.roi_heads.mask_in_features = model.roi_heads.mask_pooler = model.roi_heads.mask_head = None
"""
"""A LazyConfig of a Faster R-CNN; the zoo has none."""


def test_masks_of_a_model_without_are_one_line(tmp_path):
    def settings_of(config: str):
        return small_settings().model_copy(update={"config": config, "options": {}})

    with pytest.raises(UserError, match=r"MODEL\.MASK_ON: false; take an instance segmentation co"):
        settings_of("COCO-Detection/faster_rcnn_R_50_FPN_1x.yaml").recipe()
    (tmp_path / "mine.py").write_text(WITHOUT_MASKS)
    with pytest.raises(UserError, match="has no mask head; use an instance segmentation config"):
        settings_of(str(tmp_path / "mine.py")).recipe()


def test_masks_that_options_ask_for_contradict_boxes():
    with pytest.raises(ValueError, match=r"options\.MODEL\.MASK_ON: true, but the task is boxes"):
        small_settings(task="boxes", options={"MODEL.MASK_ON": True})


def test_the_doctor_trains_a_step(capfd, monkeypatch):
    monkeypatch.setattr(doctor_checks, "connection", lambda gpus: "not asked")
    settings = small_settings().model_dump_json()
    assert main(["doctor", "--settings", settings]) == 0
    said = capfd.readouterr().err
    assert "detectron2: 6 iterations of 4 images, speed exact" in said
    assert "a step of 4 images of 256x128 with 1 worker" in said and "FAILED" not in said
