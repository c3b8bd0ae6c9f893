"""The files of a folder, by type."""

import os
from dataclasses import dataclass, field
from pathlib import Path

IMAGES = frozenset((".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff"))
OTHER_IMAGES = frozenset(
    (
        *(".gif", ".heic", ".heif", ".avif", ".jxl", ".jp2", ".ppm", ".pgm", ".exr", ".hdr"),
        *(".psd", ".svg", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf", ".rw2", ".raf", ".raw"),
    )
)
VIDEOS = frozenset(
    (
        *(".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".wmv", ".flv"),
        *(".3gp", ".mts", ".m2ts", ".h264", ".h265", ".hevc", ".bag", ".mcap"),
    )
)


@dataclass
class Listing:
    """Paths relative to a folder, with forward slashes, sorted."""

    images: list[str] = field(default_factory=list)
    """Images in formats that every decoder supports."""
    other_images: list[str] = field(default_factory=list)
    """Images in other formats."""
    videos: list[str] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)
    """Files and folders whose name begins with a dot."""
    linked: list[str] = field(default_factory=list)
    """Links to folders, which are not followed."""
    others: list[str] = field(default_factory=list)

    @property
    def left_out(self) -> list[str]:
        """Files that are not images in a supported format: images by name, others by number."""
        lines = [f"{name}: a format that is not handled; convert it" for name in self.other_images]
        counted = [
            (self.videos, "videos, which are not handled"),
            (self.hidden, "hidden files or folders, whose names begin with a dot"),
            (self.linked, "links to folders, which are not followed"),
            (self.others, "other files"),
        ]
        return lines + [
            f"{what}: {len(names)}, e.g. {names[0]}" for names, what in counted if names
        ]


def listing(folder: Path) -> Listing:
    """The files of a folder and its subfolders, by suffix.

    Raises:
        OSError: a folder cannot be read.
    """
    found = Listing()
    for path, folders, files in os.walk(folder, onerror=_raise):
        above = Path(path).relative_to(folder)
        found.linked += [_name(above / one) for one in folders if os.path.islink(Path(path, one))]  # noqa: PTH114
        found.hidden += [_name(above / one) for one in folders if one.startswith(".")]
        folders[:] = [one for one in folders if not one.startswith(".")]
        for file in files:
            _list_of(found, file).append(_name(above / file))
    for names in vars(found).values():
        names.sort()
    return found


def _list_of(found: Listing, file: str) -> list[str]:
    suffix = Path(file).suffix.lower()
    if file.startswith("."):
        return found.hidden
    if suffix in IMAGES:
        return found.images
    if suffix in OTHER_IMAGES:
        return found.other_images
    return found.videos if suffix in VIDEOS else found.others


def _name(path: Path) -> str:
    return path.as_posix()


def _raise(error: OSError) -> None:
    raise error
