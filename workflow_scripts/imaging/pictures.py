"""Images with their records: the input of detectors and anonymization methods."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from plain_commands.errors import UserError

from workflow_scripts.contracts.advice import DETECTED_AGAIN
from workflow_scripts.contracts.coco import CocoImage, CocoSplit, LabelledObject
from workflow_scripts.contracts.regions import Region
from workflow_scripts.imaging.images import load, shrunk


@dataclass(frozen=True, eq=False)
class Picture:
    """One image: its record, pixels, PII regions and labelled objects."""

    record: CocoImage
    root: Path
    """The folder that `record.file_name` is relative to."""
    regions: tuple[Region, ...] = ()
    """PII regions; they may overlap, and their boxes may reach beyond the image."""
    objects: tuple[LabelledObject, ...] = ()
    """The labelled objects, groups included."""

    @property
    def path(self) -> Path:
        """The image file."""
        return self.root / self.record.file_name

    @cached_property
    def pixels(self) -> np.ndarray:
        """(height, width, 3) uint8 RGB, read once; do not modify. Errors as in `load`."""
        return load(self.record, self.root)

    def with_pixels(self, pixels: np.ndarray) -> "Picture":
        """A copy with these pixels in memory, (height, width, 3) uint8 RGB."""
        copy = replace(self)
        vars(copy)["pixels"] = pixels
        return copy

    def reduced(self, factor: float) -> "Picture":
        """The pixels and regions at a smaller size; the same for a factor of 1 or more.

        It has no file and no labelled objects.
        """
        pixels = shrunk(self.pixels, factor)
        across, down = (pixels.shape[axis] / self.pixels.shape[axis] for axis in (1, 0))
        regions = [region.scaled(across, down) for region in self.regions]
        return picture_of(pixels, regions, name=self.record.file_name)


def picture_of(
    pixels: np.ndarray,
    regions: Iterable[Region] = (),
    objects: Iterable[LabelledObject] = (),
    name: str = "",
) -> Picture:
    """A picture without a file, from pixels (height, width, 3) uint8 RGB."""
    record = CocoImage(0, name, pixels.shape[1], pixels.shape[0], sha256="")
    return Picture(record, Path(), tuple(regions), tuple(objects)).with_pixels(pixels)


def pictures_of(split: CocoSplit, root: Path, regions: Sequence[Region] = ()) -> list[Picture]:
    """One picture per image of a split, in its order.

    Args:
        split: the images and their instances.
        root: the folder that file names are relative to.
        regions: the PII regions of these images.

    Raises:
        UserError: a region belongs to an image that is not in the split, or is given twice.
    """
    by_image: dict[str, list[Region]] = defaultdict(list)
    for region in regions:
        by_image[region.image].append(region)
    strangers = by_image.keys() - {image.file_name for image in split.images}
    if strangers:
        raise UserError(
            f"regions of {min(strangers)}, which is not among these images; {DETECTED_AGAIN}"
        )
    ids = Counter(region.id for region in regions)
    if twice := [id for id, number in ids.items() if number > 1]:
        raise UserError(
            f"{len(twice)} regions are given twice, such as {min(twice)}; name each table once"
        )
    return [
        Picture(image, root, tuple(by_image[image.file_name]), split.objects_of(image))
        for image in split.images
    ]
