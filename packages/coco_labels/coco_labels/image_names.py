"""Names of image files in an annotation file, matched with the files in the image folder."""

import os
import re
import unicodedata
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from .notes import Notes
from .values import Entry, checked_value, has_control, is_name, shown

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")
"""Suffixes of files that a name with another suffix may mean."""


def file_name_of(entry: Entry, folder: Path, notes: Notes) -> str:
    """Path of an image relative to the image folder, with forward slashes.

    A name in another notation (backslashes, Unicode form, percent-encoding) is matched and noted.

    Args:
        entry: entry of the image.
        folder: the image folder.
        notes: where notes are added.

    Raises:
        ValueError: there is no valid path, or only a similar file.
    """
    text = checked_value(entry, "file_name", is_name, "the path of an image file")
    forms = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    names = (text, text.replace("\\", "/"), *forms, unquote(text))
    # Path.exists() raises if a name is too long.
    there = next((name for name in names if os.path.exists(folder / name)), None)  # noqa: PTH110
    name = there or text
    if name != text:
        notes.add("file names written otherwise than the file is named, matched", shown(text))
    path = PurePosixPath(name)
    if path.is_relative_to(folder.absolute()):
        path = path.relative_to(folder.absolute())
    if has_control(name) or path.is_absolute() or ".." in path.parts:
        raise ValueError(
            f"file_name is {shown(text)}; a path relative to the image folder, inside it and "
            "without control characters, is expected"
        )
    if there is None and (other := _alike(unquote(text).replace("\\", "/"), folder)):
        raise ValueError(
            f"file_name is {shown(text)}; there is no such file in the image folder, but there is "
            f"{shown(other)}; did you mean that?"
        )
    return path.as_posix()


def _alike(name: str, folder: Path) -> str | None:
    """A file of the folder that matches the last parts of a path, or differs in the suffix.

    Label Studio renames a file to 1a2b3c4d-name.jpg, and Roboflow to name_jpg.rf.1a2b….jpg.
    """
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", "..")]
    for start in range(len(parts)):
        end = PurePosixPath(*parts[start:])
        bare = re.sub(r"^[0-9a-f]{8}-|_[A-Za-z]{3,4}\.rf\.[0-9A-Za-z]{20,}", "", end.name)
        for like in (end, end.with_name(PurePosixPath(bare).name or end.name)):
            for suffix in (end.suffix, *SUFFIXES, *map(str.upper, SUFFIXES)):
                other = like.with_suffix(suffix)
                if os.path.isfile(folder / other):  # noqa: PTH113 - no error for long names
                    return other.as_posix()
    return None


def is_same_file(first: Path, second: Path) -> bool:
    """Whether two paths lead to the same file; False if one does not exist."""
    try:
        return first.samefile(second)
    except OSError:
        return False
