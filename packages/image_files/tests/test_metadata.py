"""Metadata of image files: found, and removed."""

import io
import zlib

import numpy as np
import pytest
from image_files import ImageFileError, is_lossy, kinds_in, without_metadata
from image_files.png import chunk
from PIL import Image, ImageCms, PngImagePlugin


def noise(seed: int, height: int = 60, width: int = 80) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def jpeg(exif: bytes = b"", **options) -> bytes:
    raw = io.BytesIO()
    Image.fromarray(noise(1)).save(raw, "JPEG", exif=exif, **options)
    return raw.getvalue()


def exif_with_thumbnail() -> bytes:
    """Big-endian TIFF: IFD0 with an orientation, IFD1 with where the thumbnail lies."""

    def entry(tag: int, kind: int, value: bytes) -> bytes:
        return tag.to_bytes(2) + kind.to_bytes(2) + (1).to_bytes(4) + value.ljust(4, b"\0")

    first = (1).to_bytes(2) + entry(0x0112, 3, (6).to_bytes(2)) + (26).to_bytes(4)
    second = (2).to_bytes(2) + entry(0x0201, 4, (56).to_bytes(4))
    second += entry(0x0202, 4, (4).to_bytes(4)) + (0).to_bytes(4)
    return b"Exif\0\0MM\0*" + (8).to_bytes(4) + first + second + b"\xff\xd8\xff\xd9"


def png(**options) -> bytes:
    raw = io.BytesIO()
    Image.fromarray(noise(1)).save(raw, "PNG", **options)
    return raw.getvalue()


def text_chunk(add: str, *values: str) -> bytes:
    info = PngImagePlugin.PngInfo()
    getattr(info, add)(*values)
    return png(pnginfo=info)


def webp(**options) -> bytes:
    raw = io.BytesIO()
    Image.fromarray(noise(1)).save(raw, "WEBP", **options)
    return raw.getvalue()


def segment(marker: int, content: bytes) -> bytes:
    raw = jpeg()
    part = bytes((0xFF, marker)) + (len(content) + 2).to_bytes(2) + content
    return raw[:2] + part + raw[2:]


def with_chunk(raw: bytes, name: bytes, content: bytes, before: bytes = b"IDAT") -> bytes:
    place = raw.index(before) - 4
    return raw[:place] + b"".join(chunk(name, content)) + raw[place:]


def with_pixel_data(data: bytes) -> bytes:
    """The PNG of `png`, with the pixel data in one chunk."""
    raw = png()
    head = raw[: raw.index(b"IDAT") - 4]
    return head + b"".join(chunk(b"IDAT", data)) + b"".join(chunk(b"IEND", b""))


def rows() -> bytes:
    unfiltered = np.pad(noise(1).reshape(60, -1), ((0, 0), (1, 0)))
    return unfiltered.tobytes()


def with_webp_chunk(content: bytes) -> bytes:
    raw = webp() + content
    return raw[:4] + (len(raw) - 8).to_bytes(4, "little") + raw[8:]


EXIF = Image.Exif()
EXIF[0x010F] = "a camera"


