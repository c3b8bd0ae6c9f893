"""Method `diffusion`: faces inpainted by a diffusion model, plates with other characters."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from natural_pii import PlateRegion, Route, replace_plate
from plain_commands.section import Seed

from workflow_scripts.anonymization.inpainting import ENVIRONMENT, FacePainter
from workflow_scripts.anonymization.method import Method
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import Change
from workflow_scripts.contracts.regions import Kind
from workflow_scripts.imaging.pictures import Picture


class Diffusion(FacePainter, Method):
    """Replace faces by a diffusion model, and plates like method `natural`.

    The model sees the surroundings of a face but never the face itself, which is first filled with
    a smooth colour. A change's method is `diffusion`, or `fallback` if the model returned no
    picture and the smooth colour stayed; changes of plates have the methods of `natural`.
    """

    method: Literal["diffusion"] = "diffusion"
    """Replace faces by a diffusion model (docs/diffusion.md)."""
    seed: Seed = 0
    """Seed of the painted people."""

    @property
    def gpus(self) -> int:
        return 1

    @property
    def environment(self) -> str:
        return ENVIRONMENT

    def check(self, split: CocoSplit) -> None:
        """Check that libraries and weights are there."""
        self.check_model()

    @contextlib.contextmanager
    def prepared(self, pictures: Sequence[Picture], folder: Path, threads: int) -> Iterator[Method]:
        """Load the model if the shard has faces; see `Method.prepared`."""
        faces = (region.kind is Kind.FACE for picture in pictures for region in picture.regions)
        yield self.loaded() if any(faces) else self

    def anonymize(
        self, picture: Picture, rng: np.random.Generator
    ) -> tuple[np.ndarray, list[Change]]:
        """Replace the faces, then the plates; see `Method.anonymize`."""
        draws = np.random.default_rng([self.seed, int(rng.integers(2**63))])
        places = [n for n, region in enumerate(picture.regions) if region.kind is Kind.FACE]
        faces = [picture.regions[place] for place in places]
        result, painted = self.paint(picture.pixels, faces, self.seed)
        changes = {
            place: Change.of(face, self.method if done.by_model else Route.FALLBACK.value, done.box)
            for place, face, done in zip(places, faces, painted, strict=True)
            if done is not None
        }
        for place, region in enumerate(picture.regions):
            if region.kind is Kind.LICENSE_PLATE:
                replacement = replace_plate(result, PlateRegion(*region.box, region.quad), draws)
                if replacement is not None:
                    replacement.paste(result)
                    route = replacement.route.value
                    changes[place] = Change.of(region, route, replacement.box)
        return result, [changes[place] for place in sorted(changes)]
