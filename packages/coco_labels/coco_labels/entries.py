"""Entries of a COCO annotation file, checked before images are read."""

import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .annotations import AnnotationEntry, ImageEntry
from .image_names import file_name_of, is_same_file
from .scale import findings_of_boxes, findings_of_scale
from .values import Entry, Note, checked_value, id_text, is_id, is_length, is_name, shown

KINDS = {"images": "image", "categories": "category", "annotations": "annotation"}
"""The lists of a file, and the name of an entry of each."""


class LabelsError(ValueError):
    """Labels that cannot be used; one finding per error."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


def with_packed_polygons(entry: Entry) -> Entry:
    """An entry with polygons in a quarter of the memory, for the `object_hook` of json.

    A list of numbers becomes an `array` of float64, the precision of other JSON readers.
    """
    parts = entry.get("segmentation")
    if isinstance(parts, list):
        entry["segmentation"] = [_packed(part) for part in parts]
    return entry


def _packed(part: Any) -> Any:
    if not isinstance(part, list) or not {*map(type, part)} <= {int, float}:
        return part
    try:
        return array("d", part)
    except OverflowError:  # an integer beyond float64
        return part


def read_labels(
    content: Any,
    folder: Path,
    classes: Mapping[str, int],
    place_of_classes: str = "classes",
    *,
    boxes: bool = False,
) -> tuple[list[ImageEntry], list[Note]]:
    """The images of an annotation file by file name, and notes on the file.

    Args:
        content: JSON content; polygons may be packed (`with_packed_polygons`).
        folder: the folder of the images.
        classes: class number, from 1, by category name; 0 ignores the category.
        place_of_classes: config key for categories, for messages.
        boxes: whether to use the boxes of the annotations instead of their masks.

    Raises:
        LabelsError: this is not COCO format; or one finding per entry that is malformed,
            contradicts another one, or has an undefined reference.
    """
    for key in KINDS:
        if not isinstance(content, dict) or not isinstance(content.get(key), list):
            raise LabelsError([f"no list {key!r} in it; is it a COCO file?"])
    if not content["images"]:
        raise LabelsError(["it lists no images"])
    findings: list[str] = []
    notes: list[Note] = []
    images = _images(content, folder, findings, notes)
    numbers = _class_numbers(content, classes, place_of_classes, findings, notes)
    if not findings:
        _add_annotations(content, images, numbers, findings, notes)
    in_order = sorted(images.values(), key=lambda image: image.file_name)
    if not findings:
        findings += findings_of_boxes(in_order) if boxes else []
        findings += findings_of_scale(in_order, notes, boxes)
    if findings:
        raise LabelsError(findings)
    return in_order, notes


def _entries(content: Entry, key: str, findings: list[str]) -> Iterator[tuple[str, Any, Entry]]:
    """Name, id and content of each entry of a list; invalid entries become findings."""
    for position, entry in enumerate(content[key]):
        name = f"{key}[{position}]"
        if not isinstance(entry, dict):
            findings.append(f"{name} is {shown(entry)}; an object {{…}} is expected")
        elif "id" not in entry and key == "annotations":  # there are no references to it
            yield name, None, entry
        else:
            try:
                number = checked_value(entry, "id", is_id, "a number or a text")
            except ValueError as error:
                findings.append(f"{name}: {error}")
            else:
                yield f"{KINDS[key]} {shown(number)}", number, entry


def _images(
    content: Entry, folder: Path, findings: list[str], notes: list[Note]
) -> dict[Hashable, ImageEntry]:
    """The images by id, without annotations."""
    images: dict[Hashable, ImageEntry] = {}
    ids_by_name: dict[str, list[Hashable]] = defaultdict(list)
    for name, number, entry in _entries(content, "images", findings):
        try:
            file_name = file_name_of(entry, folder, notes)
            width, height = (
                int(checked_value(entry, key, is_length, "a number of pixels"))
                for key in ("width", "height")
            )
            video = id_text(entry, "video_id", "of a video")
        except ValueError as error:
            findings.append(f"{name}: {error}")
            continue
        if number in images:
            findings.append(
                f"two images have the id {shown(number)}: {images[number].file_name} and "
                f"{file_name}; give each its own"
            )
            continue
        images[number] = ImageEntry(file_name, width, height, [], video)
        # Some file systems treat these names as equal.
        ids_by_name[unicodedata.normalize("NFC", file_name).casefold()].append(number)
    for first, *others in ids_by_name.values():
        for other in others:
            names = sorted({images[first].file_name, images[other].file_name})
            if len(names) == 1 or is_same_file(*(folder / name for name in names)):
                findings.append(
                    f"the images {shown(first)} and {shown(other)} are one file, "
                    f"{' and '.join(names)}; a file needs one image with all its annotations"
                )
    return images


def _class_numbers(
    content: Entry,
    classes: Mapping[str, int],
    place_of_classes: str,
    findings: list[str],
    notes: list[Note],
) -> dict[Hashable, int]:
    """The number of the class by category id."""
    names: dict[Hashable, str] = {}
    unknown = []
    # Normalised, since an umlaut may be one character or two.
    classes = {unicodedata.normalize("NFC", name): one for name, one in classes.items()}
    for place, number, entry in _entries(content, "categories", findings):
        try:
            name = checked_value(entry, "name", is_name, "the name of a class")
            name = unicodedata.normalize("NFC", name)
        except ValueError as error:
            findings.append(f"{place}: {error}")
            continue
        if number in names:
            findings.append(
                f"two categories have the id {shown(number)}: {shown(names[number])} and "
                f"{shown(name)}; give each its own"
            )
        elif name in names.values():
            notes.append(("category names with several ids, taken for one class", shown(name)))
        names[number] = name
        if name not in classes:
            unknown.append(shown(name))
    if unknown:
        findings.append(f"unknown class {', '.join(unknown)}; name it in {place_of_classes}")
    return {number: classes.get(name, 0) for number, name in names.items()}


_CROWD = "0 (an object) or 1 (a group)"


def _add_annotations(
    content: Entry,
    images: dict[Hashable, ImageEntry],
    numbers: dict[Hashable, int],
    findings: list[str],
    notes: list[Note],
) -> None:
    """Add the annotations of known classes to their images."""
    strangers: dict[str, list[str]] = {"image": [], "category": []}
    seen: set[Hashable] = {None}
    for name, number, entry in _entries(content, "annotations", findings):
        try:
            image = checked_value(entry, "image_id", is_id, "the id of an image")
            category = checked_value(entry, "category_id", is_id, "the id of a category")
            crowd = 0
            if "iscrowd" in entry:
                crowd = checked_value(entry, "iscrowd", (0, 1).__contains__, _CROWD)
            track = id_text(entry, "track_id", "of a track")
        except ValueError as error:
            findings.append(f"{name}: {error}")
            continue
        if number in seen and number is not None:
            notes.append(("annotations whose id another one has, kept like any other", name))
        seen.add(number)
        if image not in images:
            strangers["image"].append(shown(image))
        if category not in numbers:
            strangers["category"].append(shown(category))
        elif numbers[category] == 0:
            notes.append(("objects of ignored classes, left out", name))
        elif image in images:
            if track is not None and images[image].video is not None:
                track = f"{images[image].video}/{track}"
            if track is not None and any(o.track == track for o in images[image].annotations):
                notes.append(("objects whose track_id another one of their image has", name))
            segmentation, bbox = entry.get("segmentation"), entry.get("bbox")
            images[image].annotations.append(
                AnnotationEntry(name, numbers[category], segmentation, bbox, int(crowd), track)
            )
    findings.extend(
        f"annotations refer to {kind} ids that the file does not define: "
        f"{', '.join(list(dict.fromkeys(ids))[:5])}"
        for kind, ids in strangers.items()
        if ids
    )
