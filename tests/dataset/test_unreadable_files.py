"""Image and annotation files that are missing, damaged or of another size: the one line for each.

`{file}` stands for the annotation file of the training split, `{images}` for its image folder.
"""

import json
import os
from collections.abc import Callable

import cv2
import pytest

from tests.coco_folder import CocoFolder, noise
from tests.dataset.coco_changes import first, renamed
from tests.dataset.ground_truth import header_only, lines_of

pytestmark = pytest.mark.usefixtures("no_processes")


def test_the_index_overwrites_no_annotations(data, capsys):
    data.output.mkdir()
    named = data.output / "train.coco.json"
    named.write_bytes(data.file.read_bytes())
    (data.folder / "link.json").symlink_to(named)
    for name in (named, data.output / "../out/train.coco.json", data.folder / "link.json"):
        data.settings["train"]["annotations"] = str(name)
        assert data.index() == 2
        said = f"error: {named}: is an input and would be overwritten; name another file"
        assert said in capsys.readouterr().err
        assert named.read_bytes() == data.file.read_bytes()


def replaced(content: bytes | None) -> Callable[[CocoFolder], None]:
    """Put something else in the place of an image."""

    def change(data: CocoFolder) -> None:
        (data.images / "a.png").unlink()
        if content is not None:
            (data.images / "a.png").write_bytes(content)

    return change


def with_sizes(width: int, height: int, content: bytes) -> Callable[[CocoFolder], None]:
    """Let the annotation file tell the size that the header of an image tells."""

    def change(data: CocoFolder) -> None:
        replaced(content)(data)
        labels = json.loads(data.file.read_text())
        first("images", width=width, height=height)(labels)
        data.write(labels)

    return change


def truncated(data: CocoFolder) -> None:
    path = data.images / "a.png"
    path.write_bytes(path.read_bytes()[:5000])


def as_pipe(data: CocoFolder) -> None:
    (data.images / "a.png").unlink()
    os.mkfifo(data.images / "a.png")


def as_folder(data: CocoFolder) -> None:
    (data.images / "a.png").unlink()
    (data.images / "a.png").mkdir()


def file_as_folder(data: CocoFolder) -> None:
    data.file.unlink()
    data.file.mkdir()


def file_as_pipe(data: CocoFolder) -> None:
    data.file.unlink()
    os.mkfifo(data.file)


def linked_to_itself(data: CocoFolder) -> None:
    (data.images / "a.png").unlink()
    (data.images / "a.png").symlink_to("a.png")


def two_names(data: CocoFolder) -> None:
    """One file under two names, as a file system without upper and lower case has it."""
    content = json.loads(data.file.read_text())
    os.link(data.images / "a.png", data.images / "A.png")
    renamed("a.png", "A.png")(content)
    data.write(content)


def no_images(data: CocoFolder) -> None:
    data.settings["train"]["images"] = str(data.folder / "nowhere")


def long_name(data: CocoFolder) -> None:
    content = json.loads(data.file.read_text())
    first("images", file_name="a" * 300)(content)
    data.write(content)


FILES = [
    (replaced(None), "{images}/a.png: no such file"),
    (replaced(b""), "{images}/a.png: truncated, damaged, or not an image (0 bytes); copy it again"),
    (
        replaced(b"<html>"),
        "{images}/a.png: truncated, damaged, or not an image (6 bytes); copy it again",
    ),
    (truncated, "{images}/a.png: truncated, damaged, or not an image (5000 bytes); copy it again"),
    (as_pipe, "{images}/a.png: a pipe or a device; expected a file"),
    (as_folder, "{images}/a.png: cannot be read (Is a directory)"),
    (linked_to_itself, "{images}/a.png: cannot be read (Too many levels of symbolic links)"),
    (long_name, "{images}/" + "a" * 300 + ": cannot be read (File name too long)"),
    (
        replaced(header_only(50_000, 50_000)),
        "{images}/a.png: 50000x50000 pixels, but train.json says 96x64",
    ),
    (
        replaced(header_only(20_000, 15_000)),
        "{images}/a.png: 20000x15000 pixels, but train.json says 96x64",
    ),
    (
        with_sizes(50_000, 50_000, header_only(50_000, 50_000)),
        "{images}/a.png: the header says 50000x50000 pixels; images of up to 1,073,741,824 pixels "
        "and 1,048,576 per side can be read",
    ),
    (
        with_sizes(64, 96, cv2.imencode(".png", noise([9]))[1].tobytes()),
        "{images}/a.png: 96x64 pixels, but train.json says 64x96",
    ),
    (
        two_names,
        "{file}: the images 1 and 2 are one file, A.png and a.png; a file needs one image with "
        "all its annotations",
    ),
    (file_as_folder, "{file}: cannot be read (Is a directory)"),
    (file_as_pipe, "{file}: a pipe or a device; expected a file"),
    (no_images, "dataset.train.images: there is no folder {folder}/nowhere"),
]


@pytest.mark.parametrize(("change", "line"), FILES)
def test_files_that_are_wrong_are_named(data, capsys, change, line):
    change(data)
    assert data.index() == 2
    places = {"images": data.images, "file": data.file, "folder": data.folder}
    assert lines_of(capsys) == [f"error: {line.format(**places)}"]


def test_a_label_path_that_no_file_can_have_is_said(data, capsys):
    data.settings["train"]["annotations"] = "/tmp/" + "x" * 300
    assert data.index() == 2
    (line,) = lines_of(capsys)
    assert line.endswith(": cannot be read (File name too long)")
