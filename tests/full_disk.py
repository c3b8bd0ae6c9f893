"""A file system that is full for a while."""

import contextlib
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def filled(disk: Path) -> Iterator[None]:
    """A file system that is full for a while."""
    filler = disk / "filler"
    try:
        with filler.open("wb", buffering=0) as stream, contextlib.suppress(OSError):
            while True:
                stream.write(bytes(1 << 16))
        yield
    finally:
        filler.unlink()
