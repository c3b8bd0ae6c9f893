"""The listing of a folder, the contact sheet, and the package without the workflow."""

import subprocess
import sys
from pathlib import Path

import numpy as np
from image_files import SheetCell, contact_sheet, listing

SCRIPT = """
import io, sys
import numpy as np
from PIL import Image
from image_files import encoded_like, kinds_in, without_metadata
raw = io.BytesIO()
Image.new("RGB", (40, 30)).save(raw, "JPEG", comment=b"hello")
assert kinds_in(raw.getvalue()) == ("text",)
assert kinds_in(without_metadata(raw.getvalue())) == ()
encoded_like(raw.getvalue(), np.zeros((30, 40, 3), np.uint8))
others = {name.partition(".")[0] for name in sys.modules}
print(*sorted(others & {"workflow_scripts", "snakemake", "torch", "pydantic", "cv2"}))
"""


def test_a_folder_is_listed_by_kind(tmp_path):
    names = (
        *("b.JPG", "ä/ü.png", "ä/._ü.png", "clip.MP4", "x.heic", "notes.txt", "no suffix"),
        *(".hidden/a.jpg", ".DS_Store"),
    )
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "link").symlink_to(tmp_path / "ä")
    found = listing(tmp_path)
    assert found.images == ["b.JPG", "ä/ü.png"]
    assert found.other_images == ["x.heic"]
    assert found.videos == ["clip.MP4"]
    assert found.hidden == [".DS_Store", ".hidden", "ä/._ü.png"]
    assert found.linked == ["link"]
    assert found.others == ["no suffix", "notes.txt"]
    assert found.left_out == [
        "x.heic: a format that is not handled; convert it",
        "videos, which are not handled: 1, e.g. clip.MP4",
        "hidden files or folders, whose names begin with a dot: 3, e.g. .DS_Store",
        "links to folders, which are not followed: 1, e.g. link",
        "other files: 2, e.g. no suffix",
    ]


def test_a_sheet_shows_every_image_and_enlarges_none():
    red = np.full((50, 100, 3), (255, 0, 0), np.uint8)
    wide = np.full((100, 4000, 3), (0, 0, 255), np.uint8)
    sheet = contact_sheet(
        [SheetCell("ä.png", (red,)), SheetCell("x\n\udcff" * 150, (wide,))], "two images"
    )
    assert ((sheet == (255, 0, 0)).all(axis=2)).sum() == red.shape[0] * red.shape[1]
    assert ((sheet == (0, 0, 255)).all(axis=2)).sum() == 440 * 11


def test_the_package_works_without_the_workflow(tmp_path):
    start = f"import sys; sys.path[:0] = [{str(Path(__file__).parents[1])!r}]\n"
    done = subprocess.run(
        [sys.executable, "-I", "-c", start + SCRIPT],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
