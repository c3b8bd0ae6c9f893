"""Faces of people who do not exist, and plates with other characters."""

from typing import Literal

import numpy as np
from natural_pii.faces.people import replace_faces
from natural_pii.places import generator_of
from natural_pii.plates.replace import replace_plate
from pydantic import Field

from workflow_scripts.anonymization.method import Anonymized, Method, Outcome, Scene
from workflow_scripts.anonymization.owners import owners_of
from workflow_scripts.contracts.regions import Kind, order_of


class Natural(Method):
    """Draw another face over each face, and other characters on each license plate.

    An outcome's method says which way a region took: `natural`, `natural_wide` where the first
    attempts were too like the original, or `fallback` where none passed and it was smeared.
    """

    method: Literal["natural"] = "natural"
    """Draw another face over each face, and other characters on each license plate."""
    seed: int = Field(0, ge=0)
    """Another seed draws other people and other plates."""

    def anonymize(self, scene: Scene, rng: np.random.Generator) -> Anonymized:
        """Replace the faces, then the plates; see `Method.anonymize`.

        What becomes of a region depends on its place, never on its place in the list.
        """
        seed = (self.seed, int(rng.integers(2**63)))
        faces = [region for region in scene.regions if region.kind is Kind.FACE]
        owners = owners_of(faces, scene.objects)
        result, replaced = replace_faces(scene.image, faces, owners, seed)
        found = dict(zip(faces, replaced, strict=True))
        plates = [region for region in scene.regions if region.kind is Kind.LICENSE_PLATE]
        for region in sorted(plates, key=order_of):
            replacement = replace_plate(result, region, generator_of(seed, region))
            if replacement is not None:
                replacement.paste(result)
            found[region] = replacement
        outcomes = (
            Outcome(region, found[region].route.value, found[region].box)
            for region in scene.regions
            if found[region] is not None
        )
        return Anonymized(result, tuple(outcomes))
