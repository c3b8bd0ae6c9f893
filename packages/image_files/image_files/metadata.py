"""Metadata of image files: detection, and removal without changing the encoded pixels."""

import io
import struct
from collections.abc import Container, Iterator
from typing import Any, NamedTuple

from isal import isal_zlib
from PIL import ExifTags, Image, ImageCms, TiffImagePlugin

from .png import SIGNATURE as PNG
from .png_chunks import END, ending_with_pixels, goes_on_behind_pixels, needed_chunks

JPEG = b"\xff\xd8"
"""First bytes of a JPEG file."""
_PNG_KINDS = {
    "eXIf": "exif",
    "iCCP": "icc",
    "tEXt": "text",
    "zTXt": "text",
    "iTXt": "text",
    "tIME": "time",
}
_WEBP_KINDS = {b"EXIF": "exif", b"XMP ": "xmp", b"ICCP": "icc"}
_WEBP_TECHNICAL: dict[bytes, Container[int]] = {
    **{b"VP8 ": range(2**32), b"VP8L": range(2**32), b"ALPH": range(2**32)},
    **{b"VP8X": (10,)},
}
"""Chunks of an image without frames, and how long they may be; each is needed once."""
_WEBP_ANIMATED = 0x02
"""Bit of the VP8X chunk that announces frames."""
_WEBP_FLAGS = {"exif": 0x08, "xmp": 0x04, "icc": 0x20}
"""Bits of the VP8X chunk that announce metadata."""
_STAND_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
"""JPEG markers without a length."""
_JPEG_TECHNICAL = frozenset((*range(0xC0, 0xC8), *range(0xC9, 0xD0), 0xDA, 0xDB))
"""JPEG markers of tables, frames and scans, which decoders read to their ends."""
_JPEG_STANDARD = {0xE0: (b"JFIF\0", 14), 0xEE: (b"Adobe", 12), 0xDC: (b"", 2), 0xDD: (b"", 2)}
"""Beginning and length of other segments that describe pixels, by marker."""
_TIFF_TECHNICAL = frozenset(
    (
        *(254, 255, 256, 257, 258, 259, 262, 263, 266, 273, 274, 277, 278, 279, 280, 281, 282, 283),
        *(284, 292, 293, 296, 301, 317, 318, 319, 320, 321, 322, 323, 324, 325, 332, 338, 339, 340),
        *(341, 347, 529, 530, 531, 532),
    )
)
"""TIFF tags that describe pixels."""
_TIFF_KINDS: dict[int, str] = {
    **dict.fromkeys((269, 270, 271, 272, 285, 305, 315, 316, 33432), "text"),
    **dict.fromkeys((ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo), "exif"),
    **{306: "time", 330: "thumbnail", 700: "xmp", 33723: "iptc", 34377: "iptc", 34675: "icc"},
}
_DAMAGE: Any = (  # by its types, isal's error is none
    *(IndexError, KeyError, ValueError, OSError, SyntaxError, TypeError),
    *(struct.error, isal_zlib.error),
)
"""Errors of parsers and decoders."""


class ImageFileError(ValueError):
    """A file is truncated, damaged, or not an image."""


class _Part(NamedTuple):
    """Bytes of a file, and the kinds of metadata in them; without any, decoders need them."""

    start: int
    end: int
    kinds: tuple[str, ...] = ()
    plain: bytes = b""
    """What remains of a part with metadata."""


def kinds_in(raw: bytes) -> tuple[str, ...]:
    """The kinds of metadata in an image file's bytes, sorted, each once.

    They are exif, icc, iptc, text, thumbnail, time, xmp, trailing (bytes after the image's end, or
    after its last row) and other (parts that no decoder needs). Descriptions of the pixels, such as
    a resolution or a colour space without a profile, do not count as metadata if they have their
    standard form.

    Raises:
        ImageFileError: the file is truncated, damaged, or not an image.
    """
    try:
        parts = _parts_of(raw)
        found = _in_other(raw) if parts is None else (kind for part in parts for kind in part.kinds)
        hidden = ("trailing",) if raw.startswith(PNG) and goes_on_behind_pixels(raw) else ()
        return tuple(sorted({*found, *hidden}))
    except _DAMAGE:
        raise ImageFileError(f"truncated, damaged, or not an image ({len(raw)} bytes)") from None


