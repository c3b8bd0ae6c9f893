"""What an anonymization method is given and what it has to do."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from workflow_scripts.common.section import Section
from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.contracts.regions import Region


@dataclass(frozen=True)
class LabelledObject:
    """An object that the data set's labels mark."""

    class_name: str
    instance: Instance


@dataclass(frozen=True, eq=False)
class Scene:
    """An image, what is to be hidden in it, and what is labelled in it."""

    image: np.ndarray
    """(height, width, 3) uint8 RGB; methods leave it as it is."""
    regions: tuple[Region, ...]
    """They may overlap, and a box may reach beyond the frame."""
    objects: tuple[LabelledObject, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """A part of an image that was changed."""

    region: Region | None
    """The region that it was changed for; None: something else, such as a labelled object."""
    method: str
    """What changed it; a method that can fail may name another one that it fell back on."""
    box: tuple[int, int, int, int]
    """x0, y0, x1, y1 in pixels, inside the frame: no pixel outside of it was changed."""


@dataclass(frozen=True, eq=False)
class Anonymized:
    """An image after its regions were treated."""

    image: np.ndarray
    """(height, width, 3) uint8 RGB."""
    outcomes: tuple[Outcome, ...]
    """One for each region that was changed."""


@dataclass(frozen=True)
class Original:
    """An image of a shard, before anything was done."""

    image: CocoImage
    path: Path
    regions: tuple[Region, ...]


@dataclass(frozen=True)
class Finished:
    """An image that was anonymized elsewhere."""

    path: Path
    lossy: bool
    """It went through a lossy codec: not every pixel that differs was changed on purpose."""


class Method(Section):
    """One way to anonymize images. Its fields are its settings.

    A new one is a module in `methods/` with a subclass that has a field
    `method: Literal["its name"]` and the method `anonymize`; one that only has to fill an area
    inherits from `redaction.Redaction` and has `fill` instead.
    """

    treats_objects: ClassVar[bool] = False
    """Whether it has to see images without regions as well, for what is labelled in them."""
    gpus: ClassVar[int] = 0
    """How many GPUs a job asks for; the profile may say otherwise."""
    environment: ClassVar[str] = "workflow"
    """The file in envs/, without its suffix, that holds what it needs."""

    def anonymize(self, scene: Scene, rng: np.random.Generator) -> Anonymized:
        """Treat the regions of one image.

        Args:
            scene: the image and its regions.
            rng: for what is random; the same for this image in every shard and on every machine.

        Returns:
            A new image, in which all pixels outside of the outcomes' boxes are the same.
        """
        raise NotImplementedError(f"{type(self).__name__} needs anonymize() or replacement()")

    @contextlib.contextmanager
    def prepared(
        self, originals: Sequence[Original], folder: Path, threads: int
    ) -> Iterator["Method"]:
        """Do once for a shard what need not or cannot be done for each image.

        Args:
            originals: the images of the shard.
            folder: where its images are written; what is made here for a time may lie in it, in a
                hidden folder.
            threads: how many may be used.

        Yields:
            The method that treats the images, one by one.

        Raises:
            UserError: it cannot be done.
        """
        yield self

    def replacement(self, file_name: str) -> Finished | None:
        """An image that stands for this one; then `anonymize` is not called."""
        return None

    def check(self, split: CocoSplit) -> None:
        """See whether the images of a split, or of a part of one, can be treated.

        Raises:
            UserError: all findings at once.
        """
