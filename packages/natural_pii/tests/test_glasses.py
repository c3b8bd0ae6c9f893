"""Glasses of the old face are found by their bridge, and do not stay."""

import cv2
import numpy as np
import pytest
from face_pictures import drawn_portrait
from natural_pii import FaceRegion, anonymize
from natural_pii.faces.glasses import has_glasses
from natural_pii.faces.pose import pose_of

SEEDS = 0, 1, 2, 5
"""Of heads that are turned little and not as dark as the frame."""
EARS = np.array([(-2.4, 0.0, 0.0), (2.4, 0.0, 0.0)])
"""Ends of the frame, (u, v, z)."""


def with_glasses(image: np.ndarray, region: FaceRegion) -> np.ndarray:
    """The same face with a dark bar that reaches beyond the head, (height, width, 3)."""
    pose = pose_of(region)
    left, right = np.round(pose.pixels(EARS)).astype(int).tolist()
    return cv2.line(image.copy(), left, right, (25, 25, 30), max(round(0.15 * pose.unit), 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_across_the_bridge_is_that_of_glasses(seed):
    image, region = drawn_portrait(seed)
    pose = pose_of(region)
    assert not has_glasses(image, pose)
    assert has_glasses(with_glasses(image, region), pose)


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_of_the_frame_stays(seed):
    image, region = drawn_portrait(seed)
    seen = with_glasses(image, region)
    frame = np.abs(seen.astype(int) - image).max(axis=-1) > 40
    assert frame.sum() > 20
    dark, without = (
        (anonymize(one, [region], seed=2)[0].mean(axis=-1) < 70)[frame].sum()
        for one in (seen, image)
    )
    assert dark < 0.15 * frame.sum() + without
