"""The manifest of a variant: which file replaces each image, and what was changed in it."""

import functools
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from plain_commands.errors import UserError
from plain_commands.files import canonical_json
from plain_commands.parquet import read_metadata, read_rows, write_rows

from workflow_scripts.contracts.advice import made_again
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.regions import Kind, Region

FILE_NAME = "manifest.parquet"


@dataclass(frozen=True)
class Change:
    """A part of an image that was changed."""

    method: str
    """The method, or one of its techniques. `fallback`: the method failed for this region, which
    was covered without detail instead."""
    x0: int
    """Left edge of the box (pixels, inside the image) that holds all pixels of this change."""
    y0: int
    x1: int
    y1: int
    kind: Kind | None = None
    """Kind of the changed PII region; None: something else, such as a whole vehicle."""
    region_id: str | None = None
    """The changed region's id in pii/{split}/{shard}.parquet."""
    reason: str | None = None
    """Reason for the `fallback`, if the method gives one."""

    @property
    def way(self) -> str:
        """The method, with the reason for a fallback."""
        return f"{self.method} ({self.reason})" if self.reason else self.method

    @property
    def box(self) -> tuple[int, int, int, int]:
        """The box as x0, y0, x1, y1."""
        return self.x0, self.y0, self.x1, self.y1

    def on_grid(self, side: int, width: int, height: int) -> "Change":
        """The change with its box grown to the block grid of a lossy codec, inside an image."""
        x0, y0 = self.x0 // side * side, self.y0 // side * side
        x1, y1 = -(-self.x1 // side) * side, -(-self.y1 // side) * side
        return replace(self, x0=x0, y0=y0, x1=min(x1, width), y1=min(y1, height))

    @classmethod
    def of(
        cls, region: Region, method: str, box: tuple[int, int, int, int], reason: str | None = None
    ) -> "Change":
        """The change of a PII region; all changed pixels lie in the box (xyxy, pixels)."""
        return cls(method, *box, kind=region.kind, region_id=region.id, reason=reason)


@dataclass(frozen=True)
class Entry:
    """One image of a variant."""

    image: str
    """`file_name` of the original image."""
    file: str
    """The variant's image, relative to the folder of the manifest, with forward slashes; empty if
    the variant drops the image."""
    sha256: str
    """SHA-256 of the variant's image file; empty if the variant drops the image."""
    source_sha256: str
    """SHA-256 of the original image file."""
    linked: bool
    """Whether the file is a hard link to the original (a copy where links are not supported)."""
    changes: tuple[Change, ...] = ()
    """The changes, in the order in which the method reported them."""
    asked: int = 0
    """Number of PII regions of the original."""
    lossy: bool = False
    """Whether a lossy codec was used, so that pixels differ from the original without a change."""
    whole_image: bool = False
    """Whether it may differ from its original everywhere, and was compared with it in PII regions
    only."""
    dropped: bool = False
    """Whether the variant leaves the image out: there is no file for it."""

    @property
    def regions(self) -> int:
        """Number of changes, including those outside PII regions."""
        return len(self.changes)

    @property
    def region_ids(self) -> list[str]:
        """Ids of the PII regions that were changed."""
        return [change.region_id for change in self.changes if change.region_id is not None]

    @property
    def faces(self) -> int:
        """Number of changed faces."""
        return sum(change.kind is Kind.FACE for change in self.changes)

    @property
    def license_plates(self) -> int:
        """Number of changed license plates."""
        return sum(change.kind is Kind.LICENSE_PLATE for change in self.changes)

    @property
    def method(self) -> str | None:
        """The methods of the changes, separated by commas; None: nothing was changed."""
        return ",".join(sorted({change.method for change in self.changes})) or None


def made_again_with_images(manifest: Path) -> str:
    """How to make a manifest again: with its folder, unless it gathers those of the shards."""
    is_gathered = manifest.parent.name in ("train", "val")
    return made_again(manifest if is_gathered else manifest.parent)


DROPPED = "dropped_instances"
"""Key of a manifest's metadata."""
SUMMARY = ("regions", "region_ids", "faces", "license_plates", "method")
"""Columns derived from the changes, for readers outside this project."""


@functools.cache
def schema() -> Any:
    """The columns of a manifest, for pyarrow, which is slow to import."""
    import pyarrow as pa  # noqa: PLC0415

    change = pa.struct(
        [
            ("method", pa.string()),
            *((name, pa.int32()) for name in ("x0", "y0", "x1", "y1")),
            ("kind", pa.string()),
            ("region_id", pa.string()),
            ("reason", pa.string()),
        ]
    )
    return pa.schema(
        [
            ("image", pa.string()),
            ("file", pa.string()),
            ("regions", pa.int32()),
            ("region_ids", pa.list_(pa.string())),
            ("faces", pa.int32()),
            ("license_plates", pa.int32()),
            ("method", pa.string()),
            ("sha256", pa.string()),
            ("source_sha256", pa.string()),
            ("linked", pa.bool_()),
            ("asked", pa.int32()),
            ("lossy", pa.bool_()),
            ("whole_image", pa.bool_()),
            ("dropped", pa.bool_()),
            ("changes", pa.list_(change)),
        ]
    )


def write_manifest(
    path: Path, entries: Iterable[Entry], dropped: Mapping[str, tuple[int, int]] | None = None
) -> None:
    """Write a manifest as Parquet, atomically, with the result of `dropped_instances`."""
    counts = [[name, *of_class] for name, of_class in (dropped or {}).items()]
    rows = [asdict(entry) | {name: getattr(entry, name) for name in SUMMARY} for entry in entries]
    write_rows(path, rows, schema().with_metadata({DROPPED: canonical_json(counts)}))


def read_manifest(path: Path) -> list[Entry]:
    """Read a manifest.

    Raises:
        UserError: it is missing, malformed, or of an earlier version.
    """
    rows = read_rows(path, schema(), "a manifest", made_again_with_images(path))
    try:
        return [_entry(row) for row in rows]
    except (TypeError, ValueError) as error:
        raise UserError(
            f"{path}: not a manifest ({error}); {made_again_with_images(path)}"
        ) from None


def read_dropped_instances(path: Path) -> dict[str, tuple[int, int]]:
    """Instances in the dropped images and in all, by class; empty if the variant drops none.

    Raises:
        UserError: the manifest is missing or malformed.
    """
    counts = json.loads(
        read_metadata(path, "a manifest", made_again_with_images(path)).get(DROPPED, "[]")
    )
    return {name: (dropped, total) for name, dropped, total in counts}


def _entry(row: dict[str, Any]) -> Entry:
    fields = {name: value for name, value in row.items() if name not in SUMMARY}
    changes = tuple(
        Change(**{**change, "kind": change["kind"] and Kind(change["kind"])})
        for change in fields.pop("changes")
    )
    return Entry(**fields, changes=changes)


def images_of_variant(images: Sequence[CocoImage], folder: Path) -> tuple[CocoImage, ...]:
    """The records of a variant's images: only file names and hashes differ from the originals'.

    Images that the variant drops are left out.

    Args:
        images: records of the original images, in any number.
        folder: the variant's folder, which the new file names are relative to.

    Raises:
        UserError: the manifest is missing or damaged, or does not list an image.
    """
    path = folder / FILE_NAME
    entries = {entry.image: entry for entry in read_manifest(path)}
    absent = [image.file_name for image in images if image.file_name not in entries]
    if absent:
        raise UserError(
            f"{path}: {len(absent)} of {len(images)} images are missing in it, such as "
            f"{absent[0]}; {made_again_with_images(path)}"
        )
    return tuple(
        replace(image, file_name=entry.file, sha256=entry.sha256)
        for image in images
        for entry in [entries[image.file_name]]
        if not entry.dropped
    )


def dropped_instances(split: CocoSplit, entries: Sequence[Entry]) -> dict[str, tuple[int, int]]:
    """Instances without groups in the dropped images and in all, by class.

    Args:
        split: all images.
        entries: one entry per image.

    Returns:
        All classes of the split; empty if nothing is dropped.
    """
    names = {entry.image for entry in entries if entry.dropped}
    ids = {image.id for image in split.images if image.file_name in names}
    counted = [item for item in split.instances if not item.iscrowd]
    total = Counter(split.class_of(item) for item in counted)
    dropped = Counter(split.class_of(item) for item in counted if item.image_id in ids)
    return {name: (dropped[name], total[name]) for name in split.classes if names}


def gather(split: CocoSplit, shards: Sequence[Path]) -> list[Entry]:
    """The entries of all shards of a variant, in the order of the split.

    Args:
        split: all images of the split.
        shards: the folders of the shards' images, each with its manifest.

    Raises:
        UserError: an image is missing, duplicated, not in this split, or made from another
            original.
    """
    entries = [(shard, entry) for shard in shards for entry in read_manifest(shard / FILE_NAME)]
    count = Counter(entry.image for _, entry in entries)
    originals = {image.file_name: image.sha256 for image in split.images}
    findings = [f"{name}: no shard has it" for name in originals if name not in count]
    findings += [f"{name}: {n} shards have it" for name, n in count.items() if n > 1]
    for shard, entry in entries:
        if entry.image not in originals:
            findings.append(f"{shard}: {entry.image} is not in this split")
        elif entry.source_sha256 != originals[entry.image]:
            findings.append(f"{shard}: {entry.image} was made from another original")
        elif not entry.dropped and not (shard.parent / entry.file).is_file():
            findings.append(f"{shard}: {entry.file} is missing")
    if findings:
        advice = f"delete the folders of these shards in {shards[0].parent} and repeat the call"
        raise UserError.of([*findings, advice])
    by_image = {entry.image: entry for _, entry in entries}
    return [by_image[name] for name in originals]
