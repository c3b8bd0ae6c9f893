"""Losses and steps, beside a plain loop of detectron2 on the same images."""

import sys
from dataclasses import replace

import pytest
import torch

pytest.importorskip("detectron2", reason="detectron2 is not installed (docs/detectron2.md)")

from detectron2.modeling import build_model
from detectron2.solver import build_lr_scheduler, build_optimizer
from detectron2.structures import BitMasks
from detectron2.utils.events import EventStorage
from invariant_mask_rcnn.detectron2_losses import model_input, seed_everything
from invariant_mask_rcnn.samples import TrainingSample

from tests.training.detectron2.conftest import small_settings
from tests.training.detectron2.test_scenes import frames_of
from tests.training.running import metrics_of, run_here
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.training.checkpoint import TrainedModel
from workflow_scripts.training.data import TrainingSet
from workflow_scripts.training.engines.detectron2.engine import Detectron2Engine

pytestmark = pytest.mark.detectron2


@pytest.fixture
def engine(d2_job):
    return Detectron2Engine(d2_job.settings, classes=2)


@pytest.fixture
def samples(d2_job, engine) -> TrainingSet:
    split = CocoSplit.read(d2_job.annotations)
    return TrainingSet(split, d2_job.images, None, engine.augmentation(), d2_job.seed)


def stock_input(sample: TrainingSample) -> dict:
    """The sample as detectron2's own mapper would hand it over, with masks of the whole frame."""
    given = model_input(sample)
    instances = given["instances"]
    instances.gt_masks = BitMasks(frames_of(instances, *instances.image_size))
    return given


def stock_losses(model, sample: TrainingSample) -> dict[str, torch.Tensor]:
    """detectron2's losses for a GPU that has this image alone."""
    seed_everything(sample.seed)
    with EventStorage():
        return model([stock_input(sample)])


def test_losses_are_detectron2s_image_by_image(engine, samples):
    torch.manual_seed(0)
    model = engine.initial_model(None)
    batch = [samples[position] for position in range(3)]
    ours = engine.losses(engine.loss_module(model), batch)
    theirs = [stock_losses(model, sample) for sample in batch]
    assert set(ours) == set(theirs[0])
    for name, term in ours.items():
        assert term.count == 3
        expected = sum(losses[name] for losses in theirs)
        torch.testing.assert_close(term.total, expected, rtol=1e-4, atol=1e-5, msg=name)


def test_half_precision_rounds_no_box(engine, samples, monkeypatch):
    """In bfloat16, a coordinate beyond 1024 is a multiple of 4 pixels."""
    seen = []
    # `detectron2.layers.roi_align` may be the module or what it imports.
    module = sys.modules["detectron2.layers.roi_align"]
    usual = module.roi_align

    def watched(features, boxes, *arguments):
        seen.append((features.dtype, boxes.dtype))
        return usual(features, boxes, *arguments)

    monkeypatch.setattr(module, "roi_align", watched)
    model = engine.initial_model(None)
    for precision in torch.bfloat16, torch.float16:
        seen.clear()
        with torch.autocast("cpu", precision):
            assert model.backbone(torch.zeros(1, 3, 64, 64))["p2"].dtype is precision
            engine.losses(engine.loss_module(model), [samples[0]])
        assert set(seen) == {(torch.float32, torch.float32)}


def test_images_of_two_sizes_train_as_if_alone(engine, samples):
    torch.manual_seed(0)
    learner = engine.loss_module(engine.initial_model(None))
    large = replace(samples[0], image=samples[0].image.repeat(1, 2, 2))
    together = engine.losses(learner, [samples[0], large])
    alone = [engine.losses(learner, [sample]) for sample in (samples[0], large)]
    for name, term in together.items():
        expected = alone[0][name].total + alone[1][name].total
        torch.testing.assert_close(term.total, expected, rtol=1e-5, atol=1e-6, msg=name)


def test_an_image_draws_from_its_own_seed(engine, samples):
    torch.manual_seed(0)
    learner = engine.loss_module(engine.initial_model(None))
    torch.manual_seed(1)
    first = engine.losses(learner, [samples[0]])
    torch.manual_seed(2)
    assert engine.losses(learner, [samples[0]])["loss_mask"].total == first["loss_mask"].total
    other = engine.losses(learner, [replace(samples[0], seed=5)])
    assert other["loss_rpn_cls"].total != first["loss_rpn_cls"].total


def test_a_run_is_a_plain_loop_of_detectron2(d2_job, engine, samples):
    """Four GPUs with an image each: the mean of four images' losses, detectron2's solver."""
    run_here(d2_job)
    cfg = engine.model_config.cfg.clone()
    cfg.MODEL.DEVICE = "cpu"
    torch.manual_seed(d2_job.seed)
    model = build_model(cfg).train()
    optimizer = build_optimizer(cfg, model)
    scheduler = build_lr_scheduler(cfg, optimizer)
    totals, rates = [], []
    for iteration in range(cfg.SOLVER.MAX_ITER):
        optimizer.zero_grad()
        losses = [stock_losses(model, samples[4 * iteration + place]) for place in range(4)]
        total = sum(sum(parts.values()) for parts in losses) / 4
        total.backward()
        optimizer.step()
        totals.append(total.item())
        rates.append(optimizer.param_groups[0]["lr"])
        scheduler.step()
    lines = metrics_of(d2_job.output)
    assert [line["loss"] for line in lines] == pytest.approx(totals, rel=1e-3)
    assert [line["learning_rate"] for line in lines] == pytest.approx(rates)
    ours = TrainedModel.read(d2_job.output / "model_final.pth").model
    for name, value in model.state_dict().items():
        torch.testing.assert_close(ours[name], value, rtol=1e-3, atol=1e-4, msg=name)


def test_a_model_with_frozen_parts_takes_the_recipes_step(d2_job):
    """The whitepaper's own model, from random weights, on one small image."""
    options = {
        "SOLVER.IMS_PER_BATCH": 1,
        "SOLVER.MAX_ITER": 1,
        "SOLVER.STEPS": [],
        "INPUT.MIN_SIZE_TRAIN": [64],
    }
    settings = small_settings().model_copy(update={"options": options})
    job = replace(d2_job, settings=settings)
    run_here(job)
    names = set(TrainedModel.read(job.output / "model_final.pth").model)
    assert "backbone.bottom_up.stem.conv1.norm.running_mean" in names
    assert "proposal_generator.rpn_head.conv.weight" in names
