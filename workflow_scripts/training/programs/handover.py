"""Inputs of a user's program: images, their COCO file, and the classes."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from PIL import Image
from plain_commands.console import log
from plain_commands.files import write_text

from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.imaging.images import decode, read_recorded, write_png

ORIENTATION = 0x0112
"""EXIF tag of the orientation, which viewers apply to the pixels; 1 is upright."""


@dataclass(frozen=True)
class Handover:
    """Files that a program reads, in a folder of its run."""

    folder: Path

    @property
    def images(self) -> Path:
        """Folder of links to the images, at the data set's relative paths."""
        return self.folder / "images"

    @property
    def annotations(self) -> Path:
        """COCO file of these images."""
        return self.folder / "annotations.json"

    @property
    def classes(self) -> Path:
        """Classes, one per line, in the order of their ids, starting at 1."""
        return self.folder / "classes.txt"

    def fill(
        self, split: CocoSplit, files: Sequence[CocoImage], root: Path, *, labels: bool
    ) -> None:
        """Write the files.

        Args:
            split: the labelled images.
            files: records of the files to use for them, without dropped images.
            root: folder that the names in these records are relative to.
            labels: whether the COCO file includes the instances.

        Raises:
            UserError: an image is missing, or differs from the recorded one.
        """
        kept = {file.id for file in files}
        images = tuple(image for image in split.images if image.id in kept)
        names = {image.id: image.file_name for image in images}
        instances = tuple(one for one in split.instances if labels and one.image_id in kept)
        targets = [self.images / names[file.id] for file in files]
        for folder in {target.parent for target in targets}:
            folder.mkdir(parents=True, exist_ok=True)
        with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
            turned = sum(pool.map(partial(_link, root=root), files, targets))
        if turned:
            log.info(
                "%d of %d images have an EXIF orientation, which programs treat differently: the "
                "program gets PNG copies without one, oriented like the labels",
                *(turned, len(files)),
            )
        replace(split, images=images, instances=instances).write(self.annotations)
        write_text(self.classes, "".join(f"{name}\n" for name in split.classes))


def _link(file: CocoImage, target: Path, *, root: Path) -> bool:
    """Link a recorded image, or copy it if viewers would turn it; return whether it was copied."""
    content = read_recorded(file, root)
    source = (root / file.file_name).resolve()
    turned = _is_turned(source)
    if turned:
        write_png(target, decode(content, file, root))
    else:
        target.symlink_to(source)
    return turned


def _is_turned(path: Path) -> bool:
    # Otherwise Pillow decodes the whole PNG to look for EXIF data after the pixels.
    if path.suffix.lower() == ".png":
        return False
    with Image.open(path) as image:
        return image.getexif().get(ORIENTATION, 1) not in (0, 1)
