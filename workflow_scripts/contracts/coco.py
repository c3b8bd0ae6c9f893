"""COCO files and RLE masks: what the stages hand to each other about images and instances."""

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from hotcoco import mask as rle_codec

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import read_json, write_json

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
    """Of the image file, as the index found it."""
    void: Rle | None = None
    """Pixels whose content nobody labelled, where the data set says which (Cityscapes): there a
    prediction cannot be wrong. Validation images only."""


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
    """Mask pixels."""
    segmentation: Rle
    iscrowd: int = 0


@dataclass(frozen=True)
class CocoSplit:
    """One split of a data set: images and their instances."""

    classes: tuple[str, ...]
    images: tuple[CocoImage, ...]
    instances: tuple[Instance, ...] = field(repr=False)

    @cached_property
    def instances_by_image(self) -> dict[int, tuple[Instance, ...]]:
        """Instances by image id; an image without any has an empty tuple."""
        by_image: dict[int, list[Instance]] = defaultdict(list)
        for instance in self.instances:
            by_image[instance.image_id].append(instance)
        return {image.id: tuple(by_image[image.id]) for image in self.images}

    def class_of(self, instance: Instance) -> str:
        """The name of an instance's class."""
        return self.classes[instance.category_id - 1]

    def write(self, path: Path) -> None:
        """Write a COCO annotation file."""
        write_json(
            path,
            {
                "info": {"description": "made by anonymization-impact"},
                "categories": [
                    {"id": number, "name": name}
                    for number, name in enumerate(self.classes, start=1)
                ],
                "images": [
                    {key: value for key, value in vars(image).items() if value is not None}
                    for image in self.images
                ],
                "annotations": [vars(instance) for instance in self.instances],
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
            )
        except (KeyError, TypeError) as error:
            raise UserError(
                f"{path}: not an index of this project ({error}); make it again"
            ) from None


def encode_mask(crop: np.ndarray, x0: int, y0: int, height: int, width: int) -> Rle:
    """Run-length encode a mask given as a crop of its frame.

    The cost is that of the crop, not of the frame: most instances are small.

    Args:
        crop: (h, w) bool or 0/1 array.
        x0: column of the crop's left edge in the frame, pixels.
        y0: row of the crop's upper edge in the frame, pixels.
        height: of the frame, pixels.
        width: of the frame, pixels.
    """
    columns = np.zeros((crop.shape[1], crop.shape[0] + 2), np.int8)
    columns[:, 1:-1] = crop.T
    steps = np.diff(columns, axis=1)
    start_column, start_row = np.nonzero(steps == 1)
    end_column, end_row = np.nonzero(steps == -1)
    starts = (start_column + x0) * height + start_row + y0
    ends = (end_column + x0) * height + end_row + y0
    # Where a mask reaches from the lower edge of the frame to the upper, the runs are one.
    joined = starts[1:] == ends[:-1]
    starts = starts[np.concatenate(([True], ~joined))] if starts.size else starts
    ends = ends[np.concatenate((~joined, [True]))] if ends.size else ends
    borders = np.stack((starts, ends), axis=1).ravel()
    counts = np.diff(borders, prepend=0, append=height * width)
    if counts[-1] == 0 and counts.size > 1:
        counts = counts[:-1]
    runs = {"h": height, "w": width, "counts": counts.tolist()}
    return {"size": [height, width], "counts": rle_codec.rle_to_string(runs)}


def decode_mask(rle: Rle) -> np.ndarray:
    """The mask of an RLE: (height, width) bool."""
    return rle_codec.decode(rle).astype(bool)


def mask_at(rle: Rle, row: int, column: int) -> bool:
    """Whether the mask of an RLE holds a pixel of its frame; without decoding the others."""
    height, width = rle["size"]
    pixel = rle_codec.fr_bbox([column, row, 1, 1], height, width)
    return bool(rle_codec.area(rle_codec.merge([rle, pixel], intersect=True)))


def decode_crop(rle: Rle) -> tuple[np.ndarray, int, int] | None:
    """The mask of an RLE, cropped to its pixels; None without any.

    Returns:
        The (h, w) uint8 crop of 0 and 1, and the column and row of its upper left pixel.
    """
    # Columns first: the decoded mask lies in memory column by column.
    mask = rle_codec.decode(rle)
    columns = np.flatnonzero(mask.any(axis=0))
    if not columns.size:
        return None
    mask = mask[:, columns[0] : columns[-1] + 1]
    rows = np.flatnonzero(mask.any(axis=1))
    return mask[rows[0] : rows[-1] + 1].copy(), int(columns[0]), int(rows[0])
