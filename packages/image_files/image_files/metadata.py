"""Metadata of image files: detection, and removal without changing the encoded pixels."""

import io
import struct
from collections.abc import Iterator
from typing import NamedTuple

from PIL import ExifTags, Image, ImageCms

PNG = b"\x89PNG\r\n\x1a\n"
JPEG = b"\xff\xd8"
"""First bytes of a JPEG file."""
_PNG_TECHNICAL = frozenset(
    (
        *("IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM"),
        *("sRGB", "sBIT", "bKGD", "hIST", "pHYs", "sPLT", "cICP"),
    )
)
_PNG_KINDS = {
    "eXIf": "exif",
    "iCCP": "icc",
    "tEXt": "text",
    "zTXt": "text",
    "iTXt": "text",
    "tIME": "time",
}
_WEBP_KINDS = {b"EXIF": "exif", b"XMP ": "xmp", b"ICCP": "icc"}
_WEBP_TECHNICAL = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"))
_WEBP_FLAGS = {"exif": 0x08, "xmp": 0x04, "icc": 0x20}
"""Bits of the VP8X chunk that announce metadata."""
_STAND_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
"""JPEG markers without a length."""


class ImageFileError(ValueError):
    """A file is truncated, damaged, or not an image."""


class _Part(NamedTuple):
    """Bytes of a file, and the kinds of metadata in them; without any, decoders need them."""

    start: int
    end: int
    kinds: tuple[str, ...] = ()


def kinds_in(raw: bytes) -> tuple[str, ...]:
    """The kinds of metadata in an image file's bytes, sorted, each once.

    They are exif, icc, iptc, text, thumbnail, time, xmp, trailing (bytes after the image's end) and
    other (parts that no decoder needs). Descriptions of the pixels, such as a resolution or a
    colour space without a profile, do not count as metadata.

    Raises:
        ImageFileError: the file is truncated, damaged, or not an image.
    """
    try:
        parts = _parts_of(raw)
        found = _in_other(raw) if parts is None else (kind for part in parts for kind in part.kinds)
        return tuple(sorted(set(found)))
    except (IndexError, ValueError, OSError, SyntaxError, TypeError, struct.error):
        raise ImageFileError(f"truncated, damaged, or not an image ({len(raw)} bytes)") from None


def without_metadata(raw: bytes) -> bytes | None:
    """An image file's bytes without metadata; the encoded pixels do not change.

    A colour profile other than sRGB is kept, since the colours would look different without it. An
    EXIF orientation is removed, so the pixels of such a file have to be turned instead.

    Returns:
        None for a format other than JPEG, PNG and WebP.

    Raises:
        ImageFileError: the file is truncated, damaged, or not an image.
    """
    try:
        parts = _parts_of(raw)
        if parts is None:
            return None
        keep = {"icc"} if colour_profile(raw) else set()
        kept = b"".join(raw[part.start : part.end] for part in parts if set(part.kinds) <= keep)
    except (IndexError, ValueError, OSError, SyntaxError, TypeError, struct.error):
        raise ImageFileError(f"truncated, damaged, or not an image ({len(raw)} bytes)") from None
    return _webp_again(kept, keep) if kept.startswith(b"RIFF") else kept


def is_lossy(raw: bytes) -> bool:
    """Whether an image file's bytes are in a format with lossy compression: JPEG or WebP."""
    return raw.startswith(JPEG) or _is_webp(raw)


def colour_profile(raw: bytes) -> bytes | None:
    """The colour profile of an image file's bytes; None without one, or if it is sRGB."""
    with Image.open(io.BytesIO(raw)) as image:
        profile: bytes | None = image.info.get("icc_profile")
    if not profile:
        return None
    try:
        described = ImageCms.getProfileDescription(ImageCms.getOpenProfile(io.BytesIO(profile)))
    except (ImageCms.PyCMSError, OSError):
        return None  # viewers also ignore a damaged profile
    return None if "srgb" in described.lower() else profile


def _parts_of(raw: bytes) -> Iterator[_Part] | None:
    """All parts of a file in their order; None for a format without a parser here."""
    if raw.startswith(PNG):
        return _parts_of_png(raw)
    if raw.startswith(JPEG):
        return _parts_of_jpeg(raw)
    if _is_webp(raw):
        return _parts_of_webp(raw)
    return None


def _is_webp(raw: bytes) -> bool:
    return raw[:4] == b"RIFF" and raw[8:12] == b"WEBP"


def _parts_of_png(raw: bytes) -> Iterator[_Part]:
    yield _Part(0, len(PNG))
    at, name = len(PNG), ""
    while name != "IEND":
        start = at
        length, name = int.from_bytes(raw[at : at + 4]), raw[at + 4 : at + 8].decode("ascii")
        at += length + 12
        if at > len(raw):
            raise ValueError("it ends in a chunk")
        is_technical = name in _PNG_TECHNICAL
        yield _Part(
            start, at, () if is_technical else tuple(_in_chunk(name, raw[start + 8 : at - 4]))
        )
    if at < len(raw):
        yield _Part(at, len(raw), ("trailing",))


