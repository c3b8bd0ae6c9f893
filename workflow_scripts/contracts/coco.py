"""COCO annotation files: the images of a split and the instances labelled in them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from plain_commands.errors import UserError
from plain_commands.files import read_json, write_json

Rle = dict[str, Any]
"""Run-length encoded mask as in COCO files: `{"size": [height, width], "counts": str}`."""


@dataclass(frozen=True)
class CocoImage:
    """One image of a split."""

    id: int
    file_name: str
    """Path relative to the data set's image root, with forward slashes."""
    width: int
    height: int
    sha256: str
    """SHA-256 of the image file when it was indexed."""
    void: Rle | None = None
    """Mask of unlabelled pixels, where the data set marks them (Cityscapes): predictions there are
    ignored. Validation images only."""
    upright: bool | None = None
    """Whether the pixels are turned as the file's EXIF orientation says: without labels, or where
    these are for the turned image."""


@dataclass(frozen=True)
class Instance:
    """One ground-truth object, or a group of them (`iscrowd`)."""

    id: int
    image_id: int
    category_id: int
    """1-based position of the class in `CocoSplit.classes`."""
    bbox: tuple[float, float, float, float]
    """x, y, width, height in pixels."""
    area: int
    """Number of mask pixels."""
    segmentation: Rle
    iscrowd: int = 0
    track: str | None = None
    """Name of the same object in all images of the data set, where the data set has one."""


@dataclass(frozen=True)
class LabelledObject:
    """An instance with the name of its class."""

    class_name: str
    instance: Instance


@dataclass(frozen=True)
class CocoSplit:
    """One split of a data set: images and their instances."""

    classes: tuple[str, ...]
    images: tuple[CocoImage, ...]
    instances: tuple[Instance, ...] = field(repr=False)
    notes: tuple[str, ...] = ()
    """What the index left out, changed or doubts, a sentence each."""

    @cached_property
    def instances_by_image(self) -> dict[int, tuple[Instance, ...]]:
        """Instances by image id; an image without any has an empty tuple."""
        by_image: dict[int, list[Instance]] = defaultdict(list)
        for instance in self.instances:
            by_image[instance.image_id].append(instance)
        return {image.id: tuple(by_image[image.id]) for image in self.images}

    def objects_of(self, image: CocoImage) -> tuple[LabelledObject, ...]:
        """The labelled objects of an image of this split."""
        instances = self.instances_by_image[image.id]
        return tuple(LabelledObject(self.class_of(instance), instance) for instance in instances)

    def class_of(self, instance: Instance) -> str:
        """The name of an instance's class."""
        return self.classes[instance.category_id - 1]

    def write(self, path: Path) -> None:
        """Write a COCO annotation file."""
        write_json(
            path,
            {
                "info": {"description": "made by anonymization-impact", "notes": self.notes},
                "categories": [
                    {"id": number, "name": name}
                    for number, name in enumerate(self.classes, start=1)
                ],
                "images": [_without_none(image) for image in self.images],
                "annotations": [_without_none(instance) for instance in self.instances],
            },
            indent=None,
        )

    @classmethod
    def read(cls, path: Path) -> "CocoSplit":
        """Read a COCO annotation file that the index made.

        Raises:
            UserError: it is missing, or not such a file.
        """
        content = read_json(path)
        try:
            return cls(
                classes=tuple(category["name"] for category in content["categories"]),
                images=tuple(CocoImage(**image) for image in content["images"]),
                instances=tuple(
                    Instance(**{**item, "bbox": tuple(item["bbox"])})
                    for item in content["annotations"]
                ),
                notes=tuple(content.get("info", {}).get("notes", ())),
            )
        except (KeyError, TypeError) as error:
            raise UserError(
                f"{path}: not an index of this project ({error}); make it again"
            ) from None


def _without_none(entry: CocoImage | Instance) -> dict[str, Any]:
    return {key: value for key, value in vars(entry).items() if value is not None}


def notes_on_scale(what: str, ends: Sequence[tuple[CocoImage, float, float]]) -> list[str]:
    """A note if labels, at least 20 on 5 images, may have been drawn on smaller copies.

    Args:
        what: what is labelled, a plural.
        ends: the image of each, and the pixels where it ends on the right and below.
    """
    few = len(ends) < 20 or len({image.file_name for image, _, _ in ends}) < 5
    if few or any(x >= 0.6 * image.width or y >= 0.6 * image.height for image, x, y in ends):
        return []
    return [
        f"all {len(ends)} {what} lie in the upper left part of their images: were the labels drawn "
        "on smaller copies?"
    ]
