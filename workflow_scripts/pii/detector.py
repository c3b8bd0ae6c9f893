"""What a detector is given and what it has to do."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.section import Section
from workflow_scripts.contracts.coco import CocoImage, Instance
from workflow_scripts.contracts.regions import Kind, Points, Region
from workflow_scripts.imaging.images import read_image


@dataclass(frozen=True)
class Frame:
    """One image, decoded at most once however many detectors look at it."""

    info: CocoImage
    root: Path
    """The folder that file names are relative to."""
    threads: int = 1
    """A detector may compute with this many."""
    bearers: Mapping[Kind, tuple[Instance, ...]] | None = None
    """The labelled objects that can have such PII, by kind. None: regions anywhere count, whether
    they lie on a labelled object or not."""

    @property
    def path(self) -> Path:
        """The image file."""
        return self.root / self.info.file_name

    def bearers_of(self, kind: Kind) -> np.ndarray | None:
        """Where regions of a kind have to be looked for: boxes (n, 4) as x0, y0, x1, y1 in pixels.

        None when they have to be looked for everywhere.
        """
        if self.bearers is None:
            return None
        xywh = [instance.bbox for instance in self.bearers.get(kind, ())]
        boxes = np.array(xywh, float).reshape(-1, 4)
        return np.concatenate((boxes[:, :2], boxes[:, :2] + boxes[:, 2:]), axis=1)

    @cached_property
    def image(self) -> np.ndarray:
        """(height, width, 3) uint8 RGB.

        Raises:
            UserError: the file is missing, damaged, or not of the size that the index found.
        """
        image = read_image(self.path)
        height, width = image.shape[:2]
        if (width, height) != (self.info.width, self.info.height):
            raise UserError(
                f"{self.path}: {width}x{height} pixels, the index has "
                f"{self.info.width}x{self.info.height}; index the data set again"
            )
        return image


class Detector(Section):
    """One way to find PII. Its fields are its settings.

    A new one is a module in `detectors/` with a subclass that has a field
    `detector: Literal["its name"]` and the method `regions`.
    """

    kinds: ClassVar[frozenset[Kind]] = frozenset(Kind)
    """What it can find."""
    reads_images: ClassVar[bool] = True
    """Whether it looks at `Frame.image`; if not, nothing is decoded for it."""

    detector: str
    """Its name."""

    @abstractmethod
    def regions(self, frame: Frame, kind: Kind) -> list[Region]:
        """The regions of one kind in one image, boxes inside the frame."""

    def check(self, frames: Sequence[Frame], kind: Kind) -> None:
        """See whether `regions` can work on these images, without looking at their pixels.

        Raises:
            UserError: all findings at once.
        """


def region_inside(
    frame: Frame, kind: Kind, score: float, box: Sequence[float], **points
) -> Region | None:
    """A region with its box (x0, y0, x1, y1) cut to the frame; None when nothing is left."""
    x0, x1 = (min(max(float(x), 0.0), float(frame.info.width)) for x in box[::2])
    y0, y1 = (min(max(float(y), 0.0), float(frame.info.height)) for y in box[1::2])
    if x1 <= x0 or y1 <= y0:
        return None
    return Region(frame.info.file_name, kind, float(score), x0, y0, x1, y1, **points)


def as_points(points: np.ndarray) -> Points:
    """Points (n, 2) of an array as a region keeps them."""
    return tuple((float(x), float(y)) for x, y in points)
