"""Findings about labels that are not x, y, width and height in pixels."""

from array import array
from collections.abc import Iterator, Sequence
from typing import Any

from .annotations import ImageEntry
from .values import Note, is_number

SMALL_SIDE = 200
"""Side of an image in pixels above which polygons that all end before 100 look like percentages."""


def findings_of_boxes(images: Sequence[ImageEntry]) -> Iterator[str]:
    """Finding if all boxes of the file look like corners, not x, y, width and height."""
    beyond = total = 0
    for image in images:
        for annotation in image.annotations:
            box = annotation.bbox
            if not isinstance(box, list) or len(box) != 4 or not all(map(is_number, box)):
                continue
            x, y, x1, y1 = box
            if not (x < x1 <= image.width + 1 and y < y1 <= image.height + 1):
                return
            total += 1
            beyond += x + x1 > image.width + 1 or y + y1 > image.height + 1
    if beyond:
        yield (
            f"{beyond} of {total} boxes reach beyond their images, and all fit if they are read as "
            "x0, y0, x1, y1; COCO's are x, y, width, height: convert them"
        )


def findings_of_scale(
    images: Sequence[ImageEntry], notes: list[Note], boxes: bool
) -> Iterator[str]:
    """Finding if all polygons, or boxes, of the file look like they are not in pixels."""
    if _end_before(1, images, boxes):
        yield (
            f"all {'boxes' if boxes else 'polygons'} lie between 0 and 1; COCO's coordinates are "
            "pixels: multiply them by the width and height of the image"
        )
    elif min(min(x.width, x.height) for x in images) > SMALL_SIDE and _end_before(
        100, images, boxes
    ):
        kind = "objects, all of the file, that end before pixel 100 as percentages would"
        notes.extend((kind, one.name) for image in images for one in image.annotations)


def _end_before(limit: int, images: Sequence[ImageEntry], boxes: bool) -> bool:
    """Whether there are polygons, or boxes, and all their numbers are within the limit."""
    numbers = _numbers_of_boxes if boxes else _numbers_of_polygons
    largest = 0
    for number in numbers(images):
        if not is_number(number) or number > limit:
            return False
        largest = max(largest, number)
    return largest > 0


def _numbers_of_polygons(images: Sequence[ImageEntry]) -> Iterator[Any]:
    for image in images:
        for annotation in image.annotations:
            if isinstance(annotation.segmentation, list):
                for part in annotation.segmentation:
                    yield from part if isinstance(part, list | array) else ()


def _numbers_of_boxes(images: Sequence[ImageEntry]) -> Iterator[Any]:
    for image in images:
        for annotation in image.annotations:
            yield from annotation.bbox if isinstance(annotation.bbox, list) else ()
