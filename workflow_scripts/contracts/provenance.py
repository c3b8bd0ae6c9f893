"""`provenance.json`: origin of an experiment's numbers, and the hash of each file."""

from pathlib import Path
from typing import Any, Literal

from plain_commands.files import write_json
from plain_commands.section import FilePart
from pydantic import Field

FILE_NAME = "provenance.json"


class RunOrigin(FilePart):
    """One run; None for what its training did not record."""

    variant: str
    seed: int
    state: str
    reason: str | None
    """Reason for this state."""
    fingerprint: str | None
    git_commit: str | None
    start: str | None
    end: str | None
    devices: tuple[str, ...] | None
    world_size: int | None


class Provenance(FilePart):
    """Content of a provenance.json."""

    version: Literal[1] = Field(1, alias="schema")
    experiment: str
    config: dict[str, Any]
    """The whole config, defaults included."""
    commits: tuple[str, ...]
    """Commits of the code that trained."""
    lock_sha256: str
    versions: tuple[dict[str, Any], ...]
    """Versions of libraries, each distinct set once."""
    devices: tuple[tuple[str, ...], ...]
    data: dict[str, str]
    """Digest of images and labels, by split."""
    weights: tuple[dict[str, Any], ...]
    """Origin and licence of the weights that the config names."""
    runs: tuple[RunOrigin, ...]
    files: dict[str, str]
    """SHA-256 by path in the results folder."""

    def write(self, path: Path) -> None:
        """Write the file, atomically."""
        write_json(path, self.model_dump(mode="json", by_alias=True))
