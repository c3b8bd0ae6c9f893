"""A list of records in a temporary file."""

import pickle
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar, overload

from .files import explained, temporary_file

Record = TypeVar("Record")


class Spool(Sequence[Record]):
    """A list that is too long for memory, of records that `pickle` can store.

    A record takes 8 bytes of memory. The file has no name, so it vanishes with the process.

    Args:
        folder: where the file is; see `temporary_file`.

    Raises:
        UserError: as in `explained`, here and in `append`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._file = temporary_file(folder)
        self._ends = array("Q", [0])

    def append(self, record: Record) -> None:
        """Add a record."""
        content = pickle.dumps(record, pickle.HIGHEST_PROTOCOL)
        with explained(self._folder):
            self._file.seek(self._ends[-1])
            self._file.write(content)
        self._ends.append(self._ends[-1] + len(content))

    def __len__(self) -> int:
        return len(self._ends) - 1

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> list[Record]: ...
    def __getitem__(self, index: int | slice) -> Record | list[Record]:
        if isinstance(index, slice):
            return [self[number] for number in range(len(self))[index]]
        number = range(len(self))[index]
        start, end = self._ends[number : number + 2]
        with explained(self._folder):  # it may only be written now
            self._file.seek(start)
        found: Record = pickle.loads(self._file.read(end - start))
        return found

    def __iter__(self) -> Iterator[Record]:
        return (self[number] for number in range(len(self)))
