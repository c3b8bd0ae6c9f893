"""TIFF files with 16-bit colours, which Pillow cannot write."""

import numpy as np
from isal import isal_zlib
from PIL.TiffImagePlugin import ImageFileDirectory_v2

_HEAD = 8
"""Bytes before the directory."""


def tiff_of(pixels: np.ndarray, profile: bytes | None = None) -> bytes:
    """Content of a TIFF file, lossless.

    Args:
        pixels: (height, width, 3) uint16 RGB.
        profile: ICC profile to include.

    Raises:
        ValueError: the pixels are of another type or shape.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint16:
        raise ValueError(f"no TIFF can be made of pixels of shape {pixels.shape}, {pixels.dtype}")
    height, width = pixels.shape[:2]
    packed = isal_zlib.compress(np.ascontiguousarray(pixels, "<u2"))
    tags = ImageFileDirectory_v2()
    tags[256], tags[257], tags[258], tags[277] = width, height, (16, 16, 16), 3
    tags[259], tags[262] = 8, 2  # compressed by zlib; RGB
    tags[273], tags[278], tags[279] = 0, height, len(packed)  # from the end of the directory
    if profile:
        tags[34675] = profile
    return b"II*\0" + _HEAD.to_bytes(4, "little") + tags.tobytes(_HEAD) + packed
