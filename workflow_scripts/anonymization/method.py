"""What an anonymization method is given and what it has to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow_scripts.coco import CocoImage
from workflow_scripts.config.section import Section
from workflow_scripts.regions import Region


@dataclass(frozen=True)
class Outcome:
    """What happened to one region."""

    region: Region
    method: str
    """What changed it; a method that can fail may name another one that it fell back on."""
    box: tuple[int, int, int, int]
    """x0, y0, x1, y1 in pixels, inside the frame: no pixel outside of it was changed."""


@dataclass(frozen=True)
class Anonymized:
    """An image after its regions were treated."""

    image: np.ndarray
    """(height, width, 3) uint8 RGB."""
    outcomes: tuple[Outcome, ...]
    """One for each region that was changed."""


class Method(Section):
    """One way to anonymize images. Its fields are its settings.

    A new one is a module in `methods/` with a subclass that has a field
    `method: Literal["its name"]` and the method `anonymize`; one that only has to fill an area
    inherits from `redaction.Redaction` and has `fill` instead.
    """

    def anonymize(
        self, image: np.ndarray, regions: Sequence[Region], rng: np.random.Generator
    ) -> Anonymized:
        """Treat the regions of one image.

        Args:
            image: (height, width, 3) uint8 RGB; is left as it is.
            regions: of this image. They may overlap, and a box may reach beyond the frame.
            rng: for what is random; the same for this image in every shard and on every machine.

        Returns:
            A new image, in which all pixels outside of the outcomes' boxes are the same.
        """
        raise NotImplementedError(f"{type(self).__name__} needs anonymize() or replacement()")

    def replacement(self, file_name: str) -> Path | None:
        """A finished file that stands for this image; then `anonymize` is not called."""
        return None

    def check(self, images: Sequence[CocoImage]) -> None:
        """See whether these images can be treated, before any is.

        Raises:
            UserError: all findings at once.
        """
