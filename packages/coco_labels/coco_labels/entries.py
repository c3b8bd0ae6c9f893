"""Entries of a COCO annotation file, checked before images are read."""

import unicodedata
from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from .annotations import AnnotationEntry, ImageEntry
from .image_names import file_name_of, is_same_file
from .notes import Notes
from .scale import Scale
from .values import Entry, checked_value, id_text, is_id, is_length, is_name, shown

KINDS = {"images": "image", "categories": "category", "annotations": "annotation"}
"""The lists of a file, and the name of an entry of each."""
ANNOTATION_KEYS = (
    "id", "image_id", "category_id", "bbox", "segmentation", "iscrowd", "track_id",
)  # fmt: skip
"""Keys of an annotation that are used."""
MOST_STRANGERS = 5
"""Undefined ids that are named, of each kind."""


class LabelsError(ValueError):
    """Labels that cannot be used; one finding per error."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


def essential(entry: Any) -> Any:
    """An annotation without the keys that are not used here, to save space."""
    if not isinstance(entry, dict):
        return entry
    return {key: entry[key] for key in ANNOTATION_KEYS if key in entry}


@dataclass(frozen=True)
class Labels:
    """The images of an annotation file, and its annotations as far as their class is known."""

    images: list[ImageEntry]
    """By file name."""
    notes: Notes
    """What is unusual in the file."""
    objects: int
    """Number of annotations of a known class."""
    masks: int
    """Number of those with a `segmentation`."""
    entries: Sequence[Any]
    """The file's list of annotations."""
    class_numbers: dict[Hashable, int]
    """By category id."""

    def annotations_of(self, image: ImageEntry) -> list[AnnotationEntry]:
        """The annotations of an image, in the order of the file."""
        return [self._annotation(position, image) for position in image.annotations]

    def _annotation(self, position: int, image: ImageEntry) -> AnnotationEntry:
        entry = self.entries[position]
        _, category, crowd, track = _annotation_values(entry)
        return AnnotationEntry(
            name=_name("annotations", position, entry),
            class_number=self.class_numbers[category],
            segmentation=entry.get("segmentation"),
            bbox=entry.get("bbox"),
            iscrowd=crowd,
            track=f"{image.video}/{track}" if track and image.video else track,
        )


def read_labels(
    content: Any,
    folder: Path,
    classes: Mapping[str, int],
    place_of_classes: str = "classes",
    *,
    boxes: bool = False,
) -> Labels:
    """Check the entries of an annotation file.

    Each annotation is looked at on its own, so the list of them may be on disk.

    Args:
        content: JSON content; the lists may be any sequences.
        folder: the folder of the images.
        classes: class number, from 1, by category name; 0 ignores the category.
        place_of_classes: config key for categories, for messages.
        boxes: whether to use the boxes of the annotations instead of their masks.

    Raises:
        LabelsError: this is not COCO format; or one finding per entry that is malformed,
            contradicts another one, or has an undefined reference.
    """
    for key in KINDS:
        entries = content.get(key) if isinstance(content, dict) else None
        if not isinstance(entries, Sequence) or isinstance(entries, str):
            raise LabelsError([f"no list {key!r} in it; is it a COCO file?"])
    if not content["images"]:
        raise LabelsError(["it lists no images"])
    findings: list[str] = []
    notes = Notes()
    images = _images(content, folder, findings, notes)
    numbers = _class_numbers(content, classes, place_of_classes, findings, notes)
    if findings:
        raise LabelsError(findings)
    scale = Scale(images.values(), boxes=boxes)
    objects, masks = _add_annotations(
        content, images, numbers, scale=scale, findings=findings, notes=notes
    )
    findings = findings or list(scale.findings(notes))
    if findings:
        raise LabelsError(findings)
    in_order = sorted(images.values(), key=lambda image: image.file_name)
    return Labels(in_order, notes, objects, masks, content["annotations"], numbers)


def _name(key: str, position: int, entry: Any) -> str:
    """The name of an entry in messages, such as `annotation 17`: by id, or by position."""
    if isinstance(entry, dict) and "id" in entry and is_id(entry["id"]):
        return f"{KINDS[key]} {shown(entry['id'])}"
    return f"{key}[{position}]"


class _Found(NamedTuple):
    """A well-formed entry of a list."""

    position: int
    name: str
    number: Any
    """Its id; None for an annotation without one."""
    entry: Entry


