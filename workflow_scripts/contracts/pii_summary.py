"""`pii/summary.json`: number of PII regions in the training images."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plain_commands.errors import UserError
from plain_commands.files import read_json, write_json
from plain_commands.section import validate
from pydantic import NonNegativeInt

from workflow_scripts.contracts.advice import made_again
from workflow_scripts.contracts.regions import Kind


@dataclass(frozen=True)
class RegionsPerFrame:
    """Distribution of the number of regions in a frame."""

    histogram: tuple[int, ...]
    """Number of frames with 0, 1, 2, … regions."""

    @property
    def regions(self) -> int:
        """Total number of regions."""
        return sum(number * frames for number, frames in enumerate(self.histogram))

    @property
    def mean(self) -> float:
        """Mean number of regions per frame."""
        return self.regions / sum(self.histogram)

    @property
    def frames_without(self) -> int:
        """Number of frames with no region."""
        return self.histogram[0]

    def as_json(self) -> dict[str, Any]:
        """The distribution as JSON."""
        return {
            "regions": self.regions,
            "mean": self.mean,
            "frames_without": self.frames_without,
            "histogram": {str(number): frames for number, frames in enumerate(self.histogram)},
        }


@dataclass(frozen=True)
class PiiSummary:
    """Distributions of the regions of each kind, and of all kinds."""

    total: RegionsPerFrame
    by_kind: dict[Kind, RegionsPerFrame]
    """Kinds that were searched for."""
    notes: tuple[str, ...] = ()
    """What was not covered, dropped or doubtful, one sentence each."""

    @property
    def images(self) -> int:
        """Number of frames."""
        return sum(self.total.histogram)

    def write(self, path: Path) -> None:
        """Write the file, atomically."""
        write_json(
            path,
            {
                "schema": 1,
                "images": self.images,
                "regions": self.total.regions,
                "looked_for": list(self.by_kind),
                "notes": self.notes,
                "total": self.total.as_json(),
                "by_kind": {kind.value: part.as_json() for kind, part in self.by_kind.items()},
            },
        )

    @classmethod
    def read(cls, path: Path) -> "PiiSummary":
        """Read the file.

        Raises:
            UserError: it is missing or malformed.
        """
        content = read_json(path, made_again(path))
        try:
            by_kind = {Kind(kind): _read(part, path) for kind, part in content["by_kind"].items()}
            return cls(_read(content["total"], path), by_kind, tuple(content["notes"]))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(f"{path}: not a PII summary ({error}); {made_again(path)}") from None


def _read(part: dict[str, Any], path: Path) -> RegionsPerFrame:
    histogram = validate(dict[str, NonNegativeInt], part["histogram"], str(path))
    return RegionsPerFrame(tuple(histogram.values()))
