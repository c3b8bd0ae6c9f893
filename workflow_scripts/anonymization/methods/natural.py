"""Faces of people who do not exist, and plates with other characters."""

from typing import Literal

import natural_pii
import numpy as np
from natural_pii import FaceRegion, PlateRegion
from pydantic import Field

from workflow_scripts.anonymization.method import Anonymized, Method, Outcome, Scene
from workflow_scripts.anonymization.owners import owners_of
from workflow_scripts.contracts.regions import Kind, Region


class Natural(Method):
    """Draw another face over each face, and other characters on each license plate.

    The method of an outcome is `natural`, `natural_wide` where the first attempts were too like the
    original, or `fallback` where no attempt was accepted.
    """

    method: Literal["natural"] = "natural"
    """Draw another face over each face, and other characters on each license plate."""
    seed: int = Field(0, ge=0)
    """Another seed draws other people and other plates."""

    def anonymize(self, scene: Scene, rng: np.random.Generator) -> Anonymized:
        """Replace the faces, then the plates; see `Method.anonymize`."""
        image, replacements = natural_pii.anonymize(
            scene.image,
            [_as_natural(region) for region in scene.regions],
            seed=(self.seed, int(rng.integers(2**63))),
            people=owners_of(scene.regions, scene.objects),
        )
        outcomes = (
            Outcome(region, replacement.route.value, replacement.box)
            for region, replacement in zip(scene.regions, replacements, strict=True)
            if replacement is not None
        )
        return Anonymized(image, tuple(outcomes))


def _as_natural(region: Region) -> FaceRegion | PlateRegion:
    box = (region.x0, region.y0, region.x1, region.y1)
    if region.kind is Kind.FACE:
        return FaceRegion(*box, region.landmarks)
    return PlateRegion(*box, region.quad)
