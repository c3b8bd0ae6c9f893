"""PNG files are read by others as the pixels that were written."""

import io

import cv2
import numpy as np
import pytest
from image_files import png, png_of
from PIL import Image, ImageCms


def pixels_of(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("shape", [(30, 41), (1, 1, 3), (30, 41, 2), (30, 41, 3), (30, 41, 4)])
def test_two_decoders_read_what_was_written(shape):
    pixels = pixels_of(*shape)
    content = png_of(pixels)
    np.testing.assert_array_equal(Image.open(io.BytesIO(content)), pixels)
    if shape[-1] == 3:
        read = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR_RGB)
        np.testing.assert_array_equal(read, pixels)


@pytest.mark.parametrize("shape", [(30, 41), (30, 41, 3)])
def test_numbers_of_two_bytes_keep_their_order(shape):
    pixels = np.random.default_rng(0).integers(0, 2**16, shape, np.uint16)
    read = cv2.imdecode(np.frombuffer(png_of(pixels), np.uint8), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(read if read.ndim == 2 else read[..., ::-1], pixels)


def test_a_part_of_an_array_is_written_as_it_looks():
    pixels = pixels_of(30, 40, 3)[5:20, ::-2]
    np.testing.assert_array_equal(Image.open(io.BytesIO(png_of(pixels))), pixels)


def test_a_long_stream_is_cut_into_chunks(monkeypatch):
    monkeypatch.setattr(png, "_LARGEST", 1000)
    pixels = pixels_of(40, 50, 3)
    content = png_of(pixels)
    assert content.count(b"IDAT") == 7
    np.testing.assert_array_equal(Image.open(io.BytesIO(content)), pixels)


def test_a_profile_goes_with_the_pixels():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    read = Image.open(io.BytesIO(png_of(pixels_of(4, 5, 3), profile)))
    assert read.info["icc_profile"] == profile
    assert "icc_profile" not in Image.open(io.BytesIO(png_of(pixels_of(4, 5, 3)))).info


def test_a_smooth_picture_is_packed():
    y, x = np.mgrid[:256, :256]
    pixels = np.stack((x, y, x + y), axis=-1).astype(np.uint8)
    assert len(png_of(pixels)) < pixels.size / 20


@pytest.mark.parametrize(
    "pixels",
    [pixels_of(4), pixels_of(4, 5, 5), pixels_of(0, 5, 3), pixels_of(4, 5).astype(np.int32)],
    ids=lambda pixels: f"{pixels.shape} {pixels.dtype}",
)
def test_what_is_no_image_is_refused(pixels):
    with pytest.raises(ValueError, match="no PNG can be made of pixels of shape"):
        png_of(pixels)
