"""A COCO file of labelled images."""

from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from workflow_scripts.imaging.images import size_in_header

from .source import SourceImage


def names_of(file_name: str) -> set[str]:
    """The names that a list may use for an image, also without folders or suffix."""
    path = Path(file_name)
    return {file_name, path.name, path.stem}


def as_coco(
    labelled: Iterable[SourceImage],
    images: Path,
    findings: list[str],
    only: Collection[str] | None = None,
) -> tuple[dict[str, Any], Counter[str]]:
    """The content of a COCO file, and the number of omitted labels by kind.

    A region of every class becomes a group (`iscrowd`) of each class.

    Args:
        labelled: images with their objects.
        images: folder of the images, whose sizes are read.
        findings: gets one line per unreadable image.
        only: images to use, by file name, with or without folders and suffix; None for all.
    """
    read = []
    for image in labelled:
        path = images / image.file_name
        if only is not None and not names_of(image.file_name) & set(only):
            continue
        size = size_in_header(path)
        if size is None:
            findings.append(f"{path}: not an image")
        else:
            read.append((image, size))
    named = {one.class_name for image, _ in read for one in image.objects if one.class_name}
    numbers = {name: number for number, name in enumerate(sorted(named), start=1)}
    annotations: list[dict[str, Any]] = []
    for image_id, (image, _) in enumerate(read, start=1):
        for one in image.objects:
            for name in numbers if one.class_name is None else [one.class_name]:
                annotations.append(
                    {
                        "id": len(annotations) + 1,
                        "image_id": image_id,
                        "category_id": numbers[name],
                        "bbox": list(one.box),
                        "area": one.box[2] * one.box[3],
                        "iscrowd": int(one.is_group),
                        **({} if one.mask is None else {"segmentation": one.mask}),
                    }
                )
    content = {
        "images": [
            {"id": number, "file_name": image.file_name, "width": width, "height": height}
            for number, (image, (width, height)) in enumerate(read, start=1)
        ],
        "annotations": annotations,
        "categories": [{"id": number, "name": name} for name, number in numbers.items()],
    }
    return content, Counter(kind for image, _ in read for kind in image.left_out)
