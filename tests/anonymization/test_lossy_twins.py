"""Lossy codecs, as the manifest records them for the audit."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from plain_commands.files import sha256_of_file

from tests.anonymization.street_twins import FACE, NAMES, SHARD, take_over
from workflow_scripts.anonymization.apply import ShardFolder, anonymize_image
from workflow_scripts.anonymization.methods.blackbox import Blackbox
from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.manifest import Entry, read_manifest
from workflow_scripts.contracts.regions import Region
from workflow_scripts.imaging.images import read_image, write_png
from workflow_scripts.imaging.pictures import Picture

FIRST = Path("theirs") / NAMES[0]


def recompress(twins: Path) -> None:
    """Save the first twin, its original, as a JPEG and then as a PNG."""
    write_jpeg(twins / "a.jpg", read_image(twins / "in" / NAMES[0]))
    write_png(twins / FIRST, read_image(twins / "a.jpg"))


def as_jpeg(twins: Path) -> None:
    """Save the first twin, its original, as a JPEG."""
    (twins / FIRST).unlink()
    write_jpeg((twins / FIRST).with_suffix(".jpg"), read_image(twins / "in" / NAMES[0]))


def as_misnamed_jpeg(twins: Path) -> None:
    """Save the first twin, its original, as a JPEG with the suffix of a PNG."""
    as_jpeg(twins)
    (twins / FIRST).with_suffix(".jpg").rename(twins / FIRST)


def write_jpeg(path: Path, pixels: np.ndarray) -> None:
    path.write_bytes(cv2.imencode(".jpg", pixels[..., ::-1])[1].tobytes())


@pytest.mark.parametrize(
    ("save", "declared", "expected"),
    [
        (recompress, None, False),
        (recompress, True, True),
        (as_jpeg, None, True),
        (as_jpeg, False, False),
        (as_misnamed_jpeg, None, True),
    ],
)
def test_twins_are_recorded_as_their_comparison_took_them(twins, save, declared, expected):
    save(twins)
    assert take_over(twins, lossy=declared) == 0
    entry, *_ = read_manifest(twins / "images/v" / SHARD / "manifest.parquet")
    assert entry.lossy == expected
    assert bool(entry.changes) != expected


def blacked_out(folder: Path, name: str, *regions: Region, as_originals: bool) -> Entry:
    pixels = np.random.default_rng(0).integers(0, 256, (128, 256, 3), np.uint8)
    (folder / name).write_bytes(cv2.imencode(name[1:], pixels)[1].tobytes())
    image = CocoImage(1, name, 256, 128, sha256_of_file(folder / name))
    shard = ShardFolder(folder / "out", "out", as_originals)
    return anonymize_image(Blackbox(), Picture(image, folder, regions), shard)


@pytest.mark.parametrize(
    ("name", "regions", "as_originals", "expected"),
    [
        ("a.jpg", [FACE], True, True),
        ("a.webp", [FACE], True, True),
        ("a.png", [FACE], True, False),
        ("a.jpg", [], True, False),
        ("a.jpg", [FACE], False, False),
    ],
)
def test_images_that_are_encoded_again_are_lossy_like_their_format(
    tmp_path, name, regions, as_originals, expected
):
    entry = blacked_out(tmp_path, name, *regions, as_originals=as_originals)
    assert len(entry.changes) == len(regions)
    assert entry.lossy == expected
