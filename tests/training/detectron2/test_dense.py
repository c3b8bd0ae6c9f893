"""Dense detectors (RetinaNet, FCOS): losses and predictions beside detectron2's, and resuming."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

pytest.importorskip("detectron2", reason="detectron2 is not installed (docs/detectron2.md)")

from detectron2.engine import DefaultPredictor
from detectron2.utils.events import EventStorage
from instance_ap.predictions import Predictions
from invariant_mask_rcnn.detectron2_losses import model_input
from plain_commands.errors import UserError
from plain_commands.files import read_json

from tests.training.conftest import job_on
from tests.training.detectron2.conftest import small_settings
from tests.training.detectron2.test_training import losses_of, step_and_predict
from tests.training.running import hash_of_weights, run, run_here, stop_after
from tests.training.test_losses import losses as image_losses
from tests.training.test_predict import predict
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.settings import Evaluation
from workflow_scripts.training.data import TrainingSet
from workflow_scripts.training.engines.detectron2.engine import Detectron2Engine
from workflow_scripts.training.job import Ending, TrainingJob

pytestmark = pytest.mark.detectron2

RETINANET = "COCO-Detection/retinanet_R_50_FPN_1x.yaml"
LAZY = ["COCO-Detection/retinanet_R_50_FPN_1x.py", "COCO-Detection/fcos_R_50_FPN_1x.py"]


def dense_settings(options=(), **changes):
    """The demo's backbone below a short head."""
    options = {"MODEL.RETINANET.NUM_CONVS": 1, "SOLVER.BASE_LR": 0.002, **dict(options)}
    return small_settings(config=RETINANET, task="boxes", options=options, **changes)


def lazy_settings(name: str):
    """A step on small images; frozen norms of random weights would say nothing."""
    images, body = "dataloader.train.mapper.augmentations.0", "model.backbone.bottom_up"
    options = {
        "train.max_iter": 1,
        "optimizer.lr": 0.001,
        "dataloader.train.total_batch_size": 2,
        f"{images}.short_edge_length": [64],
        f"{images}.max_size": 128,
        f"{body}.freeze_at": 0,
        f"{body}.stem.norm": "GN",
        f"{body}.stages.norm": "GN",
    }
    settings = small_settings(config=name, task="boxes")
    return settings.model_copy(update={"options": options})


@pytest.fixture
def dense_job(d2_job) -> TrainingJob:
    return replace(d2_job, settings=dense_settings())


@pytest.fixture(scope="module")
def reference(shapes, tmp_path_factory) -> TrainingJob:
    """An uninterrupted run of `dense_job`."""
    whole = job_on(shapes, dense_settings(), tmp_path_factory.mktemp("dense"))
    run_here(whole)
    return whole


def samples_of(job, engine) -> list:
    split = CocoSplit.read(job.annotations)
    drawn = TrainingSet(split, job.images, None, engine.augmentation(), job.seed, masks=False)
    return [drawn[position] for position in range(4)]


def stock_sums(model, sample) -> tuple[dict[str, float], int]:
    """detectron2's losses of an image times what it divided by, and the positive anchors."""
    vars(model).pop("loss_normalizer", None)
    vars(model).pop("_ema_update", None)  # ours; below it the class's
    with EventStorage() as storage:
        losses = model([model_input(sample)])
        positives = round(storage.latest()["num_pos_anchors"][0])
    return {name: value.item() * model.loss_normalizer for name, value in losses.items()}, positives


@pytest.mark.parametrize("settings", [dense_settings(), *map(lazy_settings, LAZY)])
def test_losses_are_detectron2s_without_its_moving_average(d2_job, settings):
    job = replace(d2_job, settings=settings)
    engine = Detectron2Engine(settings, classes=2)
    torch.manual_seed(0)
    model = engine.initial_model(None)
    assert not engine.counts_are_images
    batch = samples_of(job, engine)
    batch[1] = replace(batch[1], image=batch[1].image.repeat(1, 2, 2))  # another size
    batch[2] = replace(batch[2], boxes=batch[2].boxes[:0], labels=batch[2].labels[:0])  # no object
    ours = engine.losses(engine.loss_module(model), batch)
    theirs = [stock_sums(model, sample) for sample in batch]
    assert theirs[2][1] == 0 and theirs[0][1] > 0
    assert set(ours) == set(theirs[0][0])
    for name, term in ours.items():
        assert term.count == sum(positives for _, positives in theirs)
        expected = sum(sums[name] for sums, _ in theirs)
        assert term.total.item() == pytest.approx(expected, rel=1e-4, abs=1e-4), name


def test_a_run_that_was_stopped_ends_like_one_that_was_not(dense_job, reference):
    assert run_here(dense_job, stop_after(3)).ending is Ending.SAVED
    assert run_here(dense_job).ending is Ending.DONE
    assert hash_of_weights(dense_job.output) == hash_of_weights(reference.output)
    assert read_json(dense_job.output / "run.json")["resumed_from"] == [3]
    assert losses_of(dense_job) == losses_of(reference)


