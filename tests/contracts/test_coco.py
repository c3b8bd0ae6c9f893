"""RLE masks made from crops equal those of whole frames."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest
from plain_commands.errors import UserError
from pycocotools import mask as oracle

from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.imaging.masks import decode_crop, decode_mask, encode_mask, mask_at


@pytest.mark.parametrize("density", [0.0, 0.2, 0.9, 1.0])
def test_a_crop_encodes_as_its_frame(density):
    rng = np.random.default_rng(int(density * 10))
    for _ in range(200):
        height, width = (int(n) for n in rng.integers(1, 14, 2))
        h, w = int(rng.integers(1, height + 1)), int(rng.integers(1, width + 1))
        y, x = int(rng.integers(0, height - h + 1)), int(rng.integers(0, width - w + 1))
        crop = rng.random((h, w)) < density
        frame = np.zeros((height, width), np.uint8)
        frame[y : y + h, x : x + w] = crop
        rle = encode_mask(crop, x, y, height, width)
        assert rle["counts"] == oracle.encode(np.asfortranarray(frame))["counts"].decode()
        assert np.array_equal(decode_mask(rle), frame)
        for row, column in np.ndindex(frame.shape):
            assert mask_at(rle, row, column) == frame[row, column]
        found = decode_crop(rle)
        assert (found is None) == (not frame.any())
        if found is not None:
            tight, x0, y0 = found
            assert tight.any(axis=0)[[0, -1]].all() and tight.any(axis=1)[[0, -1]].all()
            again = np.zeros_like(frame)
            again[y0 : y0 + tight.shape[0], x0 : x0 + tight.shape[1]] = tight
            assert np.array_equal(again, frame)


def test_a_split_is_read_as_it_was_written(tmp_path):
    split = CocoSplit(
        classes=("person", "car"),
        images=(
            CocoImage(1, "a/b.png", 8, 4, "0" * 64),
            CocoImage(2, "c.png", 8, 4, "1" * 64, encode_mask(np.ones((1, 8)), 0, 3, 4, 8)),
        ),
        instances=(
            Instance(1, 1, 2, (1.0, 1.0, 2.0, 2.0), 4, encode_mask(np.ones((2, 2)), 1, 1, 4, 8)),
        ),
    )
    split.write(tmp_path / "train.coco.json")
    assert CocoSplit.read(tmp_path / "train.coco.json") == split
    assert split.instances_by_image == {1: split.instances, 2: ()}


def split_with(*objects: int) -> CocoSplit:
    """Images with so many objects each, and names that JSON has to escape."""
    images = tuple(
        CocoImage(at, f'a/ü"{at}\\.png', 8, 4, f"{at:064}") for at in range(1, len(objects) + 1)
    )
    of_each = [image.id for image, count in zip(images, objects, strict=True) for _ in range(count)]
    mask = encode_mask(np.ones((2, 2)), 1, 1, 4, 8)
    instances = tuple(
        Instance(at, image, 1, (1.0, 1.0, 2.0, 2.0), 4, mask, track=f'"image_id": {at}')
        for at, image in enumerate(of_each, start=1)
    )
    return CocoSplit(("person",), images, instances, ("a note",))


@pytest.mark.parametrize(
    "objects", [(), (0,), (3,), (0, 2, 0), (1, 0, 5, 1), (2, 7, 0, 0, 1, 3, 1), (40, 0, 1, 1)]
)
def test_each_part_of_a_split_is_that_of_the_whole(tmp_path, objects):
    split, path = split_with(*objects), tmp_path / "train.coco.json"
    split.write(path)
    names = [image.file_name for image in split.images]
    for size in range(len(names) + 1):
        for chosen in itertools.combinations(names, size):
            images = tuple(image for image in split.images if image.file_name in chosen)
            instances = tuple(one for image in images for one in split.instances_by_image[image.id])
            part = CocoSplit.read(path, chosen)
            assert part == CocoSplit(split.classes, images, instances, split.notes)
    assert CocoSplit.read(path, ["elsewhere.png"]).images == ()
    assert CocoSplit.read_images(path) == replace(split, instances=())


def test_a_split_that_another_program_has_written_anew_is_read_alike(tmp_path):
    split, path = split_with(1, 0, 5, 1), tmp_path / "train.coco.json"
    split.write(path)
    lines = CocoSplit.read(path, [split.images[2].file_name])
    path.write_text(json.dumps(json.loads(path.read_text()), indent=1))
    assert CocoSplit.read(path, [split.images[2].file_name]) == lines
    assert CocoSplit.read_images(path) == replace(split, instances=())


def test_objects_are_found_whatever_their_order_was(tmp_path):
    split, path = split_with(2, 0, 3), tmp_path / "train.coco.json"
    replace(split, instances=split.instances[::-1]).write(path)
    found = CocoSplit.read(path, [split.images[2].file_name])
    assert {one.id for one in found.instances} == {3, 4, 5}


def test_a_damaged_line_is_an_error(tmp_path):
    split, path = split_with(1, 2), tmp_path / "train.coco.json"
    split.write(path)
    path.write_text(path.read_text().replace('"area": 4', '"area": '))
    with pytest.raises(UserError, match="not valid JSON"):
        CocoSplit.read(path, [split.images[0].file_name])
