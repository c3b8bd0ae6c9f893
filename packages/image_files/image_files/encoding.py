"""Pixels encoded like an original: same format, colour mode and compression, without metadata."""

import io
from typing import Any

import numpy as np
from PIL import ExifTags, Image, JpegImagePlugin

from .metadata import PNG, colour_profile
from .png import png_of

FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "BMP", "TIFF")
"""Formats that are kept, by Pillow's names; MPO is a camera's JPEG."""
_GREY = ("1", "L", "LA", "I", "I;16", "I;16B", "F")


def cannot_be_kept(raw: bytes) -> str | None:
    """Reason why an image file's format cannot be kept; None if it can.

    Raises:
        OSError: it is not an image.
    """
    with Image.open(io.BytesIO(raw)) as image:
        try:
            frames = getattr(image, "n_frames", 1)
        except TypeError:  # a TIFF with a page without a size
            return "truncated or damaged; copy it again"
        if image.format not in FORMATS:
            return f"its content is {image.format}, which is not handled"
        if frames > 1 and image.format != "MPO":
            return f"{frames} pages or frames; save each as a file of its own"
    return None


def orientation_of(raw: bytes) -> int:
    """The EXIF orientation of an image file's bytes, 1 to 8; 1 if missing.

    It is 1 for a TIFF, which all decoders orient themselves.
    """
    with Image.open(io.BytesIO(raw)) as image:
        if image.format == "TIFF":
            return 1
        # getexif() would decode a PNG that has none.
        exif = Image.Exif() if image.format == "PNG" else image.getexif()
        if image.format == "PNG":
            exif.load(image.info.get("exif") or b"")
        named = exif.get(ExifTags.Base.Orientation, 1)
    return named if named in range(1, 9) else 1


def has_position(raw: bytes) -> bool:
    """Whether the EXIF of an image file's bytes says where it was taken (GPS)."""
    # getexif() would decode a PNG that has none.
    if raw.startswith(PNG) and not _has_exif(raw):
        return False
    with Image.open(io.BytesIO(raw)) as image:
        return bool(image.getexif().get_ifd(ExifTags.IFD.GPSInfo))


def _has_exif(raw: bytes) -> bool:
    return b"eXIf" in raw or b"Raw profile type " in raw


def turned(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Pixels (h, w, …) oriented by an EXIF orientation from 1 to 8."""
    if orientation >= 5:
        pixels = pixels.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    return np.ascontiguousarray(pixels)


def encoded_like(raw: bytes, pixels: np.ndarray) -> bytes:
    """Pixels in the format of an image file, without metadata.

    Grey files stay grey, and transparency is kept; 16-bit files become 8-bit. A JPEG gets the
    quantization tables and subsampling of the original, so that unchanged parts change little. A
    colour profile other than sRGB is kept.

    Args:
        raw: bytes of the original file.
        pixels: (height, width, 3) uint8 RGB, upright.

    Raises:
        OSError: the original is damaged, or of a format that Pillow cannot write.
    """
    with Image.open(io.BytesIO(raw)) as source:
        # Cameras' JPEGs may contain further images; viewers show only the first.
        file_format = "JPEG" if source.format == "MPO" else str(source.format)
        options = _options_like(source, file_format, raw)
        image = Image.fromarray(pixels)
        if source.mode in _GREY:
            image = image.convert("L")
        if source.has_transparency_data and file_format != "JPEG":
            alpha = np.asarray(source.convert("RGBA"))[..., 3]
            image.putalpha(Image.fromarray(turned(alpha, orientation_of(raw))))
        profile = None if source.mode == "CMYK" else colour_profile(raw)
    if file_format == "PNG":
        return png_of(np.asarray(image), profile)
    content = io.BytesIO()
    image.save(content, file_format, icc_profile=profile, **options)
    return content.getvalue()


def _options_like(source: Image.Image, file_format: str, raw: bytes) -> dict[str, Any]:
    if isinstance(source, JpegImagePlugin.JpegImageFile):
        sampling = JpegImagePlugin.get_sampling(source)
        return {
            "optimize": True,
            "progressive": "progressive" in source.info,
            "qtables": source.quantization if source.mode != "CMYK" else None,
            "subsampling": sampling if sampling >= 0 else 0,
        }
    if file_format == "WEBP":
        return {"lossless": b"VP8L" in raw[:64], "quality": 95}
    if file_format == "TIFF":
        return {"compression": "tiff_adobe_deflate"}
    return {}


def saved_again(raw: bytes) -> bytes:
    """The same pixels, upright, in the same lossless format (BMP, TIFF), without metadata.

    Raises:
        OSError: as in `encoded_like`.
    """
    with Image.open(io.BytesIO(raw)) as source:
        colours = "RGBA" if source.has_transparency_data else "RGB"
        image = source.convert(colours) if source.mode in ("P", "PA") else source
        plain = Image.fromarray(turned(np.asarray(image), orientation_of(raw)))
        options = _options_like(source, str(source.format), raw)
        options["icc_profile"] = colour_profile(raw)
        content = io.BytesIO()
        plain.save(content, str(source.format), **options)
    return content.getvalue()
