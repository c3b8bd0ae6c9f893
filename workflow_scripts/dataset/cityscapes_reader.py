"""Reader of data sets in the Cityscapes layout, `leftImg8bit` and `gtFine`."""

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from plain_commands.errors import UserError
from plain_commands.files import read_bytes, sha256_of

from workflow_scripts.contracts import cityscapes
from workflow_scripts.contracts.coco import CocoImage, Instance, Rle
from workflow_scripts.contracts.settings import CLASSES
from workflow_scripts.dataset.checks import refuse_empty
from workflow_scripts.dataset.indexed_split import DAMAGED, TURNED, IndexedSplit, ReadImage
from workflow_scripts.dataset.reader import exif_notes, read_images
from workflow_scripts.imaging.images import checked_size, decode_ids, size_in_header
from workflow_scripts.imaging.masks import encode_mask

LAST_TRAIN_ID = 18
LIKE_TRAIN_IDS = (
    f"label images without an id above {LAST_TRAIN_ID}: no object, vegetation or sky, or train ids "
    "(labelTrainIds), from which objects cannot be read"
)


def find_images(root: Path, *, full: bool) -> dict[str, list[str]]:
    """The images of each split, as paths relative to `root`.

    Raises:
        UserError: the folders are not those of Cityscapes, a training or validation image has no
            label or a label no image, or (with `full`) the counts are not Cityscapes'. All
            findings at once.
    """
    for folder in (cityscapes.IMAGE_FOLDER, cityscapes.LABEL_FOLDER):
        if not (root / folder).is_dir():
            raise UserError(
                f"dataset.root: there is no folder {root / folder}; unpack "
                f"{cityscapes.IMAGE_FOLDER}_trainvaltest.zip and "
                f"{cityscapes.LABEL_FOLDER}_trainvaltest.zip into one folder and name it"
            )
    images = {split: cityscapes.image_files(root, split) for split in cityscapes.SPLITS}
    findings = []
    for split in ("train", "val"):
        if not images[split]:
            findings.append(f"{root / cityscapes.IMAGE_FOLDER / split}: no images in it")
        findings.extend(_unpaired(root, split, images[split]))
    if full:
        findings.extend(
            f"{root / cityscapes.IMAGE_FOLDER / split}: {len(images[split])} images, but "
            f"Cityscapes has {count}; complete it, or set dataset.full to false"
            for split, count in cityscapes.FULL_COUNTS.items()
            if len(images[split]) != count
        )
    if findings:
        raise UserError.of(findings)
    return images


def _unpaired(root: Path, split: str, images: list[str]) -> Iterator[str]:
    expected = {cityscapes.instance_ids_path(root, name): name for name in images}
    folder = root / cityscapes.LABEL_FOLDER / split
    found = set(folder.glob("*/*_gtFine_instanceIds.png"))
    for path in sorted(expected.keys() - found):
        yield f"{root / expected[path]}: its label {path} is missing"
    for path in sorted(found - expected.keys()):
        yield f"{path}: its image is missing from {root / cityscapes.IMAGE_FOLDER / split}"


def read_cityscapes(
    root: Path, images: Mapping[str, list[str]], name: str, split: IndexedSplit, pool: Executor
) -> None:
    """Read images of a split with their instances.

    Args:
        root: folder of the data set.
        images: paths of the images by split, relative to `root`.
        name: `train` or `val`.
        split: where they are added.
        pool: worker processes.

    Raises:
        UserError: one line per file that is damaged, differs in size from its label, or has unknown
            label values; or no object is labelled.
    """
    read = partial(_read_image, root, with_void=name == "val")
    files = images[name]
    read_images(split, pool, read, files, total=len(files), description=f"indexing {name}")
    hint = next((note for note in split.notes.sentences() if LIKE_TRAIN_IDS in note), "")
    refuse_empty(split, name, root / cityscapes.LABEL_FOLDER / name, hint)


