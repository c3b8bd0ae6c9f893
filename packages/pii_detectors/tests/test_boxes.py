"""Which finds are of one object."""

import numpy as np
from pii_detectors import objects_of


def test_finds_that_share_most_of_the_smaller_one_are_of_one_object():
    boxes = np.array(
        [
            (0, 0, 10, 10),
            (4, 4, 8, 8),  # inside the first one: IoU 0.16
            (7, 0, 17, 10),  # 0.3 of the first one
            (12, 0, 22, 10),  # half of the third one, none of the first one
            (50, 50, 60, 60),
        ],
        float,
    )
    scores = np.array([0.8, 0.9, 0.85, 0.5, 0.7])
    assert objects_of(boxes, scores) == [[0, 1], [2, 3], [4]]
    assert objects_of(boxes, scores, part=0.25) == [[0, 1], [2, 3], [4]]
    assert objects_of(boxes[[0, 2]], scores[[0, 2]], part=0.25) == [[1, 0]]
    assert objects_of(np.zeros((0, 4)), np.zeros(0)) == []


def test_a_row_of_people_stays_a_row():
    """Each overlaps the next one by 0.45, which is a find of one object, but not of all."""
    boxes = np.array([(11 * number, 0, 11 * number + 20, 20) for number in range(4)], float)
    assert objects_of(boxes, np.array([0.9, 0.6, 0.8, 0.7])) == [[0, 1], [2, 3]]


def test_of_one_object_the_largest_find_is_named_first_unless_it_is_doubtful():
    boxes = np.array([(0, 0, 10, 10), (0, 0, 30, 30)], float)
    assert objects_of(boxes, np.array([0.9, 0.5])) == [[1, 0]]
    assert objects_of(boxes, np.array([0.9, 0.4])) == [[0, 1]]
