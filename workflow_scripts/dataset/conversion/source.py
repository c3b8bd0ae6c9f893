"""What every layout of labels says: the images, and the objects in them."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels."""


@dataclass(frozen=True)
class SourceObject:
    """An object, or a region of objects that are not told apart.

    Attributes:
        class_name: name of the class; None for a region that may hold objects of every class.
        box: its box.
        mask: its mask as COCO has it, polygons or RLE; None where only a box was drawn.
        is_group: whether nothing is to be learned from it, and nothing to be found in it.
    """

    class_name: str | None
    box: Box
    mask: list[list[float]] | dict[str, Any] | None = None
    is_group: bool = False


@dataclass(frozen=True)
class SourceImage:
    """An image with its objects.

    Attributes:
        file_name: path relative to the folder of the images, with forward slashes.
        objects: what is labelled in it.
        left_out: kinds of labels that are neither boxes nor masks, one for each label.
    """

    file_name: str
    objects: tuple[SourceObject, ...]
    left_out: tuple[str, ...] = ()


Reader = Callable[[Path, Path, list[str]], Iterator[SourceImage]]
"""Reads labels: their file or folder, the folder of the images, and a list to which it adds a line
for each file that cannot be read; such a file is left out."""


def box_between(left: float, top: float, right: float, bottom: float) -> Box:
    """A box from the positions of its sides.

    Raises:
        ValueError: right is not right of left, or bottom not below top, or one is infinite.
    """
    if not (right > left and bottom > top and math.isfinite(right - left + bottom - top)):
        raise ValueError(f"a box from ({left:g}, {top:g}) to ({right:g}, {bottom:g})")
    return left, top, right - left, bottom - top
