"""Copying a large file from a path or a URL, with its progress and its digest."""

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
"""Bytes that are read at a time."""
PATIENCE = 60
"""Seconds without an answer after which a download is given up."""
ERRORS = (OSError, http.client.HTTPException)
"""What `copy_to` may raise."""


def copy_to(target: Path, source: str, description: str) -> str:
    """Copy or download a file.

    Args:
        target: where to, overwritten.
        source: a path, or an http(s) URL.
        description: for the progress.

    Returns:
        The sha256 of what was written.

    Raises:
        OSError, HTTPException: it cannot be read; `reason` puts it into words.
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
    """Why a file cannot be read, in a few words."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {error.reason}"
    return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or error)


@contextlib.contextmanager
def _opened(source: str) -> Iterator[tuple[BinaryIO, int]]:
    """The source, and how many bytes it has; 0 when it does not say."""
    if "://" in source:
        with urllib.request.urlopen(source, timeout=PATIENCE) as answer:
            yield answer, int(answer.headers.get("Content-Length") or 0)
    else:
        path = Path(source)
        with path.open("rb") as stream:
            yield stream, path.stat().st_size