@pytest.mark.parametrize("micro_batch", [1, 3])
def test_a_step_in_parts_is_the_whole_step(reference, tmp_path, micro_batch):
    job = replace(reference, output=tmp_path / "run", micro_batch=micro_batch)
    run_here(job)
    assert losses_of(job)[0] == pytest.approx(losses_of(reference)[0], rel=1e-5)
    assert losses_of(job) == pytest.approx(losses_of(reference), rel=1e-3)


@pytest.mark.slow
def test_two_workers_train_like_one(reference, tmp_path):
    both = replace(reference, output=tmp_path / "run", workers=2, threads=2)
    ended = run(both)
    assert ended.returncode == 0, ended.stderr
    assert losses_of(both) == pytest.approx(losses_of(reference), rel=1e-3)


@pytest.mark.slow
def test_each_image_has_a_loss_that_repeats(reference, shapes, tmp_path):
    for name in ("a.json", "b.json"):
        assert image_losses(reference, shapes / "val", tmp_path / name) == 0
    found = read_json(tmp_path / "a.json")
    assert found == read_json(tmp_path / "b.json")
    assert min(found["trained"]) > 0 and len(set(found["trained"])) == 10


@pytest.mark.parametrize("name", LAZY)
def test_lazy_configs_train_and_predict(d2_job, shapes, name):
    found = step_and_predict(replace(d2_job, settings=lazy_settings(name)), shapes)
    assert found and all("segmentation" not in one for one in found)


@pytest.mark.slow
def test_it_learns_and_predicts_as_detectron2_does(shapes, tmp_path):
    longer = {"SOLVER.MAX_ITER": 80, "SOLVER.STEPS": [70], "SOLVER.BASE_LR": 0.02}
    job = job_on(shapes, dense_settings(longer), tmp_path / "run")
    run_here(job)
    assert sum(losses_of(job)[-10:]) < 0.5 * sum(losses_of(job)[:10])
    limits = {"shorter_side": 96, "longest_side": 180, "score_threshold": 0.05}
    results = predict(job.output, shapes, "predictions.json.gz", **limits)
    split = CocoSplit.read(shapes / "val" / "annotations.json")
    assert Predictions.of_coco_boxes(results, split).scores.size == len(results) > 0

    content = torch.load(job.output / "model_final.pth", weights_only=True)
    torch.save({"model": content["model"]}, tmp_path / "weights.pth")
    engine = Detectron2Engine(job.settings, 2, content["config"])
    model = engine.trained_model(content["model"], Evaluation(**limits))
    cfg = engine.model_config.cfg.clone()
    cfg.MODEL.DEVICE, cfg.MODEL.WEIGHTS = "cpu", str(tmp_path / "weights.pth")
    cfg.DATASETS.TEST = ()
    cfg.INPUT.MIN_SIZE_TEST, cfg.INPUT.MAX_SIZE_TEST = 96, 180
    predictor = DefaultPredictor(cfg)
    images = [cv2.imread(str(path)) for path in sorted((shapes / "val").glob("*.png"))]
    ours = engine.detect(model, [image[..., ::-1] for image in images])
    for image, here in zip(images, ours, strict=True):
        theirs = predictor(image)["instances"]
        assert len(here.scores) == len(theirs) > 0
        np.testing.assert_allclose(here.boxes, theirs.pred_boxes.tensor.numpy(), atol=1e-3)
        np.testing.assert_allclose(here.scores, theirs.scores.numpy(), atol=1e-5)
        np.testing.assert_array_equal(here.labels, theirs.pred_classes.numpy() + 1)


@pytest.mark.parametrize(
    ("config", "task", "message"),
    [
        (RETINANET, "masks", r"META_ARCHITECTURE: RetinaNet, MODEL\.MASK_ON: false; take an inst"),
        (LAZY[0], "masks", "has no mask head; use an instance segmentation config"),
        (
            "COCO-Detection/rpn_R_50_FPN_1x.yaml",
            "boxes",
            "ProposalNetwork; GeneralizedRCNN",
        ),
        (
            "COCO-Detection/fast_rcnn_R_50_FPN_1x.yaml",
            "boxes",
            "precomputed proposals are not",
        ),
        ("COCO-Keypoints/keypoint_rcnn_R_50_FPN_1x.py", "boxes", "keypoints are not trained here"),
        (
            "Misc/torchvision_imagenet_R_50.py",
            "boxes",
            "no key dataloader.train.total_batch",
        ),
    ],
)
def test_what_cannot_be_trained_is_one_line(config, task, message):
    settings = small_settings(config=config, task=task).model_copy(update={"options": {}})
    with pytest.raises(UserError, match=message) as error:
        settings.recipe()
    assert len(str(error.value).splitlines()) == 1
