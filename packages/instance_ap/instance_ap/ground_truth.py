"""Labelled images, with the attributes that an evaluation needs.

The protocols list the attributes; `TruthSet` and its parts are dataclasses that have them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

Rle = dict[str, Any]
"""Run-length encoded mask of a whole image: `{"size": [height, width], "counts": str}`."""


class ImageTruth(Protocol):
    """Protocol of an image."""

    @property
    def id(self) -> int:
        """Number by which instances and predictions refer to it."""

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
        """Mask of unlabelled pixels, in which Cityscapes' protocol ignores predictions."""


class InstanceTruth(Protocol):
    """Protocol of an object, or of a group of objects (`iscrowd`)."""

    @property
    def image_id(self) -> int:
        """Id of the image."""

    @property
    def category_id(self) -> int:
        """1-based position of the class."""

    @property
    def bbox(self) -> tuple[float, float, float, float]:
        """x, y, width, height in pixels."""

    @property
    def area(self) -> float:
        """Number of mask pixels; for a box without a mask, its area."""

    @property
    def segmentation(self) -> Rle:
        """Mask; for a box without a mask, the pixels in the box."""

    @property
    def iscrowd(self) -> int:
        """1 for a group, else 0."""


class GroundTruth(Protocol):
    """Protocol of all images of an evaluation and their instances."""

    @property
    def classes(self) -> Sequence[str]:
        """Class names; predictions and instances refer to them by position, from 1."""

    @property
    def images(self) -> Sequence[ImageTruth]:
        """Images, including those without instances."""

    @property
    def instances(self) -> Sequence[InstanceTruth]:
        """Instances of all images."""


@dataclass(frozen=True)
class TruthImage:
    """Image, for programs without a class of their own."""

    id: int
    file_name: str
    width: int
    height: int
    void: Rle | None = None


@dataclass(frozen=True)
class TruthInstance:
    """Instance, for programs without a class of their own."""

    image_id: int
    category_id: int
    bbox: tuple[float, float, float, float]
    area: float
    segmentation: Rle
    iscrowd: int = 0


@dataclass(frozen=True)
class TruthSet:
    """Ground truth, for programs without a class of their own."""

    classes: tuple[str, ...]
    images: tuple[TruthImage, ...]
    instances: tuple[TruthInstance, ...]
