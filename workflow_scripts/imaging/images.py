"""Reading and writing of images. In memory an image is (height, width, 3) uint8, RGB."""

import io
import struct
from pathlib import Path

import cv2
import numpy as np
import simplejpeg
from image_files import orientation_of, png_of
from PIL import Image
from plain_commands.errors import UserError
from plain_commands.files import atomic, read_bytes, sha256_of

from workflow_scripts.contracts.advice import INDEXED_AGAIN, SHARD_MADE_AGAIN
from workflow_scripts.contracts.coco import CocoImage

MAX_PIXELS, MAX_SIDE = 2**30, 2**20
"""Largest image that is read by any library: the limits of OpenCV."""
UNREADABLE = OSError, SyntaxError, ValueError, TypeError, struct.error
"""Errors that Pillow raises for damaged files."""
_NO_JPEG_DAMAGE = (
    "Unsupported color conversion",
    "Could not determine subsampling",
    "unknown JFIF revision",
)
"""Parts of libjpeg's messages that do not tell of damage."""
Image.MAX_IMAGE_PIXELS = None  # Pillow's own limit, 179 million, lies below that


def size_in_header(file: Path | bytes) -> tuple[int, int] | None:
    """Width and height of a stored image, without decoding it; None if Pillow cannot read it."""
    try:
        with Image.open(io.BytesIO(file) if isinstance(file, bytes) else file) as image:
            return image.size
    except UNREADABLE:
        return None


def decode_image(raw: bytes, path: Path, *, upright: bool | None = False) -> np.ndarray:
    """Decode an image file's bytes to (height, width, 3) uint8 RGB.

    Grey, 16-bit and transparent images become 8-bit RGB.

    Args:
        raw: content of the file.
        path: file name, for errors.
        upright: whether to apply an EXIF orientation, like viewers do, or to ignore it.

    Raises:
        UserError: the file is truncated, damaged, not an image, or too large, or its pixels have 32
            or 64 bits per channel. OpenCV reports damage only when it decodes from memory: from a
            path, it fills missing parts.
    """
    return _decode(
        raw, path, cv2.IMREAD_COLOR_RGB | (0 if upright else cv2.IMREAD_IGNORE_ORIENTATION)
    )


def checked_size(raw: bytes, path: Path, *, upright: bool) -> tuple[tuple[int, int], bool]:
    """Width and height of an image file whose pixels can be decoded.

    Args:
        raw: content of the file.
        path: file name, for errors.
        upright: as in `decode_image`.

    Returns:
        The size, and whether JPEG data are damaged. OpenCV, which reads the pixels in all stages,
        fills what is missing without saying so; other formats are refused then.

    Raises:
        UserError: as in `decode_image`.
    """
    is_damaged = False
    if raw.startswith(b"\xff\xd8\xff") and size_in_header(raw) is not None:
        _refuse_huge(raw, path)
        try:
            height, width = simplejpeg.decode_jpeg(raw, strict=True).shape[:2]
        except ValueError as error:
            is_damaged = not any(words in str(error) for words in _NO_JPEG_DAMAGE)
        else:
            if not upright or _is_surely_upright(raw):
                return (width, height), False
    height, width = decode_image(raw, path, upright=upright).shape[:2]
    return (width, height), is_damaged


def _is_surely_upright(raw: bytes) -> bool:
    """Whether no library can find a rotation in a JPEG file."""
    if b"tiff:Orientation" in raw or raw.count(b"Exif\0\0") > 1:  # Pillow and OpenCV differ
        return False
    try:
        return orientation_of(raw) == 1
    except UNREADABLE:
        return False


def shrunk(pixels: np.ndarray, factor: float) -> np.ndarray:
    """Reduced image (h, w, 3); the same one for a factor of 1 or more."""
    if factor >= 1:
        return pixels
    size = [max(round(factor * side), 1) for side in pixels.shape[1::-1]]
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)


def decode_ids(raw: bytes, path: Path) -> np.ndarray:
    """Decode a label image's bytes to (height, width) as stored, 8 or 16 bit.

    Raises:
        UserError: the file is truncated, damaged, or has several channels.
    """
    ids = _decode(raw, path, cv2.IMREAD_UNCHANGED)
    if ids.ndim != 2:
        raise UserError(f"{path}: {ids.shape[2]} channels; a label image has one")
    return ids


