"""The index of a folder of images without labels."""

import json
import struct
from pathlib import Path

import cv2
import numpy as np
from PIL import ExifTags, Image

from tests.commands import index
from workflow_scripts.contracts.coco import CocoSplit
from workflow_scripts.contracts.shards import Shards


def index_of(root: Path, output: Path) -> int:
    settings = json.dumps({"kind": "images", "root": str(root), "images_per_shard": 2})
    return index(["--settings", settings, "--output", str(output), "--workers", "1"])


def test_images_are_upright_and_what_is_left_out_is_noted(tmp_path):
    root, exif = tmp_path / "photos", Image.Exif()
    (root / "ü").mkdir(parents=True)
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 60, 3), np.uint8))
    exif[0x0112] = 8
    exif.get_ifd(ExifTags.IFD.GPSInfo)[ExifTags.GPS.GPSLatitude] = (48.0, 8.0, 0.0)
    image.save(root / "ü/turned.jpg", exif=exif)
    image.save(root / "a.png")
    image.save(root / "b.jpg", "GIF")
    image.save(root / "c.tif", save_all=True, append_images=[image])
    (root / "d.jpg").write_bytes((root / "ü/turned.jpg").read_bytes()[:400])
    (root / "e.jpg").symlink_to("nowhere")
    (root / "f\n.jpg").write_bytes(b"")
    pages = (root / "c.tif").read_bytes()
    before, tag, rest = pages.rpartition(struct.pack("<HHI", 256, 4, 1))  # width of the 2nd page
    (root / "g.tif").write_bytes(before + b"\xff\0" + tag[2:] + rest)
    image.save(root / "h.tif", compression="tiff_lzw")
    packed = (root / "h.tif").read_bytes()
    (root / "h.tif").write_bytes(packed[:3000] + bytes(200) + packed[3200:])
    (root / "notes.txt").write_text("")
    assert index_of(root, tmp_path) == 0
    split = CocoSplit.read(tmp_path / "train.coco.json")
    assert {image.file_name: (image.width, image.height) for image in split.images} == {
        "a.png": (60, 40),
        "ü/turned.jpg": (40, 60),
    }
    assert all(image.upright for image in split.images)
    assert [note.partition(" (")[0] for note in split.notes] == [
        "left out: b.jpg: its content is GIF, which is not handled",
        "left out: c.tif: 2 pages or frames; save each as a file of its own",
        "left out: d.jpg: truncated, damaged, or not an image",
        "left out: e.jpg: no such file",
        "left out: f?.jpg: truncated, damaged, or not an image",
        "left out: g.tif: truncated or damaged; copy it again",
        "left out: h.tif: truncated, damaged, or not an image",
        "left out: other files: 1, e.g. notes.txt",
        "1 image with a position in EXIF; anonymized images do not have it unless "
        "strip_metadata is false, e.g. ü/turned.jpg",
    ]
    shards = Shards.read(tmp_path / "shards.json")
    assert sum(map(len, shards.of("train").values())) == 2
    assert shards.of("val") == {}


def test_images_that_hide_what_they_show_are_noted(tmp_path):
    root = tmp_path / "photos"
    root.mkdir()
    pixels = np.random.default_rng(0).integers(0, 255, (40, 60, 4), np.uint8)
    Image.fromarray(pixels).save(root / "a.png")
    pixels[..., 3] = 255
    Image.fromarray(pixels).save(root / "b.png")
    cv2.imwrite(str(root / "c.png"), pixels[..., :3].astype(np.uint16) * 4)
    cv2.imwrite(str(root / "d.tif"), pixels[..., :3].astype(np.uint16) * 257)
    cv2.imwrite(str(root / "e.png"), pixels[..., :3].astype(np.uint16) * 257)
    assert index_of(root, tmp_path) == 0
    split = CocoSplit.read(tmp_path / "train.coco.json")
    assert [image.file_name for image in split.images] == ["a.png", "b.png", "d.tif", "e.png"]
    assert list(split.notes) == [
        "left out: c.png: 10 of its 16 bits are used, so that nothing would be found in it; "
        "multiply its values by 64",
        "1 image with an alpha or further channel that is no plain mask: it is neither searched "
        "nor copied; to keep it, save it as an image of its own, e.g. a.png",
        "2 images with 16 bits per channel, of which the upper 8 are read, e.g. d.tif",
    ]


def test_a_folder_without_a_readable_image_is_an_error(tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.jpg").write_bytes(b"x")
    assert index_of(tmp_path / "photos", tmp_path) == 2
    first, second = capsys.readouterr().err.splitlines()[-2:]
    assert first.endswith("photos: no readable image in it")
    assert "left out: a.jpg: truncated, damaged, or not an image (1 bytes)" in second


def test_a_missing_folder_is_an_error(tmp_path, capsys):
    assert index_of(tmp_path / "photos", tmp_path) == 2
    assert f"dataset.root: there is no folder {tmp_path}/photos" in capsys.readouterr().err
