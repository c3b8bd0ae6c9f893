"""KITTI's object labels: `label_2`, a text file per image, a line per object.

Source: readme.txt of the benchmark's object development kit.
"""

from collections.abc import Iterator
from pathlib import Path

from plain_commands.files import read_bytes

from .source import SourceImage, SourceObject, box_between

FIELDS = 15
"""Type, truncation, occlusion, angle, four values of the box, seven of the 3D box."""
UNLABELLED = "DontCare"
"""Type of a region with unlabelled objects of any class."""
SUFFIXES = ".png", ".jpg", ".jpeg"


def read(labels: Path, images: Path, findings: list[str]) -> Iterator[SourceImage]:
    """Read the labels of a folder such as `training/label_2`."""
    files = sorted(labels.glob("*.txt"))
    if not files:
        findings.append(f"{labels}: no .txt files in it; name the folder label_2")
    for file in files:
        names = (f"{file.stem}{suffix}" for suffix in SUFFIXES)
        name = next((name for name in names if (images / name).is_file()), None)
        if name is None:
            findings.append(f"{file}: no image {file.stem}.png in {images}")
            continue
        objects = []
        lines = read_bytes(file).decode(errors="replace").splitlines()
        for number, line in enumerate(lines, start=1):
            try:
                objects.append(_object_of(line.split()))
            except ValueError as error:
                findings.append(f"{file}, line {number}: {error}")
        yield SourceImage(name, tuple(objects))


def _object_of(fields: list[str]) -> SourceObject:
    if len(fields) != FIELDS:
        raise ValueError(f"{len(fields)} fields instead of {FIELDS}; is it a KITTI label?")
    box = box_between(*map(float, fields[4:8]))
    if fields[0] == UNLABELLED:
        return SourceObject(None, box, is_group=True)
    return SourceObject(fields[0], box)
