"""The order of images, augmentation, and what reaches the model."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from workflow_scripts.common.files import sha256_of
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import Entry, write_manifest
from workflow_scripts.imaging.images import write_png
from workflow_scripts.training.data import LabelledImage, TrainingSet, as_sample
from workflow_scripts.training.engines.torchvision.augment import (
    augmented,
    mirrored,
    resized_with_labels,
    target_size,
)
from workflow_scripts.training.engines.torchvision.settings import Augmentation
from workflow_scripts.training.loading import BatchPositions, image_at
from workflow_scripts.training.sources import training_images


def test_an_epoch_shows_every_image_once_and_the_next_in_another_order():
    epochs = [[image_at(e * 7 + place, 7, seed=3) for place in range(7)] for e in (0, 1, 2)]
    assert all(sorted(epoch) == list(range(7)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1
    assert epochs[0] != [image_at(place, 7, seed=4) for place in range(7)]


@pytest.mark.parametrize("workers", [1, 2, 4])
def test_workers_share_a_step_without_gap_or_overlap(workers):
    shares = [list(BatchPositions(2, 5, 4, rank, workers)) for rank in range(workers)]
    steps = [[p for share in shares for p in share[step]] for step in range(3)]
    assert steps == [[8, 9, 10, 11], [12, 13, 14, 15], [16, 17, 18, 19]]


def test_groups_are_left_out_and_images_without_instances_too(job):
    split = CocoSplit.read(job.annotations)
    first = split.images[0].id
    instances = tuple(
        replace(instance, iscrowd=1) if instance.image_id == first else instance
        for instance in split.instances
    )
    chosen = training_images(replace(split, instances=instances))
    assert [image.id for image in chosen] == [image.id for image in split.images[1:]]


def test_a_sample_follows_from_seed_and_position_alone(job):
    split = CocoSplit.read(job.annotations)
    augment = partial(augmented, settings=job.settings.augmentation)
    one = TrainingSet(split, job.images, None, augment, seed=0)
    two = TrainingSet(split, job.images, None, augment, seed=0)
    two[3], two[12]
    assert one[12].seed == two[12].seed
    assert bool((one[12].image == two[12].image).all())
    # Position 2 and 12 may show one image in different epochs, but never with one draw.
    assert len({one[position].seed for position in range(40)}) == 40


@pytest.mark.parametrize(
    ("size", "limits", "expected"),
    [
        ((1024, 2048), (800, 2048), (800, 1600)),
        ((1024, 2048), (1024, 2048), (1024, 2048)),
        ((1024, 2048), (1024, 1000), (500, 1000)),
        ((100, 50), (80, 400), (160, 80)),
    ],
)
def test_target_size(size, limits, expected):
    assert target_size(*size, *limits) == expected


def labelled_with(mask: np.ndarray, image: np.ndarray) -> LabelledImage:
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    y0, y1, x0, x1 = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    return LabelledImage(
        image=image,
        boxes=np.float32([[x0, y0, x1, y1]]),
        labels=np.array([1]),
        crops=(mask[y0:y1, x0:x1].astype(np.uint8),),
        corners=np.array([[x0, y0]]),
    )


def frame_of(labelled: LabelledImage) -> np.ndarray:
    """The image's only mask in the whole frame."""
    frame = np.zeros(labelled.image.shape[:2], np.uint8)
    (crop,), ((x, y),) = labelled.crops, labelled.corners
    frame[y : y + crop.shape[0], x : x + crop.shape[1]] = crop
    return frame


@pytest.mark.parametrize("shorter", [20, 31, 40, 64, 97])
@pytest.mark.parametrize("seed", range(4))
def test_a_resized_crop_equals_the_resized_frame(shorter, seed):
    random = np.random.default_rng(seed)
    mask = np.zeros((40, 60), bool)
    y, x = random.integers(0, 25, 2)
    mask[y : y + random.integers(4, 15), x : x + random.integers(4, 30)] = True
    scene = labelled_with(mask, np.zeros((40, 60, 3), np.uint8))
    small = resized_with_labels(scene, shorter, 1000)
    height, width = small.image.shape[:2]
    rows = (2 * np.arange(height) + 1) * 40 // (2 * height)
    columns = (2 * np.arange(width) + 1) * 60 // (2 * width)
    np.testing.assert_array_equal(frame_of(small), mask[np.ix_(rows, columns)])


def test_mirroring_moves_image_boxes_and_masks_together():
    random = np.random.default_rng(0)
    mask = np.zeros((20, 30), bool)
    mask[5:9, 3:14] = random.random((4, 11)) < 0.7
    mask[5, 3] = mask[8, 13] = True
    scene = labelled_with(mask, random.integers(0, 255, (20, 30, 3), np.uint8))
    flipped = mirrored(scene)
    np.testing.assert_array_equal(frame_of(flipped), mask[:, ::-1])
    np.testing.assert_array_equal(flipped.image, scene.image[:, ::-1])
    np.testing.assert_array_equal(flipped.boxes, [[30 - 14, 5, 30 - 3, 9]])
    sample = as_sample(flipped, seed=0)
    assert sample.image.shape == (3, 20, 30)
    assert sample.masks.shape == (1, 6, 13)
    np.testing.assert_array_equal(sample.corners.numpy(), [[15, 4]])


def test_augmentation_settings_hold(job):
    split = CocoSplit.read(job.annotations)
    settings = Augmentation(shorter_sides=(32, 48), longest_side=80, flip_probability=0)
    augment = partial(augmented, settings=settings)
    sequence = TrainingSet(split, job.images, None, augment, seed=0)
    sizes = {tuple(sequence[position].image.shape) for position in range(20)}
    assert sizes == {(3, 32, 64), (3, 40, 80)}


def test_a_variants_images_replace_the_originals(job, tmp_path):
    split = CocoSplit.read(job.annotations)
    entries = []
    for image in split.images:
        file = f"000/{image.file_name}"
        content = write_png(tmp_path / file, np.full((64, 128, 3), 7, np.uint8))
        digest = sha256_of(bytes(content))
        entries.append(Entry(image.file_name, file, digest, image.sha256, linked=False))
    write_manifest(tmp_path / "manifest.parquet", entries)
    augment = partial(augmented, settings=job.settings.augmentation)
    sequence = TrainingSet(split, job.images, tmp_path, augment, seed=0)
    assert bool((sequence[0].image == 7).all())
