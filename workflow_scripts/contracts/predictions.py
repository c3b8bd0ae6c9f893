"""`predictions.json.gz`: the instances that a run found, in COCO's results format."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

from plain_commands.errors import UserError
from plain_commands.files import atomic, read_bytes
from plain_commands.section import FilePart
from pydantic import ValidationError

from workflow_scripts.contracts.advice import made_again
from workflow_scripts.contracts.coco import Rle

_HEADER, _HAS_COMMENT = 10, 0x10
"""Length in bytes of a gzip header without options, and the comment flag (RFC 1952)."""


class CocoResult(TypedDict):
    """One predicted instance."""

    image_id: int
    category_id: int
    """1-based position of the class."""
    bbox: NotRequired[list[float]]
    """x, y, width, height in pixels; if missing, the mask's bounding box."""
    score: float
    segmentation: NotRequired[Rle]
    """Mask in the whole image; None for models that predict boxes only."""


class PredictionOrigin(FilePart):
    """The run and the images of predictions, for which COCO's format has no field.

    It is stored as the comment in the gzip header, which other readers skip.
    """

    variant: str
    seed: int
    fingerprint: str
    tested_on: str | None = None
    """Variant of the test images; None if unknown."""


def write_predictions(path: Path, results: Sequence[CocoResult], origin: PredictionOrigin) -> None:
    """Write the file, atomically; if its name ends in .gz, compressed and with its origin."""
    content = f"{json.dumps(results, ensure_ascii=False, allow_nan=False)}\n".encode()
    if path.suffix == ".gz":
        raw = gzip.compress(content, compresslevel=4, mtime=0)
        comment = json.dumps(origin.model_dump()).encode() + b"\0"
        flags = bytes([raw[3] | _HAS_COMMENT])
        content = raw[:3] + flags + raw[4:_HEADER] + comment + raw[_HEADER:]
    with atomic(path) as temporary:
        temporary.write_bytes(content)


def origin_of(path: Path) -> PredictionOrigin | None:
    """The origin that a file of predictions states, or None.

    Raises:
        UserError: the file is missing or unreadable.
    """
    raw = read_bytes(path)
    if raw[:2] != b"\x1f\x8b" or raw[3:4] != bytes([_HAS_COMMENT]):
        return None
    try:
        return PredictionOrigin.model_validate_json(raw[_HEADER : raw.index(b"\0", _HEADER)])
    except (ValidationError, ValueError):
        return None


def check_origin(path: Path, wanted: PredictionOrigin) -> bool:
    """Check that predictions are from a run on some images; False if they state no origin.

    Raises:
        UserError: they are from another run, or on other images.
    """
    found = origin_of(path)
    if found is None:
        return False
    for name, value in wanted.model_dump().items():
        stated = getattr(found, name)
        if stated not in (value, None):
            raise UserError(f"{path}: {name} is {stated}, expected {value}; {made_again(path)}")
    return True
