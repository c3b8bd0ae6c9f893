"""Pixels encoded like an original: same format, colour mode and compression, without metadata."""

import io
from collections.abc import Iterable
from typing import Any

import numpy as np
from PIL import ExifTags, Image, JpegImagePlugin, TiffImagePlugin

from .metadata import PNG, colour_profile
from .png import png_of

FORMATS = ("JPEG", "MPO", "PNG", "WEBP", "BMP", "TIFF")
"""Formats that are kept, by Pillow's names; MPO is a camera's JPEG."""
_GREY = ("1", "L", "LA", "I", "I;16", "I;16B", "F")
NEEDED_BITS = 15
"""Fewest bits that have to be used of 16: with 14, an image is nearly black in 8 bits."""
_BRIGHT = 99.9
"""Percentage of the values up to which bits count as used, despite single hot pixels."""


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
    if has_16_bits(raw) and (bits := bits_used(raw)) < NEEDED_BITS:
        return (
            f"{bits} of its 16 bits are used, so that nothing would be found in it; multiply its "
            f"values by {2 ** (16 - bits)}"
        )
    return None


def has_16_bits(raw: bytes) -> bool:
    """Whether an image file has 16 bits per channel (PNG, TIFF).

    Raises:
        OSError: it is not an image.
    """
    if raw.startswith(PNG):
        return raw[24] == 16
    with Image.open(io.BytesIO(raw)) as image:
        return 16 in _tiff_tag(image, ExifTags.Base.BitsPerSample, ())


def bits_used(raw: bytes) -> int:
    """Number of bits that the colours of a file with 16 bits per channel use: 10 for values up to
    1023.

    Raises:
        OSError: it is not an image, or damaged.
    """
    with Image.open(io.BytesIO(raw)) as image:
        values = np.asarray(image)
        # Pillow reads the upper 8 bits of colours.
        missing = 8 if values.dtype == np.uint8 else 0
        colours = len(image.getbands()) - image.has_transparency_data
    top = np.percentile(np.atleast_3d(values)[..., : max(colours, 1)], _BRIGHT, method="higher")
    return int(top).bit_length() + missing if top else missing


def has_hidden_channel(raw: bytes) -> bool:
    """Whether an image file has a channel that may show more than its colours do, such as infrared
    light: an alpha channel that is no plain mask (in a TIFF: not opaque), or further ones (TIFF).

    `encoded_like` leaves such a channel out.

    Raises:
        OSError: it is not an image, or damaged.
    """
    with Image.open(io.BytesIO(raw)) as image:
        if image.has_transparency_data:
            return _mask_of(image, raw) is None
        return _tiff_tag(image, ExifTags.Base.SamplesPerPixel, 1) > len(image.getbands())


def _tiff_tag(image: Image.Image, tag: int, default: Any) -> Any:
    if isinstance(image, TiffImagePlugin.TiffImageFile):
        return image.tag_v2.get(tag, default)
    return default


def _mask_of(image: Image.Image, raw: bytes) -> np.ndarray | None:
    """Alpha channel (h, w) uint8 with at most two levels; None if it may hide something."""
    if has_16_bits(raw):  # of which Pillow reads 8
        return None
    alpha = np.asarray(image.convert("RGBA"))[..., 3]
    if image.format == "TIFF":  # decoders multiply its colours by alpha, so 0 hides them
        return alpha if alpha.min() == 255 else None
    return alpha if np.count_nonzero(np.bincount(alpha.ravel())) <= 2 else None


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


def encoded_like(
    raw: bytes, pixels: np.ndarray, covered: Iterable[tuple[int, int, int, int]] = ()
) -> bytes:
    """Pixels in the format of an image file, without metadata.

    Grey files stay grey, and transparency is kept if it is a mask; 16-bit files become 8-bit. A
    JPEG gets the quantization tables and subsampling of the original, so that unchanged parts
    change little. A colour profile other than sRGB is kept.

    Args:
        raw: bytes of the original file.
        pixels: (height, width, 3) uint8 RGB, upright.
        covered: boxes (x0, y0, x1, y1) in which the result is opaque.

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
        mask = _mask_of(source, raw) if source.has_transparency_data else None
        if mask is not None and file_format != "JPEG":
            alpha = turned(mask, orientation_of(raw)).copy()
            for x0, y0, x1, y1 in covered:
                alpha[y0:y1, x0:x1] = 255
            image.putalpha(Image.fromarray(alpha))
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
        return {"lossless": b"VP8L" in raw[:64], "quality": 95, "exact": True}
    if file_format == "TIFF":
        return {"compression": "tiff_adobe_deflate"}
    return {}


def saved_again(raw: bytes) -> bytes:
    """The same pixels, upright, in the same lossless format (BMP, TIFF), without metadata.

    Colours of 16 bits become 8-bit; `tiff_of` keeps them.

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
