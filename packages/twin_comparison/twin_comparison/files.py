"""Search for the twin of an image in a folder with another suffix or renamed parts of the path."""

import glob
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")


def expected_path(folder: Path, name: str, rename: Mapping[str, str]) -> Path:
    """Path of a twin with its original's suffix.

    Args:
        folder: folder of the twins.
        name: path of the original in its own folder.
        rename: texts in the path that are different for the twins.
    """
    for text, other in rename.items():
        name = name.replace(text, other)
    return folder / name.lstrip("/")


def files_for(folder: Path, name: str, rename: Mapping[str, str]) -> list[Path]:
    """Files that may be the twin of an image; arguments as in `expected_path`."""
    expected = expected_path(folder, name, rename)
    suffixes = (*SUFFIXES, *map(str.upper, SUFFIXES))
    paths = [expected, *map(expected.with_suffix, suffixes)]
    # On a case-insensitive file system, a file is found under two names.
    found = {path.stat()[1:3]: path for path in reversed(paths) if path.is_file()}
    return [*found.values()][::-1]


def rename_for(folder: Path, name: str, others: Sequence[str] = ()) -> dict[str, str] | None:
    """Value of `rename` derived from a file with a similar name; None if there is none.

    Args:
        folder: folder of the twins.
        name: path of the original in its own folder.
        others: paths of originals, most of which the result has to match as well.
    """
    own = PurePosixPath(name)
    for path in sorted(folder.rglob(f"{glob.escape(own.stem)}*")):
        there = PurePosixPath(path.relative_to(folder).as_posix())
        texts = {}
        if there.parent != own.parent:
            texts[f"{own.parent}/"] = f"{there.parent}/".removeprefix("./")
        if there.stem != own.stem:
            texts[own.suffix] = there.name.removeprefix(own.stem)
        if not files_for(folder, name, texts):
            continue
        found = sum(bool(files_for(folder, other, texts)) for other in others)
        if 2 * found > len(others) or not others:
            return texts
    return None
