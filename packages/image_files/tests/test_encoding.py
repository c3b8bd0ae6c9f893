"""Pixels in the format of an original, and the orientation of its pixels."""

import io

import cv2
import numpy as np
import pytest
from image_files import (
    cannot_be_kept,
    encoded_like,
    has_16_bits,
    has_position,
    kinds_in,
    orientation_of,
    saved_again,
    tiff_of,
    turned,
)
from PIL import ExifTags, Image, ImageOps


def smooth(height: int = 48, width: int = 80) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return np.stack((x * 3, y * 5, x + y), axis=-1).astype(np.uint8)


def coded(file_format: str, mode: str = "RGB", orientation: int = 1, **options) -> bytes:
    exif, raw = Image.Exif(), io.BytesIO()
    exif[0x0112], exif[0x010F] = orientation, "a camera"
    image = Image.fromarray(smooth()).convert(mode)
    image.save(raw, file_format, **({} if file_format == "BMP" else {"exif": exif}), **options)
    return raw.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pixels_are_turned_as_viewers_do(orientation):
    raw = coded("PNG", orientation=orientation)
    assert orientation_of(raw) == orientation
    shown = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(raw))))
    np.testing.assert_array_equal(turned(smooth(), orientation), shown)


def test_a_tiff_is_turned_once():
    raw = io.BytesIO()
    Image.fromarray(smooth()).save(raw, "TIFF", tiffinfo={0x0112: 6})
    assert orientation_of(raw.getvalue()) == 1
    for clean in (
        saved_again(raw.getvalue()),
        encoded_like(raw.getvalue(), turned(smooth(), 6)),
    ):
        np.testing.assert_array_equal(Image.open(io.BytesIO(clean)), turned(smooth(), 6))


@pytest.mark.parametrize("file_format", ["BMP", "PNG", "TIFF"])
@pytest.mark.parametrize("mode", ["RGB", "L", "P"])
def test_lossless_formats_stay_lossless(file_format, mode):
    raw = coded(file_format, mode)
    pixels = np.asarray(Image.open(io.BytesIO(raw)).convert("RGB"))
    for clean in (encoded_like(raw, pixels), saved_again(raw)):
        image = Image.open(io.BytesIO(clean))
        assert image.format == file_format
        assert (image.mode == "L") == (mode == "L")
        np.testing.assert_array_equal(np.asarray(image.convert("RGB")), pixels)
        assert kinds_in(clean) == ()


def test_transparency_stays_and_turns():
    alpha = np.full((48, 80), 255, np.uint8)
    alpha[:10] = 0
    image, raw, exif = Image.fromarray(np.dstack((smooth(), alpha))), io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    image.save(raw, "PNG", exif=exif)
    after = Image.open(io.BytesIO(encoded_like(raw.getvalue(), turned(smooth(), 6))))
    np.testing.assert_array_equal(np.asarray(after), turned(np.asarray(image), 6))


@pytest.mark.parametrize("quality", [30, 75, 95])
@pytest.mark.parametrize("subsampling", [0, 2])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_keeps_its_quality(quality, subsampling, progressive):
    options = {"quality": quality, "subsampling": subsampling, "progressive": progressive}
    raw = coded("JPEG", **options)
    before = Image.open(io.BytesIO(raw))
    pixels = np.asarray(before)
    clean = encoded_like(raw, pixels)
    after = Image.open(io.BytesIO(clean))
    assert after.quantization == before.quantization
    assert kinds_in(clean) == ()
    assert np.abs(np.asarray(after).astype(int) - pixels).mean() < 1


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_other_jpegs(mode):
    raw = coded("JPEG", mode)
    after = Image.open(io.BytesIO(encoded_like(raw, smooth())))
    assert (after.format, after.mode) == ("JPEG", "L" if mode == "L" else "RGB")


def test_formats_that_cannot_be_kept_are_named():
    gif, pages = io.BytesIO(), io.BytesIO()
    image = Image.fromarray(smooth())
    image.save(gif, "GIF")
    image.save(pages, "TIFF", save_all=True, append_images=[image])
    assert cannot_be_kept(gif.getvalue()) == "its content is GIF, which is not handled"
    assert cannot_be_kept(pages.getvalue()) == ("2 pages or frames; save each as a file of its own")
    assert cannot_be_kept(coded("JPEG")) is None


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_of_which_few_are_used_are_refused(suffix, channels):
    levels = np.random.default_rng(0).integers(0, 256, (48, 80, channels), np.uint8)
    for factor, reason in (
        (4, "10 of its 16 bits are used, so that nothing would be found in it; multiply its "
            "values by 64"),
        (64, "14 of its 16 bits are used, so that nothing would be found in it; multiply its "
            "values by 4"),
        (128, None),
        (257, None),
    ):  # fmt: skip
        pixels = levels.astype(np.uint16) * factor
        pixels[0, 0] = 65535  # a hot pixel
        raw = cv2.imencode(suffix, pixels)[1].tobytes()
        assert has_16_bits(raw)
        assert cannot_be_kept(raw) == reason
    assert not has_16_bits(cv2.imencode(suffix, levels)[1].tobytes())
    assert cannot_be_kept(cv2.imencode(suffix, levels // 64)[1].tobytes()) is None


def test_a_tiff_of_16_bits():
    pixels = np.random.default_rng(0).integers(0, 65536, (48, 81, 3), np.uint16)
    raw = tiff_of(pixels, b"a profile")
    after = cv2.imdecode(np.frombuffer(raw, np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(after[..., ::-1], pixels)
    assert kinds_in(raw) == ("icc",)
    assert kinds_in(tiff_of(pixels)) == ()
    with pytest.raises(ValueError, match=r"shape \(48, 81\), uint16"):
        tiff_of(pixels[..., 0])


@pytest.mark.parametrize("lossless", [True, False])
def test_webp(lossless):
    raw = coded("WEBP", lossless=lossless)
    clean = encoded_like(raw, smooth())
    assert (b"VP8L" in clean[:64]) == lossless
    assert kinds_in(clean) == ()


@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP"])
def test_a_position_is_found(file_format):
    raw, exif = io.BytesIO(), Image.Exif()
    exif[ExifTags.Base.Make] = "a camera"
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 8.0, 0.0)
    Image.fromarray(smooth()).save(raw, file_format, exif=exif)
    assert has_position(raw.getvalue())
    assert not has_position(coded(file_format))
