"""Getting one file of weights."""

import contextlib
import hashlib
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from workflow_scripts.config.weights import Weights
from workflow_scripts.console import log, progress
from workflow_scripts.errors import UserError
from workflow_scripts.files import atomic, sha256_of_file

PIECE = 2**20
"""Bytes that are read at a time."""
PATIENCE = 60
"""Seconds without an answer after which a download is given up."""


def fetch(key: str, weights: Weights, folder: Path) -> Path:
    """Copy or download a file to `folder`, named by its sha256; one that is there stays.

    Args:
        key: of the config, for errors.
        weights: what to get.
        folder: where to put it.

    Raises:
        UserError: it cannot be read, or has another sha256.
    """
    target = folder / weights.sha256
    if target.is_file() and sha256_of_file(target) == weights.sha256:
        log.info("%s: is there already", key)
        return target
    digest = hashlib.sha256()
    with atomic(target) as temporary:
        try:
            with _opened(weights) as (source, size), temporary.open("wb") as copy:
                for piece in _pieces(source, size, key):
                    digest.update(piece)
                    copy.write(piece)
        except (OSError, http.client.HTTPException) as error:
            raise UserError(
                f"{key}: {weights.source} cannot be read ({_reason(error)}); correct the source, "
                "or download the file elsewhere and name its path"
            ) from None
        if digest.hexdigest() != weights.sha256:
            raise UserError(
                f"{key}: the sha256 of {weights.source} is {digest.hexdigest()}, expected "
                f"{weights.sha256}; it is damaged or another file"
            )
    log.info("%s: %s", key, target)
    return target


@contextlib.contextmanager
def _opened(weights: Weights) -> Iterator[tuple[BinaryIO, int]]:
    """The source, and how many bytes it has; 0 when it does not say."""
    if weights.is_remote:
        with urllib.request.urlopen(weights.source, timeout=PATIENCE) as answer:
            yield answer, int(answer.headers.get("Content-Length") or 0)
    else:
        path = Path(weights.source)
        with path.open("rb") as stream:
            yield stream, path.stat().st_size


def _pieces(source: BinaryIO, size: int, key: str) -> Iterator[bytes]:
    pieces = iter(lambda: source.read(PIECE), b"")
    return progress(pieces, total=-(-size // PIECE), description=key, unit="MiB")


def _reason(error: Exception) -> str:
    """In a few words."""
    if isinstance(error, urllib.error.HTTPError):
        return f"HTTP {error.code} {error.reason}"
    return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or error)
