"""Checks of both splits after all images are read."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from plain_commands.errors import UserError

from workflow_scripts.contracts.coco import CocoSplit, notes_on_scale

PURPOSES = {"train": "learn from", "val": "find"}
"""Purpose of objects, by split."""


def refuse_empty(split: CocoSplit, name: str, place: Path, hint: str = "") -> None:
    """Stop if a split has no object of any class.

    Args:
        split: the split.
        name: name of the split.
        place: file or folder of its labels.
        hint: possible reason.

    Raises:
        UserError: there are none, or all are groups.
    """
    if all(instance.iscrowd for instance in split.instances):
        groups = len(split.instances)
        found = (
            f"all {groups} annotations are groups (iscrowd: 1)" if groups else "none is labelled"
        )
        raise UserError(
            f"{place}: no object to {PURPOSES[name]}: {hint or found}; correct the labels, or the "
            f"classes of the study ({', '.join(split.classes)})"
        )


def with_notes(splits: Mapping[str, CocoSplit]) -> dict[str, CocoSplit]:
    """The splits with notes on classes without objects and on duplicate images."""
    trained = {image.sha256 for image in splits["train"].images}
    noted = {}
    for name, split in splits.items():
        notes = list(split.notes)
        labelled = {split.class_of(one) for one in split.instances if not one.iscrowd}
        if missing := [label for label in split.classes if label not in labelled]:
            notes.append(f"classes without an object to {PURPOSES[name]}: {', '.join(missing)}")
        found = ((x, *one.bbox) for x in split.images for one in split.instances_by_image[x.id])
        notes += notes_on_scale("objects", [(of, x + w, y + h) for of, x, y, w, h in found])
        empty = [x.file_name for x in split.images if not split.instances_by_image[x.id]]
        if empty and split.classes:
            notes.append(f"{len(empty)} images have no object, e.g. {empty[0]}")
        firsts = {image.sha256: image.file_name for image in reversed(split.images)}
        copies = [one.file_name for one in split.images if firsts[one.sha256] != one.file_name]
        if copies:
            notes.append(f"{len(copies)} images are copies of another image, e.g. {copies[0]}")
        shared = [one.file_name for one in split.images if one.sha256 in trained]
        if name == "val" and shared:
            notes.append(
                f"{len(shared)} of {len(split.images)} images are also training images, e.g. "
                f"{shared[0]}: models are tested on images that they were trained on"
            )
        noted[name] = replace(split, notes=tuple(notes))
    return noted
