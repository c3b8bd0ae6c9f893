"""`registration.json`: the plan of an experiment, recorded before its first run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from plain_commands.files import canonical_json, sha256_of, write_json
from plain_commands.section import FilePart
from pydantic import Field

from workflow_scripts.common.handing_on import without_folders

FILE_NAME = "registration.json"
NOT_PLANNED = ("experiment", "results", "report", "seeds", "more_seeds")
"""Keys of the config that are not registered: location and presentation of the results, and the
seeds, which a registration lists by variant."""


def plan_in(config: Mapping[str, Any]) -> dict[str, Any]:
    """The registered part of a config, without folders, keys and passwords.

    Args:
        config: the whole config, defaults included.
    """
    plan: dict[str, Any] = without_folders(
        {key: value for key, value in config.items() if key not in NOT_PLANNED}
    )
    return plan


class Registration(FilePart):
    """Content of a registration.json."""

    version: Literal[1] = Field(1, alias="schema")
    experiment: str
    registered: str
    """Time, ISO 8601 in UTC."""
    plan: dict[str, Any]
    """Result of `plan_in`: margins, question, family, looks, variants, recipe."""
    seeds: dict[str, tuple[int, ...]]
    """Seeds by variant."""
    data: dict[str, str]
    """Digest of images and labels, by split."""
    runs: dict[str, dict[str, str]]
    """Fingerprint of each run (settings, data and code of its training) by variant and seed,
    including runs that interim looks may add."""
    sha256: str = ""
    """Hash of all other fields."""

    @property
    def digest(self) -> str:
        """Computed hash of the content."""
        content = self.model_dump(mode="json", by_alias=True, exclude={"sha256"})
        return sha256_of(canonical_json(content))

    @property
    def is_intact(self) -> bool:
        """Whether the content is unchanged since it was written."""
        return self.digest == self.sha256

    @property
    def looks(self) -> tuple[int, ...]:
        """Registered interim looks: numbers of runs per variant at which runs may be added."""
        statistics = self.plan.get("statistics")
        looks = statistics.get("looks") if isinstance(statistics, dict) else None
        return tuple(looks) if isinstance(looks, list) else ()

    def write(self, path: Path) -> None:
        """Write the file, atomically, with the hash of its content."""
        signed = self.model_copy(update={"sha256": self.digest})
        write_json(path, signed.model_dump(mode="json", by_alias=True))
