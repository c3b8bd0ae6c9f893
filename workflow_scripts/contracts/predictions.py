"""`predictions.json.gz`: the instances that a run found, in COCO's results format."""

from collections.abc import Sequence
from pathlib import Path
from typing import NotRequired, TypedDict

from workflow_scripts.common.files import write_json
from workflow_scripts.contracts.coco import Rle


class CocoResult(TypedDict):
    """One predicted instance."""

    image_id: int
    category_id: int
    """1-based position of the class."""
    bbox: NotRequired[list[float]]
    """x, y, width, height in pixels; if missing, the mask's box counts."""
    score: float
    segmentation: Rle
    """Mask of the whole image."""


def write_predictions(path: Path, results: Sequence[CocoResult]) -> None:
    """Write the file, atomically; compressed if its name ends in .gz."""
    write_json(path, results, indent=None)
