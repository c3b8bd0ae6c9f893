"""Resizing and mirroring: image, boxes and masks stay together."""

import numpy as np
import pytest
from invariant_mask_rcnn.augmentation import mirrored, resized_with_labels, target_size
from invariant_mask_rcnn.samples import LabelledImage, as_sample


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
    assert sample.masks[0].shape == (6, 13)
    np.testing.assert_array_equal(sample.corners.numpy(), [[15, 4]])