def without_metadata(raw: bytes) -> bytes | None:
    """An image file's bytes without metadata; the encoded pixels do not change.

    A colour profile other than sRGB is kept, since the colours would look different without it. An
    EXIF orientation is removed, so the pixels of such a file have to be turned instead.

    Returns:
        None for a format other than JPEG, PNG and WebP without frames.

    Raises:
        ImageFileError: the file is truncated, damaged, or not an image.
    """
    try:
        parts = _parts_of(raw)
        if parts is None:
            return None
        keep = {"icc"} if colour_profile(raw) else set()
        kept = b"".join(
            raw[part.start : part.end] if set(part.kinds) <= keep else part.plain for part in parts
        )
        if kept.startswith(PNG):
            return ending_with_pixels(kept)
    except _DAMAGE:
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
        has_frames = raw[12:16] == b"VP8X" and raw[20] & _WEBP_ANIMATED
        return None if has_frames else _parts_of_webp(raw)
    return None


def _is_webp(raw: bytes) -> bool:
    return raw[:4] == b"RIFF" and raw[8:12] == b"WEBP"


def _parts_of_png(raw: bytes) -> Iterator[_Part]:
    yield _Part(0, len(PNG))
    end = 0
    for name, start, end, is_needed in needed_chunks(raw):
        kinds = () if is_needed else tuple(_in_chunk(name, raw[start + 8 : end - 4]))
        yield _Part(start, end, kinds, END if name == "IEND" else b"")
    if end < len(raw):
        yield _Part(end, len(raw), ("trailing",))


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
    at, seen = 2, set[int]()
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
        content, plain = raw[at + 4 : end], b""
        beginning, length = _JPEG_STANDARD.get(marker, (b"", -1))
        if content.startswith(beginning) and len(content) >= length >= 0:
            plain = b"" if marker in seen else _standard(marker, content[:length])
            seen.add(marker)
        is_needed = marker in _JPEG_TECHNICAL or plain == raw[at:end]
        kinds = () if is_needed else _in_segment(marker, content)
        at = _behind_scan(raw, end) if marker == 0xDA else end
        yield _Part(start, at, kinds, plain)
    if at < len(raw):
        yield _Part(at, len(raw), ("trailing",))


def _behind_scan(raw: bytes, at: int) -> int:
    """Position of the next marker after the coded pixels that begin at `at`."""
    while True:
        at = raw.index(b"\xff", at)
        if raw[at + 1] != 0 and raw[at + 1] not in _STAND_ALONE:
            return at
        at += 2


def _standard(marker: int, content: bytes) -> bytes:
    """A segment with this content, and without a thumbnail."""
    if marker == 0xE0:
        content = content[:12] + b"\0\0"
    return bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2) + content


def _in_segment(marker: int, content: bytes) -> tuple[str, ...]:
    """Kinds of metadata in a segment that is not needed as it is."""
    if marker == 0xE0 and content.startswith(b"JFIF\0"):
        has_thumbnail = len(content) > 14 and content[12] and content[13]
        return ("thumbnail",) if has_thumbnail else ("other",)
    if marker == 0xE0 and content.startswith(b"JFXX\0"):
        return ("thumbnail",)
    if marker == 0xE1 and content.startswith(b"Exif\0"):
        return ("exif", "thumbnail") if _has_thumbnail(content) else ("exif",)
    if marker == 0xE1 and content.startswith(b"http://ns.adobe.com/x"):
        return ("xmp",)
    if marker == 0xE2 and content.startswith(b"ICC_PROFILE\0"):
        return ("icc",)
    return ({0xED: "iptc", 0xFE: "text"}.get(marker, "other"),)


def _parts_of_webp(raw: bytes) -> Iterator[_Part]:
    yield _Part(0, 12)
    at, end = 12, 8 + int.from_bytes(raw[4:8], "little")
    seen: set[bytes] = set()
    while at + 8 <= end:
        name, length = raw[at : at + 4], int.from_bytes(raw[at + 4 : at + 8], "little")
        start, at = at, at + 8 + length + length % 2
        is_needed = length in _WEBP_TECHNICAL.get(name, ()) and name not in seen
        seen.add(name)
        kinds = () if is_needed else (_WEBP_KINDS.get(name, "other"),)
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
        if isinstance(image, TiffImagePlugin.TiffImageFile):
            for tag in image.tag_v2.keys() - _TIFF_TECHNICAL:
                yield _TIFF_KINDS.get(tag, "other")
        elif tags:
            yield "exif"
        if image.format == "BMP" and int.from_bytes(raw[2:6], "little") < len(raw):
            yield "trailing"
        for key, kind in (("icc_profile", "icc"), ("xmp", "xmp"), ("comment", "text")):
            if image.info.get(key):
                yield kind