def _decode(raw: bytes, path: Path, flags: int) -> np.ndarray:
    _refuse_huge(raw, path)
    image = _decoded(raw, flags)
    if image is None and (stored := _decoded(raw, cv2.IMREAD_UNCHANGED)) is not None:
        raise UserError(
            f"{path}: its pixels are {stored.dtype}, which is not supported; convert it to 8 or 16 "
            "bits per channel"
        )
    if image is None or _is_damaged(raw):
        raise UserError(
            f"{path}: truncated, damaged, or not an image ({len(raw)} bytes); copy it again"
        )
    return image


def _decoded(raw: bytes, flags: int) -> np.ndarray | None:
    """The pixels that OpenCV decodes, if any."""
    try:
        return cv2.imdecode(np.frombuffer(raw, np.uint8), flags) if raw else None
    except cv2.error:
        return None


def _refuse_huge(raw: bytes, path: Path) -> None:
    width, height = size_in_header(raw) or (0, 0)
    if width * height > MAX_PIXELS or max(width, height) > MAX_SIDE:
        raise UserError(
            f"{path}: the header says {width}x{height} pixels; images of up to {MAX_PIXELS:,} "
            f"pixels and {MAX_SIDE:,} per side can be read"
        )


def _is_damaged(raw: bytes) -> bool:
    """Whether a TIFF or BMP file is damaged in a way that OpenCV does not report: it fills the
    missing pixels.

    Pillow reads fewer kinds of these files; others are not checked.
    """
    if not raw.startswith((b"II", b"MM", b"BM")):
        return False
    try:
        image = Image.open(io.BytesIO(raw))
    except UNREADABLE:
        return False
    with image:
        try:
            image.load()
        except UNREADABLE:
            return True
    return False


def read_image(path: Path) -> np.ndarray:
    """Read an image file as (height, width, 3) uint8 RGB; errors as in `decode_image`."""
    return decode_image(read_bytes(path), path)


def load(image: CocoImage, root: Path) -> np.ndarray:
    """The pixels of an image that an index or a manifest lists: (height, width, 3) uint8 RGB.

    Args:
        image: the record.
        root: the folder that its file name is relative to.

    Raises:
        UserError: the file is missing or damaged, or differs from the record in content or size.
    """
    return decode(read_recorded(image, root), image, root)


def read_recorded(image: CocoImage, root: Path) -> bytes:
    """The content of a recorded image file.

    Raises:
        UserError: the file is missing, or its SHA-256 differs from the record.
    """
    path = root / image.file_name
    content = read_bytes(path)
    if sha256_of(content) != image.sha256:
        raise UserError(
            f"{path}: the file has changed since it was recorded; restore it, or index the data "
            f"set again with: {INDEXED_AGAIN} (an anonymized image: {SHARD_MADE_AGAIN})"
        )
    return content


def decode(content: bytes, image: CocoImage, root: Path) -> np.ndarray:
    """The pixels of a recorded image file's content: (height, width, 3) uint8 RGB.

    Raises:
        UserError: the file is damaged, or of another size than recorded.
    """
    path, recorded = root / image.file_name, (image.width, image.height)
    width, height = size_in_header(content) or recorded
    # An orientation may swap the sides. Images of another size are not decoded.
    if sorted((width, height)) == sorted(recorded):
        pixels = decode_image(content, path, upright=image.upright)
        height, width = pixels.shape[:2]
    if (width, height) != recorded:
        raise UserError(
            f"{path}: {width}x{height} pixels, the index has {image.width}x{image.height}; "
            f"index the data set again with: {INDEXED_AGAIN}"
        )
    return pixels


def write_png(path: Path, image: np.ndarray, *, private: bool = False) -> bytes:
    """Write (height, width, 3) uint8 RGB, or (height, width), as a PNG, atomically.

    Args:
        path: the file.
        image: its pixels.
        private: whether only the owner may read it, as for one that shows originals.

    Returns:
        The file's content.
    """
    content = png_of(image)
    with atomic(path, private=private) as temporary:
        temporary.write_bytes(content)
    return content
