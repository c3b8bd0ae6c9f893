"""Boxes of annotations: what is read, what is clipped, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from coco_labels import LabelsError, box_of, pixels_of, read_labels
from pycocotools import mask as official

WIDTH, HEIGHT = 96, 64
POLYGON = [[10, 20, 40, 20, 40, 50, 10, 50]]


def labels(*boxes: list[float]) -> dict:
    return {
        "images": [{"id": 7, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [
            {"id": number, "image_id": 7, "category_id": 1, "bbox": box}
            for number, box in enumerate(boxes, start=1)
        ],
    }


def test_the_box_counts_and_no_mask_is_read():
    assert box_of([1.5, 2, 30.25, 4], "no mask", WIDTH, HEIGHT) == ((1.5, 2, 30.25, 4), [])


@pytest.mark.parametrize("missing", [None, []])
def test_without_a_box_it_is_that_of_the_mask(missing):
    found, notes = box_of(missing, POLYGON, WIDTH, HEIGHT)
    assert found == (10, 20, 30, 30)
    assert notes == ["objects without a bbox: the box of the mask is used"]


def test_a_box_is_clipped_at_the_border():
    note = ["objects reaching beyond the image, clipped at its border"]
    assert box_of([-4, 50, 20, 30], None, WIDTH, HEIGHT) == ((0, 50, 16, 14), note)
    # Tools round differently: up to a pixel without a word.
    assert box_of([90, 50, 7, 14.5], None, WIDTH, HEIGHT) == ((90, 50, 6, 14), [])


@pytest.mark.parametrize("box", [[5, 5, 0, 9], [5, 5, 9, 0], [5.5, 5, 0.0, 0.0]])
def test_a_box_without_a_side_is_none(box):
    assert box_of(box, None, WIDTH, HEIGHT) == (None, [])


@pytest.mark.parametrize(
    ("box", "finding"),
    [
        (None, "has neither a bbox nor a mask; draw one, or leave its category out"),
        ([1, 2, 3], "has a bbox that is not four finite numbers: x, y, width, height"),
        ([1, 2, "3", 4], "has a bbox that is not four finite numbers"),
        ([1, 2, float("nan"), 4], "has a bbox that is not four finite numbers"),
        ({"x": 1}, "has a bbox that is not four finite numbers"),
        ([50, 20, -10, 5], "has a bbox -10 wide and 5 high; COCO's are x, y, width, height"),
        ([0.1, 0.2, 0.3, 0.4], "in an image of 96x64; are these fractions of its size?"),
        (
            [100, 20, 10, 10],
            "reaches from x 100, y 20 to x 110, y 30 in an image of 96x64: it lies",
        ),
        ([10, 20, 400, 10], "it is drawn at another scale"),
    ],
)
def test_what_is_no_box_of_the_image_is_refused(box, finding):
    with pytest.raises(ValueError, match=r"has|reaches") as error:
        box_of(box, None, WIDTH, HEIGHT)
    assert finding in str(error.value)


def test_a_file_of_corners_is_refused():
    corners = labels([10, 20, 40, 50], [60, 10, 90, 30])
    with pytest.raises(LabelsError) as error:
        read_labels(corners, Path("images"), {"car": 1}, boxes=True)
    assert error.value.findings == [
        "2 of 2 boxes reach beyond their images, and all fit if they are read as x0, y0, x1, y1; "
        "COCO's are x, y, width, height: convert them"
    ]
    # A box that is wider than it lies far right can be no corner.
    for boxes in ([10, 20, 40, 50], [60, 10, 9, 30]), ([10, 10, 20, 30], [5, 5, 10, 10]):
        found = read_labels(labels(*boxes), Path("images"), {"car": 1}, boxes=True)
        assert [one.bbox for one in found.annotations_of(found.images[0])] == list(boxes)


def test_a_file_of_fractions_is_refused():
    fractions = labels([0.1, 0.2, 0.3, 0.4], [0.5, 0.5, 0.1, 0.1])
    with pytest.raises(LabelsError, match="all boxes lie between 0 and 1; COCO's coordinates are"):
        read_labels(fractions, Path("images"), {"car": 1}, boxes=True)


def test_the_pixels_of_a_box_are_pycocotools():
    random = np.random.default_rng(0)
    for _ in range(50):
        x, y = random.uniform(0, WIDTH - 20), random.uniform(0, HEIGHT - 20)
        box = (x, y, *random.uniform(0.5, 20, 2))
        (wanted,) = official.frPyObjects(np.array([box]), HEIGHT, WIDTH)
        found = pixels_of(box, WIDTH, HEIGHT)
        assert found["size"] == wanted["size"]
        assert found["counts"] == wanted["counts"].decode()
