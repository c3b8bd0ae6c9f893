"""A variant's images beside their originals: what has to be compared with what."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import read_bytes, sha256_of
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.manifest import FILE_NAME, Change, read_manifest
from workflow_scripts.contracts.regions import Region, read_regions
from workflow_scripts.imaging.comparison import changed_pixels, coded_like
from workflow_scripts.imaging.images import decode_image

LOSSY_SUFFIXES = (".jpg", ".jpeg", ".webp")
LEAST_CHANGE = 0.1
"""A region is unchanged if a smaller share of its box is: that comes from something beside it."""


@dataclass(frozen=True)
class Pair:
    """An original and the image that stands for it."""

    image: CocoImage
    original: Path
    anonymized: Path
    sha256: str
    """Of the anonymized file, as its manifest has it."""
    regions: tuple[Region, ...]
    """Of the original, in the order of pii/{split}/{shard}.parquet."""
    changes: tuple[Change, ...]
    """As the manifest has them."""

    @property
    def is_original(self) -> bool:
        """Whether it is the original's file, byte for byte."""
        return self.sha256 == self.image.sha256

    def route_of(self, number: int) -> str | None:
        """What changed a region, by its place in `regions`; None: the manifest names nothing.

        Where it names no change for the region itself, one that holds the whole region counts,
        such as that of a person who was blacked out.
        """
        own = [change.method for change in self.changes if change.region == number]
        if own:
            return own[0]
        region = self.regions[number]
        return next(
            (c.method for c in self.changes if c.region is None and _holds(c, region)), None
        )

    @property
    def is_lossy(self) -> bool:
        """Whether its file was coded anew with loss, so that pixels differ which nobody changed."""
        return not self.is_original and self.anonymized.suffix.lower() in LOSSY_SUFFIXES

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """Both images, (height, width, 3) uint8 RGB.

        Raises:
            UserError: a file is missing, damaged, another one than was listed, or of another size.
        """
        original = self._read(self.original, self.image.sha256, "indexed; index again")
        if self.is_original:
            return original, original
        since = "made; anonymize this shard again"
        return original, self._read(self.anonymized, self.sha256, since)

    def changed(self, original: np.ndarray, anonymized: np.ndarray) -> np.ndarray:
        """Which pixels were changed, (height, width) bool, of what `read` gave.

        What a lossy codec explains is left out.
        """
        if self.is_lossy:
            original = coded_like(original, read_bytes(self.anonymized))
        return changed_pixels(original, anonymized, lossy=self.is_lossy)

    def _read(self, path: Path, sha256: str, since: str) -> np.ndarray:
        raw = read_bytes(path)
        if sha256_of(raw) != sha256:
            raise UserError(f"{path}: it has changed since it was {since}")
        image = decode_image(raw, path)
        height, width = image.shape[:2]
        if (width, height) != (self.image.width, self.image.height):
            raise UserError(
                f"{path}: {width}x{height} pixels, the index has "
                f"{self.image.width}x{self.image.height} for {self.image.file_name}; make it again"
            )
        return image


def pixels_of(region: Region, mask: np.ndarray) -> np.ndarray:
    """A mask's part in a region's box, the pixels that the box touches; at least one.

    Args:
        region: it may reach beyond the frame.
        mask: (h, w) of the whole frame, or (h, w, 3).
    """
    height, width = mask.shape[:2]
    x0, y0 = min(max(int(region.x0), 0), width - 1), min(max(int(region.y0), 0), height - 1)
    x1, y1 = math.ceil(region.x1), math.ceil(region.y1)
    return mask[y0 : max(min(y1, height), y0 + 1), x0 : max(min(x1, width), x0 + 1)]


def is_changed(region: Region, changed: np.ndarray) -> bool:
    """Whether a region was changed, given the pixels that were, (h, w) bool."""
    return float(pixels_of(region, changed).mean()) >= LEAST_CHANGE


def _holds(change: Change, region: Region) -> bool:
    return (
        change.x0 <= region.x0
        and change.y0 <= region.y0
        and change.x1 >= region.x1
        and change.y1 >= region.y1
    )


def pairs_of(
    split: CocoSplit, root: Path, regions: Sequence[Path], folder: Path | None
) -> list[Pair]:
    """One pair an image, in the order of the split.

    Args:
        split: the training images.
        root: the folder that their file names are relative to.
        regions: pii/{split}/{shard}.parquet of all shards.
        folder: images/{variant}/train, with its manifest; None where the variant is the originals.

    Raises:
        UserError: regions or the manifest name an image that is not in the split, the manifest
            lacks one, was made from other originals, or names regions that are not there.
    """
    by_image = _regions_by_image(split, regions)
    if folder is None:
        return [
            Pair(image, root / image.file_name, root / image.file_name, image.sha256,
                 by_image[image.file_name], ())
            for image in split.images
        ]  # fmt: skip
    manifest = folder / FILE_NAME
    entries = {entry.image: entry for entry in read_manifest(manifest)}
    names = {image.file_name for image in split.images}
    strangers, missing = entries.keys() - names, names - entries.keys()
    if strangers:
        raise UserError(
            f"{manifest}: {min(strangers)} is not in the training split; gather the images again"
        )
    if missing:
        raise UserError(f"{manifest}: {min(missing)} is missing; gather the images again")
    pairs = []
    for image in split.images:
        entry, of_image = entries[image.file_name], by_image[image.file_name]
        if entry.source_sha256 != image.sha256:
            raise UserError(
                f"{manifest}: {image.file_name} was made from another original; anonymize again"
            )
        named = [change.region for change in entry.changes if change.region is not None]
        if named and max(named) >= len(of_image):
            raise UserError(
                f"{manifest}: {image.file_name} has a change of region {max(named)}, but "
                f"{len(of_image)} regions; anonymize again"
            )
        pairs.append(
            Pair(image, root / image.file_name, folder / entry.file, entry.sha256, of_image,
                 entry.changes)
        )  # fmt: skip
    return pairs


def _regions_by_image(split: CocoSplit, paths: Sequence[Path]) -> dict[str, tuple[Region, ...]]:
    by_image: dict[str, list[Region]] = defaultdict(list)
    names = {image.file_name for image in split.images}
    for path in paths:
        for region in read_regions(path):
            if region.image not in names:
                raise UserError(
                    f"{path}: regions of {region.image}, which is not in the training split; "
                    "detect again"
                )
            by_image[region.image].append(region)
    return {name: tuple(by_image[name]) for name in names}
