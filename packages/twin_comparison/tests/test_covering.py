"""Changed parts and the boxes that they cover."""

import numpy as np
from twin_comparison.covering import parts_on, window_of


def test_parts_are_told_to_the_boxes_that_they_cover():
    mask = np.zeros((100, 200), bool)
    mask[18:42, 18:42] = True  # over the first box
    mask[90:95, 10:30] = True  # elsewhere
    boxes = [(150, 20, 170, 40), (20.5, 20, 40, 39.5), (40, 20, 60, 40), (-30, 0, -9, 9)]
    assert parts_on(mask, boxes) == [(1, (18, 18, 42, 42)), (None, (10, 90, 30, 95))]
    assert parts_on(np.zeros_like(mask), boxes) == []


def test_a_window_lies_inside_the_frame():
    assert window_of((-3, 1.5, 4.2, 90), (50, 60)) == (slice(1, 50), slice(0, 5))
    assert window_of((60, 0, 70, 9), (50, 60)) is None
