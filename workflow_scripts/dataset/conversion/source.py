"""Common form of all label layouts: images, and the objects in them."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Box = tuple[float, float, float, float]
"""x, y, width, height in pixels."""


@dataclass(frozen=True)
class SourceObject:
    """An object, or a region of objects that are not separated.

    Attributes:
        class_name: name of the class; None for a region that may contain objects of every class.
        box: its box.
        mask: its mask in COCO's form, polygons or RLE; None if it has only a box.
        is_group: whether it is excluded from training and evaluation.
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
        objects: labelled objects.
        left_out: kinds of labels that are neither boxes nor masks, one entry per label.
    """

    file_name: str
    objects: tuple[SourceObject, ...]
    left_out: tuple[str, ...] = ()


Reader = Callable[[Path, Path, list[str]], Iterator[SourceImage]]
"""Reader of labels. Arguments: their file or folder, the folder of the images, and a list to which
it adds one line per unreadable file, which is skipped."""


def box_between(left: float, top: float, right: float, bottom: float) -> Box:
    """A box from the positions of its sides.

    Raises:
        ValueError: a side is not finite, or the box is empty.
    """
    if not (right > left and bottom > top and math.isfinite(right - left + bottom - top)):
        raise ValueError(f"a box from ({left:g}, {top:g}) to ({right:g}, {bottom:g})")
    return left, top, right - left, bottom - top
