"""Faces of people who do not exist, and plates with other characters."""

from typing import Literal

import numpy as np
from pydantic import Field

from workflow_scripts.anonymization.method import Anonymized, Method, Outcome, Scene
from workflow_scripts.anonymization.natural.faces.people import replace_faces
from workflow_scripts.anonymization.natural.owners import owners_of
from workflow_scripts.anonymization.natural.places import generator_of, order_of
from workflow_scripts.anonymization.natural.plates.replace import replace_plate
from workflow_scripts.anonymization.natural.replacement import Replacement
from workflow_scripts.regions import Kind, Region


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
        result = scene.image.copy()
        found = self._faces(scene, seed)
        for replacement in found.values():
            replacement.paste(result)
        plates = [region for region in scene.regions if region.kind is Kind.LICENSE_PLATE]
        for region in sorted(plates, key=order_of):
            replacement = replace_plate(result, region, generator_of(seed, region))
            if replacement is not None:
                replacement.paste(result)
                found[region] = replacement
        outcomes = (
            Outcome(region, found[region].route.value, found[region].box)
            for region in scene.regions
            if region in found
        )
        return Anonymized(result, tuple(outcomes))

    def _faces(self, scene: Scene, seed: tuple[int, ...]) -> dict[Region, Replacement]:
        faces = [region for region in scene.regions if region.kind is Kind.FACE]
        owners = owners_of(faces, scene.objects)
        replaced = zip(faces, replace_faces(scene.image, faces, owners, seed), strict=True)
        return {face: replacement for face, replacement in replaced if replacement is not None}
