"""PII regions: locations of faces and license plates, passed from detection to anonymization."""

import functools
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from plain_commands.errors import UserError
from plain_commands.files import canonical_json, sha256_of
from plain_commands.parquet import read_metadata, read_rows, write_rows

from workflow_scripts.contracts.advice import made_again

Points = tuple[tuple[float, float], ...]
"""Points (x, y) in pixels; `np.array(points, np.float32)` is an (n, 2) array."""


class Kind(StrEnum):
    """Kind of PII in a region."""

    FACE = "face"
    LICENSE_PLATE = "license_plate"

    @property
    def key(self) -> str:
        """Key of its detector in the config."""
        return f"pii.{self}s"

    @property
    def noun(self) -> str:
        """Singular, for sentences."""
        return self.value.replace("_", " ")

    @property
    def plural(self) -> str:
        """Plural, for sentences."""
        return f"{self.noun}s"


@dataclass(frozen=True)
class Region:
    """A face or a license plate in an image.

    Coordinates are pixels with the origin in the upper left corner of the upper left pixel; the
    pixel in column i covers i to i + 1. Boxes lie inside the frame, landmarks and quads need not.
    """

    image: str
    """`file_name` of the image."""
    kind: Kind
    score: float
    """0 to 1; 1 for annotated regions."""
    x0: float
    y0: float
    x1: float
    y1: float
    landmarks: Points | None = None
    """Landmarks of a face, left and right as the viewer sees them: left eye, right eye, nose, left
    and right corner of the mouth."""
    quad: Points | None = None
    """Corners of a plate: top left, top right, bottom right, bottom left."""
    track: str | None = None
    """Track: the name of the same face or plate in all images, if annotated."""
    id: str = ""
    """Unique id in the experiment (`with_ids`); empty until the region is part of a table."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """The box as x0, y0, x1, y1."""
        return self.x0, self.y0, self.x1, self.y1

    @property
    def width(self) -> float:
        """Width of the box in pixels."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Height of the box in pixels."""
        return self.y1 - self.y0

    def scaled(self, across: float, down: float) -> "Region":
        """The region in an image whose width and height are multiplied by these factors."""

        def moved(points: Points | None) -> Points | None:
            return points and tuple((x * across, y * down) for x, y in points)

        return replace(
            self,
            x0=self.x0 * across,
            y0=self.y0 * down,
            x1=self.x1 * across,
            y1=self.y1 * down,
            landmarks=moved(self.landmarks),
            quad=moved(self.quad),
        )


def order_of(region: Region) -> tuple:
    """Sort key within an image."""
    box = (region.y0, region.x0, region.y1, region.x1)
    return (*box, region.kind, region.score, repr(region.landmarks), repr(region.quad))


def with_ids(regions: Iterable[Region], source: str = "") -> list[Region]:
    """The regions of one image with their ids.

    An id is a digest of the image, the kind and the box as stored (float32), so it stays the same
    if a new detection finds the same region. Further regions with the same kind and box get a
    number.

    Args:
        regions: all regions of one image.
        source: SHA-256 of the image file, which distinguishes images of the same name in two
            splits.
    """
    count: Counter[str] = Counter()
    identified = []
    for region in regions:
        box = _stored(region.box)
        digest = sha256_of(canonical_json([region.image, source, region.kind, box]))[:16]
        count[digest] += 1
        suffix = f"-{count[digest]}" if count[digest] > 1 else ""
        identified.append(replace(region, id=digest + suffix))
    return identified


@dataclass(frozen=True)
class NotCounted:
    """Number of discarded detections, by kind."""

    left_out: Counter[Kind] = field(default_factory=Counter)
    """Outside all labelled objects."""
    merged: Counter[Kind] = field(default_factory=Counter)
    """Overlapping a better detection of the same face or license plate, and merged into that
    region."""

    def __add__(self, other: "NotCounted") -> "NotCounted":
        """Sum of two tables."""
        return NotCounted(self.left_out + other.left_out, self.merged + other.merged)


NUMBERS = ("score", "x0", "y0", "x1", "y1")


@functools.cache
def schema() -> Any:
    """The columns of `pii/{split}/{shard}.parquet` for pyarrow; points are x, y, x, y and so on."""
    import pyarrow as pa  # noqa: PLC0415

    points = pa.list_(pa.float32())
    return pa.schema(
        [
            ("id", pa.string()),
            ("image", pa.string()),
            ("kind", pa.string()),
            *((name, pa.float32()) for name in NUMBERS),
            ("landmarks", points),
            ("quad", points),
            ("track", pa.string()),
        ]
    )


def write_regions(
    path: Path, regions: Iterable[Region], not_counted: NotCounted | None = None
) -> None:
    """Write a table of regions as Parquet, atomically.

    Args:
        path: the file.
        regions: with ids.
        not_counted: numbers of discarded detections; they become metadata of the table.
    """
    rows = [
        {
            **vars(region),
            **{name: _stored([getattr(region, name)])[0] for name in NUMBERS},
            "landmarks": _flat(region.landmarks),
            "quad": _flat(region.quad),
        }
        for region in regions
    ]
    if not all(row["id"] for row in rows):
        raise ValueError("a region without an id; with_ids() gives ids")
    if not all(math.isfinite(row[name]) for row in rows for name in NUMBERS):
        raise ValueError("a region whose score or box is not finite")
    metadata = {
        name: canonical_json({kind.value: number for kind, number in numbers.items()})
        for name, numbers in vars(not_counted or NotCounted()).items()
    }
    write_rows(path, rows, schema().with_metadata(metadata))


def read_regions(path: Path) -> list[Region]:
    """Read a table of regions.

    Raises:
        UserError: it is missing, or not such a table.
    """
    advice = made_again(path)
    rows = read_rows(path, schema(), "a table of PII regions", advice)
    ids = Counter(row["id"] for row in rows)
    if len(ids) < len(rows):
        raise UserError(f"{path}: region {ids.most_common(1)[0][0]} is listed twice; {advice}")
    try:
        return [
            Region(
                **{
                    **row,
                    "kind": Kind(row["kind"]),
                    "landmarks": _paired(row["landmarks"]),
                    "quad": _paired(row["quad"]),
                }
            )
            for row in rows
        ]
    except ValueError as error:
        raise UserError(f"{path}: not a table of PII regions ({error}); {advice}") from None


def read_not_counted(path: Path) -> NotCounted:
    """Numbers of discarded detections in the images of a table.

    Raises:
        UserError: the table is missing or malformed.
    """
    metadata = read_metadata(path, "a table of PII regions", made_again(path))
    named = {one.name: json.loads(metadata.get(one.name, "{}")) for one in fields(NotCounted)}
    return NotCounted(
        **{
            name: Counter({Kind(kind): number for kind, number in numbers.items()})
            for name, numbers in named.items()
        }
    )


def _flat(points: Points | None) -> list[float] | None:
    return None if points is None else _stored([value for point in points for value in point])


def _stored(values: Sequence[float]) -> list[float]:
    """Values as the float32 that a table stores.

    They are rounded from the shortest decimal text of each value, which decides ties: many values
    that a network computes lie midway between two float32.
    """
    import pyarrow as pa  # noqa: PLC0415

    texts = pa.array([repr(float(value)) for value in values], pa.string())
    stored: list[float] = texts.cast(pa.float32()).to_pylist()
    return stored


def _paired(values: list[float] | None) -> Points | None:
    return None if values is None else tuple(zip(values[::2], values[1::2], strict=True))
