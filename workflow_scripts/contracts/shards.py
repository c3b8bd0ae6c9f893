"""Shards: fixed sets of images, the unit of detection and anonymization work.

A shard's id contains a digest of its content. Adding, removing, replacing or relabelling images, or
changing the shard size, gives new ids, so that outputs of old shards are never mistaken for outputs
of new ones.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plain_commands.errors import UserError
from plain_commands.files import read_json, write_json
from plain_commands.section import validate

from workflow_scripts.contracts.advice import made_again

KEYS = {"train": "shards", "val": "val_shards"}
"""Keys of `data/shards.json` for the shards of each split."""


@dataclass(frozen=True)
class Shards:
    """Shards and digests of both splits."""

    images_per_shard: int
    digests: dict[str, str]
    """Digest of images and labels, by split."""
    by_split: dict[str, dict[str, tuple[str, ...]]]
    """File names of the images by split and shard id."""

    def of(self, split: str) -> dict[str, tuple[str, ...]]:
        """File names of a split's images, by shard id."""
        return self.by_split[split]

    def write(self, path: Path) -> None:
        """Write `data/shards.json`."""
        shards = {key: self.by_split[split] for split, key in KEYS.items()}
        numbers = {"images_per_shard": self.images_per_shard, "digests": self.digests}
        write_json(path, {"schema": 1, **numbers, **shards})

    @classmethod
    def read(cls, path: Path) -> "Shards":
        """Read `data/shards.json`.

        Raises:
            UserError: it is missing or malformed.
        """
        try:
            content = validate(dict[str, Any], read_json(path, made_again(path)), str(path))
            by_split = {split: content.pop(key, {}) for split, key in KEYS.items()}
            shards: Shards = validate(cls, {**content, "by_split": by_split}, str(path))
        except UserError as error:
            if not path.exists():
                raise
            advice = made_again(path)
            line = str(error).splitlines()[0]
            reason = line.removeprefix(f"{path}: ").removesuffix(f"; {advice}")
            raise UserError(f"{path}: damaged ({reason}); {advice}") from None
        return shards


def read_shard(path: Path, shard: str) -> tuple[str, ...]:
    """File names of the images of one shard of any split; see `read_split_of`."""
    return read_split_of(path, shard)[shard]


def read_split_of(path: Path, shard: str) -> dict[str, tuple[str, ...]]:
    """File names by shard, for the split that a shard belongs to.

    Raises:
        UserError: shards.json is missing, or has no such shard.
    """
    by_split = Shards.read(path).by_split.values()
    if found := next((shards for shards in by_split if shard in shards), None):
        return found
    known = ", ".join(name for shards in by_split for name in shards)
    raise UserError(f"{path}: no shard {shard!r}; known: {known}")
