"""The text files of YOLO trainers: one per image, a line per object, in shares of the image.

Source: docs.ultralytics.com/datasets/detect and /segment.
"""

import glob
import os
from collections.abc import Iterator
from pathlib import Path

import yaml
from image_files import orientation_of
from plain_commands.console import log
from plain_commands.counts import counted
from plain_commands.errors import UserError
from plain_commands.files import read_bytes

from workflow_scripts.imaging.images import size_in_header

from .source import SourceImage, SourceObject, box_between

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp")
CLASSES = "classes.txt"
"""List of class names that labelling tools write beside the labels."""
SLACK = 0.01
"""Share of an image's side by which coordinates may exceed it."""


def read(labels: Path, images: Path, findings: list[str]) -> Iterator[SourceImage]:
    """Read the labels of a folder of images, by the class names of a file such as `data.yaml`.

    As in YOLO, the labels of `images/train/a.jpg` are in `labels/train/a.txt`, or beside the image
    if no folder is called images. An image without such a file has no objects; anything else in its
    place, such as a link that leads nowhere, is an error. Files without an image are skipped, with
    a warning.
    """
    names = _names_in(labels)
    # Links to folders are followed, as by YOLO; Path.rglob does not follow them.
    pattern = f"{glob.escape(str(images))}/**/*"
    below = map(Path, glob.iglob(pattern, recursive=True))  # noqa: PTH207
    paths = sorted(path for path in below if path.suffix.lower() in SUFFIXES)
    files = [_labels_of(path.absolute()) for path in paths]
    if not any(map(os.path.lexists, files)):
        where = f"such as {files[0]}" if files else "since it has no images"
        findings.append(f"{images}: no labels were found for its images, {where}")
        return
    if lone := _without_image(_labels_of(images.absolute() / "any").parent, files):
        log.warning(
            "%s without an image, e.g. %s; left out",
            counted(len(lone), "label file"),
            lone[0],
        )
    boxes: list[list[float]] = []
    for path, file in zip(paths, files, strict=True):
        raw = read_bytes(path)
        size = size_in_header(raw)
        if size is not None and orientation_of(raw) != 1:
            findings.append(f"{path}: has an EXIF orientation, which YOLO applies; store it turned")
            continue
        try:
            lines = _lines_of(file)
        except UserError as error:
            findings.append(str(error))
            continue
        has_polygons = any(len(fields) > 6 for fields in lines.values())
        objects = []
        for number, fields in lines.items():
            try:
                if has_polygons and len(fields) == 5:
                    raise ValueError("4 numbers among polygons, which YOLO reads as two corners")
                objects.append(_object_of(fields, names, size or (1, 1)))
            except ValueError as error:
                findings.append(f"{file}, line {number}: {error}")
            else:
                boxes += [[*map(float, fields[1:])]] if len(fields) == 5 else []
        yield SourceImage(path.relative_to(images).as_posix(), tuple(objects))
    if _are_corners(boxes):
        findings.append(
            f"{images}: some boxes leave their image, but all fit if read as corners; "
            "YOLO boxes are centre, width and height"
        )


def _are_corners(boxes: list[list[float]]) -> bool:
    """Whether boxes make sense as left, top, right, bottom, and not as centre and size."""
    leave = any(
        at - side / 2 < -SLACK or at + side / 2 > 1 + SLACK
        for x, y, width, height in boxes
        for at, side in ((x, width), (y, height))
    )
    return leave and all(right > left and bottom > top for left, top, right, bottom in boxes)


def _lines_of(file: Path) -> dict[int, list[str]]:
    """The fields of the lines of a text file by line number; empty if nothing has its name.

    Raises:
        UserError: it cannot be read, or is no file.
    """
    raw = read_bytes(file) if os.path.lexists(file) else b""
    content = raw.decode("utf-8-sig", errors="replace")
    lines = enumerate(content.splitlines(), start=1)
    return {number: line.split() for number, line in lines if line.strip()}


def _names_in(file: Path) -> dict[int, str]:
    """Class names by number, from a list or mapping in the file.

    Raises:
        UserError: there are none, a name is duplicated, or the labels are keypoints.
    """
    try:
        # Words are kept as text, since YAML would read `no` as false.
        content = yaml.load(read_bytes(file), yaml.BaseLoader)
        listed = content["names"]
        if isinstance(listed, list):
            listed = dict(enumerate(listed))
        names = {int(number): name for number, name in listed.items()}
        if not names or not all(isinstance(name, str) and name for name in names.values()):
            raise ValueError
    except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError):
        raise UserError(
            f"{file}: no class names in it; name the data.yaml with `names` that YOLO trains with"
        ) from None
    if len(set(names.values())) < len(names):
        raise UserError(f"{file}: two classes have the same name")
    if "kpt_shape" in content:
        raise UserError(f"{file}: its labels have keypoints (kpt_shape), which are not supported")
    return names


def _labels_of(image: Path) -> Path:
    """The text file of an image, by the last folder called images in its path."""
    parts = [*image.with_suffix(".txt").parts]
    if "images" in parts:
        parts[len(parts) - 1 - parts[::-1].index("images")] = "labels"
    return Path(*parts)


def _without_image(folder: Path, files: list[Path]) -> list[Path]:
    """Text files below a folder of labels that are not those of an image, sorted."""
    others = set(folder.rglob("*.txt")).difference(files)
    return sorted(path for path in others if path.name != CLASSES)


def _object_of(fields: list[str], names: dict[int, str], size: tuple[int, int]) -> SourceObject:
    """The object of a line: a class, with a box's centre and size or a polygon's corners."""
    if len(fields) != 5 and not (len(fields) >= 7 and len(fields) % 2):
        raise ValueError(
            f"{len(fields)} fields; expected a class and 4 numbers of a box, or 6 or more of a "
            "polygon"
        )
    if not fields[0].isdigit() or int(fields[0]) not in names:
        raise ValueError(f"class {fields[0]} is not one of the {len(names)} names")
    name, values = names[int(fields[0])], [float(field) for field in fields[1:]]
    if not all(-SLACK <= value <= 1 + SLACK for value in values):
        raise ValueError(f"{' '.join(fields[1:])}: shares of the image are from 0 to 1")
    pixels = [value * size[at % 2] for at, value in enumerate(values)]
    if len(pixels) == 4:
        x, y, width, height = pixels
        return SourceObject(
            name, box_between(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        )
    across, down = pixels[::2], pixels[1::2]
    return SourceObject(name, box_between(min(across), min(down), max(across), max(down)), [pixels])
