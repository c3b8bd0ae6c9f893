"""`privacy/{variant}.json`: what detectors and comparisons still find in a variant's images.

Attributes are named as the keys of the file are. Shares are fractions of 1; quantities that could
not be measured are None. SSIM is at most 1; PSNR is in dB, and None for equal images.
"""

from pathlib import Path
from typing import Any, Literal

from plain_commands.files import write_json
from plain_commands.section import FilePart
from pydantic import Field

from workflow_scripts.contracts.regions import Kind

ALL_SIZES = "all"
"""Name of the numbers that cover regions of every size."""
SIZES = {"under_20": (0.0, 20.0), "20_to_40": (20.0, 40.0), "40_to_80": (40.0, 80.0),
         "80_and_more": (80.0, float("inf"))}  # fmt: skip
"""Size classes of regions by box width: smallest (inclusive) and largest (exclusive), in pixels."""


def size_of(width: float) -> str:
    """Size class of a region with this box width in pixels."""
    return next(name for name, (low, high) in SIZES.items() if low <= width < high)


class Findings(FilePart):
    """Occurrences of something that should not be there."""

    n: int
    images: tuple[str, ...]
    """File names of the first images."""


class FoundShare(FilePart):
    """Regions that a detector still finds, out of those searched."""

    n: int
    found: int
    share: float | None


class CharacterCounts(FilePart):
    """Characters of the license plates that are large enough for a person to read."""

    legible_plates: int
    n: int
    unchanged: int
    share: float | None


class RegionsAudit(FilePart):
    """Regions of one kind and size class; only `regions` is set if there are none."""

    regions: int
    """Number, without those in dropped images."""
    dropped: int = 0
    """Regions in images that the variant drops."""
    routes: dict[str, int] = Field(default_factory=dict)
    """Number of regions by what changed them."""
    unchanged: Findings = Findings(n=0, images=())
    found_again: FoundShare = FoundShare(n=0, found=0, share=None)
    found_in_originals: FoundShare = FoundShare(n=0, found=0, share=None)
    ssim: float | None = None
    psnr: float | None = None
    characters: CharacterCounts | None = None
    """License plates only."""


class AuditedImages(FilePart):
    """Numbers of images."""

    n: int
    """Number, without dropped images."""
    dropped: int = 0
    with_regions: int
    originals: int
    """Images whose file is identical to the original."""
    compared: int = 0
    lossy: int = 0
    tolerance_assumed: int = 0
    """Images in which too little lies beside the regions to estimate what a lossy codec explains,
    so that a fixed tolerance was assumed."""
    whole_image: int = 0
    """Images that may differ from their originals everywhere, and were compared with them inside
    the regions only."""


class ChangesOutside(Findings):
    """Images with changed pixels where the manifest lists no change."""

    pixels: int
    share: float | None


class WholeImages(FilePart):
    """Quality of whole images: means over all images."""

    ssim: float | None
    psnr: float | None


class MetadataFindings(Findings):
    """Image files that carry metadata."""

    of_them_originals: int
    kinds: dict[str, int]
    """Number of files by kind of metadata."""


class Audit(FilePart):
    """Content of a privacy/{variant}.json."""

    version: Literal[1] = Field(1, alias="schema")
    variant: str
    originals: bool
    """Whether the variant is the originals."""
    images: AuditedImages
    outside: ChangesOutside
    whole_images: WholeImages
    metadata: MetadataFindings
    kinds: dict[Kind, dict[str, RegionsAudit]]
    """Regions by searched kind and by size class; `all` covers every size."""
    made_with: dict[str, Any] = Field(default_factory=dict)
    """Fingerprint, detectors, and hash of the manifest."""

    def of(self, kind: Kind) -> RegionsAudit:
        """The regions of a kind, of every size."""
        return self.kinds.get(kind, {}).get(ALL_SIZES, RegionsAudit(regions=0))

    def as_json(self) -> dict[str, Any]:
        """Content of the file, without unset fields."""
        return self.model_dump(mode="json", by_alias=True, exclude_unset=True)

    def write(self, path: Path) -> None:
        """Write the file, atomically."""
        write_json(path, self.as_json())
