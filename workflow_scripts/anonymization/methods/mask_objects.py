"""Positive control: whole persons and vehicles are blacked out."""

from collections.abc import Iterable
from typing import Literal

import cv2
import numpy as np
from plain_commands.errors import UserError

from workflow_scripts.anonymization.method import Method
from workflow_scripts.anonymization.methods.blackbox import Channel
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import Change
from workflow_scripts.imaging.masks import decode_mask
from workflow_scripts.imaging.pictures import Picture

PERSONS_AND_VEHICLES = frozenset(
    ("person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle")
)


class MaskObjects(Method):
    """Fill the masks of labelled objects, groups included, with one colour.

    Models trained on such images have to be worse. An experiment that does not show this would not
    show the harm of an anonymization either.
    """

    treats_objects = True

    method: Literal["mask_objects"] = "mask_objects"
    """Fill whole labelled objects with one colour: a control that must show harm."""
    classes: tuple[str, ...] | None = None
    """Classes of these objects; null: those of Cityscapes' eight classes that are persons or
    vehicles and that the data set has."""
    colour: tuple[Channel, Channel, Channel] = (0, 0, 0)
    """Red, green and blue, 0 to 255."""

    def anonymize(
        self, picture: Picture, rng: np.random.Generator
    ) -> tuple[np.ndarray, list[Change]]:
        """Fill each object of the classes, ignoring regions. See `Method.anonymize`."""
        classes = PERSONS_AND_VEHICLES if self.classes is None else self.classes
        result = picture.pixels.copy()
        changes = []
        for item in picture.objects:
            if item.class_name not in classes:
                continue
            mask = decode_mask(item.instance.segmentation)
            x, y, width, height = cv2.boundingRect(mask.view(np.uint8))
            if width:
                result[mask] = self.colour
                changes.append(Change(self.method, x, y, x + width, y + height))
        return result, changes

    def check(self, split: CocoSplit) -> None:
        """Check that the data set has the classes."""
        if self.classes is None:
            if PERSONS_AND_VEHICLES.isdisjoint(split.classes):
                raise UserError(
                    f"classes: the data set has {_listed(split.classes)}; name those to fill"
                )
            return
        unknown = [name for name in self.classes if name not in split.classes]
        if unknown:
            raise UserError(
                f"classes: the data set has no {_listed(map(repr, unknown))}, but "
                f"{_listed(split.classes)}"
            )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
