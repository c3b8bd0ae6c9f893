"""Originals that are links, and the metadata of originals."""

import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import ExifTags, Image, PngImagePlugin
from plain_commands.files import sha256_of_file

from tests.anonymization.anonymizing import NAMES, apply, lines, make_data, write_index
from workflow_scripts.contracts.manifest import read_manifest
from workflow_scripts.contracts.regions import write_regions
from workflow_scripts.imaging.images import read_image

SHARD = "000-aaaaaaaa"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return make_data(tmp_path)


def test_originals_that_are_relative_links_become_files(data):
    (data / "store").mkdir()
    for name in NAMES:
        file = data / "in" / name
        file.rename(data / "store" / file.name)
        file.symlink_to(f"../../store/{file.name}")
    assert apply(data, {"method": "blackbox"}) == 0
    for entry in read_manifest(data / "images/v" / SHARD / "manifest.parquet"):
        file = data / "images/v" / entry.file
        assert not file.is_symlink()
        assert sha256_of_file(file) == entry.sha256


def exif(orientation: int = 1, *, gps: bool = True) -> Image.Exif:
    found = Image.Exif()
    found[ExifTags.Base.Make] = "a camera"
    found[ExifTags.Base.Orientation] = orientation
    if gps:
        found.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 8.0, 0.0)
    return found


def with_metadata(data: Path, name: str, **options: object) -> Path:
    """Write an image with metadata in place of an original without regions."""
    pixels = cv2.resize(np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8), (80, 60))
    raw = io.BytesIO()
    Image.fromarray(pixels).save(raw, {".jpg": "JPEG"}.get(name[-4:], name[-3:].upper()), **options)
    (data / "in" / name).write_bytes(raw.getvalue())
    return data / "in" / name


def only_image(data: Path, name: str) -> None:
    write_index(data, [name], {SHARD: [name]})
    write_regions(data / f"{SHARD}.parquet", [])


TEXT = PngImagePlugin.PngInfo()
TEXT.add_text("Author", "somebody")
METADATA = {
    "position": ("b/9.jpg", {"exif": exif()}, "exif 1, gps 1"),
    "camera": ("b/9.jpg", {"exif": exif(gps=False)}, "exif 1"),
    "comment": ("b/9.jpg", {"comment": b"hello"}, "text 1"),
    "xmp": ("b/9.jpg", {"xmp": b"<x:xmpmeta/>"}, "xmp 1"),
    "png text": ("b/9.png", {"pnginfo": TEXT}, "text 1"),
    "png position": ("b/9.png", {"exif": exif()}, "exif 1, gps 1"),
}


@pytest.mark.parametrize(("name", "options", "kinds"), METADATA.values(), ids=METADATA)
def test_metadata_of_unchanged_originals_is_left_out_and_told(data, capsys, name, options, kinds):
    original = with_metadata(data, name, **options)
    only_image(data, name)
    assert apply(data, {"method": "blackbox"}) == 0
    assert f"metadata removed from 1 image ({kinds})" in lines(capsys, data)
    (entry,) = read_manifest(data / "images/v" / SHARD / "manifest.parquet")
    file = data / "images/v" / entry.file
    assert (entry.linked, entry.sha256) == (False, sha256_of_file(file))
    assert (read_image(file) == read_image(original)).all()
    with Image.open(file) as image:
        assert not image.getexif()
        assert not {"comment", "xmp", "Author", "exif"} & image.info.keys()
    assert apply(data, {"method": "blackbox", "strip_metadata": False}) == 0
    assert (
        f"metadata of the source file kept in 1 image ({kinds}); "
        "strip_metadata: true removes it from JPEG, PNG and WebP files"
    ) in lines(capsys, data)
    assert original.samefile(data / "images/v" / SHARD / name)


@pytest.mark.parametrize("orientation", range(2, 9))
def test_an_orientation_stays_without_the_rest(data, orientation):
    original = with_metadata(data, "b/9.jpg", exif=exif(orientation))
    only_image(data, "b/9.jpg")
    assert apply(data, {"method": "blackbox"}) == 0
    file = data / "images/v" / SHARD / "b/9.jpg"
    assert (read_image(file) == read_image(original)).all()
    with Image.open(file) as image:
        assert dict(image.getexif()) == {ExifTags.Base.Orientation: orientation}
    for flags in (cv2.IMREAD_COLOR, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION):
        assert (cv2.imread(str(file), flags) == cv2.imread(str(original), flags)).all()


def test_without_metadata_originals_stay_links(data, capsys):
    assert apply(data, {"method": "blackbox"}) == 0
    assert (data / "in/a/1.png").samefile(data / "images/v" / SHARD / "a/1.png")
    assert not [line for line in lines(capsys, data) if "metadata" in line]
