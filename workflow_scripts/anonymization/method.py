"""The protocol of anonymization methods."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
from image_files import is_lossy
from plain_commands.section import Section

from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import Change
from workflow_scripts.imaging.pictures import Picture


@dataclass(frozen=True)
class Finished:
    """An image that another program has anonymized."""

    path: Path
    lossy: bool | None = None
    """Whether a lossy codec was used, so that pixels differ without a change; None: as the format
    of the file says."""
    same: bool = True
    """Whether it has to match the original outside PII regions."""

    def is_lossy(self, content: bytes) -> bool:
        """Whether a lossy codec was used, given the content of the file."""
        return is_lossy(content) if self.lossy is None else self.lossy


class Method(Section):
    """One way to anonymize images. Its fields are its settings.

    A new method is a module in `methods/` with a subclass that has a field `method: Literal["its
    name"] = "its name"` and the method `anonymize`; a method that only fills an area around each
    region inherits from `redaction.Redaction` and defines `fill` instead.
    """

    treats_objects: ClassVar[bool] = False
    """Whether images without PII regions are changed too, because of their labelled objects."""
    makes_images: ClassVar[bool] = True
    """Whether the method itself hides PII, instead of keeping it or using finished images."""

    method: str
    """Name of the method."""
    strip_metadata: bool = True
    """Remove EXIF (with positions and thumbnails), XMP, IPTC and comments from images that are
    taken over: unchanged originals, and results of other programs. Their pixels do not change.
    false: such images are linked."""

    @property
    def gpus(self) -> int:
        """Number of GPUs that a job requests; a profile can override it."""
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
            picture: has `pixels` (height, width, 3) uint8 RGB, which must not be modified,
                `regions` to hide, and the labelled `objects`.
            rng: source of all randomness; its state depends on the image, not on the shard or
                machine.

        Returns:
            New pixels and the changes (`Change.of` a region). Pixels outside the boxes of the
            changes do not change.
        """
        raise NotImplementedError(f"{type(self).__name__} needs anonymize() or replacement()")

    @contextlib.contextmanager
    def prepared(
        self, pictures: Sequence[Picture], folder: Path, threads: int
    ) -> Iterator["Method"]:
        """Context for work done once per shard.

        Args:
            pictures: the images of the shard.
            folder: the shard's output; temporary files belong in a hidden folder in it.
            threads: CPU threads that may be used.

        Yields:
            The method that anonymizes the images one by one.

        Raises:
            UserError: the shard cannot be anonymized.
        """
        yield self

    def replacement(self, file_name: str) -> Finished | None:
        """A finished image to use instead of calling `anonymize`, or None."""
        return None

    @property
    def needs_whole_split(self) -> bool:
        """Whether `dropped` needs all images of the split, not only those of the shard."""
        return False

    def dropped(self, pictures: Sequence[Picture]) -> frozenset[str]:
        """`file_name`s of the images that the variant drops.

        Args:
            pictures: the images of the shard, or of the split if `needs_whole_split`.
        """
        return frozenset()

    def check(self, split: CocoSplit) -> None:
        """Check settings and files.

        Raises:
            UserError: the images cannot be anonymized; reports all findings at once.
        """
