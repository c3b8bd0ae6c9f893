"""Labelled images, as an evaluation needs them.

The protocols name the attributes that count; `TruthSet` and its parts are objects that have them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Rle = dict[str, Any]
"""Run-length encoded mask of a whole image: `{"size": [height, width], "counts": str}`."""


class ImageTruth(Protocol):
    """One image."""

    @property
    def id(self) -> int:
        """Number that instances and predictions refer to."""

    @property
    def file_name(self) -> str:
        """Name of the image file."""

    @property
    def width(self) -> int:
        """Width, pixels."""

    @property
    def height(self) -> int:
        """Height, pixels."""

    @property
    def void(self) -> Rle | None:
        """Mask of unlabelled pixels; Cityscapes' protocol ignores predictions there."""


class InstanceTruth(Protocol):
    """One object, or a group of objects (`iscrowd`)."""

    @property
    def image_id(self) -> int:
        """The image."""

    @property
    def category_id(self) -> int:
        """1-based position of the class."""

    @property
    def bbox(self) -> tuple[float, float, float, float]:
        """x, y, width, height in pixels."""

    @property
    def area(self) -> float:
        """Number of mask pixels; of a box without a mask, its area."""

    @property
    def segmentation(self) -> Rle:
        """The mask; of a box without a mask, the pixels in the box."""

    @property
    def iscrowd(self) -> int:
        """1 for a group, else 0."""


class GroundTruth(Protocol):
    """All images of an evaluation and the instances in them."""

    @property
    def classes(self) -> Sequence[str]:
        """Class names; predictions and instances refer to them by position, from 1."""

    @property
    def images(self) -> Sequence[ImageTruth]:
        """The images, those without instances as well."""

    @property
    def instances(self) -> Sequence[InstanceTruth]:
        """The instances."""


@dataclass(frozen=True)
class TruthImage:
    """An image, for programs that have no class of their own."""

    id: int
    file_name: str
    width: int
    height: int
    void: Rle | None = None


@dataclass(frozen=True)
class TruthInstance:
    """An instance, for programs that have no class of their own."""

    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    area: float
    segmentation: Rle
    iscrowd: int = 0


@dataclass(frozen=True)
class TruthSet:
    """A ground truth, for programs that have no class of their own."""

    classes: tuple[str, ...]
    images: tuple[TruthImage, ...]
    instances: tuple[TruthInstance, ...]
