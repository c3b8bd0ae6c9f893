"""What was accepted but is unusual, counted."""

import re
from collections.abc import Iterable

_PLURAL = re.compile(r"s\b")
Note = tuple[str, str]
"""A finding: its kind and the affected thing. The kind begins with a plural, to be counted, and has
no verb or pronoun that depends on the number."""


class Notes:
    """Number and first example of each kind of note, in the order of the kinds."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, str]] = {}

    def add(self, kind: str, thing: str, count: int = 1) -> None:
        """Count a thing, or `count` things, of which the first is named."""
        before, first = self._found.get(kind, (0, thing))
        self._found[kind] = before + count, first

    def extend(self, notes: Iterable[Note]) -> None:
        """Count notes."""
        for kind, thing in notes:
            self.add(kind, thing)

    def update(self, notes: "Notes") -> None:
        """Add the counts of other notes."""
        for kind, (count, first) in notes._found.items():
            self.add(kind, first, count)

    def rename(self, kind: str, other: str) -> None:
        """Count the notes of one kind as ones of another kind."""
        found, self._found = self._found, {}
        for name, (count, thing) in found.items():
            self.add(other if name == kind else name, thing, count)

    def __contains__(self, kind: object) -> bool:
        return kind in self._found

    def sentences(self) -> tuple[str, ...]:
        """One sentence per kind: the number, the kind and the first example."""
        return tuple(
            f"{_counted(count, kind)}, e.g. {first}" for kind, (count, first) in self._found.items()
        )


def _counted(count: int, kind: str) -> str:
    """A number of things of a kind; for one thing, the kind's first plural becomes a singular."""
    return f"{count} {re.sub(_PLURAL, '', kind, count=1) if count == 1 else kind}"
