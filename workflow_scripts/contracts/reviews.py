"""`privacy/review/numbers.json`: conclusions about all images from a person's review of a random
sample.

Written by `privacy reviewed`, not by a rule. Shares are fractions of 1.
"""

from pathlib import Path
from typing import Literal

from plain_commands.files import write_json
from plain_commands.section import FilePart
from pydantic import Field, field_validator, model_validator
from region_review.bounds import KindNumbers

from workflow_scripts.contracts.regions import Kind


class Review(FilePart):
    """Content of a numbers.json."""

    version: Literal[1] = Field(1, alias="schema")
    sample: str
    """Digest of the sample, stored in its page and its answers."""
    source: str
    """SHA-256 of the ids of all detected regions, from which the sample was drawn."""
    date: str
    """Date (UTC) on which the answers were read, such as 2026-01-31."""
    split: str | None
    images: int
    """Number of images that the tiles were drawn from."""
    tiles: int
    """Number of all tiles."""
    reviewed: int
    """Number of tiles that a person has reviewed."""
    level: float
    """Confidence of each upper bound, one-sided."""
    kinds: dict[Kind, KindNumbers]

    @field_validator("kinds")
    @classmethod
    def _has_every_kind(cls, kinds: dict[Kind, KindNumbers]) -> dict[Kind, KindNumbers]:
        if missing := [kind.value for kind in Kind if kind not in kinds]:
            raise ValueError(f"{missing[0]} is missing")
        for kind, block in kinds.items():
            for name in ("wrong_share", "missed_share"):
                for value in vars(getattr(block, name)).values():
                    if value is not None and not 0 <= value <= 1:  # this also refuses NaN
                        raise ValueError(
                            f"{kind}: {name} is not a share between 0 and 1 (found {value:g})"
                        )
        return kinds

    @model_validator(mode="after")
    def _tiles_are_reviewed_once(self) -> "Review":
        if not 0 <= self.reviewed <= self.tiles:
            raise ValueError(f"reviewed: {self.reviewed} of {self.tiles} tiles")
        return self

    def write(self, path: Path) -> None:
        """Write the file, atomically."""
        write_json(path, self.model_dump(mode="json", by_alias=True))
