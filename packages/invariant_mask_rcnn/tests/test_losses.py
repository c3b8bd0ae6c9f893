"""Losses: as torchvision computes them, and the same for any number of workers."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from invariant_mask_rcnn import mask_rcnn
from invariant_mask_rcnn.masks import MaskStacks, mask_targets
from invariant_mask_rcnn.models import build_r50_fpn, build_tiny
from invariant_mask_rcnn.samples import LabelledImage, TrainingSample, as_sample
from torchvision.models.detection import maskrcnn_resnet50_fpn
from torchvision.models.detection.roi_heads import RoIHeads, project_masks_on_boxes
from torchvision.models.detection.rpn import RegionProposalNetwork
from torchvision.ops import clip_boxes_to_image

HEIGHT, WIDTH = 64, 128


def drawn(seed: int) -> TrainingSample:
    """Ellipses and rectangles on noise."""
    random = np.random.default_rng(seed)
    image = random.integers(90, 140, (HEIGHT, WIDTH, 3), np.uint8)
    crops, corners, labels = [], [], []
    for number in range(3):
        height, width = (int(side) for side in random.integers(10, 30, 2))
        x, y = int(random.integers(0, WIDTH - width)), int(random.integers(0, HEIGHT - height))
        rows, columns = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        crop = (rows**2 + columns**2 <= 1 + number).astype(np.uint8)
        image[y : y + height, x : x + width][crop > 0] = 60 * number
        crops.append(crop)
        corners.append((x, y))
        labels.append(1 + number % 2)
    sizes = [crop.shape[::-1] for crop in crops]
    boxes = np.array([(*at, *np.add(at, size)) for at, size in zip(corners, sizes, strict=True)])
    labelled = LabelledImage(
        image, boxes.astype(np.float32), np.array(labels), tuple(crops), np.array(corners)
    )
    return as_sample(labelled, seed)


@pytest.fixture(scope="module")
def samples() -> list[TrainingSample]:
    return [drawn(seed) for seed in range(4)]


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build_tiny(2, pretrained=False).train()


def losses(model, samples: list[TrainingSample]) -> dict:
    return model([sample.image.float() / 255 for sample in samples], list(map(vars, samples)))


def test_two_halves_of_a_step_add_up_to_the_whole(model, samples):
    whole = losses(model, samples)
    halves = [losses(model, samples[:2]), losses(model, samples[2:])]
    for name, term in whole.items():
        assert term.count == sum(half[name].count for half in halves), name
        total = sum(half[name].total for half in halves)
        torch.testing.assert_close(total, term.total, rtol=1e-5, atol=1e-5)


def test_an_image_draws_its_own_anchors_and_proposals(model, samples):
    torch.manual_seed(1)
    first = losses(model, samples[:1])
    torch.manual_seed(2)
    assert losses(model, samples[:1])["loss_mask"].total == first["loss_mask"].total
    other = losses(model, [replace(samples[0], seed=5)])
    assert other["loss_objectness"].total != first["loss_objectness"].total


def test_losses_are_torchvisions(model, samples, monkeypatch):
    ours = losses(model, samples)
    monkeypatch.setattr(model.rpn, "__class__", RegionProposalNetwork)
    monkeypatch.setattr(model.roi_heads, "__class__", RoIHeads)
    monkeypatch.setattr(mask_rcnn, "added", lambda parts: parts[0])  # theirs are no `LossTerm`
    theirs = losses(model, [replace(sample, masks=frames_of(sample)) for sample in samples])
    assert set(ours) == set(theirs)
    for name, value in theirs.items():
        # Theirs shifts the masks that it learns from by half a pixel; see below.
        tolerance = 0.1 if name == "loss_mask" else 1e-5
        loss = ours[name].total / ours[name].count
        torch.testing.assert_close(loss, value, rtol=tolerance, atol=1e-6, msg=name)


def frames_of(sample: TrainingSample) -> torch.Tensor:
    """The sample's masks in whole frames, (n, height, width)."""
    frames = torch.zeros((len(sample.masks), HEIGHT + 200, WIDTH + 200), dtype=torch.uint8)
    for frame, mask, (x, y) in zip(frames, sample.masks, sample.corners.int(), strict=True):
        frame[100 + y : 100 + y + mask.shape[0], 100 + x : 100 + x + mask.shape[1]] = mask
    return frames[:, 100 : 100 + HEIGHT, 100 : 100 + WIDTH]


def test_the_usual_model_has_torchvisions_weights():
    with torch.device("meta"):
        ours = build_r50_fpn(8, pretrained=False)
        theirs = maskrcnn_resnet50_fpn(weights=None, weights_backbone=None, num_classes=9)
    assert {name: value.shape for name, value in ours.state_dict().items()} == {
        name: value.shape
        for name, value in theirs.state_dict().items()
        if not name.endswith("num_batches_tracked")
    }


def test_mask_targets_from_crops_equal_those_from_whole_frames(samples):
    sample = samples[0]
    random = np.random.default_rng(0)
    moved = sample.boxes + torch.from_numpy(random.normal(0, 4, sample.boxes.shape)).float()
    low, high = torch.minimum(moved[:, :2], moved[:, 2:]), torch.maximum(moved[:, :2], moved[:, 2:])
    boxes = clip_boxes_to_image(torch.cat((low, high), dim=1), (HEIGHT, WIDTH))
    which = torch.arange(len(boxes))
    ours = mask_targets(sample.masks, sample.corners, boxes, which, 28)
    # Torchvision takes pixels for points at whole numbers: half a pixel further up and left.
    theirs = project_masks_on_boxes(frames_of(sample), boxes - 0.5, which, 28)
    torch.testing.assert_close(ours, theirs)


def test_crops_of_any_size_are_stacked_without_changing_a_target():
    """In one stack, padded to the largest, as roi_align alone would need them."""
    random = np.random.default_rng(0)
    sides = [(20, 40), (900, 30), (70, 68), (300, 10), (62, 3), (65, 2)]
    # Framed, as all crops are: what lies beside them reads as zero in any padding.
    crops = [np.pad(random.integers(0, 2, side, np.uint8), 1) for side in sides]
    stacked = MaskStacks.of(crops)
    assert [len(stack) for stack in stacked.stacks] == [2, 2, 2]
    for number, crop in enumerate(crops):
        height, width = crop.shape
        assert np.array_equal(stacked[number][:height, :width].numpy(), crop)
    together = np.zeros((len(crops), 902, 70), np.uint8)
    for whole, crop in zip(together, crops, strict=True):
        whole[: crop.shape[0], : crop.shape[1]] = crop
    usual = MaskStacks(
        (torch.from_numpy(together),), torch.zeros(6, dtype=torch.int64), torch.arange(6)
    )
    instances = torch.from_numpy(random.integers(0, 6, 40))
    corner = torch.from_numpy(random.uniform(-5, 20, (40, 2))).float()
    boxes = torch.cat(
        (corner, corner + torch.from_numpy(random.uniform(1, 90, (40, 2)))), 1
    ).float()
    corners = torch.zeros(6, 2)
    found = mask_targets(stacked, corners, boxes, instances, 14)
    assert torch.equal(found, mask_targets(usual, corners, boxes, instances, 14))
    assert 0.1 < found.mean() < 0.9


def test_a_crowded_street_takes_no_more_memory_than_its_frame():
    crops = [np.ones((900, 1500), np.uint8), *[np.ones((60, 30), np.uint8)] * 60]
    stacked = MaskStacks.of(crops)
    assert sum(tensor.numel() for tensor in stacked.stacks) < 2048 * 1024
    assert len(crops) * 900 * 1500 > 80 * 10**6
