"""Copies of large files from a path or a URL, with progress and digest."""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from .console import progress
from .errors import SourceError

PIECE = 2**20
"""Bytes read at a time."""


def copy_to(target: Path, source: str, description: str) -> str:
    """Copy or download a file.

    Args:
        target: path of the copy, overwritten.
        source: a path, or an http(s) URL.
        description: label of the progress.

    Returns:
        SHA-256 of the copy, in hexadecimal.

    Raises:
        SourceError: the source cannot be read.
        OSError: the copy cannot be written.
    """
    digest = hashlib.sha256()
    with _opened(source) as (read_piece, size), target.open("wb") as copy:
        pieces = iter(read_piece, b"")
        total = -(-size // PIECE)
        for piece in progress(pieces, total=total, description=description, unit="MiB"):
            digest.update(piece)
            copy.write(piece)
    return digest.hexdigest()


@contextlib.contextmanager
def _opened(source: str) -> Iterator[tuple[Callable[[], bytes], int]]:
    """A function that reads the next chunk, and the total size in bytes, 0 if unknown."""
    if "://" in source:
        from .http_source import opened  # noqa: PLC0415

        with opened(source, PIECE) as content:
            yield content
        return
    path = Path(source)
    try:
        stream = path.open("rb")
    except OSError as error:
        raise SourceError(error.strerror) from None
    with stream:
        yield lambda: stream.read(PIECE), path.stat().st_size