def _read_image(root: Path, file_name: str, *, with_void: bool) -> ReadImage:
    path, label_path = root / file_name, cityscapes.instance_ids_path(root, file_name)
    raw, labels = read_bytes(path), read_bytes(label_path)
    # Sizes are compared first, so that a file that claims a billion pixels is not decoded.
    size, label_size = size_in_header(raw), size_in_header(labels)
    notes = exif_notes(raw, file_name, size, label_size)
    is_turned = TURNED in dict(notes)
    if size and label_size and size != label_size and not is_turned:
        raise UserError(
            f"{path}: {size[0]}x{size[1]} pixels, but its label {label_path.name} has "
            f"{label_size[0]}x{label_size[1]}; one of them is not from this data set"
        )
    (width, height), is_damaged = checked_size(raw, path, upright=is_turned)
    if is_damaged:
        notes.append((DAMAGED, file_name))
    ids = decode_ids(labels, label_path)
    if ids.dtype != np.uint16:
        raise UserError(f"{label_path}: {ids.dtype} pixels; instance ids are uint16 (not labelIds)")
    boxes = boxes_of(ids)
    refuse_foreign(boxes, label_path)
    if max(boxes) <= LAST_TRAIN_ID:
        notes.append((LIKE_TRAIN_IDS, label_path.name))
    void = void_of(ids) if with_void else None
    image = CocoImage(0, file_name, width, height, sha256_of(raw), void, is_turned or None)
    return ReadImage(image, tuple(instances_of(ids, boxes)), tuple(notes))


def refuse_foreign(found: Collection[int], path: Path) -> None:
    """Refuse unknown label values: ids of another data set, train ids, or interpolated ids.

    Args:
        found: the values of an id image.
        path: the file.

    Raises:
        UserError: there are unknown values.
    """
    values = np.array(list(found))
    labels = np.where(values < 1000, values, values // 1000)
    foreign = np.where(
        values < 1000,
        labels > cityscapes.LAST_LABEL_ID,
        ~np.isin(labels, cityscapes.OBJECT_LABEL_IDS),
    )
    if foreign.any():
        wrong = values[foreign].tolist()
        more = f" and {len(wrong) - 5} more" if len(wrong) > 5 else ""
        raise UserError(
            f"{path}: values {', '.join(map(str, wrong[:5]))}{more} are not labels of "
            "Cityscapes; a pixel has its label's id, or 1000 * id + number in an object (resize "
            "ids with nearest neighbour only)"
        )


def boxes_of(ids: np.ndarray) -> dict[int, tuple[int, int, int, int]]:
    """The box of each value of an id image.

    Args:
        ids: (height, width) uint16.

    Returns:
        x, y, width and height in pixels, by value, in ascending order.
    """
    width = ids.shape[1]
    flat = ids.ravel()
    # By runs of equal pixels in a row, of which there are few.
    is_start = np.ones(flat.size, bool)
    np.not_equal(flat[1:], flat[:-1], out=is_start[1:])
    is_start[::width] = True
    starts = np.flatnonzero(is_start)
    order = np.argsort(flat[starts], kind="stable")
    values, begins = np.unique(flat[starts][order], return_index=True)
    rows, left = (part[order] for part in np.divmod(starts, width))
    right = left + np.diff(starts, append=flat.size)[order]
    x0, y0 = np.minimum.reduceat(left, begins), rows[begins]
    x1, y1 = np.maximum.reduceat(right, begins), np.maximum.reduceat(rows, begins) + 1
    sides = zip(x0.tolist(), y0.tolist(), (x1 - x0).tolist(), (y1 - y0).tolist(), strict=True)
    return dict(zip(values.tolist(), sides, strict=True))


def void_of(ids: np.ndarray) -> Rle | None:
    """The void pixels of an id image, (height, width) uint16; None if there are none.

    Decided by value, like in cityscapesScripts: separated objects (caravans) are not void.
    """
    is_void = np.zeros(2**16, np.uint8)
    is_void[list(cityscapes.VOID_IDS)] = 1
    mask = cv2.LUT(ids, is_void)
    x, y, w, h = cv2.boundingRect(mask)
    return encode_mask(mask[y : y + h, x : x + w], x, y, *ids.shape) if w else None


def instances_of(
    ids: np.ndarray, boxes: Mapping[int, tuple[int, int, int, int]]
) -> Iterator[Instance]:
    """The instances of an id image, by class and then by number.

    Args:
        ids: (height, width) uint16.
        boxes: boxes of its values.
    """
    for category_id, name in enumerate(CLASSES, start=1):
        label_id = cityscapes.LABEL_IDS[name]
        for value, (x, y, w, h) in boxes.items():
            if label_id in (value, value // 1000):
                crop = ids[y : y + h, x : x + w] == value
                yield Instance(
                    id=0,
                    image_id=0,
                    category_id=category_id,
                    bbox=(x, y, w, h),
                    area=int(np.count_nonzero(crop)),
                    segmentation=encode_mask(crop, x, y, *ids.shape),
                    iscrowd=int(value == label_id),
                )
