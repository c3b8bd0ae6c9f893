"""A split of coloured rectangles and ellipses, for trainings that last seconds."""

from pathlib import Path

import cv2
import numpy as np
from plain_commands.files import link_or_copy, sha256_of_file

from workflow_scripts.contracts.coco import CocoImage, CocoSplit, Instance
from workflow_scripts.contracts.manifest import Entry, write_manifest
from workflow_scripts.imaging.images import write_png
from workflow_scripts.imaging.masks import encode_mask

CLASSES = ("rectangle", "ellipse")
COLOURS = ((200, 60, 60), (60, 80, 200))


def draw_split(folder: Path, count: int, seed: int, height: int = 64, width: int = 128) -> Path:
    """Draw `count` images into `folder`, and return the annotation file beside them."""
    random = np.random.default_rng(seed)
    images, instances = [], []
    for number in range(1, count + 1):
        canvas = random.integers(90, 140, (height, width, 3), np.uint8)
        owner = np.zeros((height, width), np.uint8)
        for instance in range(1, random.integers(2, 6)):
            draw(canvas, owner, instance, random)
        name = f"image_{number:03d}.png"
        write_png(folder / name, canvas)
        digest = sha256_of_file(folder / name)
        images.append(CocoImage(number, name, width, height, digest))
        instances += instances_of(owner, number, len(instances))
    path = folder / "annotations.json"
    CocoSplit(CLASSES, tuple(images), tuple(instances)).write(path)
    return path


def write_variant(folder: Path, images: Path, *dropped: int) -> CocoSplit:
    """Write a manifest of the split's originals without some; returns the split without them.

    Args:
        folder: of the variant, for its manifest and links to the images.
        images: of the split, with `annotations.json`.
        dropped: ids of images.
    """
    split = CocoSplit.read(images / "annotations.json")
    entries = []
    for image in split.images:
        if image.id in dropped:
            entries.append(Entry(image.file_name, "", "", image.sha256, False, dropped=True))
        else:
            link_or_copy(images / image.file_name, folder / "000" / image.file_name)
            file = f"000/{image.file_name}"
            entries.append(Entry(image.file_name, file, image.sha256, image.sha256, True))
    write_manifest(folder / "manifest.parquet", entries)
    return CocoSplit(
        split.classes,
        tuple(image for image in split.images if image.id not in dropped),
        tuple(one for one in split.instances if one.image_id not in dropped),
    )


def draw(canvas: np.ndarray, owner: np.ndarray, instance: int, random: np.random.Generator) -> None:
    """Paint one shape over what is there; `owner` says whose a pixel is: 10 × kind + instance."""
    kind = int(random.integers(2))
    height, width = owner.shape
    x, y = int(random.integers(8, width - 8)), int(random.integers(8, height - 8))
    a, b = (int(side) for side in random.integers(5, 16, 2))
    mark = 10 * kind + instance
    for target, colour in ((canvas, COLOURS[kind]), (owner, mark)):
        if kind:
            cv2.ellipse(target, (x, y), (a, b), 0, 0, 360, colour, -1)
        else:
            cv2.rectangle(target, (x - a, y - b), (x + a, y + b), colour, -1)


def instances_of(owner: np.ndarray, image_id: int, before: int) -> list[Instance]:
    """The visible part of each shape as an instance."""
    found = []
    for mark in np.unique(owner[owner > 0]).tolist():
        mask = owner == mark
        rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
        x, y = int(columns[0]), int(rows[0])
        box = (float(x), float(y), float(columns[-1] - x + 1), float(rows[-1] - y + 1))
        found.append(
            Instance(
                id=before + len(found) + 1,
                image_id=image_id,
                category_id=1 + mark // 10,
                bbox=box,
                area=int(mask.sum()),
                segmentation=encode_mask(mask, 0, 0, *mask.shape),
            )
        )
    return found
