"""How many regions the frames have."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workflow_scripts.common.errors import UserError
from workflow_scripts.common.files import write_json
from workflow_scripts.contracts.regions import Kind, Region


@dataclass(frozen=True)
class RegionsPerFrame:
    """The distribution of the number of regions in a frame."""

    histogram: tuple[int, ...]
    """How many frames have 0, 1, 2, … regions."""

    @property
    def regions(self) -> int:
        """In all frames."""
        return sum(number * frames for number, frames in enumerate(self.histogram))

    @property
    def mean(self) -> float:
        """Regions a frame."""
        return self.regions / sum(self.histogram)

    def as_json(self) -> dict[str, Any]:
        """As it stands in `pii/summary.json`."""
        return {
            "regions": self.regions,
            "mean": self.mean,
            "frames_without": self.histogram[0],
            "histogram": {str(number): frames for number, frames in enumerate(self.histogram)},
        }


@dataclass(frozen=True)
class Summary:
    """The distribution for each kind of region and for all together."""

    total: RegionsPerFrame
    by_kind: dict[Kind, RegionsPerFrame]

    def write(self, path: Path) -> None:
        """Write `pii/summary.json`."""
        write_json(
            path,
            {
                "schema": 1,
                "images": sum(self.total.histogram),
                "regions": self.total.regions,
                "total": self.total.as_json(),
                "by_kind": {kind.value: part.as_json() for kind, part in self.by_kind.items()},
            },
        )


def summarize(images: Sequence[str], regions: Sequence[Region]) -> Summary:
    """Count the regions of each image.

    Args:
        images: file names of all images, at least one.
        regions: of these images, in any order.

    Raises:
        UserError: there are no images, or a region is on none of them.
    """
    if not images:
        raise UserError("no images to count regions in; is the training split empty?")
    strangers = {region.image for region in regions} - set(images)
    if strangers:
        raise UserError(f"regions of {min(strangers)}, which is not in the split; detect again")
    by_kind = {
        kind: _per_frame(images, (r.image for r in regions if r.kind is kind)) for kind in Kind
    }
    return Summary(_per_frame(images, (region.image for region in regions)), by_kind)


def _per_frame(images: Sequence[str], found: Iterable[str]) -> RegionsPerFrame:
    in_image = Counter(found)
    frames = Counter(in_image[image] for image in images)
    return RegionsPerFrame(tuple(frames[number] for number in range(max(frames) + 1)))
