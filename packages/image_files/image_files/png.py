"""Fast PNG writer: one filter for all rows, and Intel's ISA-L for compression."""

import numpy as np
from isal import isal_zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}
"""PNG's colour types of grey, grey with alpha, RGB and RGBA, by number of channels."""
_DEPTHS = (np.uint8, np.uint16)
_UP = 2
"""Filter that subtracts the row above."""
_LEVEL = 1
"""Levels 2 and 3 are no faster and save only 1 %."""
_LARGEST = 2**30
"""Bytes of a chunk; PNG allows twice as many."""


def png_of(pixels: np.ndarray, profile: bytes | None = None) -> bytes:
    """Content of a PNG file, lossless.

    On photographs, it takes a third of OpenCV's time and 0.9 of its size. The same pixels give the
    same bytes; CPUs with other instructions may compress differently.

    Args:
        pixels: (height, width) grey, or (height, width, 2, 3 or 4) grey with alpha, RGB or RGBA,
            uint8 or uint16.
        profile: ICC profile to include.

    Raises:
        ValueError: there are no pixels, or they are of another type or shape.
    """
    channels = 1 if pixels.ndim == 2 else pixels.shape[-1]
    fits = pixels.ndim in (2, 3) and channels in _COLOUR_TYPES and pixels.dtype in _DEPTHS
    if not fits or not pixels.size:
        raise ValueError(f"no PNG can be made of pixels of shape {pixels.shape}, {pixels.dtype}")
    height, width = pixels.shape[:2]
    form = bytes((8 * pixels.itemsize, _COLOUR_TYPES[channels], 0, 0, 0))
    head = width.to_bytes(4) + height.to_bytes(4) + form
    packed = memoryview(isal_zlib.compress(_filtered(pixels), _LEVEL))
    parts: list[bytes | memoryview] = [SIGNATURE, *chunk(b"IHDR", head)]
    if profile:
        parts += chunk(b"iCCP", b"icc\0\0" + isal_zlib.compress(profile))
    for start in range(0, len(packed), _LARGEST):
        parts += chunk(b"IDAT", packed[start : start + _LARGEST])
    return b"".join((*parts, *chunk(b"IEND", b"")))


def _filtered(pixels: np.ndarray) -> np.ndarray:
    """Filtered rows: the filter's number, then the bytes minus those of the row above."""
    most_significant_first = pixels.astype(pixels.dtype.newbyteorder(">"), copy=False)
    rows = np.ascontiguousarray(most_significant_first).reshape(len(pixels), -1).view(np.uint8)
    result = np.empty((rows.shape[0], 1 + rows.shape[1]), np.uint8)
    result[:, 0] = _UP
    result[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=result[1:, 1:])
    return result


def chunk(name: bytes, content: bytes | memoryview) -> tuple[bytes | memoryview, ...]:
    """The parts of a chunk of a PNG file."""
    check = isal_zlib.crc32(content, isal_zlib.crc32(name))
    return len(content).to_bytes(4), name, content, check.to_bytes(4)
