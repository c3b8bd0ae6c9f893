"""Findings about labels that are not x, y, width and height in pixels."""

import math
from collections.abc import Iterable, Iterator
from typing import Any

from .annotations import ImageEntry
from .notes import Notes
from .values import is_number

SMALL_SIDE = 200
"""Side of an image in pixels above which polygons that all end before 100 look like percentages."""
PERCENT = 100


class Scale:
    """The scale of a file's boxes and polygons, as far as it has been read.

    Args:
        images: the images of the file.
        boxes: whether boxes are used instead of polygons.
    """

    def __init__(self, images: Iterable[ImageEntry], *, boxes: bool) -> None:
        self._boxes = boxes
        self._shortest_side = min(min(image.width, image.height) for image in images)
        self._largest = 0.0
        """Largest coordinate (of a box: or size); larger than PERCENT once it exceeds that."""
        self._objects, self._first = 0, ""
        self._total = self._beyond = 0
        self._may_be_corners = True

    def add(self, image: ImageEntry, name: str, bbox: Any, segmentation: Any) -> None:
        """Add an annotation of an image."""
        self._objects += 1
        self._first = self._first or name
        if self._largest <= PERCENT:
            for number in _numbers([bbox] if self._boxes else segmentation):
                value = number if is_number(number) else math.inf
                self._largest = max(self._largest, value)
                if value > PERCENT:
                    break
        if self._may_be_corners and isinstance(bbox, list) and len(bbox) == 4:
            self._add_corners(image, bbox)

    def _add_corners(self, image: ImageEntry, bbox: list[Any]) -> None:
        if all(map(is_number, bbox)):
            x, y, x1, y1 = bbox
            self._may_be_corners = x < x1 <= image.width + 1 and y < y1 <= image.height + 1
            self._total += 1
            self._beyond += x + x1 > image.width + 1 or y + y1 > image.height + 1

    def findings(self, notes: Notes) -> Iterator[str]:
        """Findings that refuse the file; a doubt goes to `notes`."""
        if self._boxes and self._may_be_corners and self._beyond:
            yield (
                f"{self._beyond} of {self._total} boxes reach beyond their images, and all fit if "
                "they are read as x0, y0, x1, y1; COCO's are x, y, width, height: convert them"
            )
        if 0 < self._largest <= 1:
            yield (
                f"all {'boxes' if self._boxes else 'polygons'} lie between 0 and 1; COCO's "
                "coordinates are pixels: multiply them by the width and height of the image"
            )
        elif self._shortest_side > SMALL_SIDE and 0 < self._largest <= PERCENT:
            kind = "objects, all of the file, ending before pixel 100 as percentages would"
            notes.add(kind, self._first, self._objects)


def _numbers(parts: Any) -> Iterator[Any]:
    for part in parts if isinstance(parts, list) else ():
        yield from part if isinstance(part, list) else ()
