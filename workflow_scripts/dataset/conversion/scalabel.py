"""Scalabel's JSON, the format of BDD100K: `frames` with `labels`.

Source: `scalabel/label/typing.py`, `to_coco.py` and `transforms.py` of
github.com/scalabel/scalabel. As there, the right and lower sides of a box are its last pixels.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from plain_commands.files import read_json

from .source import SourceImage, SourceObject, box_between

GROUPS = "crowd", "ignored"
"""Attributes of labels that are excluded from training."""


def read(labels: Path, images: Path, findings: list[str]) -> Iterator[SourceImage]:
    """Read a file such as `det_20/det_train.json` or `ins_seg/polygons/ins_seg_train.json`."""
    content = read_json(labels)
    frames = content.get("frames") if isinstance(content, dict) else content
    if not isinstance(frames, list) or not all(isinstance(frame, dict) for frame in frames):
        findings.append(f"{labels}: neither a list of frames nor an object with `frames`")
        return
    for place, frame in enumerate(frames):
        name = _image_of(frame, images)
        if name is None:
            named = frame.get("name") or f"(frame {place} has no name)"
            findings.append(f"{labels}: no image {named} in {images}")
            continue
        objects, left_out = [], []
        for label in frame.get("labels") or []:
            try:
                found = _object_of(label)
            except (AttributeError, KeyError, TypeError, ValueError) as error:
                what = f"label {label.get('id')}" if isinstance(label, dict) else "a label"
                missing = f"{error} is missing" if isinstance(error, KeyError) else error
                findings.append(f"{labels}: {name}: {what}: {missing}")
                continue
            if found is None:
                left_out.append(f"labels of {label['category']} without a box or a mask")
            else:
                objects.append(found)
        yield SourceImage(name, tuple(objects), tuple(left_out))


def _image_of(frame: dict[str, Any], images: Path) -> str | None:
    """The image of a frame, in the folder or in that of its video."""
    name, video = frame.get("name"), frame.get("videoName")
    names = [name, f"{video}/{name}"] if name and video else [name] if name else []
    return next((found for found in names if (images / found).is_file()), None)


def _object_of(label: dict[str, Any]) -> SourceObject | None:
    """The object of a label; None if it has neither a box nor a mask, such as a lane."""
    mask, corners = _mask_of(label), label.get("box2d")
    if corners is not None:
        right, bottom = float(corners["x2"]) + 1, float(corners["y2"]) + 1
        box = box_between(float(corners["x1"]), float(corners["y1"]), right, bottom)
    elif isinstance(mask, list):
        values = list(chain.from_iterable(mask))
        box = box_between(
            *(min(values[::2]), min(values[1::2])), *(max(values[::2]), max(values[1::2]))
        )
    else:
        return None
    attributes = label.get("attributes") or {}
    is_group = any(bool(attributes.get(name)) for name in GROUPS)
    return SourceObject(str(label["category"]), box, mask, is_group)


def _mask_of(label: dict[str, Any]) -> list[list[float]] | dict[str, Any] | None:
    if label.get("rle"):
        return {"size": list(label["rle"]["size"]), "counts": label["rle"]["counts"]}
    parts = [part for part in label.get("poly2d") or [] if part["closed"]]
    if any(set(part["types"]) - {"L"} for part in parts):
        raise ValueError("has curves in its poly2d; export it as rle, or with straight lines")
    return [
        [float(value) for point in part["vertices"] for value in point] for part in parts
    ] or None