def _in_chunk(name: str, content: bytes) -> Iterator[str]:
    if content.startswith(b"XML:com.adobe.xmp"):
        yield "xmp"
    elif content.startswith((b"Raw profile type exif", b"Raw profile type APP1")):
        yield "exif"
    else:
        yield _PNG_KINDS.get(name, "other")
    if name == "eXIf" and _has_thumbnail(content):
        yield "thumbnail"


def _parts_of_jpeg(raw: bytes) -> Iterator[_Part]:
    yield _Part(0, 2)
    at = 2
    while True:
        start = at
        while raw[at] == 0xFF and raw[at + 1] == 0xFF:  # fill bytes
            at += 1
        if raw[at] != 0xFF:
            raise ValueError("no marker where one has to be")
        marker = raw[at + 1]
        if marker == 0xD9 or marker in _STAND_ALONE:
            at += 2
            yield _Part(start, at)
            if marker == 0xD9:
                break
            continue
        end = at + 2 + int.from_bytes(raw[at + 2 : at + 4])
        kinds = tuple(_in_segment(marker, raw[at + 4 : end]))
        at = _behind_scan(raw, end) if marker == 0xDA else end
        yield _Part(start, at, kinds)
    if at < len(raw):
        yield _Part(at, len(raw), ("trailing",))


def _behind_scan(raw: bytes, at: int) -> int:
    """Position of the next marker after the coded pixels that begin at `at`."""
    while True:
        at = raw.index(b"\xff", at)
        if raw[at + 1] != 0 and raw[at + 1] not in _STAND_ALONE:
            return at
        at += 2


def _in_segment(marker: int, content: bytes) -> Iterator[str]:
    if marker == 0xE0 and content.startswith(b"JFIF\0"):
        if content[12] and content[13]:
            yield "thumbnail"
    elif marker == 0xE0 and content.startswith(b"JFXX\0"):
        yield "thumbnail"
    elif marker == 0xE1 and content.startswith(b"Exif\0"):
        yield "exif"
        if _has_thumbnail(content):
            yield "thumbnail"
    elif marker == 0xE1 and content.startswith(b"http://ns.adobe.com/x"):
        yield "xmp"
    elif marker == 0xE2 and content.startswith(b"ICC_PROFILE\0"):
        yield "icc"
    elif marker == 0xED:
        yield "iptc"
    elif marker == 0xFE:
        yield "text"
    elif 0xE0 <= marker <= 0xEF and marker != 0xEE:  # Adobe's names the colour transform
        yield "other"


def _parts_of_webp(raw: bytes) -> Iterator[_Part]:
    yield _Part(0, 12)
    at, end = 12, 8 + int.from_bytes(raw[4:8], "little")
    while at + 8 <= end:
        name, length = raw[at : at + 4], int.from_bytes(raw[at + 4 : at + 8], "little")
        start, at = at, at + 8 + length + length % 2
        kinds = () if name in _WEBP_TECHNICAL else (_WEBP_KINDS.get(name, "other"),)
        if name == b"EXIF" and _has_thumbnail(raw[start + 8 : start + 8 + length]):
            kinds = (*kinds, "thumbnail")
        yield _Part(start, at, kinds)
    if end + end % 2 < len(raw):
        yield _Part(end + end % 2, len(raw), ("trailing",))


def _webp_again(raw: bytes, kept: set[str]) -> bytes:
    """A WebP file with some parts removed, and a matching header."""
    content = bytearray(raw)
    content[4:8] = (len(raw) - 8).to_bytes(4, "little")
    if raw[12:16] == b"VP8X":
        for kind in _WEBP_FLAGS.keys() - kept:
            content[20] &= ~_WEBP_FLAGS[kind] & 0xFF
    return bytes(content)


def _has_thumbnail(content: bytes) -> bool:
    exif = Image.Exif()
    exif.load(content)
    return ExifTags.Base.JpegIFOffset in exif.get_ifd(ExifTags.IFD.IFD1)


def _in_other(raw: bytes) -> Iterator[str]:
    """Metadata that Pillow finds, in formats without a parser here."""
    with Image.open(io.BytesIO(raw)) as image:
        tags = image.getexif()
        if image.format != "TIFF" and tags:
            yield "exif"
        # Most tags of a TIFF describe its pixels.
        if image.format == "TIFF" and {ExifTags.IFD.GPSInfo, ExifTags.IFD.Exif} & set(tags):
            yield "exif"
        for key, kind in (("icc_profile", "icc"), ("xmp", "xmp"), ("comment", "text")):
            if image.info.get(key):
                yield kind
