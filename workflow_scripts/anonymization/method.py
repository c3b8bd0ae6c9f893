"""The protocol of anonymization methods."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from plain_commands.section import Section

from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import Change
from workflow_scripts.imaging.pictures import Picture


@dataclass(frozen=True)
class Finished:
    """An image that another program has anonymized."""

    path: Path
    lossy: bool
    """Whether a lossy codec was used, so that pixels differ without a change."""
    same: bool = True
    """Whether it has to show the original's picture outside of PII regions."""


class Method(Section):
    """One way to anonymize images. Its fields are its settings.

    A new method is a module in `methods/` with a subclass that has a field
    `method: Literal["its name"] = "its name"` and the method `anonymize`; one that only fills an
    area around each region inherits from `redaction.Redaction` and has `fill` instead.
    """

    treats_objects: ClassVar[bool] = False
    """Whether images without PII regions are changed as well, for their labelled objects."""
    makes_images: ClassVar[bool] = True
    """Whether it hides PII by itself, rather than to leave it or to take finished images."""

    method: str
    """Name of the method."""
    strip_metadata: bool = True
    """Leave EXIF (with positions and thumbnails), XMP, IPTC and comments out of images that are
    taken over: originals in which nothing changes, and results of other programs. Their pixels stay
    as they are. false: such images are linked as they are."""

    @property
    def gpus(self) -> int:
        """Number of GPUs that a job asks for; the profile may say otherwise."""
        return 0

    @property
    def environment(self) -> str:
        """Name of the environment file in envs/, without its suffix."""
        return "workflow"

    def anonymize(
        self, picture: Picture, rng: np.random.Generator
    ) -> tuple[np.ndarray, list[Change]]:
        """Anonymize one image.

        Args:
            picture: has `pixels` (height, width, 3) uint8 RGB, which must not be written to,
                `regions` to hide, and the labelled `objects`.
            rng: source of all randomness, the same for an image in each shard and on each machine.

        Returns:
            New pixels and the changes (`Change.of` a region). Pixels outside of the boxes of the
            changes are as they were.
        """
        raise NotImplementedError(f"{type(self).__name__} needs anonymize() or replacement()")

    @contextlib.contextmanager
    def prepared(
        self, pictures: Sequence[Picture], folder: Path, threads: int
    ) -> Iterator["Method"]:
        """Work that is done once for a shard.

        Args:
            pictures: the images of the shard.
            folder: the shard's output; temporary files may lie in a hidden folder in it.
            threads: CPU threads that may be used.

        Yields:
            The method that anonymizes the images, one by one.

        Raises:
            UserError: the shard cannot be anonymized.
        """
        yield self

    def replacement(self, file_name: str) -> Finished | None:
        """An image file to take instead of calling `anonymize`, if there is one."""
        return None

    @property
    def needs_whole_split(self) -> bool:
        """Whether `dropped` has to see all images of the split, not only those of the shard."""
        return False

    def dropped(self, pictures: Sequence[Picture]) -> frozenset[str]:
        """`file_name`s of images that the variant leaves out.

        Args:
            pictures: the images of the shard, or of the split where it `needs_whole_split`.
        """
        return frozenset()

    def check(self, split: CocoSplit) -> None:
        """Check settings and files.

        Raises:
            UserError: the images of this split, or part of one, cannot be anonymized; all findings
                at once.
        """
