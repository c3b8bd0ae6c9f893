"""The manifest of a variant's images: which file stands for which image, and what changed it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.records import write_records
from workflow_scripts.contracts.coco import CocoImage, CocoSplit
from workflow_scripts.contracts.regions import Kind

FILE_NAME = "manifest.parquet"


@dataclass(frozen=True)
class Change:
    """A part of an image that was changed."""

    method: str
    """What changed it; `natural` and others name the way that a region took."""
    x0: int
    """Box in pixels, inside the frame: no pixel outside of it was changed for this reason."""
    y0: int
    x1: int
    y1: int
    kind: Kind | None = None
    """What was found there; None: no PII region, such as a whole vehicle."""
    region: int | None = None
    """Which of the image's regions in pii/{split}/{shard}.parquet it is, counted from 0."""


@dataclass(frozen=True)
class Entry:
    """One image of a variant."""

    image: str
    """`file_name` of the training image that it stands for."""
    file: str
    """The image, relative to the variant's folder, with forward slashes."""
    sha256: str
    """Of the file."""
    source_sha256: str
    """Of the original."""
    linked: bool
    """It is a hard link to the original, or a copy where the file system has no links."""
    changes: tuple[Change, ...] = ()
    """What was changed in it, in the order of the regions."""

    @property
    def regions(self) -> int:
        """How many changes there are."""
        return len(self.changes)

    @property
    def faces(self) -> int:
        """How many of them are faces."""
        return sum(change.kind is Kind.FACE for change in self.changes)

    @property
    def license_plates(self) -> int:
        """How many of them are license plates."""
        return sum(change.kind is Kind.LICENSE_PLATE for change in self.changes)

    @property
    def method(self) -> str | None:
        """What changed it, several separated by commas; None: it is the original."""
        return ",".join(sorted({change.method for change in self.changes})) or None


SUMMARY = ("regions", "faces", "license_plates", "method")
"""Columns that follow from the changes; for those who read the table with other tools."""

_CHANGE = pa.struct(
    [
        ("method", pa.string()),
        *((name, pa.int32()) for name in ("x0", "y0", "x1", "y1")),
        ("kind", pa.string()),
        ("region", pa.int32()),
    ]
)
SCHEMA = pa.schema(
    [
        ("image", pa.string()),
        ("file", pa.string()),
        ("regions", pa.int32()),
        ("faces", pa.int32()),
        ("license_plates", pa.int32()),
        ("method", pa.string()),
        ("sha256", pa.string()),
        ("source_sha256", pa.string()),
        ("linked", pa.bool_()),
        ("changes", pa.list_(_CHANGE)),
    ]
)


def write_manifest(path: Path, entries: Iterable[Entry]) -> None:
    """Write a manifest as Parquet, atomically."""
    rows = [asdict(entry) | {name: getattr(entry, name) for name in SUMMARY} for entry in entries]
    write_records(path, rows, SCHEMA)


def read_manifest(path: Path) -> list[Entry]:
    """Read a manifest.

    Raises:
        UserError: it is missing, or something else.
    """
    try:
        rows = pq.ParquetFile(path).read().to_pylist()
        return [_entry(row) for row in rows]
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; anonymize this shard") from None
    except (pa.ArrowException, OSError, TypeError, KeyError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path}: not a manifest ({reason}); anonymize this shard again") from None


def _entry(row: dict[str, Any]) -> Entry:
    fields = {name: value for name, value in row.items() if name not in SUMMARY}
    changes = tuple(
        Change(**{**change, "kind": change["kind"] and Kind(change["kind"])})
        for change in fields.pop("changes")
    )
    return Entry(**fields, changes=changes)


def images_of_variant(images: Sequence[CocoImage], folder: Path) -> tuple[CocoImage, ...]:
    """The records of a variant's images: other files with other content, all else the same.

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
            f"{path}: {len(absent)} of {len(images)} images are not in it, {absent[0]} for one; "
            "anonymize this variant again"
        )
    return tuple(
        replace(image, file_name=entry.file, sha256=entry.sha256)
        for image in images
        for entry in [entries[image.file_name]]
    )


def gather(split: CocoSplit, shards: Sequence[Path]) -> list[Entry]:
    """The entries of all shards of a variant, in the order of the split.

    Args:
        split: the training images.
        shards: the folders of the shards' images, each with its manifest.

    Raises:
        UserError: an image is missing, there twice, not of this split, or of another original.
    """
    entries = [(shard, entry) for shard in shards for entry in read_manifest(shard / FILE_NAME)]
    count = Counter(entry.image for _, entry in entries)
    originals = {image.file_name: image.sha256 for image in split.images}
    findings = [f"{name}: no shard has it" for name in originals if name not in count]
    findings += [f"{name}: {n} shards have it" for name, n in count.items() if n > 1]
    for shard, entry in entries:
        if entry.image not in originals:
            findings.append(f"{shard}: {entry.image} is not in the training split")
        elif entry.source_sha256 != originals[entry.image]:
            findings.append(f"{shard}: {entry.image} was made from another original")
        elif not (shard.parent / entry.file).is_file():
            findings.append(f"{shard}: {entry.file} is missing")
    if findings:
        raise UserError.of([*findings, "anonymize these shards again"])
    by_image = {entry.image: entry for _, entry in entries}
    return [by_image[name] for name in originals]
