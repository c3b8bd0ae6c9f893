"""Images that labels do not fit, and what the index says of them."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import ExifTags, Image

POSITION_OF_ONE = (
    "image with a position in EXIF; anonymized images do not have it unless strip_metadata is false"
)


def lines_of(capsys: pytest.CaptureFixture) -> list[str]:
    """The errors and remarks of a command, without its label."""
    said = [line.split("] ", 1)[1] for line in capsys.readouterr().err.splitlines()]
    return [line for line in said if line.startswith(("error: ", "attention: "))]


def header_only(width: int, height: int) -> bytes:
    """A PNG whose header promises a size that nothing follows."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def write_turned(path: Path, pixels: np.ndarray, orientation: int) -> None:
    """Write a PNG with an EXIF orientation."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(path, exif=exif)


def write_with_position(path: Path, pixels: np.ndarray) -> None:
    """Write an image with a position in EXIF."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "a camera"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 8.0, 0.0)
    Image.fromarray(pixels).save(path, exif=exif)
