"""Reader of data sets in COCO format."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import partial

from coco_labels import (
    AnnotationEntry,
    ImageEntry,
    LabelsError,
    Note,
    Rle,
    box_of,
    fits,
    mask_of,
    pixels_of,
    read_labels,
    with_packed_polygons,
)
from hotcoco import mask as rle_codec
from plain_commands.errors import UserError
from plain_commands.files import read_bytes, read_json, sha256_of

from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.contracts.settings import CocoDataset, CocoFiles, FurtherTest
from workflow_scripts.contracts.tasks import Task
from workflow_scripts.dataset.checks import refuse_empty
from workflow_scripts.dataset.reader import TURNED, ReadImage, exif_notes, number, read_images
from workflow_scripts.imaging.images import decode_image, size_in_header

_PLACE_OF_CLASSES = "dataset.classes, dataset.class_mapping or dataset.ignored_classes"
GROUPS = (
    "annotations with iscrowd: 1, read as groups, which are excluded from training and "
    "evaluation; set it to 0 if your tool marks single objects so"
)


NO_PIXEL = "objects without pixels, left out"


def read_coco(dataset: CocoDataset, split: str, pool: Executor, task: Task) -> CocoSplit:
    """Read the images of a split with their instances.

    Args:
        dataset: section of the config.
        split: `train` or `val`.
        pool: worker processes.
        task: for boxes, the `bbox` of each annotation is read, and its pixels replace the mask.

    Raises:
        UserError: a missing folder, errors in the annotation file, or one line per image that is
            missing, damaged, differs from its stated size, or is wrongly annotated; or no object is
            labelled.
    """
    where = dataset.files_of(split)
    key = split if where is dataset.val else "train"
    classes = ClassNames(dataset.classes, dataset.class_mapping, dataset.ignored_classes)
    entries, notes = _entries(where, f"dataset.{key}", classes, _PLACE_OF_CLASSES, task)
    found_in_file = len(entries)
    entries = [entry for entry in entries if dataset.has(split, entry.file_name)]
    if not entries:
        raise UserError(
            f"dataset.val_share: {dataset.val_share:g} of the {found_in_file} images leaves none "
            f"for {split}; choose another share, or other val_groups"
        )
    images = _images(where, entries, pool, task, split)
    found = replace(number(images, dataset.classes, notes), task=task)
    refuse_empty(found, split, where.annotations)
    return found


def read_test(
    test: FurtherTest, name: str, classes: tuple[str, ...], pool: Executor, task: Task
) -> CocoSplit:
    """Read the images of a further test set with their instances.

    Args:
        test: section of the config.
        name: name of the test set.
        classes: classes of the study.
        pool: worker processes.
        task: as in `read_coco`.

    Raises:
        UserError: see `read_coco`.
    """
    key = f"evaluation.also.{name}"
    known = ClassNames(classes, test.class_mapping, test.ignored_classes)
    place = f"{key}.class_mapping or {key}.ignored_classes"
    entries, notes = _entries(test, key, known, place, task)
    images = _images(test, entries, pool, task, name)
    found = replace(number(images, classes, notes), task=task)
    refuse_empty(found, "val", test.annotations)
    return found


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


def _entries(
    where: CocoFiles, key: str, classes: ClassNames, place_of_classes: str, task: Task
) -> tuple[list[ImageEntry], list[Note]]:
    """The images of an annotation file, checked without reading them."""
    if not where.images.is_dir():
        raise UserError(f"{key}.images: there is no folder {where.images}")
    content = read_json(where.annotations, with_packed_polygons)
    try:
        return read_labels(
            content,
            where.images,
            classes.numbers,
            place_of_classes,
            boxes=task is Task.BOXES,
        )
    except LabelsError as error:
        raise UserError.of([f"{where.annotations}: {line}" for line in error.findings]) from None


def _images(
    where: CocoFiles, entries: Sequence[ImageEntry], pool: Executor, task: Task, name: str
) -> list[ReadImage]:
    if task is Task.MASKS:
        _refuse_boxes_only(entries, where)
    return read_images(pool, partial(_read_image, where, task), entries, f"indexing {name}")


def _refuse_boxes_only(images: Sequence[ImageEntry], files: CocoFiles) -> None:
    """Refuse labels without any mask, in one line."""
    annotations = [one for image in images for one in image.annotations]
    if annotations and not any(one.segmentation for one in annotations):
        raise UserError(
            f"{files.annotations}: none of its {len(annotations)} annotations has a mask "
            "(segmentation); set `task: boxes` in the config to train and evaluate on boxes, or "
            "use labels with masks"
        )


def _read_image(files: CocoFiles, task: Task, image: ImageEntry) -> ReadImage:
    path, where = files.images / image.file_name, files.annotations
    raw = read_bytes(path)
    size, stated = size_in_header(raw), (image.width, image.height)
    notes = exif_notes(raw, image.file_name, size, stated)
    is_turned = TURNED in dict(notes)
    # Images of another size are not decoded: a small file may claim a billion pixels.
    if size is None or size in (stated, stated[::-1]):
        height, width = decode_image(raw, path, upright=is_turned).shape[:2]
        size = width, height
    if size != stated:
        raise UserError(
            f"{path}: {size[0]}x{size[1]} pixels, but {where.name} says {stated[0]}x{stated[1]}"
        )
    instances: list[Instance] = []
    findings: list[str] = []
    for entry in image.annotations:
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
        kinds.append("objects whose bbox differs from the box of their mask; the mask counts")
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
