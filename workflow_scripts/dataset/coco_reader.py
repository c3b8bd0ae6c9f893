"""Reader of data sets in COCO format."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from coco_labels import (
    AnnotationEntry,
    ImageEntry,
    Labels,
    LabelsError,
    Rle,
    box_of,
    essential,
    fits,
    mask_of,
    pixels_of,
    read_labels,
)
from hotcoco import mask as rle_codec
from plain_commands.console import log
from plain_commands.errors import UserError
from plain_commands.files import read_bytes, sha256_of
from plain_commands.long_json import Sink, read_long_json
from plain_commands.spool import Spool

from workflow_scripts.contracts.coco import CocoImage, Instance
from workflow_scripts.contracts.settings import CocoDataset, CocoFiles, FurtherTest
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.dataset.checks import refuse_empty
from workflow_scripts.dataset.indexed_split import DAMAGED, TURNED, IndexedSplit, ReadImage
from workflow_scripts.dataset.reader import exif_notes, read_images
from workflow_scripts.imaging.images import checked_size, size_in_header

_PLACE_OF_CLASSES = "dataset.classes, dataset.class_mapping or dataset.ignored_classes"
GROUPS = (
    "annotations with iscrowd: 1 (groups), excluded from training and evaluation; set it to 0 if "
    "your tool marks single objects so"
)
LARGE = 10**8
"""Bytes above which reading an annotation file takes seconds."""
SHARED_TRACK = "objects whose track_id another one of the image has"
NO_PIXEL = "objects without pixels, left out"


def read_coco(dataset: CocoDataset, name: str, split: IndexedSplit, pool: Executor) -> None:
    """Read the images of a split with their instances.

    Args:
        dataset: section of the config.
        name: `train` or `val`.
        split: where they are added. For boxes, the `bbox` of each annotation is read, and its
            pixels replace the mask.
        pool: worker processes.

    Raises:
        UserError: a missing folder, errors in the annotation file, or one line per image that is
            missing, damaged, differs from its stated size, or is wrongly annotated; or no object is
            labelled.
    """
    where = dataset.files_of(name)
    key = name if where is dataset.val else "train"
    classes = ClassNames(dataset.classes, dataset.class_mapping, dataset.ignored_classes)
    labels = _labels(where, f"dataset.{key}", classes, _PLACE_OF_CLASSES, split)
    images = [image for image in labels.images if dataset.has(name, image.file_name)]
    if not images:
        raise UserError(
            f"dataset.val_share: {dataset.val_share:g} of the {len(labels.images)} images leaves "
            f"none for {name}; choose another share, or other val_groups"
        )
    _read_images(where, labels, images, split=split, pool=pool, name=name)
    refuse_empty(split, name, where.annotations)


def read_test(test: FurtherTest, name: str, split: IndexedSplit, pool: Executor) -> None:
    """Read the images of a further test set with their instances.

    Args:
        test: section of the config.
        name: name of the test set.
        split: as in `read_coco`.
        pool: worker processes.

    Raises:
        UserError: see `read_coco`.
    """
    key = f"evaluation.also.{name}"
    known = ClassNames(split.classes, test.class_mapping, test.ignored_classes)
    place = f"{key}.class_mapping or {key}.ignored_classes"
    labels = _labels(test, key, known, place, split)
    _read_images(test, labels, labels.images, split=split, pool=pool, name=name)
    refuse_empty(split, "val", test.annotations)


@dataclass(frozen=True)
class ClassNames:
    """Classes of the study, and the mapping of a file's categories to them."""

    classes: tuple[str, ...]
    mapping: Mapping[str, str]
    ignored: tuple[str, ...]

    @property
    def numbers(self) -> dict[str, int]:
        """Class number by category name; 0 for ignored categories."""
        numbers = dict.fromkeys(self.ignored, 0)
        numbers |= {name: number for number, name in enumerate(self.classes, start=1)}
        return numbers | {name: numbers[target] for name, target in self.mapping.items()}


class _Annotations(Spool[Any]):
    """A list on disk of the annotations' keys that are used."""

    def append(self, record: Any) -> None:
        super().append(essential(record))


def _is_large(path: Path) -> bool:
    """Whether reading a file takes seconds; False for one that cannot be read."""
    try:
        return path.stat().st_size > LARGE
    except OSError:
        return False


def _labels(
    where: CocoFiles, key: str, classes: ClassNames, place_of_classes: str, split: IndexedSplit
) -> Labels:
    """The content of an annotation file, checked without reading the images."""
    if not where.images.is_dir():
        raise UserError(f"{key}.images: there is no folder {where.images}")
    if _is_large(where.annotations):
        log.info("reading %s", where.annotations)
    lists: dict[str, Sink] = {"images": [], "annotations": _Annotations(split.folder)}
    content = read_long_json(where.annotations, lists)
    try:
        return read_labels(
            content,
            where.images,
            classes.numbers,
            place_of_classes,
            boxes=split.task is Task.BOXES,
        )
    except LabelsError as error:
        raise UserError.of([f"{where.annotations}: {line}" for line in error.findings]) from None


