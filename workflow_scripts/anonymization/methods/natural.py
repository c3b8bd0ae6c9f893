"""Faces of people who do not exist, and plates with other characters."""

from collections.abc import Sequence
from typing import Literal

import natural_pii
import numpy as np
from natural_pii import FaceRegion, PlateRegion
from plain_commands.section import Seed

from workflow_scripts.anonymization.method import Method
from workflow_scripts.contracts.coco import LabelledObject
from workflow_scripts.contracts.manifest import Change
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.masks import mask_at
from workflow_scripts.imaging.pictures import Picture

PEOPLE = ("person", "rider")
"""Classes of the objects to which faces belong."""


class Natural(Method):
    """Draw another face over each face, and other characters on each license plate.

    The method of a change is `natural`, `natural_wide` where the first attempts were too like the
    original, or `fallback` where none was accepted and the region was covered without detail.
    """

    method: Literal["natural"] = "natural"
    """Draw another face over each face, and other characters on each license plate."""
    seed: Seed = 0
    """Another seed draws other people and other plates."""

    def anonymize(
        self, picture: Picture, rng: np.random.Generator
    ) -> tuple[np.ndarray, list[Change]]:
        """Replace the faces, then the plates; see `Method.anonymize`."""
        pixels, replacements = natural_pii.anonymize(
            picture.pixels,
            [_as_natural(region) for region in picture.regions],
            seed=(self.seed, int(rng.integers(2**63))),
            people=owners_of(picture.regions, picture.objects),
        )
        changes = [
            Change.of(region, replacement.route.value, replacement.box)
            for region, replacement in zip(picture.regions, replacements, strict=True)
            if replacement is not None
        ]
        return pixels, changes


def _as_natural(region: Region) -> FaceRegion | PlateRegion:
    box = (region.x0, region.y0, region.x1, region.y1)
    if region.kind is Kind.FACE:
        return FaceRegion(*box, region.landmarks)
    return PlateRegion(*box, region.quad)


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
            if person.class_name in PEOPLE and not person.instance.iscrowd
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
