"""Zenseact Open Dataset, frames: `single_frames/{id}/annotations/object_detection.json`.

Source: `zod/anno/object.py` and `zod/cli/generate_coco_json.py` of github.com/zenseact/zod. The
public images have either blurred or generated (DNAT) faces and license plates; the originals are
not public.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from plain_commands.files import read_json

from .source import SourceImage, SourceObject, box_between

ANNOTATIONS = "annotations/object_detection.json"
CAMERA = "camera_front_blur"
UNCLEAR = "Inconclusive"


def read(labels: Path, images: Path, findings: list[str]) -> Iterator[SourceImage]:
    """Read the frames of a folder such as `single_frames`; `images` is the same folder."""
    files = sorted(labels.glob(f"*/{ANNOTATIONS}"))
    if not files:
        findings.append(f"{labels}: no */{ANNOTATIONS} in it; name the folder single_frames")
    for file in files:
        frame = file.parents[1].name
        found = sorted((images / frame / CAMERA).glob("*.jpg"))
        if len(found) != 1:
            findings.append(f"{images / frame / CAMERA}: {len(found)} images (.jpg) instead of one")
            continue
        objects, entries = [], read_json(file)
        if not isinstance(entries, list):
            findings.append(f"{file}: not a list of objects")
            continue
        for place, entry in enumerate(entries):
            try:
                objects.append(_object_of(entry))
            except (KeyError, TypeError, ValueError) as error:
                missing = f"{error} is missing" if isinstance(error, KeyError) else error
                findings.append(f"{file}: object {place}: {missing}")
        yield SourceImage(found[0].relative_to(images).as_posix(), tuple(objects))


def _object_of(entry: dict[str, Any]) -> SourceObject:
    properties = entry["properties"]
    columns, rows = zip(*entry["geometry"]["coordinates"], strict=True)
    box = box_between(float(min(columns)), float(min(rows)), float(max(columns)), float(max(rows)))
    if properties["class"] == UNCLEAR:
        return SourceObject(None, box, is_group=True)
    is_unclear = bool(properties["unclear"]) or properties.get("type") == UNCLEAR
    return SourceObject(str(properties["class"]), box, is_group=is_unclear)
