"""Checks of a split after all its images are read."""

from collections.abc import Collection
from pathlib import Path

from plain_commands.counts import counted
from plain_commands.errors import UserError

from workflow_scripts.contracts.coco import DrawnScale
from workflow_scripts.dataset.indexed_split import IndexedSplit

PURPOSES = {"train": "learn from", "val": "find"}
"""Purpose of objects, by split."""


def refuse_empty(split: IndexedSplit, name: str, place: Path, hint: str = "") -> None:
    """Stop if a split has no object of any class.

    Args:
        split: the split.
        name: name of the split.
        place: file or folder of its labels.
        hint: possible reason.

    Raises:
        UserError: there are none, or all are groups.
    """
    if not split.objects:
        found = "none is labelled"
        if split.groups:
            found = f"all {split.groups} annotations are groups (iscrowd: 1)"
        raise UserError(
            f"{place}: no object to {PURPOSES[name]}: {hint or found}; correct the labels, or the "
            f"classes of the study ({', '.join(split.classes)})"
        )


def notes_of(split: IndexedSplit, name: str, trained: Collection[str]) -> tuple[str, ...]:
    """All notes on a split, one sentence each.

    Besides those of its files: classes and images without objects, labels at another scale, and
    duplicate images.

    Args:
        split: the split.
        name: name of the split.
        trained: SHA-256 of each training image.
    """
    notes = [*split.left_out, *split.notes.sentences()]
    labelled: set[int] = set()
    scale = DrawnScale()
    empty = []
    for image in split.images:
        instances = split.instances_of(image)
        labelled.update(one.category_id for one in instances if not one.iscrowd)
        for x, y, width, height in (one.bbox for one in instances):
            scale.add(image, x + width, y + height)
        if not instances:
            empty.append(image.file_name)
    missing = [one for number, one in enumerate(split.classes, 1) if number not in labelled]
    if missing:
        notes.append(f"classes without an object to {PURPOSES[name]}: {', '.join(missing)}")
    notes += scale.notes("objects")
    if empty and split.classes:
        notes.append(f"{counted(len(empty), 'image')} without an object, e.g. {empty[0]}")
    firsts = {image.sha256: image.file_name for image in reversed(split.images)}
    copies = [one.file_name for one in split.images if firsts[one.sha256] != one.file_name]
    if copies:
        notes.append(
            f"{counted(len(copies), 'image')} with the content of another one, e.g. {copies[0]}"
        )
    shared = [one.file_name for one in split.images if one.sha256 in trained]
    if name == "val" and shared:
        notes.append(
            f"{len(shared)} of {len(split.images)} images are also training images, e.g. "
            f"{shared[0]}: models are tested on images that they were trained on"
        )
    return tuple(notes)
