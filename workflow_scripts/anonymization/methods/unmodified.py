"""The originals: the reference that the other variants are compared with."""

from typing import ClassVar, Literal

import numpy as np
from plain_commands.section import Seed

from workflow_scripts.anonymization.method import Method
from workflow_scripts.contracts.manifest import Change
from workflow_scripts.imaging.pictures import Picture


class Unmodified(Method):
    """Leave the images as they are. A workflow trains on the originals and writes none."""

    makes_images: ClassVar = False

    method: Literal["unmodified"] = "unmodified"
    """Keep the originals."""
    seed_offset: Seed = 0
    """Train with the run's seed plus this number: a second unmodified variant shows how much two
    variants differ that are the same (A/A control)."""
    speed: Literal["exact", "fast"] | None = None
    """Train with this speed instead of that of the section `training`: a second unmodified variant
    shows whether fast trainings are equivalent to exact ones."""

    def anonymize(
        self, picture: Picture, rng: np.random.Generator
    ) -> tuple[np.ndarray, list[Change]]:
        """Change nothing."""
        return picture.pixels.copy(), []
