"""Images that are written in the format of their originals: depth, and channels besides colours."""

import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from image_files import has_hidden_channel, kinds_in, png_of, turned
from image_files.png import chunk
from PIL import Image
from plain_commands.files import sha256_of_file

from workflow_scripts.anonymization.apply import ShardFolder, anonymize_image
from workflow_scripts.anonymization.methods.blackbox import Blackbox
from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.regions import Kind, Region
from workflow_scripts.imaging.images import read_image
from workflow_scripts.imaging.pictures import Picture

WIDTH, HEIGHT = 80, 60
FACE = Region("a", Kind.FACE, 0.9, 20, 20, 40, 40)
LOSSLESS = {".webp": {"lossless": True, "exact": True}}


def noise(channels: int, dtype: type = np.uint8) -> np.ndarray:
    top = np.iinfo(dtype).max
    return np.random.default_rng(0).integers(0, top, (HEIGHT, WIDTH, channels), dtype, True)


def written(
    tmp_path: Path, name: str, *regions: Region, size: tuple[int, int] = (WIDTH, HEIGHT)
) -> Path:
    """An image of the folder, with these regions blacked out."""
    record = CocoImage(1, name, *size, sha256_of_file(tmp_path / name), upright=True)
    folder = ShardFolder(tmp_path / "out", "out", as_originals=True)
    entry = anonymize_image(Blackbox(), Picture(record, tmp_path, regions), folder)
    file = tmp_path / entry.file
    assert entry.sha256 == sha256_of_file(file)
    assert kinds_in(file.read_bytes()) == ()
    assert not has_hidden_channel(file.read_bytes())
    return file


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tif"])
@pytest.mark.parametrize("regions", [(), (FACE,)])
def test_an_alpha_channel_with_a_picture_is_left_out(tmp_path, suffix, regions):
    Image.fromarray(noise(4)).save(tmp_path / f"a{suffix}", **LOSSLESS.get(suffix, {}))
    after = Image.open(written(tmp_path, f"a{suffix}", *regions))
    assert after.mode == "RGB"
    searched = read_image(tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(np.asarray(after)[46:], searched[46:])
    assert (np.asarray(after)[30, 30] == 0).all() == bool(regions)


def test_infrared_light_beside_the_colours_of_a_tiff_is_left_out(tmp_path):
    Image.fromarray(noise(4)).save(tmp_path / "a.tif")
    raw = (tmp_path / "a.tif").read_bytes()
    tag, unspecified = (338, 3, 1, 2), (338, 3, 1, 0)
    raw = raw.replace(struct.pack("<HHII", *tag), struct.pack("<HHII", *unspecified))
    (tmp_path / "a.tif").write_bytes(raw)
    assert Image.open(tmp_path / "a.tif").mode == "RGB"
    after = Image.open(written(tmp_path, "a.tif"))
    np.testing.assert_array_equal(after, read_image(tmp_path / "a.tif"))


def test_colours_below_transparent_parts_are_those_that_were_searched(tmp_path):
    """Decoders of TIFF show them black; those of other formats show them."""
    pixels = noise(4)
    pixels[..., 3] = 0
    for name in ("a.tif", "a.png"):
        Image.fromarray(pixels).save(tmp_path / name)
        after = np.asarray(Image.open(written(tmp_path, name)))[..., :3]
        np.testing.assert_array_equal(after, read_image(tmp_path / name))


@pytest.mark.parametrize("suffix", [".png", ".webp"])
def test_a_mask_stays_and_is_opaque_where_something_was_covered(tmp_path, suffix):
    pixels = noise(4)
    pixels[..., 3] = 255 * (pixels[..., 3] > 127)
    Image.fromarray(pixels).save(tmp_path / f"a{suffix}", **LOSSLESS.get(suffix, {}))
    untouched = Image.open(written(tmp_path, f"a{suffix}"))
    np.testing.assert_array_equal(untouched, pixels)
    after = np.asarray(Image.open(written(tmp_path, f"a{suffix}", FACE)))
    assert (after[20:40, 20:40, 3] == 255).all()
    np.testing.assert_array_equal(after[46:], pixels[46:])


def test_a_tiff_without_changes_keeps_16_bits(tmp_path):
    pixels = noise(3, np.uint16)
    cv2.imwrite(str(tmp_path / "a.tif"), pixels[..., ::-1])
    file = written(tmp_path, "a.tif")
    after = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(after[..., ::-1], pixels)
    np.testing.assert_array_equal(read_image(file), read_image(tmp_path / "a.tif"))


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("channels", [3, 4])
def test_a_png_without_changes_keeps_16_bits(tmp_path, orientation, channels):
    pixels, exif = noise(channels, np.uint16), Image.Exif()
    exif[0x0112] = orientation
    chunk_of_exif = b"".join(chunk(b"eXIf", exif.tobytes()[6:]))
    raw = png_of(pixels)
    (tmp_path / "a.png").write_bytes(raw[:33] + chunk_of_exif + raw[33:])
    size = (WIDTH, HEIGHT) if orientation == 1 else (HEIGHT, WIDTH)
    file = written(tmp_path, "a.png", size=size)
    after = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
    np.testing.assert_array_equal(after[..., ::-1], turned(pixels[..., :3], orientation))


def test_bytes_between_the_pixels_of_a_jpeg_and_its_end_are_left_out(tmp_path):
    Image.fromarray(noise(3)).save(tmp_path / "a.jpg", quality=95, subsampling=0)
    raw = (tmp_path / "a.jpg").read_bytes()
    assert written(tmp_path, "a.jpg").read_bytes() == raw
    (tmp_path / "a.jpg").write_bytes(raw[:-2] + 9 * b"a secret" + raw[-2:])
    file = written(tmp_path, "a.jpg")
    assert b"a secret" not in file.read_bytes()
    differs = read_image(file).astype(int) - read_image(tmp_path / "a.jpg")
    assert np.abs(differs).mean() < 2


def test_grey_images_without_changes_keep_16_bits(tmp_path):
    pixels = noise(1, np.uint16)[..., 0]
    for name in ("a.tif", "a.png"):
        Image.fromarray(pixels).save(tmp_path / name)
        np.testing.assert_array_equal(Image.open(written(tmp_path, name)), pixels)
