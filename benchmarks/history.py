"""Ratios of earlier runs, to detect slowdowns. Seconds are not kept, since machines differ."""

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Self

from plain_commands.errors import UserError
from plain_commands.files import write_text

from benchmarks.comparison import Comparison
from benchmarks.table import MeasuredRow

DIGITS = 4
BUSY = 1.5
"""Load per core above which work that needs memory bandwidth is distorted."""


@dataclass(frozen=True)
class Entry:
    """Ratio in the history file."""

    date: str
    """Date in ISO 8601."""
    commit: str
    machine: str
    """Class of machine: processor and number of cores."""
    benchmark: str
    against: str
    ratio: float
    noise: float
    """Half of the range of the ratio over the rounds."""
    load: float
    """Number of running processes per core before the benchmark started."""

    @classmethod
    def of(cls, measured: MeasuredRow, row: Comparison) -> Self:
        """Entry of a measured row."""
        place = measured.date, measured.commit, measured.machine
        ratio, noise = round(row.ratio, DIGITS), round(row.noise, DIGITS)
        return cls(*place, row.name, row.against.name, ratio, noise, measured.load)

    def is_comparable(self, earlier: "Entry") -> bool:
        """Whether an earlier entry has the same benchmark, peer and class of machine.

        False if the machine was busy for either entry.
        """
        own = self.benchmark, self.against, self.machine
        calm = max(self.load, earlier.load) <= BUSY
        return calm and own == (earlier.benchmark, earlier.against, earlier.machine)

    def is_worse(self, earlier: "Entry") -> bool:
        """Whether the ratio grew by more than the variation between rounds of both."""
        return self.ratio - self.noise > earlier.ratio + earlier.noise


COLUMNS = tuple(field.name for field in fields(Entry))


def read_history(path: Path) -> list[Entry]:
    """Entries of a file, oldest first; none if there is no file.

    Raises:
        UserError: a line was not written by `write_history`.
    """
    if not path.exists():
        return []
    lines = csv.reader(io.StringIO(path.read_text(encoding="utf-8")))
    if tuple(header := next(lines, [])) != COLUMNS:
        raise UserError(f"{path}: its columns are {','.join(header)}, not {','.join(COLUMNS)}")
    entries = []
    for number, words in enumerate(lines, start=2):
        try:
            *texts, ratio, noise, load = words
            entries.append(Entry(*texts, float(ratio), float(noise), float(load)))
        except (TypeError, ValueError):
            raise UserError(
                f"{path}: line {number} is not an entry: {','.join(words)}; remove the line"
            ) from None
    return entries


def write_history(path: Path, entries: Iterable[Entry]) -> None:
    """Write all entries to a file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(map(asdict, entries))
    write_text(path, text.getvalue())


def slowdowns(new: Iterable[Entry], earlier: Iterable[Entry]) -> list[tuple[Entry, Entry]]:
    """Entries that are worse than the last comparable one, each with the latter."""
    past = list(earlier)
    found = []
    for entry in new:
        last = next(filter(entry.is_comparable, reversed(past)), None)
        if last is not None and entry.is_worse(last):
            found.append((entry, last))
    return found
