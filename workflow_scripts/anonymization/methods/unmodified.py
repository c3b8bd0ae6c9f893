"""Method `unmodified`: the originals, the reference that other variants are compared with."""

from typing import ClassVar, Literal

import numpy as np
from plain_commands.section import Seed

from workflow_scripts.anonymization.method import Method
from workflow_scripts.contracts.manifest import Change
from workflow_scripts.imaging.pictures import Picture


class Unmodified(Method):
    """Keep the images. The workflow trains on the originals and writes no copies."""

    makes_images: ClassVar = False

    method: Literal["unmodified"] = "unmodified"
    """Keep the originals."""
    seed_offset: Seed = 0
    """Offset added to the seed for training: a second unmodified variant shows how much two
    identical variants differ (A/A control)."""
    speed: Literal["exact", "fast"] | None = None
    """Speed of the training, instead of that in section `training`: a second unmodified variant
    shows whether fast trainings are equivalent to exact ones."""

    def anonymize(
        self, picture: Picture, rng: np.random.Generator
    ) -> tuple[np.ndarray, list[Change]]:
        """Change nothing."""
        return picture.pixels.copy(), []
