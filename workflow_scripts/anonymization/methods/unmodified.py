"""The originals: the reference that the other variants are compared with."""

from typing import Literal

import numpy as np

from workflow_scripts.anonymization.method import Anonymized, Method, Scene


class Unmodified(Method):
    """Leave the images as they are. A workflow trains on the originals and writes none."""

    method: Literal["unmodified"] = "unmodified"
    """Keep the originals."""

    def anonymize(self, scene: Scene, rng: np.random.Generator) -> Anonymized:
        """Change nothing."""
        return Anonymized(scene.image.copy(), ())
