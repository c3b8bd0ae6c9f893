"""Reader of data sets in the Cityscapes layout, `leftImg8bit` and `gtFine`."""

from collections.abc import Iterator
from concurrent.futures import Executor
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import read_bytes, sha256_of
from workflow_scripts.contracts import cityscapes
from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance, Rle
from workflow_scripts.contracts.settings import CLASSES
from workflow_scripts.dataset.reader import ReadImage, read_split
from workflow_scripts.imaging.images import decode_ids, decode_image
from workflow_scripts.imaging.masks import encode_mask


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


def read_cityscapes(root: Path, split: str, images: list[str], pool: Executor) -> CocoSplit:
    """Read the given images of a split with their instances.

    Raises:
        UserError: one line for each file that is damaged or has another size than its label.
    """
    read = partial(_read_image, root, with_void=split == "val")
    return read_split(pool, read, images, CLASSES, f"indexing {split}")


def _read_image(root: Path, file_name: str, *, with_void: bool) -> ReadImage:
    path, label_path = root / file_name, cityscapes.instance_ids_path(root, file_name)
    raw = read_bytes(path)
    height, width = decode_image(raw, path).shape[:2]
    ids = decode_ids(read_bytes(label_path), label_path)
    if ids.shape != (height, width):
        raise UserError(
            f"{path}: {width}x{height} pixels, but its label {label_path.name} has "
            f"{ids.shape[1]}x{ids.shape[0]}; one of them is not from this data set"
        )
    if ids.dtype != np.uint16:
        raise UserError(f"{label_path}: {ids.dtype} pixels; instance ids are uint16")
    void = void_of(ids) if with_void else None
    return ReadImage(
        CocoImage(0, file_name, width, height, sha256_of(raw), void), tuple(instances_of(ids))
    )


def void_of(ids: np.ndarray) -> Rle | None:
    """The void pixels of an id image, (height, width) uint16; None if there are none.

    By value, as cityscapesScripts does: objects that are told apart (caravans) are not void.
    """
    is_void = np.zeros(2**16, np.uint8)
    is_void[list(cityscapes.VOID_IDS)] = 1
    mask = is_void[ids]
    x, y, w, h = cv2.boundingRect(mask)
    return encode_mask(mask[y : y + h, x : x + w], x, y, *ids.shape) if w else None


def instances_of(ids: np.ndarray) -> Iterator[Instance]:
    """The instances of an id image, (height, width) uint16, by class and then by number."""
    height, width = ids.shape
    present = np.flatnonzero(np.bincount(ids.ravel(), minlength=1))
    for category_id, name in enumerate(CLASSES, start=1):
        label_id = cityscapes.LABEL_IDS[name]
        for value in present[(present == label_id) | (present // 1000 == label_id)].tolist():
            mask = cv2.inRange(ids, value, value)
            x, y, w, h = cv2.boundingRect(mask)
            crop = mask[y : y + h, x : x + w] > 0
            yield Instance(
                id=0,
                image_id=0,
                category_id=category_id,
                bbox=(x, y, w, h),
                area=int(crop.sum()),
                segmentation=encode_mask(crop, x, y, height, width),
                iscrowd=int(value == label_id),
            )
