"""Which labelled person a face belongs to."""

from collections.abc import Sequence

from workflow_scripts.anonymization.method import LabelledObject
from workflow_scripts.contracts.coco import mask_at
from workflow_scripts.contracts.regions import Region

_PEOPLE = ("person", "rider")


def owners_of(faces: Sequence[Region], objects: Sequence[LabelledObject]) -> list[int | None]:
    """For each face, the id of the labelled person or rider whose mask holds its middle, or None.

    Where masks overlap, the smallest one counts. Groups of people own no face.
    """
    people = sorted(
        (
            person
            for person in objects
            if person.class_name in _PEOPLE and not person.instance.iscrowd
        ),
        key=lambda person: (person.instance.area, person.instance.id),
    )
    owners: list[int | None] = [None] * len(faces)
    for person in people:
        x, y, width, height = person.instance.bbox
        inside = [
            index
            for index, face in enumerate(faces)
            if owners[index] is None
            and x <= (face.x0 + face.x1) / 2 < x + width
            and y <= (face.y0 + face.y1) / 2 < y + height
        ]
        if not inside:
            continue
        for index in inside:
            row = int((faces[index].y0 + faces[index].y1) / 2)
            column = int((faces[index].x0 + faces[index].x1) / 2)
            if mask_at(person.instance.segmentation, row, column):
                owners[index] = person.instance.id
    return owners
