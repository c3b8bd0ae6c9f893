"""Which labelled person a face belongs to."""

import numpy as np

from workflow_scripts.anonymization.methods.natural import owners_of
from workflow_scripts.contracts.coco import Instance, LabelledObject
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.masks import encode_mask


def labelled(number: int, class_name: str, x: int, width: int, crowd: int = 0) -> LabelledObject:
    """A person as high as the frame of 100 x 200 pixels."""
    mask = encode_mask(np.ones((100, width), bool), x, 0, 100, 200)
    box = (float(x), 0.0, float(width), 100.0)
    return LabelledObject(class_name, Instance(number, 1, 1, box, 100 * width, mask, crowd))


def test_a_face_belongs_to_the_smallest_person_around_its_middle():
    faces = [Region("a.png", Kind.FACE, 1, x, 20, x + 20, 45) for x in (10, 40, 60, 150, -15)]
    objects = [
        labelled(1, "person", 0, 100),
        labelled(2, "rider", 45, 30),
        labelled(3, "car", 0, 200),
        labelled(4, "person", 140, 60, crowd=1),
    ]
    for order in (objects, objects[::-1]):
        assert owners_of(faces, order) == [1, 2, 2, None, None]


def test_a_mask_counts_and_not_its_box():
    mask = np.ones((100, 80), bool)
    mask[:, 30:50] = False
    instance = Instance(9, 1, 1, (0.0, 0.0, 80.0, 100.0), 6000, encode_mask(mask, 0, 0, 100, 200))
    faces = [Region("a.png", Kind.FACE, 1, x, 20, x + 10, 32) for x in (5, 35)]
    assert owners_of(faces, [LabelledObject("person", instance)]) == [9, None]


def test_a_plate_belongs_to_nobody():
    plate = Region("a.png", Kind.LICENSE_PLATE, 1, 10, 20, 30, 25)
    assert owners_of([plate], [labelled(1, "rider", 0, 100)]) == [None]
