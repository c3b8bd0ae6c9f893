"""PII regions: where a face or a license plate is. Detection writes them, anonymization reads."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.records import write_records

Points = tuple[tuple[float, float], ...]
"""Points (x, y) in pixels; `np.float32(points)` is an (n, 2) array."""


class Kind(StrEnum):
    """What a region shows."""

    FACE = "face"
    LICENSE_PLATE = "license_plate"


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
    """0 to 1; 1 for what was annotated."""
    x0: float
    y0: float
    x1: float
    y1: float
    landmarks: Points | None = None
    """Of a face, as the viewer sees them: left eye, right eye, nose, left and right corner of the
    mouth."""
    quad: Points | None = None
    """The corners of a plate: top left, top right, bottom right, bottom left."""

    @property
    def width(self) -> float:
        """Of the box, pixels."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Of the box, pixels."""
        return self.y1 - self.y0


def order_of(region: Region) -> tuple:
    """A key to sort an image's regions by."""
    box = (region.y0, region.x0, region.y1, region.x1)
    return (*box, region.kind, region.score, repr(region.landmarks), repr(region.quad))


_POINTS = pa.list_(pa.float32())
SCHEMA = pa.schema(
    [
        ("image", pa.string()),
        ("kind", pa.string()),
        *((name, pa.float32()) for name in ("score", "x0", "y0", "x1", "y1")),
        ("landmarks", _POINTS),
        ("quad", _POINTS),
    ]
)
"""The columns of `pii/{split}/{shard}.parquet`; points are x, y, x, y, …"""


def write_regions(path: Path, regions: Iterable[Region]) -> None:
    """Write a table of regions as Parquet, atomically."""
    rows = [
        {**vars(region), "landmarks": _flat(region.landmarks), "quad": _flat(region.quad)}
        for region in regions
    ]
    write_records(path, rows, SCHEMA)


def read_regions(path: Path) -> list[Region]:
    """Read a table of regions.

    Raises:
        UserError: it is missing, or no such table.
    """
    try:
        table = pq.ParquetFile(path).read()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{path}: not a table of PII regions ({reason}); detect again") from None
    if table.schema != SCHEMA:
        raise UserError(
            f"{path}: columns {', '.join(table.column_names)}; a table of PII regions has "
            f"{', '.join(SCHEMA.names)}; detect again"
        )
    return [
        Region(
            **{
                **row,
                "kind": Kind(row["kind"]),
                "landmarks": _paired(row["landmarks"]),
                "quad": _paired(row["quad"]),
            }
        )
        for row in table.to_pylist()
    ]


def _flat(points: Points | None) -> list[float] | None:
    return None if points is None else [value for point in points for value in point]


def _paired(values: list[float] | None) -> Points | None:
    return None if values is None else tuple(zip(values[::2], values[1::2], strict=True))
