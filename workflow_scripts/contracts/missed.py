"""`privacy/missed/estimate.json`: estimated number of faces and plates, missed ones included.

Shares are fractions of 1. Intervals are two-sided 95 % confidence intervals.
"""

from pathlib import Path
from typing import Any, Literal

from plain_commands.files import write_json
from plain_commands.section import FilePart
from pydantic import Field

from workflow_scripts.contracts.audits import ALL_SIZES
from workflow_scripts.contracts.regions import Kind


class EstimatedShare(FilePart):
    """A share of the estimated total, with its interval."""

    value: float
    low: float
    high: float


class SearchedTwice(FilePart):
    """Regions of one kind and size class that two detectors found."""

    first: int
    second: int
    both: int
    total: float | None = None
    """Estimated number of regions; None if the detectors agree on none, so no estimate is
    possible."""
    total_low: int = 0
    total_high: int | None = None
    """Upper end of the interval; None if unbounded."""
    missed_by_first: EstimatedShare | None = None
    missed_by_both: EstimatedShare | None = None

    @property
    def found(self) -> int:
        """Number of regions that either detector found."""
        return self.first + self.second - self.both


class KindSearchedTwice(FilePart):
    """Regions of one kind."""

    first: str
    """Name of the detector whose regions are anonymized."""
    second: str
    """Name of the other detector."""
    not_labelled: int
    """Detections of the second detector outside labelled objects, which do not count as regions."""
    sizes: dict[str, SearchedTwice]
    """By size class; `all` covers every size."""

    @property
    def all(self) -> SearchedTwice:
        """The numbers over all sizes."""
        return self.sizes[ALL_SIZES]


class Missed(FilePart):
    """Content of an estimate.json."""

    version: Literal[1] = Field(1, alias="schema")
    images: int
    """Number of images searched again: a random sample of the training images."""
    of_images: int
    kinds: dict[Kind, KindSearchedTwice]
    made_with: dict[str, Any] = Field(default_factory=dict)
    """Fingerprint, and settings of the second detectors."""

    def write(self, path: Path) -> None:
        """Write the file, atomically."""
        write_json(path, self.model_dump(mode="json", by_alias=True))
