"""Reader of data sets in COCO format."""

from concurrent.futures import Executor
from functools import partial

from coco_labels import (
    AnnotationEntry,
    ImageEntry,
    LabelsError,
    fits,
    mask_of,
    read_labels,
)
from hotcoco import mask as rle_codec
from plain_commands.errors import UserError
from plain_commands.files import read_bytes, read_json, sha256_of

from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.contracts.settings import CocoDataset, CocoFiles
from workflow_scripts.dataset.checks import refuse_empty
from workflow_scripts.dataset.reader import TURNED, ReadImage, exif_notes, number, read_images
from workflow_scripts.imaging.images import decode_image, size_in_header

_PLACE_OF_CLASSES = "dataset.classes, dataset.class_mapping or dataset.ignored_classes"
GROUPS = (
    "annotations with iscrowd: 1, taken as groups that nothing learns from and nothing has to "
    "find; set it to 0 where your tool marks single objects so"
)


def read_coco(dataset: CocoDataset, split: str, pool: Executor) -> CocoSplit:
    """Read the images of a split with their instances.

    Raises:
        UserError: a missing folder, whatever is wrong with the annotation file, or one line for
            each image that is missing, damaged, of another size than stated, or wrongly annotated;
            or no object is labelled.
    """
    where = dataset.files_of(split)
    if not where.images.is_dir():
        key = split if where is dataset.val else "train"
        raise UserError(f"dataset.{key}.images: there is no folder {where.images}")
    numbers = dict.fromkeys(dataset.ignored_classes, 0)
    numbers |= {name: number for number, name in enumerate(dataset.classes, start=1)}
    numbers |= {name: numbers[target] for name, target in dataset.class_mapping.items()}
    try:
        entries, notes = read_labels(
            read_json(where.annotations), where.images, numbers, _PLACE_OF_CLASSES
        )
    except LabelsError as error:
        raise UserError.of([f"{where.annotations}: {line}" for line in error.findings]) from None
    found_in_file = len(entries)
    entries = [entry for entry in entries if dataset.has(split, entry.file_name)]
    if not entries:
        raise UserError(
            f"dataset.val_share: {dataset.val_share:g} of the {found_in_file} images leaves none "
            f"for {split}; choose another share, or other val_groups"
        )
    read = partial(_read_image, where)
    images = read_images(pool, read, entries, f"indexing {split}")
    found = number(images, dataset.classes, notes)
    refuse_empty(found, split, where.annotations)
    return found


def _read_image(files: CocoFiles, image: ImageEntry) -> ReadImage:
    path, where = files.images / image.file_name, files.annotations
    raw = read_bytes(path)
    size, stated = size_in_header(raw), (image.width, image.height)
    notes = exif_notes(raw, image.file_name, size, stated)
    is_turned = TURNED in dict(notes)
    # What is of another size is not decoded first: a small file may claim a billion pixels.
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
            instance, kinds = _instance(entry, *stated)
        except ValueError as error:
            findings.append(f"{where}: {entry.name} ({image.file_name}) {error}")
            continue
        notes.extend((kind, f"{entry.name} ({image.file_name})") for kind in kinds)
        if any(_are_same(instance, other) for other in instances):
            notes.append(("objects with the class and mask of another, kept", entry.name))
        if instance.area:
            instances.append(instance)
    if findings:
        raise UserError("\n".join(findings))
    record = CocoImage(
        0, image.file_name, *stated, sha256_of(raw), upright=True if is_turned else None
    )
    return ReadImage(record, tuple(instances), tuple(notes))


def _are_same(one: Instance, other: Instance) -> bool:
    return one.category_id == other.category_id and one.segmentation == other.segmentation


def _instance(entry: AnnotationEntry, width: int, height: int) -> tuple[Instance, list[str]]:
    """The instance of an annotation, and the kinds of notes on it.

    Raises:
        ValueError: it has no mask, or not one of this image.
    """
    rle, kinds = mask_of(entry.segmentation, width, height)
    area = int(rle_codec.area(rle))
    if entry.iscrowd:
        kinds.append(GROUPS)
    if not area:
        kinds.append("objects that cover no pixel, left out")
    elif not fits(entry.bbox, rle):
        kinds.append("objects whose bbox is not that of their mask; the mask counts")
    x, y, w, h = map(float, rle_codec.to_bbox(rle))
    instance = Instance(
        id=0,
        image_id=0,
        category_id=entry.class_number,
        bbox=(x, y, w, h),
        area=area,
        segmentation=rle,
        iscrowd=entry.iscrowd,
        track=entry.track,
    )
    return instance, kinds
