"""The text files of YOLO trainers: one for each image, a line for each object, in shares of it.

Source: docs.ultralytics.com/datasets/detect and /segment.
"""

from collections.abc import Iterator
from pathlib import Path

import yaml
from image_files import orientation_of
from plain_commands.errors import UserError
from plain_commands.files import read_bytes

from workflow_scripts.imaging.images import size_in_header

from .source import SourceImage, SourceObject, box_between

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")


def read(labels: Path, images: Path, findings: list[str]) -> Iterator[SourceImage]:
    """Read the labels of a folder of images, by the class names of a file such as `data.yaml`.

    As for YOLO, the labels of `images/train/a.jpg` are in `labels/train/a.txt`, or beside the image
    where no folder is called images. An image without such a file has no object.
    """
    names = _names_in(labels)
    paths = [path for path in sorted(images.rglob("*")) if path.suffix.lower() in SUFFIXES]
    files = [_labels_of(path.absolute()) for path in paths]
    if not any(file.is_file() for file in files):
        where = f"such as {files[0]}" if files else "since it has no images"
        findings.append(f"{images}: no labels were found for its images, {where}")
        return
    for path, file in zip(paths, files, strict=True):
        raw = read_bytes(path)
        size = size_in_header(raw)
        if size is not None and orientation_of(raw) != 1:
            findings.append(f"{path}: has an EXIF orientation, which YOLO turns; store it turned")
            continue
        objects = []
        lines = read_bytes(file).decode(errors="replace").splitlines() if file.is_file() else []
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                objects.append(_object_of(line.split(), names, size or (1, 1)))
            except ValueError as error:
                findings.append(f"{file}, line {number}: {error}")
        yield SourceImage(path.relative_to(images).as_posix(), tuple(objects))


def _names_in(file: Path) -> dict[int, str]:
    """Names of the classes by number, which are listed or numbered in the file.

    Raises:
        UserError: there are none.
    """
    try:
        names = yaml.safe_load(read_bytes(file))["names"]
        return dict(names if isinstance(names, dict) else enumerate(names))
    except (yaml.YAMLError, KeyError, TypeError, ValueError):
        raise UserError(
            f"{file}: no class names in it; name the data.yaml with `names` that YOLO trains with"
        ) from None


def _labels_of(image: Path) -> Path:
    """The text file of an image; the last folder that is called images counts."""
    parts = [*image.with_suffix(".txt").parts]
    if "images" in parts:
        parts[len(parts) - 1 - parts[::-1].index("images")] = "labels"
    return Path(*parts)


def _object_of(fields: list[str], names: dict[int, str], size: tuple[int, int]) -> SourceObject:
    """The object of a line: a class, and a box's centre and size, or the corners of a polygon."""
    if len(fields) != 5 and not (len(fields) >= 7 and len(fields) % 2):
        raise ValueError(
            f"{len(fields)} fields; a class and 4 numbers of a box, or 6 and more of a polygon"
        )
    if not fields[0].isdigit() or int(fields[0]) not in names:
        raise ValueError(f"class {fields[0]} is none of the {len(names)} names")
    name, values = names[int(fields[0])], [float(field) for field in fields[1:]]
    if not all(-0.01 <= value <= 1.01 for value in values):
        raise ValueError(f"{' '.join(fields[1:])}: shares of the image are from 0 to 1")
    pixels = [value * size[at % 2] for at, value in enumerate(values)]
    if len(pixels) == 4:
        x, y, width, height = pixels
        return SourceObject(
            name, box_between(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        )
    across, down = pixels[::2], pixels[1::2]
    return SourceObject(name, box_between(min(across), min(down), max(across), max(down)), [pixels])
