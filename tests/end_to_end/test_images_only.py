"""`anonymize` on a few drawn streets in files as people have them: names, formats, metadata."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from drawn_streets import SceneSettings, draw_scene
from image_files import kinds_in
from PIL import Image, ImageOps

from tests import preloaded
from tests.workflow import PROJECT
from workflow_scripts.contracts.layout import Layout

pytestmark = pytest.mark.slow
ORIENTATION, MAKER, GPS = 0x0112, 0x010F, 0x8825


def street(index: int) -> Image.Image:
    """A scene with faces of at least 20 pixels."""
    return Image.fromarray(draw_scene(SceneSettings(0, 1024, 512), "train", index).image)


def exif(orientation: int = 1) -> Image.Exif:
    """Metadata of a camera, with where it was."""
    tags = Image.Exif()
    tags[ORIENTATION], tags[MAKER] = orientation, "a camera"
    tags.get_ifd(GPS).update({1: "N", 2: (48.0, 8.0, 30.0), 3: "E", 4: (11.0, 34.0, 0.0)})
    return tags


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("my photos") / "Bilder {ü}"
    (root / "Straße/März").mkdir(parents=True)
    street(1).save(root / "a.jpg", quality=85, exif=exif(), comment=b"a secret")
    street(1).save(root / "a.png", exif=exif())
    turned = street(2).transpose(Image.Transpose.ROTATE_90)  # shown upright by orientation 6
    turned.save(root / "Straße/März/ü.JPG", quality=92, subsampling=0, exif=exif(6))
    Image.new("L", (300, 200), 120).save(root / "Straße/empty.jpg", exif=exif())
    Image.new("RGB", (90, 60), (9, 99, 199)).save(root / "empty.webp", exif=exif(8), lossless=True)
    (root / "broken.jpg").write_bytes((root / "a.jpg").read_bytes()[:9000])
    (root / "notes.txt").write_text("48° 8' N")
    (root / "clip.mp4").write_bytes(b"")
    (root / "phone.heic").write_bytes(b"")
    return root


def command(photos: Path, output: Path, *words: str) -> list[str]:
    call = [sys.executable, "-m", "workflow_scripts", "anonymize", str(photos)]
    return [*call, "--output", str(output), *words]


@pytest.fixture(scope="module")
def finished(photos: Path) -> tuple[Path, str]:
    output = photos.parent / "out"
    call = command(photos, output, "--method", "natural", "--cores", "2")
    done = preloaded.run(call[2:], PROJECT, together=False)
    assert done.returncode == 0, done.stderr
    return output, done.stdout


NAMES = {"a.jpg", "a.png", "Straße/März/ü.JPG", "Straße/empty.jpg", "empty.webp"}


def files_of(folder: Path) -> set[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in found}


def test_the_output_has_the_names_and_formats_of_the_originals(photos, finished):
    output, _ = finished
    assert files_of(output) == NAMES
    for name in NAMES:
        before, after = Image.open(photos / name), Image.open(output / name)
        assert (after.format, after.mode) == (before.format, before.mode)
        assert after.size == ImageOps.exif_transpose(before).size


def test_no_metadata_is_left(finished):
    output, _ = finished
    for name in NAMES:
        raw = (output / name).read_bytes()
        assert kinds_in(raw) == ()
        assert not Image.open(io.BytesIO(raw)).getexif()
        assert b"a camera" not in raw
        assert b"a secret" not in raw


def test_what_needs_no_change_has_the_same_pixels(photos, finished):
    output, _ = finished
    for name in ("Straße/empty.jpg", "empty.webp"):
        before = ImageOps.exif_transpose(Image.open(photos / name))
        np.testing.assert_array_equal(Image.open(output / name), before)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "Straße/März/ü.JPG"])
def test_faces_change_and_most_of_the_image_does_not(photos, finished, name):
    output, _ = finished
    before = ImageOps.exif_transpose(Image.open(photos / name)).convert("RGB")
    after = Image.open(output / name).convert("RGB")
    differs = np.abs(np.asarray(before).astype(int) - np.asarray(after)).max(axis=2)
    assert 0.0002 < (differs > 24).mean() < 0.05
    assert np.median(differs) <= 1
    if name.endswith("png"):
        assert (differs == 0).mean() > 0.9


def test_the_end_says_what_happened(finished):
    output, said = finished
    lines = said.splitlines()
    assert lines[0] == "Images: 5, 3 with regions"
    counted = [line for line in lines if line.startswith(("Faces: ", "License plates: "))]
    assert len(counted) == 2
    for line in counted:
        found, changed, *_ = (int(word) for word in line.split() if word.isdigit())
        assert found == changed
    assert lines[3].startswith("Audit: each detected region is changed, nothing outside")
    assert lines[4].startswith("Not looked for: faces below about 10 px; license plates below")
    assert [line for line in lines if line.startswith("Note: ")] == [
        "Note: left out: broken.jpg: truncated, damaged, or not an image (9000 bytes)",
        "Note: left out: phone.heic: a format that is not handled; convert it",
        "Note: left out: videos, which are not handled: 1, e.g. clip.mp4",
        "Note: left out: other files: 1, e.g. notes.txt",
        "Note: 5 images with a position in EXIF; anonymized images do not have it "
        "unless strip_metadata is false, e.g. Straße/März/ü.JPG",
    ]
    sheet = output.with_name("out-contact-sheet.png")
    assert lines[-3].startswith("Attacks: not run")
    assert lines[-2:] == [f"Contact sheet: {sheet}", f"Output: {output}"]
    assert Image.open(sheet).width > 1000


def test_a_killed_call_resumes(photos):
    output = photos.parent / "resumed"
    call = command(photos, output, "--method", "blackbox", "--show-originals", "--cores", "1")
    layout = Layout(output / ".anonymization" / Layout.of("images").results)
    with subprocess.Popen(call, cwd=PROJECT, start_new_session=True) as process:
        while not list((layout.logs / "anonymize").rglob("*.log")):
            assert process.poll() is None
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)
    assert not files_of(output) & NAMES
    done = preloaded.run(call[2:], PROJECT, together=False)
    assert done.returncode == 0, done.stderr
    # Of nine steps, indexing, detecting and both checks were done.
    assert int(re.findall(r"(\d+) steps", done.stderr)[-1]) == 5
    assert files_of(output) == NAMES
