"""Labelled people to whom faces belong."""

from collections.abc import Sequence

from workflow_scripts.anonymization.method import LabelledObject
from workflow_scripts.contracts.coco import mask_at
from workflow_scripts.contracts.regions import Kind, Region

_PEOPLE = ("person", "rider")


def owners_of(regions: Sequence[Region], objects: Sequence[LabelledObject]) -> list[int | None]:
    """Id of the labelled person or rider whose mask holds the middle of each face.

    Where masks overlap, the smallest one counts. Groups of people own no face.

    Returns:
        An id per region; None for plates and for faces that belong to nobody.
    """
    people = sorted(
        (
            person
            for person in objects
            if person.class_name in _PEOPLE and not person.instance.iscrowd
        ),
        key=lambda person: (person.instance.area, person.instance.id),
    )
    owners: list[int | None] = [None] * len(regions)
    for person in people:
        x, y, width, height = person.instance.bbox
        inside = [
            index
            for index, face in enumerate(regions)
            if face.kind is Kind.FACE
            and owners[index] is None
            and x <= (face.x0 + face.x1) / 2 < x + width
            and y <= (face.y0 + face.y1) / 2 < y + height
        ]
        if not inside:
            continue
        for index in inside:
            row = int((regions[index].y0 + regions[index].y1) / 2)
            column = int((regions[index].x0 + regions[index].x1) / 2)
            if mask_at(person.instance.segmentation, row, column):
                owners[index] = person.instance.id
    return owners
