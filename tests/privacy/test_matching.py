"""Which regions of two searches are one."""

import pytest

from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.privacy.matching import is_same, matched


def box(x0: float, y0: float, x1: float, y1: float) -> Region:
    return Region("a.png", Kind.FACE, 0.9, x0, y0, x1, y1)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (box(0, 0, 10, 10), True),
        (box(0, 0, 10, 3.1), True),  # IoU 0.31
        (box(0, 0, 10, 2.9), False),  # IoU 0.29, and its centre row is the only one they share
        (box(-20, -20, 30, 30), True),  # IoU 0.04, and each holds the other's centre
        (box(10, 0, 20, 10), False),
    ],
)
def test_boxes_are_one_if_they_overlap_or_hold_each_others_centre(other, same):
    assert is_same(box(0, 0, 10, 10), other) is same
    assert is_same(other, box(0, 0, 10, 10)) is same


def test_a_region_has_one_partner():
    twice = [box(0, 0, 10, 10), box(1, 0, 11, 10)]
    assert matched([box(0, 0, 10, 10)], twice) == [(0, 0)]
    assert matched(twice, [box(1, 0, 11, 10)]) == [(1, 0)]


def test_as_many_as_possible_are_matched():
    """The best pair alone would leave two without a partner."""
    first = [box(0, 0, 10, 10), box(4, 0, 14, 10)]
    second = [box(3, 0, 13, 10), box(8, 0, 18, 10)]
    assert matched(first, second) == [(0, 0), (1, 1)]
    assert matched(first[::-1], second) == [(0, 1), (1, 0)]


def test_nothing_matches_nothing():
    assert matched([], [box(0, 0, 1, 1)]) == matched([box(0, 0, 1, 1)], []) == []
    assert matched([box(0, 0, 1, 1)], [box(5, 5, 6, 6)]) == []
