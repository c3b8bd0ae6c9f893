"""Entries of a COCO annotation file, checked before images are read."""

import math
import os
import re
import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote

Entry = dict[str, Any]
Note = tuple[str, str]
"""A finding: its kind (in the plural, to be counted) and the affected thing."""

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".bmp")
KINDS = {"images": "image", "categories": "category", "annotations": "annotation"}
"""The lists of a file, and the name of an entry of each."""
SMALL_SIDE = 200
"""Side of an image in pixels above which polygons that all end before 100 look like percentages."""


@dataclass(frozen=True, slots=True)
class AnnotationEntry:
    """One annotation of a known class, with mask and box as in the file."""

    name: str
    """Name in messages, such as `annotation 17`."""
    class_number: int
    """1-based position of its class."""
    segmentation: Any
    bbox: Any
    iscrowd: int
    track: str | None = None
    """Name of the same object in all images of the file: `track_id`, with the image's `video_id` if
    any."""


@dataclass(frozen=True)
class ImageEntry:
    """One image with its annotations."""

    file_name: str
    """Path relative to the image folder, with forward slashes."""
    width: int
    height: int
    annotations: list[AnnotationEntry]
    video: str | None = None
    """The `video_id`, if any."""


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
        findings += _findings_of_boxes(in_order) if boxes else []
        findings += _findings_of_scale(in_order, notes, boxes)
    if findings:
        raise LabelsError(findings)
    return in_order, notes


def _entries(content: Entry, key: str, findings: list[str]) -> Iterator[tuple[str, Any, Entry]]:
    """Name, id and content of each entry of a list; invalid entries become findings."""
    for position, entry in enumerate(content[key]):
        name = f"{key}[{position}]"
        if not isinstance(entry, dict):
            findings.append(f"{name} is {_shown(entry)}; an object {{…}} is expected")
        elif "id" not in entry and key == "annotations":  # there are no references to it
            yield name, None, entry
        else:
            try:
                number = _value(entry, "id", _is_id, "a number or a text")
            except ValueError as error:
                findings.append(f"{name}: {error}")
            else:
                yield f"{KINDS[key]} {_shown(number)}", number, entry


def _value(entry: Entry, key: str, fits: Callable[[Any], bool], expected: str) -> Any:
    """The value of a key.

    Raises:
        ValueError: it is missing or invalid.
    """
    if key not in entry:
        raise ValueError(f"no {key}; {expected} is expected")
    if not fits(entry[key]):
        raise ValueError(f"{key} is {_shown(entry[key])}; {expected} is expected")
    return entry[key]


def _name_of(entry: Entry, key: str, of_what: str) -> str | None:
    """The id of an entry, as text.

    Raises:
        ValueError: it is neither a number nor a text, or a blank text.
    """
    if entry.get(key) is None:
        return None
    expected = f"the id {of_what}, a number or a text,"
    value = _value(entry, key, lambda one: _is_id(one) and str(one).strip() != "", expected)
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def _shown(value: Any) -> str:
    """A value, shortened for a message."""
    if isinstance(value, list | dict):
        return f"a list of {len(value)}" if isinstance(value, list) else "an object"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = ascii(value) if isinstance(value, str) and _has_control(value) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}…"