CASES = [
    (jpeg(), ()),
    (jpeg(progressive=True), ()),
    (jpeg(EXIF.tobytes()), ("exif",)),
    (jpeg(exif_with_thumbnail()), ("exif", "thumbnail")),
    (jpeg(icc_profile=b"x" * 200, comment=b"hello"), ("icc", "text")),
    (jpeg(xmp=b"<x:xmpmeta/>"), ("xmp",)),
    (segment(0xED, b"Photoshop 3.0\0"), ("iptc",)),
    (segment(0xE5, b"vendor"), ("other",)),
    (segment(0xE0, b"JFXX\0\x10"), ("thumbnail",)),
    (segment(0xEE, b"Adobe\0\x64\0\0\0\0\1a camera"), ("other",)),
    (segment(0xEE, b"a camera"), ("other",)),
    (segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0a camera"), ("other",)),
    (segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\1\1a camera"), ("other", "thumbnail")),
    (segment(0xDC, b"\0\0a camera"), ("other",)),
    (jpeg() + b"more", ("trailing",)),
    (png(), ()),
    (png(dpi=(72, 72)), ()),
    (png(exif=EXIF.tobytes()), ("exif",)),
    (png(icc_profile=b"x" * 200), ("icc",)),
    (text_chunk("add_text", "Author", "somebody"), ("text",)),
    (text_chunk("add_itxt", "XML:com.adobe.xmp", "<x:xmpmeta/>"), ("xmp",)),
    (png() + b"more", ("trailing",)),
    (with_pixel_data(zlib.compress(rows())), ()),
    (with_pixel_data(zlib.compress(rows()) + b"a camera"), ("trailing",)),
    (with_pixel_data(zlib.compress(rows() + b"a camera")), ("trailing",)),
    (with_chunk(png(), b"IDAT", b"a camera", b"IEND"), ("trailing",)),
    (with_chunk(png(), b"sPLT", b"a camera\0\x08"), ("other",)),
    (with_chunk(png(), b"PLTE", b"a camera."), ("other",)),
    (with_chunk(png(), b"tRNS", b"a camera"), ("other",)),
    (with_chunk(png(), b"cICP", b"\1\1\0\1a camera"), ("other",)),
    (with_chunk(png(dpi=(72, 72)), b"pHYs", b"a camera."), ("other",)),
    (webp(), ()),
    (with_webp_chunk(b"JUNK\x08\0\0\0a camera"), ("other",)),
    (with_webp_chunk(b"VP8 \x08\0\0\0a camera"), ("other",)),
    (webp(exif=EXIF.tobytes(), xmp=b"<x/>", icc_profile=b"x" * 200), ("exif", "icc", "xmp")),
]


@pytest.mark.parametrize(("raw", "kinds"), CASES)
def test_metadata_is_found(raw, kinds):
    assert kinds_in(raw) == kinds


@pytest.mark.parametrize("raw", [raw for raw, _ in CASES])
def test_metadata_is_removed_and_the_pixels_stay(raw):
    clean = without_metadata(raw)
    assert kinds_in(clean) == ()
    before, after = (np.asarray(Image.open(io.BytesIO(one))) for one in (raw, clean))
    np.testing.assert_array_equal(before, after)
    assert b"a camera" not in clean
    again = without_metadata(clean)
    assert again == clean


def test_a_colour_profile_stays_unless_it_is_srgb():
    def of(name: str) -> bytes:
        return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()

    for make in (jpeg, png, webp):
        assert kinds_in(without_metadata(make(icc_profile=of("sRGB")))) == ()
        assert kinds_in(without_metadata(make(icc_profile=of("LAB")))) == ("icc",)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
@pytest.mark.parametrize("size", [(80, 60), (1, 1), (13, 1)])
@pytest.mark.parametrize("interlaced", [False, True])
def test_pixel_data_of_every_png_end_with_the_last_row(mode, size, interlaced):
    raw, image = io.BytesIO(), Image.new(mode, size)
    image.save(raw, "PNG")
    clean = raw.getvalue()
    if interlaced:  # the rows of all passes, all black
        columns = lambda x, step: len(range(x, size[0], step))  # noqa: E731
        passes = (
            *((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4)),
            *((0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)),
        )
        bits = clean[24] * len(image.getbands())
        data = b"".join(
            len(range(y, size[1], down)) * bytes(1 + (columns(x, across) * bits + 7) // 8)
            for x, y, across, down in passes
            if columns(x, across)
        )
        head = bytearray(clean[16:29])
        head[12] = 1
        palette = chunk(b"PLTE", bytes(3)) if mode == "P" else ()
        parts = [*chunk(b"IHDR", head), *palette, *chunk(b"IDAT", zlib.compress(data))]
        clean = b"".join((clean[:8], *parts, *chunk(b"IEND", b"")))
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(clean))), image)
    assert kinds_in(clean) == ()
    hiding = with_chunk(clean, b"IDAT", b"a secret", b"IEND")
    assert kinds_in(hiding) == ("trailing",)
    np.testing.assert_array_equal(Image.open(io.BytesIO(without_metadata(hiding))), image)


def test_tags_and_bytes_that_no_decoder_needs_are_found():
    tiff, bmp = io.BytesIO(), io.BytesIO()
    tags = {270: "a camera", 306: "2024:01:01 00:00:00", 65000: "more"}
    Image.fromarray(noise(1)).save(tiff, "TIFF", tiffinfo=tags)
    Image.fromarray(noise(1)).save(bmp, "BMP")
    assert kinds_in(tiff.getvalue()) == ("other", "text", "time")
    assert kinds_in(bmp.getvalue() + b"a camera") == ("trailing",)


def test_formats_without_a_parser_are_left_to_the_caller():
    raw = io.BytesIO()
    Image.fromarray(noise(1)).save(raw, "BMP")
    assert kinds_in(raw.getvalue()) == ()
    assert without_metadata(raw.getvalue()) is None


@pytest.mark.parametrize("raw", [b"", b"text", png()[:-20], jpeg()[:-20], jpeg()[:40]])
def test_a_file_that_is_cut_off_is_said_to_be(raw):
    with pytest.raises(ImageFileError, match=r"truncated, damaged, or not an image"):
        kinds_in(raw)


@pytest.mark.parametrize(
    ("file_format", "expected"),
    [("JPEG", True), ("WEBP", True), ("PNG", False), ("TIFF", False), ("BMP", False)],
)
def test_jpeg_and_webp_are_lossy_formats(file_format, expected):
    raw = io.BytesIO()
    Image.fromarray(noise(1)).save(raw, file_format)
    assert is_lossy(raw.getvalue()) == expected
    assert not is_lossy(b"")
