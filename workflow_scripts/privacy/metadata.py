"""Metadata of image files."""

from collections.abc import Iterator
from pathlib import Path

from PIL import ExifTags, Image

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import read_bytes

PNG = b"\x89PNG\r\n\x1a\n"
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
_STAND_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))
"""JPEG markers without a length."""


def kinds_in(path: Path) -> tuple[str, ...]:
    """The kinds of metadata in an image file, sorted, each once.

    They are exif, icc, iptc, text, thumbnail, time, xmp, trailing (bytes behind the image's end)
    and other (parts that no decoder needs, whatever they hold). What describes the pixels, such as
    a resolution or a colour space without a profile, is none.

    Raises:
        UserError: the file is missing, damaged, or no image.
    """
    raw = read_bytes(path)
    try:
        if raw.startswith(PNG):
            found = _in_png(raw)
        elif raw.startswith(b"\xff\xd8"):
            found = _in_jpeg(raw)
        elif raw[:4] == b"RIFF" and raw[8:12] == b"WEBP":
            found = _in_webp(raw)
        else:
            found = _in_other(path)
        return tuple(sorted(set(found)))
    except (IndexError, ValueError, OSError, SyntaxError):
        raise UserError(
            f"{path}: truncated, damaged, or no image ({len(raw)} bytes); make it again"
        ) from None


def _in_png(raw: bytes) -> Iterator[str]:
    at, name = len(PNG), ""
    while name != "IEND":
        length, name = int.from_bytes(raw[at : at + 4]), raw[at + 4 : at + 8].decode("ascii")
        content = raw[at + 8 : at + 8 + min(length, 64)]
        at += length + 12
        if at > len(raw):
            raise ValueError("it ends in a chunk")
        if name in _PNG_TECHNICAL:
            continue
        if content.startswith(b"XML:com.adobe.xmp"):
            yield "xmp"
        elif content.startswith((b"Raw profile type exif", b"Raw profile type APP1")):
            yield "exif"
        else:
            yield _PNG_KINDS.get(name, "other")
        if name == "eXIf" and _has_thumbnail(raw[at - 4 - length : at - 4]):
            yield "thumbnail"
    if at < len(raw):
        yield "trailing"


def _in_jpeg(raw: bytes) -> Iterator[str]:
    at = 2
    while True:
        while raw[at] == 0xFF and raw[at + 1] == 0xFF:  # fill bytes
            at += 1
        if raw[at] != 0xFF:
            raise ValueError("no marker where one has to be")
        marker = raw[at + 1]
        if marker == 0xD9:
            break
        if marker in _STAND_ALONE:
            at += 2
            continue
        length = int.from_bytes(raw[at + 2 : at + 4])
        yield from _in_segment(marker, raw[at + 4 : at + 2 + length])
        at += 2 + length
        if marker == 0xDA:
            at = _behind_scan(raw, at)
    if at + 2 < len(raw):
        yield "trailing"


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


def _in_webp(raw: bytes) -> Iterator[str]:
    at, end = 12, 8 + int.from_bytes(raw[4:8], "little")
    while at + 8 <= end:
        name, length = raw[at : at + 4], int.from_bytes(raw[at + 4 : at + 8], "little")
        if name not in _WEBP_TECHNICAL:
            yield _WEBP_KINDS.get(name, "other")
        if name == b"EXIF" and _has_thumbnail(raw[at + 8 : at + 8 + length]):
            yield "thumbnail"
        at += 8 + length + length % 2
    if end + end % 2 < len(raw):
        yield "trailing"


def _has_thumbnail(content: bytes) -> bool:
    exif = Image.Exif()
    exif.load(content)
    return ExifTags.Base.JpegIFOffset in exif.get_ifd(ExifTags.IFD.IFD1)


def _in_other(path: Path) -> Iterator[str]:
    """Metadata that Pillow finds, in formats without a parser here."""
    with Image.open(path) as image:
        if image.format != "TIFF" and image.getexif():  # the tags of a TIFF describe its pixels
            yield "exif"
        for key, kind in (("icc_profile", "icc"), ("xmp", "xmp"), ("comment", "text")):
            if image.info.get(key):
                yield kind
