"""What a person's review of a random sample says about all images: `privacy reviewed` writes it."""

from pathlib import Path
from typing import Literal

from plain_commands.files import write_json
from plain_commands.section import FilePart
from pydantic import Field
from region_review.bounds import KindNumbers

from workflow_scripts.contracts.regions import Kind


class Review(FilePart):
    """Content of the file of numbers."""

    version: Literal[1] = Field(1, alias="schema")
    sample: str
    """Digest of the sample, which its page and its answers carry."""
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

    def write(self, path: Path) -> None:
        """Write the file, atomically."""
        write_json(path, self.model_dump(mode="json", by_alias=True))
