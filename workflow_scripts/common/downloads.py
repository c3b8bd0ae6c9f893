"""Copies of large files from a path or a URL, with progress and digest."""

import contextlib
import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from workflow_scripts.common.console import progress

PIECE = 2**20
"""Bytes read at a time."""
PATIENCE = 60
"""Seconds without an answer after which a download fails."""
ERRORS = (OSError, http.client.HTTPException)
"""Exceptions of `copy_to`."""


def copy_to(target: Path, source: str, description: str) -> str:
    """Copy or download a file.

    Args:
        target: path of the copy, overwritten.
        source: a path, or an http(s) URL.
        description: label of the progress.

    Returns:
        SHA-256 of the copy, in hexadecimal.

    Raises:
        OSError, HTTPException: the source cannot be read; `reason` says why.
    """
    digest = hashlib.sha256()
    with _opened(source) as (stream, size), target.open("wb") as copy:
        pieces = iter(lambda: stream.read(PIECE), b"")
        total = -(-size // PIECE)
        for piece in progress(pieces, total=total, description=description, unit="MiB"):
            digest.update(piece)
            copy.write(piece)
    return digest.hexdigest()


def reason(error: Exception) -> str:
    """Reason why a file cannot be read, in a few words."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {error.reason}"
    return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or error)


@contextlib.contextmanager
def _opened(source: str) -> Iterator[tuple[BinaryIO, int]]:
    """The source as a stream, and its size in bytes; 0 if the size is unknown."""
    if "://" in source:
        with urllib.request.urlopen(source, timeout=PATIENCE) as answer:
            yield answer, int(answer.headers.get("Content-Length") or 0)
    else:
        path = Path(source)
        with path.open("rb") as stream:
            yield stream, path.stat().st_size
