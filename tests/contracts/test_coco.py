"""RLE masks made from crops equal those of whole frames."""

import numpy as np
import pytest
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
