"""Images that were anonymized elsewhere: finding them, and detecting their changes."""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
from pydantic import Field

from workflow_scripts.anonymization.method import Finished, Method
from workflow_scripts.common.errors import UserError
from workflow_scripts.contracts.coco import CocoImage
from workflow_scripts.contracts.manifest import Change
from workflow_scripts.contracts.regions import Region
from workflow_scripts.imaging.comparison import changed_pixels, coded_like, parts_of
from workflow_scripts.imaging.images import decode_image, size_in_header

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")
LOSSY_SUFFIXES = (".jpg", ".jpeg", ".webp")
COVERED = 0.2
"""Least changed share of a changed region's box; less comes from a change beside it."""


class Twins(Method):
    """Takes the images from a folder. They are used as they are."""

    folder: Path
    """Holds an image of the same size for each training image, at the same relative path; the
    suffix may differ (.png, .jpg, .jpeg, .webp)."""
    rename: dict[str, str] = Field(default_factory=dict)
    """Texts of the relative path that read differently in the folder, such as {leftImg8bit:
    leftImg8bit_blurred} for the blurred images that Cityscapes offers."""
    lossy: bool | None = None
    """Whether the images went through a lossy codec, so that pixels differ which nobody meant to
    change; null: JPEG and WebP files did, others did not."""

    def replacement(self, file_name: str) -> Finished | None:
        """The image in the folder.

        Raises:
            UserError: there is none.
        """
        expected = self._expected(file_name)
        for path in (expected, *map(expected.with_suffix, SUFFIXES)):
            if path.is_file():
                by_suffix = path.suffix.lower() in LOSSY_SUFFIXES
                return Finished(path, by_suffix if self.lossy is None else self.lossy)
        raise UserError(
            f"{expected}: no such file, nor one with another suffix; it should stand for "
            f"{file_name}"
        )

    def findings(self, images: Iterable[CocoImage]) -> list[str]:
        """Findings on the anonymized versions of these images, from their headers."""
        return [finding for image in images if (finding := self._finding(image))]

    def _finding(self, image: CocoImage) -> str | None:
        try:
            finished = self.replacement(image.file_name)
            if finished is None:
                return None
            path = finished.path
        except UserError as error:
            return str(error)
        size = size_in_header(path)
        if size is None:
            return f"{path}: not a readable image; make it again"
        width, height = size
        if (width, height) != (image.width, image.height):
            return f"{path}: {width}x{height} pixels; the original has {image.width}x{image.height}"
        return None

    def _expected(self, file_name: str) -> Path:
        for text, other in self.rename.items():
            file_name = file_name.replace(text, other)
        return self.folder / file_name


class CommandResults(Twins):
    """Takes some images from a folder; the others are left as they are."""

    method: str
    """Name of the method that made them."""
    names: frozenset[str]
    """`file_name`s of the training images that it has to hold images for."""

    def replacement(self, file_name: str) -> Finished | None:
        """The image in the folder; None where none is expected."""
        return super().replacement(file_name) if file_name in self.names else None


def compare(
    original: np.ndarray,
    finished: Finished,
    content: bytes,
    regions: Sequence[Region],
    method: str,
) -> list[Change]:
    """Changes of an image.

    Args:
        original: (h, w, 3) uint8 RGB.
        finished: the anonymized image.
        content: bytes of its file.
        regions: PII regions of the original.
        method: name of the method that changed it.

    Raises:
        UserError: the file is damaged, or of another size.
    """
    twin = decode_image(content, finished.path)
    if twin.shape != original.shape:
        (height, width), (h, w) = original.shape[:2], twin.shape[:2]
        raise UserError(f"{finished.path}: {w}x{h} pixels; the original has {width}x{height}")
    if finished.lossy:
        original = coded_like(original, content)
    return changes_of(changed_pixels(original, twin, lossy=finished.lossy), regions, method)


def changes_of(mask: np.ndarray, regions: Sequence[Region], method: str) -> list[Change]:
    """The changed parts of an image, and which regions they cover.

    Args:
        mask: (h, w) bool, the changed pixels.
        regions: PII regions of the image; they may reach beyond it.
        method: name of the method that changed it.

    Returns:
        One for each region that was changed, in their order, with a box around all parts that
        touch it; then one for each part that touches none of these.
    """
    labels, boxes = parts_of(mask)
    # A few pixels may keep their value by chance, or lie between the characters of a plate.
    filled = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
    changes: list[Change] = []
    told: set[int] = set()
    for region in regions:
        window = _window(region, mask.shape)
        if window is None or filled[window].mean() < COVERED:
            continue
        parts = [int(part) for part in np.unique(labels[window]) if part]
        if parts:
            told.update(parts)
            around = boxes[np.array(parts) - 1]
            box = (*around[:, :2].min(axis=0), *around[:, 2:].max(axis=0))
            x0, y0, x1, y1 = map(int, box)
            changes.append(Change.of(region, method, (x0, y0, x1, y1)))
    rest = (box.tolist() for part, box in enumerate(boxes, start=1) if part not in told)
    return [*changes, *(Change(method, *box) for box in rest)]


def _window(region: Region, frame: tuple[int, int]) -> tuple[slice, slice] | None:
    """Rows and columns of a region's box; None where it has none inside the frame."""
    height, width = frame
    x0, y0 = max(math.floor(region.x0), 0), max(math.floor(region.y0), 0)
    x1, y1 = min(math.ceil(region.x1), width), min(math.ceil(region.y1), height)
    return None if x1 <= x0 or y1 <= y0 else (slice(y0, y1), slice(x0, x1))
