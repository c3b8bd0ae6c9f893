"""What is read as an image, and what is refused before it is decoded."""

import io
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from plain_commands.errors import UserError

from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.imaging import images
from workflow_scripts.imaging.images import checked_size, decode, decode_image, size_in_header

PANORAMA = (21000, 8600)


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it has this size, with hardly any pixels."""

    def chunk(name: bytes, content: bytes) -> bytes:
        check = zlib.crc32(name + content)
        return len(content).to_bytes(4) + name + content + check.to_bytes(4)

    head = width.to_bytes(4) + height.to_bytes(4) + bytes((8, 2, 0, 0, 0))
    pixels = zlib.compress(bytes(1000))
    parts = chunk(b"IHDR", head), chunk(b"IDAT", pixels), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.slow
def test_a_panorama_of_180_megapixels_is_read():
    raw = cv2.imencode(".png", np.zeros((PANORAMA[1], PANORAMA[0]), np.uint8))[1].tobytes()
    assert size_in_header(raw) == PANORAMA
    assert decode_image(raw, Path("a.png")).shape == (8600, 21000, 3)


@pytest.mark.parametrize("size", [(50_000, 50_000), (2**20 + 1, 1), (2**30, 2**30)])
def test_a_header_that_promises_too_much_is_refused_before_decoding(size, monkeypatch):
    monkeypatch.setattr(cv2, "imdecode", pytest.fail)
    with pytest.raises(UserError, match=rf"a.png: the header says {size[0]}x{size[1]} pixels; "):
        decode_image(png_header(*size), Path("a.png"))


def test_an_image_of_another_size_than_recorded_is_not_decoded(monkeypatch):
    monkeypatch.setattr(images, "decode_image", pytest.fail)
    with pytest.raises(UserError, match=r"a.png: 20000x15000 pixels, the index has 4x3"):
        decode(png_header(20_000, 15_000), CocoImage(1, "a.png", 4, 3, ""), Path())


@pytest.mark.parametrize("raw", [b"", b"no image", b"\x89PNG\r\n\x1a\n", png_header(9, 9)[:40]])
def test_what_is_no_image_has_no_size_or_is_refused_in_one_line(raw):
    with pytest.raises(UserError, match=r"^a.png: truncated, .*, or not an image \(\d+ bytes\)"):
        decode_image(raw, Path("a.png"))


def test_the_stored_size_counts_whatever_the_orientation():
    exif = Image.Exif()
    exif[0x0112] = 6
    raw = io.BytesIO()
    Image.new("RGB", (6, 4)).save(raw, "JPEG", exif=exif)
    assert size_in_header(raw.getvalue()) == (6, 4)


def drawn_bytes(file_format: str, mode: str = "RGB", **options) -> bytes:
    """A picture of 90x80 pixels in a format of Pillow's."""
    noise = np.random.default_rng(0).integers(0, 255, (12, 12, 3), np.uint8)
    raw = io.BytesIO()
    Image.fromarray(cv2.resize(noise, (90, 80))).convert(mode).save(raw, file_format, **options)
    return raw.getvalue()


@pytest.mark.parametrize("compression", ["tiff_lzw", "tiff_adobe_deflate"])
def test_damage_inside_of_a_tiff_is_found_although_opencv_fills_it(compression):
    raw = drawn_bytes("TIFF", compression=compression)
    assert decode_image(raw, Path("a.tif")).shape == (80, 90, 3)
    middle = len(raw) // 2
    damaged = raw[:middle] + bytes(200) + raw[middle + 200 :]
    assert cv2.imdecode(np.frombuffer(damaged, np.uint8), cv2.IMREAD_COLOR) is not None
    with pytest.raises(UserError, match=r"^a.tif: truncated, damaged, or not an image"):
        decode_image(damaged, Path("a.tif"))


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", ["float32", "float64", "int32"])
def test_pixels_of_an_unsupported_type_are_not_called_damaged(kind, channels):
    raw = cv2.imencode(".tif", np.ones((9, 9, channels), kind))[1].tobytes()
    with pytest.raises(UserError, match=f"^a.tif: its pixels are {kind}, .* to 8 or 16 bits"):
        decode_image(raw, Path("a.tif"))
    with pytest.raises(UserError, match=r"^a.tif: truncated, damaged, or not an image"):
        decode_image(raw[: len(raw) // 2], Path("a.tif"))


@pytest.mark.parametrize("upright", [True, False])
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_the_checked_size_is_that_of_the_decoded_pixels(file_format, orientation, upright):
    exif = Image.Exif()
    exif[0x0112] = orientation
    raw = drawn_bytes(file_format, exif=exif)
    height, width = decode_image(raw, Path("a"), upright=upright).shape[:2]
    assert checked_size(raw, Path("a"), upright=upright) == ((width, height), False)


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 1, "quality": 30}])
def test_damage_inside_of_a_jpeg_is_found_although_opencv_fills_it(mode, options):
    raw = drawn_bytes("JPEG", mode, **options)
    assert checked_size(raw, Path("a.jpg"), upright=False) == ((90, 80), False)
    assert checked_size(raw + b"rest", Path("a.jpg"), upright=False) == ((90, 80), False)
    start = raw.rindex(b"\xff\xda") + 20
    middle = (start + len(raw)) // 2
    damaged = raw[:middle] + raw[middle + (len(raw) - middle) // 3 :]
    assert decode_image(damaged, Path("a.jpg")).shape == (80, 90, 3)
    assert checked_size(damaged, Path("a.jpg"), upright=False) == ((90, 80), True)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_printing_colours_have_a_size(subsampling):
    raw = drawn_bytes("JPEG", "CMYK", subsampling=subsampling)
    assert checked_size(raw, Path("a.jpg"), upright=False) == ((90, 80), False)


def with_segment(raw: bytes, name: bytes, content: bytes) -> bytes:
    """A JPEG with another APP1 or APP0 segment at its start."""
    marker = b"\xff\xe0" if name.startswith(b"JFIF") else b"\xff\xe1"
    length = (2 + len(name) + len(content)).to_bytes(2)
    return raw[:2] + marker + length + name + content + raw[2:]


XMP = b"http://ns.adobe.com/xap/1.0/\0"


def test_an_orientation_that_only_pillow_knows_does_not_turn_the_size():
    packet = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="6"/></x:xmpmeta>'
    raw = with_segment(drawn_bytes("JPEG"), XMP, packet)
    assert decode_image(raw, Path("a.jpg"), upright=True).shape[:2] == (80, 90)
    assert checked_size(raw, Path("a.jpg"), upright=True) == ((90, 80), False)


def test_a_jpeg_that_pillow_cannot_open_has_a_size():
    raw = with_segment(drawn_bytes("JPEG"), b"JFIF", b"")
    assert size_in_header(raw) is None
    for upright in (True, False):
        assert checked_size(raw, Path("a.jpg"), upright=upright) == ((90, 80), False)


def test_a_marker_inside_of_the_pixels_is_damage():
    raw = drawn_bytes("JPEG")
    middle = (raw.rindex(b"\xff\xda") + len(raw)) // 2
    for marker in (b"\xff\x02", b"\xff\xc0", b"\xff\xd8"):
        damaged = raw[:middle] + marker + raw[middle + 2 :]
        assert checked_size(damaged, Path("a.jpg"), upright=False) == ((90, 80), True)
