"""Finding the twin of an image in a folder: other suffix, renamed parts of the path."""

import glob
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


def expected_path(folder: Path, name: str, rename: Mapping[str, str]) -> Path:
    """The path of a twin with its original's suffix.

    Args:
        folder: of the twins.
        name: path of the original in its own folder.
        rename: texts of the path that read differently among the twins.
    """
    for text, other in rename.items():
        name = name.replace(text, other)
    return folder / name


def files_for(folder: Path, name: str, rename: Mapping[str, str]) -> list[Path]:
    """The files that may be the twin of an image; arguments as in `expected_path`."""
    expected = expected_path(folder, name, rename)
    paths = dict.fromkeys((expected, *map(expected.with_suffix, SUFFIXES)))
    return [path for path in paths if path.is_file()]


def rename_for(folder: Path, name: str) -> dict[str, str] | None:
    """A `rename` that finds an image, from a file with a similar name; None without such a file."""
    own = PurePosixPath(name)
    for path in sorted(folder.rglob(f"{glob.escape(own.stem)}*")):
        there = PurePosixPath(path.relative_to(folder).as_posix())
        texts = {}
        if there.parent != own.parent:
            texts[f"{own.parent}/"] = f"{there.parent}/".removeprefix("./")
        if there.stem != own.stem:
            texts[own.suffix] = there.name.removeprefix(own.stem)
        if files_for(folder, name, texts):
            return texts
    return None
