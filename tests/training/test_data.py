"""The order of images, augmentation, and what reaches the model."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from invariant_mask_rcnn.augmentation import (
    augmented,
)
from plain_commands.errors import UserError
from plain_commands.files import sha256_of

from tests.training.shapes import write_variant
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import Entry, write_manifest
from workflow_scripts.imaging.images import write_png
from workflow_scripts.training.data import TrainingSet, read_labelled_image
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
    augment = partial(augmented, **vars(job.settings.augmentation))
    one = TrainingSet(split, job.images, None, augment, seed=0)
    two = TrainingSet(split, job.images, None, augment, seed=0)
    two[3], two[12]
    assert one[12].seed == two[12].seed
    assert bool((one[12].image == two[12].image).all())
    # Position 2 and 12 may show one image in different epochs, but never with one draw.
    assert len({one[position].seed for position in range(40)}) == 40


@pytest.mark.parametrize(("processes", "expected"), [(1, 1), (2, 2)])
def test_images_are_kept_if_the_copies_of_all_processes_fit(job, monkeypatch, processes, expected):
    reads = []

    def counted(*arguments, **options):
        reads.append(arguments)
        return read_labelled_image(*arguments, **options)

    monkeypatch.setattr("workflow_scripts.training.data.read_labelled_image", counted)
    monkeypatch.setattr("workflow_scripts.training.data.KEEP_DECODED_BYTES", 2 * 10 * 64 * 128 * 3)
    augment = partial(augmented, **vars(job.settings.augmentation))
    split = CocoSplit.read(job.annotations)
    sequence = TrainingSet(split, job.images, None, augment, seed=0, processes=processes)
    sequence[0], sequence[0]
    assert len(reads) == expected


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({"workers": 4, "gpus": tuple("0123"), "threads": 32}, 32),
        ({"workers": 4, "gpus": tuple("0123"), "threads": 4}, 4),
        ({"workers": 1, "gpus": ("0",), "threads": 64}, 8),
        ({"workers": 2, "gpus": (), "threads": 64}, 2),
    ],
)
def test_images_are_read_by_the_readers_or_else_by_the_workers(job, resources, expected):
    assert replace(job, **resources).reading_processes == expected


def test_dropped_images_are_as_if_they_had_never_been_there(job, shapes, tmp_path):
    rest = write_variant(tmp_path / "variant", shapes / "train", 2, 7)
    augment = partial(augmented, **vars(job.settings.augmentation))
    split = CocoSplit.read(job.annotations)
    with_manifest = TrainingSet(split, job.images, tmp_path / "variant", augment, seed=0)
    without = TrainingSet(rest, job.images, None, augment, seed=0)
    assert len(with_manifest) == len(without) == 8
    for position in range(20):
        one, two = with_manifest[position], without[position]
        assert bool((one.image == two.image).all())
        assert bool((one.boxes == two.boxes).all())
        assert one.seed == two.seed


def test_a_variant_that_drops_all_is_one_line(job, shapes, tmp_path):
    write_variant(tmp_path / "variant", shapes / "train", *range(1, 11))
    split = CocoSplit.read(job.annotations)
    with pytest.raises(UserError, match="variant: all images to read are dropped"):
        TrainingSet(split, job.images, tmp_path / "variant", augmented, seed=0)
    with pytest.raises(UserError, match="has no image with an instance to learn from"):
        training_images(replace(split, instances=()))


def test_augmentation_settings_hold(job):
    split = CocoSplit.read(job.annotations)
    augment = partial(augmented, shorter_sides=(32, 48), longest_side=80, flip_probability=0)
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
    augment = partial(augmented, **vars(job.settings.augmentation))
    sequence = TrainingSet(split, job.images, tmp_path, augment, seed=0)
    assert bool((sequence[0].image == 7).all())
