"""Pairs of original and anonymized images."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from plain_commands.errors import UserError
from plain_commands.files import read_bytes
from twin_comparison.changes import Differences, compared

from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.manifest import (
    FILE_NAME,
    Change,
    made_again_with_images,
    read_manifest,
)
from workflow_scripts.contracts.regions import Region, read_regions
from workflow_scripts.imaging.images import load
from workflow_scripts.imaging.pictures import Picture, pictures_of

LEAST_CHANGE = 0.1
"""Minimum changed share of a changed region's box; smaller shares are due to a change beside it."""


@dataclass(frozen=True)
class Pair:
    """An original and the image that replaces it."""

    picture: Picture
    """The original with its PII regions."""
    record: CocoImage
    """The record of the variant's image file."""
    folder: Path
    """The folder that `record.file_name` is relative to."""
    changes: tuple[Change, ...] = ()
    """The changes that the manifest lists."""
    lossy: bool = False
    """See `Entry`."""
    whole_image: bool = False
    """See `Entry`."""

    @property
    def image(self) -> CocoImage:
        """The record of the original."""
        return self.picture.record

    @property
    def regions(self) -> tuple[Region, ...]:
        """The PII regions of the original, in the order of their table."""
        return self.picture.regions

    @property
    def anonymized(self) -> Path:
        """The variant's image file."""
        return self.folder / self.record.file_name

    @property
    def is_original(self) -> bool:
        """Whether the variant's file equals the original byte for byte."""
        return self.record.sha256 == self.image.sha256

    def route_of(self, region: Region) -> str | None:
        """Method that changed a region according to the manifest, if any, with the reason of a
        fallback.

        Without a change of the region itself, a change that contains the whole region counts, such
        as that of a blacked-out person.
        """
        own = [change.way for change in self.changes if change.region_id == region.id]
        if own:
            return own[0]
        return next(
            (c.method for c in self.changes if c.region_id is None and _holds(c, region)), None
        )

    @property
    def is_lossy(self) -> bool:
        """Whether pixels may differ without a change, since a lossy codec was used."""
        return self.lossy and not self.is_original

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """Both images, (height, width, 3) uint8 RGB.

        Raises:
            UserError: a file is missing or damaged, or differs from the listed one in content or
                size.
        """
        original = load(self.image, self.picture.root)
        return original, original if self.is_original else load(self.record, self.folder)

    def compared(self, original: np.ndarray, anonymized: np.ndarray) -> Differences:
        """Differences of the two images of `read`.

        Those that a lossy codec explains do not count as changes; they are estimated beside the
        regions and the listed changes.
        """
        return compared(
            original,
            anonymized,
            coded=read_bytes(self.anonymized) if self.is_lossy else None,
            boxes=[*(one.box for one in self.regions), *(one.box for one in self.changes)],
            whole_image=self.whole_image,
        )


def pixels_of(region: Region, mask: np.ndarray) -> np.ndarray:
    """Part of a mask that a region's box touches; at least one pixel.

    Args:
        region: it may reach beyond the frame.
        mask: array for the whole frame, (h, w) or (h, w, 3).
    """
    height, width = mask.shape[:2]
    x0, y0 = min(max(int(region.x0), 0), width - 1), min(max(int(region.y0), 0), height - 1)
    x1, y1 = math.ceil(region.x1), math.ceil(region.y1)
    return mask[y0 : max(min(y1, height), y0 + 1), x0 : max(min(x1, width), x0 + 1)]


def is_changed(region: Region, changed: np.ndarray) -> bool:
    """Whether a region was changed, given the changed pixels, (h, w) bool."""
    return float(pixels_of(region, changed).mean()) >= LEAST_CHANGE


def _holds(change: Change, region: Region) -> bool:
    return (
        change.x0 <= region.x0
        and change.y0 <= region.y0
        and change.x1 >= region.x1
        and change.y1 >= region.y1
    )


def pairs_of(
    split: CocoSplit,
    root: Path,
    regions: Sequence[Path],
    folder: Path | None,
    manifest: Path | None = None,
) -> list[Pair]:
    """One pair per image that the variant does not drop, in the order of the split.

    Args:
        split: the training images.
        root: the folder that their file names are relative to.
        regions: pii/{split}/{shard}.parquet of all shards.
        folder: images/{variant}/train, with its manifest; None for the originals.
        manifest: the manifest, if it lies elsewhere.

    Raises:
        UserError: regions or the manifest name an image that is not in the split, the manifest
            lacks one, was made from other originals, or names unknown regions.
    """
    found = [region for path in regions for region in read_regions(path)]
    pictures = pictures_of(split, root, found)
    if folder is None:
        return [Pair(picture, picture.record, root) for picture in pictures]
    manifest = manifest or folder / FILE_NAME
    entries = {entry.image: entry for entry in read_manifest(manifest)}
    advice = made_again_with_images(manifest)
    names = {image.file_name for image in split.images}
    strangers, missing = entries.keys() - names, names - entries.keys()
    if strangers:
        raise UserError(f"{manifest}: {min(strangers)} is not in the training split; {advice}")
    if missing:
        raise UserError(f"{manifest}: {min(missing)} is missing; {advice}")
    pairs = []
    for picture in pictures:
        image, entry = picture.record, entries[picture.record.file_name]
        if entry.dropped:
            continue
        if entry.source_sha256 != image.sha256:
            raise UserError(
                f"{manifest}: {image.file_name} was made from another original; {advice}"
            )
        unknown = set(entry.region_ids) - {region.id for region in picture.regions}
        if unknown:
            raise UserError(
                f"{manifest}: {image.file_name} lists a change of region {min(unknown)}, which is "
                f"not among its PII regions; {advice}"
            )
        record = replace(image, file_name=entry.file, sha256=entry.sha256)
        pairs.append(Pair(picture, record, folder, entry.changes, entry.lossy, entry.whole_image))
    return pairs


def left_out(
    split: CocoSplit, root: Path, regions: Sequence[Path], pairs: Sequence[Pair]
) -> list[Pair]:
    """The originals that a variant drops, each paired with itself.

    Args:
        split: the training images.
        root: the folder that their file names are relative to.
        regions: pii/{split}/{shard}.parquet of all shards.
        pairs: pairs of the images that the variant does not drop.
    """
    kept = {pair.image.file_name for pair in pairs}
    if len(kept) == len(split.images):
        return []
    originals = pairs_of(split, root, regions, None)
    return [pair for pair in originals if pair.image.file_name not in kept]
