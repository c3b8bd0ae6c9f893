"""Faces inpainted by a diffusion model that never sees the originals.

`paint_faces` processes an image with the model loaded by an `Inpainter`. The approach is that of
LDFA (Klemp et al., CVPR Workshops 2023).
"""

from .inpainter import Inpainter, InpaintingError, InpaintingOptions, find_model, missing_libraries
from .painting import PaintedFace, paint_faces

__all__ = [
    "Inpainter",
    "InpaintingError",
    "InpaintingOptions",
    "PaintedFace",
    "find_model",
    "missing_libraries",
    "paint_faces",
]
