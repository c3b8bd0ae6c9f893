"""Folders of anonymized images from elsewhere: other names, missing images, links."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.anonymization.anonymizing import run
from tests.anonymization.street_twins import NAMES, SHARD, hidden, lines_of, take_over
from workflow_scripts.contracts.manifest import read_manifest
from workflow_scripts.imaging.images import read_image, write_png


def check(twins: Path, **settings: object) -> int:
    """The check before anything is made."""
    given = {"method": "precomputed", "folder": str(twins / "theirs")} | settings
    return run("check", settings=json.dumps({"v": given}), annotations=twins / "train.coco.json")


def moved_files(twins: Path, place: Callable[[Path], str]) -> None:
    """Other paths for their images."""
    for name in NAMES:
        path = twins / "theirs" / name
        target = twins / "theirs" / place(Path(name))
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)


FOLDERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "two files for one image": (
        lambda twins: write_png(twins / "theirs/town/a.jpg", read_image(twins / "in/town/a.png")),
        "{theirs}/town: a.png and a.jpg both match town/a.png; remove one",
    ),
    "two letter cases": (
        lambda twins: write_png(twins / "theirs/town/b.PNG", read_image(twins / "in/town/b.png")),
        "{theirs}/town: b.png and b.PNG both match town/b.png; remove one",
    ),
    "one of another name": (
        lambda twins: (twins / "theirs/town/b.png").rename(twins / "theirs/town/b.png.jpg"),
        "{theirs}/town/b.png: no such file, nor one with another suffix, for town/b.png",
    ),
    "prefix of a vendor": (
        lambda twins: moved_files(twins, lambda name: f"town/anon_{name.name}"),
        "{theirs}: 3 of 3 images are missing, e.g. town/a.png; found 3 other files, e.g. town/"
        "anon_a.png; correct `folder`, or name the part that differs (`rename`)",
    ),
    "suffix of a vendor": (
        lambda twins: moved_files(twins, lambda name: f"town/{name.stem}_anonymized.jpg"),
        "{theirs}: 3 of 3 images are missing, e.g. town/a.png; "
        '`rename: {{".png": "_anonymized.jpg"}}` finds it',
    ),
    "flat, with a suffix": (
        lambda twins: moved_files(twins, lambda name: f"{name.stem}-redacted.png"),
        "{theirs}: 3 of 3 images are missing, e.g. town/a.png; "
        '`rename: {{"town/": "", ".png": "-redacted.png"}}` finds it',
    ),
    "flat": (
        lambda twins: moved_files(twins, lambda name: name.name),
        '{theirs}: 3 of 3 images are missing, e.g. town/a.png; `rename: {{"town/": ""}}` finds it',
    ),
    "another folder": (
        lambda twins: moved_files(twins, lambda name: f"out/day 1/{name.stem}.jpg"),
        "{theirs}: 3 of 3 images are missing, e.g. town/a.png; "
        '`rename: {{"town/": "out/day 1/"}}` finds it',
    ),
    "other names": (
        lambda twins: moved_files(twins, lambda name: f"town/frame {name.stem}.png"),
        "{theirs}: 3 of 3 images are missing, e.g. town/a.png; found 3 other files, e.g. town/"
        "frame a.png; correct `folder`, or name the part that differs (`rename`)",
    ),
    "one is missing": (
        lambda twins: (twins / "theirs/town/b.png").unlink(),
        "{theirs}/town/b.png: no such file, nor one with another suffix, for town/b.png",
    ),
    "damaged": (
        lambda twins: (twins / "theirs/town/b.png").write_bytes(b"GIF"),
        "{theirs}/town/b.png: not a readable image; make it again",
    ),
    "of another size": (
        lambda twins: write_png(twins / "theirs/town/c.png", np.zeros((9, 8, 3), np.uint8)),
        "{theirs}/town/c.png: 8x9 pixels; the original has 256x128",
    ),
}


@pytest.mark.parametrize("case", FOLDERS)
def test_a_folder_that_does_not_fit_is_one_line(twins, capsys, case):
    spoil, expected = FOLDERS[case]
    spoil(twins)
    assert check(twins) == 2
    (line,) = lines_of(capsys.readouterr().err)
    assert line == "variants.v: " + expected.format(theirs=twins / "theirs")


@pytest.mark.parametrize(
    ("rename", "expected"),
    [
        (
            {"town/": "/etc/"},
            "variants.v: {theirs}: 3 of 3 images are missing, e.g. etc/a.png; "
            "`rename: {{}}` finds it",
        ),
        (
            {"": "x"},
            "--settings: v.rename: empty text; name a part of the path",
        ),
    ],
)
def test_a_rename_that_finds_nothing_is_one_line(twins, capsys, rename, expected):
    assert check(twins, rename=rename) == 2
    (line,) = lines_of(capsys.readouterr().err)
    assert line.startswith(expected.format(theirs=twins / "theirs"))


def test_suffixes_in_upper_case_are_found(twins):
    moved_files(twins, lambda name: f"town/{name.stem}.PNG")
    assert take_over(twins) == 0


def test_links_out_of_the_folder_are_counted(twins, capsys):
    path = twins / "theirs/town/b.png"
    path.unlink()
    path.symlink_to(twins / "in/town/b.png")
    assert check(twins) == 0
    assert (
        f"{twins}/theirs: 1 of 3 images are links to files outside of it, e.g. town/b.png to "
        f"{twins}/in/town/b.png"
    ) in capsys.readouterr().err


def test_what_was_taken_over_stays_when_the_folder_changes(twins):
    assert take_over(twins) == 0
    for name in NAMES:
        (twins / "theirs" / name).write_bytes(b"edited in place")
    entries = read_manifest(twins / "images/v" / SHARD / "manifest.parquet")
    for entry, name in zip(entries, NAMES, strict=True):
        taken = read_image(twins / "images/v" / entry.file)
        original = read_image(twins / "in" / name)
        assert (taken == (hidden(original) if name == NAMES[0] else original)).all()
