"""Metadata of image files: found, and removed."""

import io

import numpy as np
import pytest
from image_files import ImageFileError, is_lossy, kinds_in, without_metadata
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
    (jpeg() + b"more", ("trailing",)),
    (png(), ()),
    (png(dpi=(72, 72)), ()),
    (png(exif=EXIF.tobytes()), ("exif",)),
    (png(icc_profile=b"x" * 200), ("icc",)),
    (text_chunk("add_text", "Author", "somebody"), ("text",)),
    (text_chunk("add_itxt", "XML:com.adobe.xmp", "<x:xmpmeta/>"), ("xmp",)),
    (png() + b"more", ("trailing",)),
    (webp(), ()),
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