def _read_images(
    where: CocoFiles,
    labels: Labels,
    images: Sequence[ImageEntry],
    *,
    split: IndexedSplit,
    pool: Executor,
    name: str,
) -> None:
    if split.task is Task.MASKS and labels.objects and not labels.masks:
        raise UserError(
            f"{where.annotations}: none of its {labels.objects} annotations has a mask "
            "(segmentation); set `task: boxes` in the config to train and evaluate on boxes, or "
            "use labels with masks"
        )
    split.notes.update(labels.notes)
    sources = ((image, labels.annotations_of(image)) for image in images)
    read = partial(_read_image, where, split.task)
    read_images(split, pool, read, sources, total=len(images), description=f"indexing {name}")


def _read_image(
    files: CocoFiles, task: Task, labelled: tuple[ImageEntry, list[AnnotationEntry]]
) -> ReadImage:
    image, annotations = labelled
    path, where = files.images / image.file_name, files.annotations
    raw = read_bytes(path)
    size, stated = size_in_header(raw), (image.width, image.height)
    notes = exif_notes(raw, image.file_name, size, stated)
    is_turned = TURNED in dict(notes)
    # Images of another size are not decoded: a small file may claim a billion pixels.
    if size is None or size in (stated, stated[::-1]):
        size, is_damaged = checked_size(raw, path, upright=is_turned)
        if is_damaged:
            notes.append((DAMAGED, image.file_name))
    if size != stated:
        raise UserError(
            f"{path}: {size[0]}x{size[1]} pixels, but {where.name} says {stated[0]}x{stated[1]}"
        )
    instances: list[Instance] = []
    findings: list[str] = []
    tracks = set()
    for entry in annotations:
        if entry.track in tracks:
            notes.append((SHARED_TRACK, f"{entry.name} ({image.file_name})"))
        if entry.track is not None:
            tracks.add(entry.track)
        try:
            read = _boxed if task is Task.BOXES else _masked
            instance, kinds = read(entry, *stated)
        except ValueError as error:
            findings.append(f"{where}: {entry.name} ({image.file_name}) {error}")
            continue
        if entry.iscrowd:
            kinds.append(GROUPS)
        if instance is None:
            kinds.append(NO_PIXEL)
        elif any(_are_same(instance, other) for other in instances):
            shape = task.noun
            notes.append(
                (f"objects with the same class and {shape} as another one, kept", entry.name)
            )
        notes.extend((kind, f"{entry.name} ({image.file_name})") for kind in kinds)
        if instance is not None:
            instances.append(instance)
    if findings:
        raise UserError("\n".join(findings))
    record = CocoImage(
        0, image.file_name, *stated, sha256_of(raw), upright=True if is_turned else None
    )
    return ReadImage(record, tuple(instances), tuple(notes))


def _are_same(one: Instance, other: Instance) -> bool:
    return (one.category_id, one.bbox, one.segmentation) == (
        other.category_id,
        other.bbox,
        other.segmentation,
    )


def _masked(entry: AnnotationEntry, width: int, height: int) -> tuple[Instance | None, list[str]]:
    """The instance of an annotation with a mask, and the kinds of notes on it.

    Returns:
        None for a mask without pixels.

    Raises:
        ValueError: it has no mask, or the mask does not fit the image.
    """
    rle, kinds = mask_of(entry.segmentation, width, height)
    area = int(rle_codec.area(rle))
    if not area:
        return None, kinds
    if not fits(entry.bbox, rle):
        kinds.append("objects whose bbox differs from the box of the mask; the mask counts")
    x, y, w, h = map(float, rle_codec.to_bbox(rle))
    return _instance(entry, (x, y, w, h), area, rle), kinds


def _boxed(entry: AnnotationEntry, width: int, height: int) -> tuple[Instance | None, list[str]]:
    """The instance of an annotation with a box; see `_masked`."""
    box, kinds = box_of(entry.bbox, entry.segmentation, width, height)
    if box is None:
        return None, kinds
    return _instance(entry, box, box[2] * box[3], pixels_of(box, width, height)), kinds


def _instance(
    entry: AnnotationEntry, box: tuple[float, float, float, float], area: float, mask: Rle
) -> Instance:
    return Instance(
        id=0,
        image_id=0,
        category_id=entry.class_number,
        bbox=box,
        area=area,
        segmentation=mask,
        iscrowd=entry.iscrowd,
        track=entry.track,
    )
