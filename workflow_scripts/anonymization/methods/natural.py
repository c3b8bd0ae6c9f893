"""Faces of people who do not exist, and plates with other characters."""

from typing import Literal

import numpy as np
from pydantic import Field

from workflow_scripts.anonymization.method import Anonymized, Method, Outcome, Scene
from workflow_scripts.anonymization.natural.faces.replace import replace_face
from workflow_scripts.anonymization.natural.plates.replace import replace_plate
from workflow_scripts.regions import Kind


class Natural(Method):
    """Draw another face over each face, and other characters on each license plate.

    An outcome's method says which way a region took: `natural`, `natural_wide` where the first
    attempts were too like the original, or `fallback` where none passed and it was blurred.
    """

    method: Literal["natural"] = "natural"
    """Draw another face over each face, and other characters on each license plate."""
    seed: int = Field(0, ge=0)
    """Another seed draws other people and other plates."""

    def anonymize(self, scene: Scene, rng: np.random.Generator) -> Anonymized:
        """Replace each region in turn; see `Method.anonymize`."""
        draws = np.random.default_rng([self.seed, int(rng.integers(2**63))])
        result = scene.image.copy()
        outcomes = []
        for region in scene.regions:
            if region.kind is Kind.FACE:
                replacement = replace_face(result, region, draws, original=scene.image)
            else:
                replacement = replace_plate(result, region, draws)
            if replacement is None:
                continue
            replacement.paste(result)
            outcomes.append(Outcome(region, replacement.route.value, replacement.box))
        return Anonymized(result, tuple(outcomes))
