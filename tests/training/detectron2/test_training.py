"""Seeds, resuming, workers, parts of a step, and other models of the zoo."""

import signal
from dataclasses import replace

import pytest

pytest.importorskip("detectron2", reason="detectron2 is not installed (docs/detectron2.md)")

from tests.commands import training as main
from tests.training.detectron2.conftest import small_settings
from tests.training.running import (
    hash_of_weights,
    metrics_of,
    run,
    run_here,
    start,
    stop_after,
    wait_for_iteration,
)
from tests.training.test_predict import predict
from workflow_scripts.common.files import read_json
from workflow_scripts.training import doctor_checks
from workflow_scripts.training.job import Ending

pytestmark = pytest.mark.detectron2

SHORT = {"SOLVER.MAX_ITER": 3, "SOLVER.STEPS": [], "SOLVER.BASE_LR": 0.001}

OTHER_MODELS = [
    "Misc/cascade_mask_rcnn_R_50_FPN_1x.yaml",
    "Misc/scratch_mask_rcnn_R_50_FPN_3x_gn.yaml",
]


@pytest.fixture
def reference(d2_job, tmp_path):
    """An uninterrupted run of the same job."""
    whole = replace(d2_job, output=tmp_path / "reference")
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


def test_a_run_keeps_its_config(d2_job):
    job = replace(d2_job, settings=small_settings(options=SHORT))
    run_here(job)
    text = (job.output / "config.yaml").read_text()
    assert text.startswith("# What this run was trained with: detectron2's Cityscapes/mask_rcnn_R")
    assert "MAX_ITER: 3" in text
    record = read_json(job.output / "run.json")
    assert record["engine"] == "detectron2"
    assert record["versions"]["detectron2"]
    assert record["iterations"] == 3 and record["images_seen"] == 12


@pytest.mark.parametrize("micro_batch", [1, 3])
def test_a_step_in_parts_is_the_whole_step(d2_job, tmp_path, micro_batch):
    job = replace(d2_job, settings=small_settings(options=SHORT))
    whole = replace(job, output=tmp_path / "whole")
    run_here(whole)
    run_here(replace(job, micro_batch=micro_batch))
    assert losses_of(job)[0] == pytest.approx(losses_of(whole)[0], rel=1e-5)
    assert losses_of(job) == pytest.approx(losses_of(whole), rel=1e-3)


@pytest.mark.slow
def test_two_workers_train_like_one(d2_job, tmp_path):
    job = replace(d2_job, settings=small_settings(options=SHORT))
    alone = replace(job, output=tmp_path / "alone")
    run_here(alone)
    both = replace(job, workers=2, threads=2)
    ended = run(both)
    assert ended.returncode == 0, ended.stderr
    assert losses_of(both)[0] == pytest.approx(losses_of(alone)[0], rel=1e-5)
    assert losses_of(both) == pytest.approx(losses_of(alone), rel=1e-3)
    assert read_json(both.output / "run.json")["world_size"] == 2


@pytest.mark.slow
def test_killed_stopped_and_continued_with_one_result(d2_job, tmp_path):
    job = replace(d2_job, settings=small_settings(options={"SOLVER.MAX_ITER": 16}))
    whole = replace(job, output=tmp_path / "whole")
    run_here(whole)
    killed = start(job, "--checkpoint-seconds", "0.3")
    wait_for_iteration(job, 4, seconds=600)
    killed.kill()
    killed.wait()
    stopped = start(job, "--checkpoint-seconds", "3600")
    wait_for_iteration(job, 9, seconds=600)
    stopped.send_signal(signal.SIGTERM)
    _, said = stopped.communicate()
    assert stopped.returncode == 75, said
    ended = run(job)
    assert ended.returncode == 0, ended.stderr
    assert hash_of_weights(job.output) == hash_of_weights(whole.output)
    assert sorted(file.name for file in job.output.iterdir()) == [
        "config.yaml",
        "metrics.jsonl",
        "model_final.pth",
        "run.json",
    ]


def test_workers_that_cannot_share_a_step_get_advice(d2_job):
    ended = run(replace(d2_job, workers=8))
    assert ended.returncode == 2
    assert "a step's 4 images cannot be shared equally by 8 workers" in ended.stderr
    assert "give --workers one of 1, 2, 4" in ended.stderr


def step_and_predict(job, shapes) -> list[dict]:
    """A step of training, then the model's predictions."""
    assert run_here(job).ending is Ending.DONE
    return predict(job.output, shapes, "predictions.json.gz", shorter_side=64, score_threshold=0)


@pytest.mark.parametrize(
    "name",
    ["Misc/cascade_mask_rcnn_R_50_FPN_1x.yaml", "Misc/scratch_mask_rcnn_R_50_FPN_3x_gn.yaml"],
)
def test_other_models_of_the_zoo_train_and_predict(d2_job, shapes, name):
    # Frozen norms of random weights would say nothing.
    learning = {"MODEL.RESNETS.NORM": "GN", "MODEL.BACKBONE.FREEZE_AT": 0}
    few = {"SOLVER.MAX_ITER": 1, "SOLVER.STEPS": [], "SOLVER.IMS_PER_BATCH": 2}
    small = {"INPUT.MIN_SIZE_TRAIN": [64], "MODEL.RPN.POST_NMS_TOPK_TEST": 20}
    options = {**learning, **few, **small}
    settings = d2_job.settings.model_copy(update={"config": name, "options": options})
    assert step_and_predict(replace(d2_job, settings=settings), shapes)


def test_a_lazy_config_trains_and_predicts(d2_job, shapes):
    options = {
        "train.max_iter": 1,
        "dataloader.train.total_batch_size": 2,
        "model.proposal_generator.post_nms_topk": [20, 20],
        "optimizer.lr": 0.001,
    }
    name = "COCO-InstanceSegmentation/mask_rcnn_R_50_FPN_1x.py"
    settings = d2_job.settings.model_copy(update={"config": name, "options": options})
    assert step_and_predict(replace(d2_job, settings=settings), shapes)
    assert "max_iter: 1" in (d2_job.output / "config.yaml").read_text()


def test_the_doctor_sends_an_image_through_the_model(capfd, monkeypatch):
    monkeypatch.setattr(doctor_checks, "connection", lambda gpus: "not asked")
    settings = small_settings().model_dump_json()
    assert main(["doctor", "--settings", settings]) == 0
    said = capfd.readouterr().err
    assert "detectron2: 6 iterations of 4 images, full precision" in said
    assert "on 256x128" in said and "FAILED" not in said