def _entries(content: Entry, key: str, findings: list[str]) -> Iterator[_Found]:
    """The entries of a list; malformed ones become findings."""
    for position, entry in enumerate(content[key]):
        name = _name(key, position, entry)
        if not isinstance(entry, dict):
            findings.append(f"{name} is {shown(entry)}; an object {{…}} is expected")
        elif "id" not in entry and key == "annotations":  # there are no references to it
            yield _Found(position, name, None, entry)
        else:
            try:
                number = checked_value(entry, "id", is_id, "a number or a text")
            except ValueError as error:
                findings.append(f"{name}: {error}")
            else:
                yield _Found(position, name, number, entry)


def _images(
    content: Entry, folder: Path, findings: list[str], notes: Notes
) -> dict[Hashable, ImageEntry]:
    """The images by id, without annotations."""
    images: dict[Hashable, ImageEntry] = {}
    ids_by_name: dict[str, list[Hashable]] = defaultdict(list)
    for _, name, number, entry in _entries(content, "images", findings):
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
        images[number] = ImageEntry(file_name, width, height, video)
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
    notes: Notes,
) -> dict[Hashable, int]:
    """The number of the class by category id."""
    names: dict[Hashable, str] = {}
    unknown = []
    # Normalised, since an umlaut may be one character or two.
    classes = {unicodedata.normalize("NFC", name): one for name, one in classes.items()}
    for _, place, number, entry in _entries(content, "categories", findings):
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
            notes.add("category names with several ids, taken for one class", shown(name))
        names[number] = name
        if name not in classes:
            unknown.append(shown(name))
    if unknown:
        findings.append(f"unknown class {', '.join(unknown)}; name it in {place_of_classes}")
    return {number: classes.get(name, 0) for number, name in names.items()}


_CROWD = "0 (an object) or 1 (a group)"


def _annotation_values(entry: Entry) -> tuple[Any, Any, int, str | None]:
    """Image id, category id, `iscrowd` and track of an annotation.

    Raises:
        ValueError: one of them is malformed.
    """
    image = checked_value(entry, "image_id", is_id, "the id of an image")
    category = checked_value(entry, "category_id", is_id, "the id of a category")
    crowd = 0
    if "iscrowd" in entry:
        crowd = checked_value(entry, "iscrowd", (0, 1).__contains__, _CROWD)
    return image, category, int(crowd), id_text(entry, "track_id", "of a track")


def _add_annotations(
    content: Entry,
    images: dict[Hashable, ImageEntry],
    numbers: dict[Hashable, int],
    *,
    scale: Scale,
    findings: list[str],
    notes: Notes,
) -> tuple[int, int]:
    """Add the annotations of known classes to their images.

    Returns:
        How many there are, and how many of them have a `segmentation`.
    """
    strangers: dict[str, dict[str, None]] = {"image": {}, "category": {}}
    identities = array("q")
    objects = masks = 0
    for position, name, number, entry in _entries(content, "annotations", findings):
        try:
            image, category, _, _ = _annotation_values(entry)
        except ValueError as error:
            findings.append(f"{name}: {error}")
            continue
        identities.append(_identity(number, position))
        if image not in images and len(strangers["image"]) < MOST_STRANGERS:
            strangers["image"][shown(image)] = None
        if category not in numbers:
            if len(strangers["category"]) < MOST_STRANGERS:
                strangers["category"][shown(category)] = None
        elif numbers[category] == 0:
            notes.add("objects of ignored classes, left out", name)
        elif image in images:
            images[image].annotations.append(position)
            scale.add(images[image], name, entry.get("bbox"), entry.get("segmentation"))
            objects += 1
            masks += bool(entry.get("segmentation"))
    findings.extend(
        f"annotations refer to {kind} ids that the file does not define: {', '.join(ids)}"
        for kind, ids in strangers.items()
        if ids
    )
    if not findings:
        _note_copies(identities, content["annotations"], notes)
    return objects, masks


def _identity(number: Any, position: int) -> int:
    """A number that is equal for equal ids only; of an annotation without one, its own."""
    if number is None:
        return hash((position,))
    # -1 and -2 have the same hash.
    return hash(number if isinstance(number, str) else (number, -number))


def _note_copies(identities: array, entries: Sequence[Any], notes: Notes) -> None:
    """Note annotations whose id an earlier one has.

    Args:
        identities: one number per annotation, equal for equal ids.
        entries: the annotations.
        notes: where they are noted.
    """
    numbers = np.asarray(identities)
    order = np.argsort(numbers, kind="stable")
    copies = order[1:][np.diff(numbers[order]) == 0]
    if copies.size:
        first = int(copies.min())
        kind = "annotations whose id another one has, kept like any other"
        notes.add(kind, _name("annotations", first, entries[first]), copies.size)
