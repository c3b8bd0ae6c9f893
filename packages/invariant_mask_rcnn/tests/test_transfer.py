"""Samples on their way to a device: the code of GPUs, on the CPU, whose streams do nothing."""

import numpy as np
import torch
from invariant_mask_rcnn.samples import LabelledImage, TrainingSample, as_sample
from invariant_mask_rcnn.transfer import on_device


def sample(seed: int) -> TrainingSample:
    image = np.random.default_rng(seed).integers(0, 255, (16, 32, 3), np.uint8)
    crops = (np.ones((4, 4), np.uint8),)
    boxes, corners = np.float32([[2, 2, 6, 6]]), np.array([[2, 2]])
    return as_sample(LabelledImage(image, boxes, np.array([1]), crops, corners), seed)


def test_batches_keep_their_order_and_content():
    given = [[sample(2 * number), sample(2 * number + 1)] for number in range(3)]
    found = list(on_device(given, torch.device("cpu")))
    assert [[one.seed for one in batch] for batch in found] == [[0, 1], [2, 3], [4, 5]]
    for batch, expected in zip(found, given, strict=True):
        for one, other in zip(batch, expected, strict=True):
            assert torch.equal(one.image, other.image)
            assert torch.equal(one.boxes, other.boxes)


def test_a_batch_is_copied_when_it_is_asked_for():
    read = []

    def batches():
        for number in range(3):
            read.append(number)
            yield [sample(number)]

    moved = on_device(batches(), torch.device("cpu"))
    assert read == []
    next(moved)
    assert read == [0]


def test_samples_go_to_a_device_without_memory_of_its_own():
    (batch,) = on_device([[sample(0)]], torch.device("cpu"))
    away = batch[0].to(torch.device("meta"))
    assert away.image.is_meta and all(tensor.is_meta for tensor in away.masks.tensors)
