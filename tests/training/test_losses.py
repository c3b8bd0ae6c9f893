"""Losses: as torchvision computes them, and the same for any number of workers."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torchvision.models.detection import maskrcnn_resnet50_fpn
from torchvision.models.detection.roi_heads import RoIHeads, project_masks_on_boxes
from torchvision.models.detection.rpn import RegionProposalNetwork
from torchvision.ops import clip_boxes_to_image

from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.imaging.masks import decode_mask
from workflow_scripts.training.data import (
    TrainingSample,
    TrainingSet,
    as_sample,
    read_labelled_image,
)
from workflow_scripts.training.engines.torchvision.augment import augmented
from workflow_scripts.training.engines.torchvision.models import build_r50_fpn
from workflow_scripts.training.masks import mask_targets


@pytest.fixture
def samples(job):
    split = CocoSplit.read(job.annotations)
    augmentation = job.settings.augmentation.model_copy(update={"shorter_sides": (64,)})
    augment = partial(augmented, settings=augmentation)
    sequence = TrainingSet(split, job.images, None, augment, seed=0)
    return [sequence[position] for position in range(4)]


@pytest.fixture
def engine(job):
    return job.settings.make_engine(2)


@pytest.fixture
def model(engine):
    torch.manual_seed(0)
    return engine.initial_model(None)


def test_two_halves_of_a_step_add_up_to_the_whole(engine, model, samples):
    whole = engine.losses(model, samples)
    halves = [engine.losses(model, samples[:2]), engine.losses(model, samples[2:])]
    for name, term in whole.items():
        assert term.count == sum(half[name].count for half in halves), name
        total = sum(half[name].total for half in halves)
        torch.testing.assert_close(total, term.total, rtol=1e-5, atol=1e-5)


def test_an_image_draws_its_own_anchors_and_proposals(engine, model, samples):
    torch.manual_seed(1)
    first = engine.losses(model, samples[:1])
    torch.manual_seed(2)
    assert engine.losses(model, samples[:1])["loss_mask"].total == first["loss_mask"].total
    other = engine.losses(model, [replace(samples[0], seed=5)])
    assert other["loss_objectness"].total != first["loss_objectness"].total


def test_losses_are_torchvisions(engine, model, samples, monkeypatch):
    ours = engine.losses(model, samples)
    monkeypatch.setattr(model.rpn, "__class__", RegionProposalNetwork)
    monkeypatch.setattr(model.roi_heads, "__class__", RoIHeads)
    targets = [vars(replace(sample, masks=frames_of(sample))) for sample in samples]
    theirs = model([sample.image.float() / 255 for sample in samples], targets)
    assert set(ours) == set(theirs)
    for name, value in theirs.items():
        # Theirs shifts the masks that it learns from by half a pixel; see below.
        tolerance = 0.1 if name == "loss_mask" else 1e-5
        loss = ours[name].total / ours[name].count
        torch.testing.assert_close(loss, value, rtol=tolerance, atol=1e-6, msg=name)


def frames_of(sample: TrainingSample) -> torch.Tensor:
    """The sample's masks in whole frames, (n, height, width)."""
    height, width = sample.image.shape[1:]
    frames = torch.zeros((len(sample.masks), height + 200, width + 200), dtype=torch.uint8)
    for frame, mask, (x, y) in zip(frames, sample.masks, sample.corners.int(), strict=True):
        frame[100 + y : 100 + y + mask.shape[0], 100 + x : 100 + x + mask.shape[1]] = mask
    return frames[:, 100 : 100 + height, 100 : 100 + width]


def test_the_whitepapers_model_has_torchvisions_weights():
    with torch.device("meta"):
        ours = build_r50_fpn(8, pretrained=False)
        theirs = maskrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=9)
    assert {name: value.shape for name, value in ours.state_dict().items()} == {
        name: value.shape
        for name, value in theirs.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def test_mask_targets_from_crops_equal_those_from_whole_frames(job):
    split = CocoSplit.read(job.annotations)
    image = split.images[0]
    instances = split.instances_by_image[image.id]
    frames = torch.from_numpy(
        np.stack([decode_mask(instance.segmentation) for instance in instances])
    )
    augment = partial(augmented, settings=job.settings.augmentation)
    sequence = TrainingSet(split, job.images, None, augment, seed=0)
    scene = read_labelled_image(image, sequence.root, instances)
    sample = as_sample(scene, seed=0)
    random = np.random.default_rng(0)
    moved = sample.boxes + torch.from_numpy(random.normal(0, 4, sample.boxes.shape)).float()
    low, high = torch.minimum(moved[:, :2], moved[:, 2:]), torch.maximum(moved[:, :2], moved[:, 2:])
    boxes = clip_boxes_to_image(torch.cat((low, high), dim=1), (image.height, image.width))
    which = torch.arange(len(instances))
    ours = mask_targets(sample.masks, sample.corners, boxes, which, 28)
    # Torchvision takes pixels for points at whole numbers: half a pixel further up and left.
    theirs = project_masks_on_boxes(frames, boxes - 0.5, which, 28)
    torch.testing.assert_close(ours, theirs)