def _has_control(text: str) -> bool:
    return any(unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") for letter in text)


def is_number(value: Any) -> bool:
    """Whether a value of a JSON file is a finite number."""
    try:
        return not isinstance(value, bool) and math.isfinite(value)
    except (TypeError, OverflowError):
        return False


def _is_id(value: Any) -> bool:
    return isinstance(value, str) or is_number(value)


def _is_length(value: Any) -> bool:
    return is_number(value) and value > 0 and value == int(value)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _images(
    content: Entry, folder: Path, findings: list[str], notes: list[Note]
) -> dict[Hashable, ImageEntry]:
    """The images by id, without annotations."""
    images: dict[Hashable, ImageEntry] = {}
    ids_by_name: dict[str, list[Hashable]] = defaultdict(list)
    for name, number, entry in _entries(content, "images", findings):
        try:
            file_name = _file_name(entry, folder, notes)
            width, height = (
                int(_value(entry, key, _is_length, "a number of pixels"))
                for key in ("width", "height")
            )
            video = _name_of(entry, "video_id", "of a video")
        except ValueError as error:
            findings.append(f"{name}: {error}")
            continue
        if number in images:
            findings.append(
                f"two images have the id {_shown(number)}: {images[number].file_name} and "
                f"{file_name}; give each its own"
            )
            continue
        images[number] = ImageEntry(file_name, width, height, [], video)
        # Some file systems treat these names as equal.
        ids_by_name[unicodedata.normalize("NFC", file_name).casefold()].append(number)
    for first, *others in ids_by_name.values():
        for other in others:
            names = sorted({images[first].file_name, images[other].file_name})
            if len(names) == 1 or _is_same_file(*(folder / name for name in names)):
                findings.append(
                    f"the images {_shown(first)} and {_shown(other)} are one file, "
                    f"{' and '.join(names)}; a file needs one image with all its annotations"
                )
    return images


def _file_name(entry: Entry, folder: Path, notes: list[Note]) -> str:
    text = _value(entry, "file_name", _is_name, "the path of an image file")
    forms = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    names = (text, text.replace("\\", "/"), *forms, unquote(text))
    # Path.exists() raises if a name is too long.
    there = next((name for name in names if os.path.exists(folder / name)), None)  # noqa: PTH110
    name = there or text
    if name != text:
        notes.append(("file names written otherwise than the file is named, matched", _shown(text)))
    path = PurePosixPath(name)
    if path.is_relative_to(folder.absolute()):
        path = path.relative_to(folder.absolute())
    if _has_control(name) or path.is_absolute() or ".." in path.parts:
        raise ValueError(
            f"file_name is {_shown(text)}; a path relative to the image folder, inside it and "
            "without control characters, is expected"
        )
    if there is None and (other := _alike(unquote(text).replace("\\", "/"), folder)):
        raise ValueError(
            f"file_name is {_shown(text)}; there is no such file in the image folder, but there is "
            f"{_shown(other)}; did you mean that?"
        )
    return path.as_posix()


def _alike(name: str, folder: Path) -> str | None:
    """A file of the folder that matches the last parts of a path, or differs in the suffix.

    Label Studio renames a file to 1a2b3c4d-name.jpg, and Roboflow to name_jpg.rf.1a2b….jpg.
    """
    parts = [part for part in PurePosixPath(name).parts if part not in ("/", "..")]
    for start in range(len(parts)):
        end = PurePosixPath(*parts[start:])
        bare = re.sub(r"^[0-9a-f]{8}-|_[A-Za-z]{3,4}\.rf\.[0-9A-Za-z]{20,}", "", end.name)
        for like in (end, end.with_name(PurePosixPath(bare).name or end.name)):
            for suffix in (end.suffix, *SUFFIXES, *map(str.upper, SUFFIXES)):
                other = like.with_suffix(suffix)
                if os.path.isfile(folder / other):  # noqa: PTH113 - no error for long names
                    return other.as_posix()
    return None


def _is_same_file(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:
        return False


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
            name = _value(entry, "name", _is_name, "the name of a class")
            name = unicodedata.normalize("NFC", name)
        except ValueError as error:
            findings.append(f"{place}: {error}")
            continue
        if number in names:
            findings.append(
                f"two categories have the id {_shown(number)}: {_shown(names[number])} and "
                f"{_shown(name)}; give each its own"
            )
        elif name in names.values():
            notes.append(("category names with several ids, taken for one class", _shown(name)))
        names[number] = name
        if name not in classes:
            unknown.append(_shown(name))
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
            image = _value(entry, "image_id", _is_id, "the id of an image")
            category = _value(entry, "category_id", _is_id, "the id of a category")
            crowd = 0
            if "iscrowd" in entry:
                crowd = _value(entry, "iscrowd", (0, 1).__contains__, _CROWD)
            track = _name_of(entry, "track_id", "of a track")
        except ValueError as error:
            findings.append(f"{name}: {error}")
            continue
        if number in seen and number is not None:
            notes.append(("annotations whose id another one has, kept like any other", name))
        seen.add(number)
        if image not in images:
            strangers["image"].append(_shown(image))
        if category not in numbers:
            strangers["category"].append(_shown(category))
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


def _findings_of_boxes(images: Sequence[ImageEntry]) -> Iterator[str]:
    """Finding if all boxes of the file look like corners, not x, y, width and height."""
    beyond = total = 0
    for image in images:
        for annotation in image.annotations:
            box = annotation.bbox
            if not isinstance(box, list) or len(box) != 4 or not all(map(is_number, box)):
                continue
            x, y, x1, y1 = box
            if not (x < x1 <= image.width + 1 and y < y1 <= image.height + 1):
                return
            total += 1
            beyond += x + x1 > image.width + 1 or y + y1 > image.height + 1
    if beyond:
        yield (
            f"{beyond} of {total} boxes reach beyond their images, and all fit if they are read as "
            "x0, y0, x1, y1; COCO's are x, y, width, height: convert them"
        )


def _findings_of_scale(
    images: Sequence[ImageEntry], notes: list[Note], boxes: bool
) -> Iterator[str]:
    """Finding if all polygons, or boxes, of the file look like they are not in pixels."""
    if _end_before(1, images, boxes):
        yield (
            f"all {'boxes' if boxes else 'polygons'} lie between 0 and 1; COCO's coordinates are "
            "pixels: multiply them by the width and height of the image"
        )
    elif min(min(x.width, x.height) for x in images) > SMALL_SIDE and _end_before(
        100, images, boxes
    ):
        kind = "objects, all of the file, that end before pixel 100 as percentages would"
        notes.extend((kind, one.name) for image in images for one in image.annotations)


def _end_before(limit: int, images: Sequence[ImageEntry], boxes: bool) -> bool:
    """Whether there are polygons, or boxes, and all their numbers are within the limit."""
    numbers = _numbers_of_boxes if boxes else _numbers_of_polygons
    largest = 0
    for number in numbers(images):
        if not is_number(number) or number > limit:
            return False
        largest = max(largest, number)
    return largest > 0


def _numbers_of_polygons(images: Sequence[ImageEntry]) -> Iterator[Any]:
    for image in images:
        for annotation in image.annotations:
            if isinstance(annotation.segmentation, list):
                for part in annotation.segmentation:
                    yield from part if isinstance(part, list | array) else ()


def _numbers_of_boxes(images: Sequence[ImageEntry]) -> Iterator[Any]:
    for image in images:
        for annotation in image.annotations:
            yield from annotation.bbox if isinstance(annotation.bbox, list) else ()
