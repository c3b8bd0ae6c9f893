"""What Snakemake's profiles say, as Snakemake reads them, and the jobs that follow from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from configargparse import ConfigFileParserException
from snakemake.profiles import ProfileConfigFileParser

from workflow_scripts.common.errors import UserError

NAMES = "profile.yaml", "config.yaml"
"""Of the file in a profile's folder."""


@dataclass(frozen=True)
class Profile:
    """Several profiles; each entry of a later one replaces that of an earlier one as a whole."""

    entries: Mapping[str, Any]

    @classmethod
    def read(cls, paths: Sequence[Path]) -> "Profile":
        """Read profiles: folders or files.

        Raises:
            UserError: one is missing, or not a profile.
        """
        entries: dict[str, Any] = {}
        for path in paths:
            file = next((path / name for name in NAMES if (path / name).is_file()), path)
            try:
                with file.open(encoding="utf-8") as stream:
                    entries |= ProfileConfigFileParser().parse(stream)
            except OSError as error:
                raise UserError(f"{path}: no profile there ({error.strerror})") from None
            except ConfigFileParserException as error:
                raise UserError(f"{file}: {' '.join(str(error).split())}") from None
        return cls(entries)

    @property
    def rules(self) -> list[str]:
        """The rules whose jobs get resources of their own."""
        pairs = self.entries.get("set-resources", [])
        return list(dict.fromkeys(pair.split(":", 1)[0] for pair in pairs))

    def job(self, rule: str | None) -> SimpleNamespace:
        """A job of a rule, or one that gets the defaults, as the executor takes it."""
        resources = _values(self.entries.get("default-resources", []))
        if rule is not None:
            own = self.entries.get("set-resources", [])
            prefix = f"{rule}:"
            resources |= _values(p.removeprefix(prefix) for p in own if p.startswith(prefix))
        threads = _values(self.entries.get("set-threads", [])).get(rule, 1)
        known = {name: value for name, value in resources.items() if value is not None}
        return SimpleNamespace(resources=known, threads=threads)


def _values(pairs) -> dict[str, Any]:
    """`name=value` by name: numbers as such, None where nothing is asked for."""
    values = {}
    for name, text in (pair.split("=", 1) for pair in pairs):
        bare = text.strip("'\"")
        values[name] = int(bare) if bare.isdigit() else None if bare == "None" else bare
    return values
