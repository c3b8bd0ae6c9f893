"""Inpainting of the faces in an image."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .crops import Box, crop_around, hole_of, holes_mask
from .inpainter import Inpainter, InpaintingOptions


@dataclass(frozen=True)
class PaintedFace:
    """Result of inpainting a face."""

    box: tuple[int, int, int, int]
    """x0, y0, x1, y1 in pixels, inside the image: the changed area."""
    by_model: bool
    """Whether the model painted it; otherwise, a smooth colour of the surroundings remains."""


def paint_faces(
    image: np.ndarray,
    faces: Sequence[Box],
    seeds: Sequence[int],
    inpainter: Inpainter,
    options: InpaintingOptions,
) -> tuple[np.ndarray, list[PaintedFace | None]]:
    """Copy of an image with other faces.

    The model never sees a face: all are filled with smooth colours beforehand.

    Args:
        image: (height, width, 3) uint8 RGB.
        faces: boxes of the faces.
        seeds: seed of each face, below 2**63.
        inpainter: the model.
        options: prompt and parameters.

    Returns:
        The new image, and the result for each face; None for a face outside the image.

    Raises:
        InpaintingError: the GPU has too little memory for a batch.
    """
    frame = image.shape[:2]
    holes = [hole_of(face, frame, options.margin) for face in faces]
    mask = holes_mask([hole for hole in holes if hole], frame)
    crops = [
        (number, crop_around(hole, image, mask, options.context, options.size))
        for number, hole in enumerate(holes)
        if hole
    ]
    result = image.copy()
    done: list[PaintedFace | None] = [None] * len(faces)
    for start in range(0, len(crops), options.batch):
        batch = crops[start : start + options.batch]
        painted = inpainter.paint(
            [crop.image for _, crop in batch],
            [crop.mask for _, crop in batch],
            [seeds[number] for number, _ in batch],
            options,
        )
        for (number, crop), new in zip(batch, painted, strict=True):
            crop.paste(crop.image if new is None else new, result)
            done[number] = PaintedFace(crop.hole.box, by_model=new is not None)
    return result, done
