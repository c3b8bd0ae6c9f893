"""Faces inpainted by a diffusion model, plates with other characters."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from face_inpainting import (
    Inpainter,
    InpaintingError,
    InpaintingOptions,
    find_model,
    missing_libraries,
    paint_faces,
)
from natural_pii import PlateRegion, Route, replace_plate
from plain_commands.errors import UserError
from plain_commands.files import canonical_json, sha256_of
from plain_commands.section import Seed
from pydantic import Field, PrivateAttr

from workflow_scripts.anonymization.method import Method
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.manifest import Change
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.pictures import Picture


class Diffusion(Method):
    """Let a diffusion model paint other faces; plates are replaced as by `natural`.

    The model sees the surroundings of a face and never the face: that is filled with a smooth
    colour beforehand. A change's method is `diffusion`, or `fallback` where the model gave no
    picture and the smooth colour stayed; plates have those of `natural`.
    """

    gpus = 1
    environment = "diffusion"

    method: Literal["diffusion"] = "diffusion"
    """Let a diffusion model paint other faces (docs/diffusion.md)."""
    model: str
    """An inpainting pipeline of diffusers: a folder, or a model id whose files are in the local
    cache, such as stable-diffusion-v1-5/stable-diffusion-inpainting."""
    revision: str | None = None
    """Branch, tag or commit of a model id. For a folder any text: change it when the folder's
    content has changed, and the images are made anew."""
    seed: Seed = 0
    """Another seed paints other people."""
    prompt: str = "photograph of the face of a person in a street"
    """What to paint."""
    negative_prompt: str = ""
    """What not to paint."""
    size: int = Field(512, ge=64, le=2048, multiple_of=8)
    """Side of the squares that the model paints, pixels: what it was trained with."""
    context: float = Field(3.0, ge=1.5, le=20)
    """Side of the square that is cut out around a face, relative to the face with its margin."""
    margin: float = Field(0.25, ge=0, le=2)
    """Paint this much more to each side, relative to the face's width and height; it fades into
    the picture."""
    steps: int = Field(30, ge=1)
    """Denoising steps."""
    guidance: float = Field(7.5, ge=0)
    """How closely the model follows the prompt."""
    strength: float = Field(1.0, gt=0, le=1)
    """1 starts from noise; less starts from the smooth colour that took the face's place."""
    batch: int = Field(8, ge=1)
    """Faces of one image that are painted together, at most; limits the memory."""
    _inpainter: Inpainter | None = PrivateAttr(None)

    def check(self, split: CocoSplit) -> None:
        """See that libraries and weights are there."""
        with _told_to_users():
            find_model(self.model, self.revision)

    @contextlib.contextmanager
    def prepared(self, pictures: Sequence[Picture], folder: Path, threads: int) -> Iterator[Method]:
        """Load the model if the shard has faces; see `Method.prepared`."""
        loaded = self.model_copy()
        if any(region.kind is Kind.FACE for picture in pictures for region in picture.regions):
            with _told_to_users():
                loaded._inpainter = Inpainter(self.model, self.revision)
        yield loaded

    def anonymize(
        self, picture: Picture, rng: np.random.Generator
    ) -> tuple[np.ndarray, list[Change]]:
        """Replace the faces, then the plates; see `Method.anonymize`."""
        draws = np.random.default_rng([self.seed, int(rng.integers(2**63))])
        result, changes = self._paint_faces(picture)
        for place, region in enumerate(picture.regions):
            if region.kind is Kind.LICENSE_PLATE:
                box = (region.x0, region.y0, region.x1, region.y1)
                replacement = replace_plate(result, PlateRegion(*box, region.quad), draws)
                if replacement is not None:
                    replacement.paste(result)
                    route = replacement.route.value
                    changes[place] = Change.of(region, route, replacement.box)
        return result, [changes[place] for place in sorted(changes)]

    def _paint_faces(self, picture: Picture) -> tuple[np.ndarray, dict[int, Change]]:
        """The image with other faces, and the changes by the regions' places."""
        faces = {
            place: region
            for place, region in enumerate(picture.regions)
            if region.kind is Kind.FACE
        }
        if not faces:
            return picture.pixels.copy(), {}
        if self._inpainter is None:
            raise RuntimeError("anonymize() is called on what prepared() yields")
        options = {name: getattr(self, name) for name in InpaintingOptions.__dataclass_fields__}
        with _told_to_users():
            result, painted = paint_faces(
                picture.pixels,
                [(face.x0, face.y0, face.x1, face.y1) for face in faces.values()],
                [self._seed_of(face) for face in faces.values()],
                self._inpainter,
                InpaintingOptions(**options),
            )
        return result, {
            place: Change.of(
                faces[place], self.method if done.by_model else Route.FALLBACK.value, done.box
            )
            for place, done in zip(faces, painted, strict=True)
            if done is not None
        }

    def _seed_of(self, region: Region) -> int:
        box = [region.x0, region.y0, region.x1, region.y1]
        return int(sha256_of(canonical_json([self.seed, region.image, box]))[:15], 16)


@contextlib.contextmanager
def _told_to_users() -> Iterator[None]:
    """What the user can put right, as one line."""
    if missing := missing_libraries():
        raise UserError(
            f"method diffusion needs {' and '.join(missing)}, not installed here; install the "
            "extra `diffusion` of pyproject.toml, or use --software-deployment-method conda"
        )
    try:
        yield
    except InpaintingError as error:
        raise UserError(str(error)) from None
