"""Faces painted by a diffusion model: settings, and the loaded model."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
from face_inpainting import (
    Inpainter,
    InpaintingError,
    InpaintingOptions,
    PaintedFace,
    find_model,
    missing_libraries,
    paint_faces,
)
from plain_commands.errors import UserError
from plain_commands.files import canonical_json, sha256_of
from plain_commands.section import Section
from pydantic import Field, PrivateAttr

from workflow_scripts.contracts.regions import Region

ENVIRONMENT = "diffusion"
"""Name of the environment file in envs/, without its suffix."""


class FacePainter(Section):
    """A diffusion model, and the settings for painting."""

    model: str = Field(min_length=1)
    """An inpainting pipeline of diffusers: a folder, or a model id whose files are in the local
    cache, such as stable-diffusion-v1-5/stable-diffusion-inpainting."""
    revision: str | None = None
    """Branch, tag or commit of a model id. For a folder, any text: change it when the folder's
    content has changed, so that the images are made again."""
    prompt: str = "photograph of the face of a person in a street"
    """What to paint."""
    negative_prompt: str = ""
    """What not to paint."""
    size: int = Field(512, ge=64, le=2048, multiple_of=8)
    """Side of the squares that the model paints, in pixels: the size that it was trained with."""
    context: float = Field(3.0, ge=1.5, le=20)
    """Side of the square crop around a face, relative to the face with its margin."""
    margin: float = Field(0.25, ge=0, le=2)
    """Additional painted margin on each side, relative to the face's width and height; it fades
    into the picture."""
    steps: int = Field(30, ge=1)
    """Denoising steps."""
    guidance: float = Field(7.5, ge=0)
    """Guidance scale: how closely the model follows the prompt."""
    strength: float = Field(1.0, gt=0, le=1)
    """Strength of the noise: 1 starts from pure noise, less from the smooth colour that replaced
    the face."""
    batch: int = Field(8, ge=1)
    """Maximum number of faces of an image that are painted together; limits memory."""
    _inpainter: Inpainter | None = PrivateAttr(None)

    def check_model(self) -> None:
        """Check that libraries and weights exist.

        Raises:
            UserError: something is missing, or the model is not a pipeline.
        """
        with _told_to_users():
            find_model(self.model, self.revision)

    def loaded(self) -> Self:
        """A copy of the settings with the model in memory.

        Raises:
            UserError: the model is missing or damaged.
        """
        copy = self.model_copy()
        with _told_to_users():
            copy._inpainter = Inpainter(self.model, self.revision)
        return copy

    def paint(
        self, pixels: np.ndarray, faces: Sequence[Region], seed: int
    ) -> tuple[np.ndarray, list[PaintedFace | None]]:
        """A copy of an image with other faces; see `face_inpainting.paint_faces`.

        Args:
            pixels: (height, width, 3) uint8 RGB.
            faces: the faces to paint; the model never sees them.
            seed: determines the painted face, together with the image and the box.
        """
        if not faces:
            return pixels.copy(), []
        if self._inpainter is None:
            raise RuntimeError("paint() is called on what loaded() returns")
        options = {name: getattr(self, name) for name in InpaintingOptions.__dataclass_fields__}
        boxes = [face.box for face in faces]
        seeds = [
            int(sha256_of(canonical_json([seed, face.image, list(box)]))[:15], 16)
            for face, box in zip(faces, boxes, strict=True)
        ]
        with _told_to_users():
            return paint_faces(pixels, boxes, seeds, self._inpainter, InpaintingOptions(**options))


@contextlib.contextmanager
def _told_to_users() -> Iterator[None]:
    """A user error, as one line."""
    if missing := missing_libraries():
        raise UserError(
            f"faces by a diffusion model need {' and '.join(missing)} (not installed); install "
            "the extra `diffusion` of pyproject.toml, or use --software-deployment-method conda"
        )
    try:
        yield
    except InpaintingError as error:
        raise UserError(str(error)) from None
