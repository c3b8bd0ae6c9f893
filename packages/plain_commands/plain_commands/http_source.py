"""Files on HTTP servers. Imported only for downloads, since ssl loads slowly."""

import base64
import contextlib
import http.client
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

from .errors import SourceError

PATIENCE = 60
"""Seconds without an answer after which a download fails."""
SECONDS_PER_PIECE = 300
"""Maximum time per chunk: a slower connection counts as dead."""


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Redirects to http(s) URLs only; urllib would also follow redirects to FTP."""

    def redirect_request(self, *arguments: Any) -> urllib.request.Request | None:
        url: str = arguments[-1]
        if not url.startswith(("http://", "https://")):
            raise SourceError(f"it redirects to {url}, which is not an http(s) URL")
        return super().redirect_request(*arguments)


@contextlib.contextmanager
def opened(url: str, size_of_piece: int) -> Iterator[tuple[Callable[[], bytes], int]]:
    """A URL's content in chunks, and its size in bytes, 0 if unknown.

    Args:
        url: an http(s) URL.
        size_of_piece: chunk size in bytes; the last chunk is shorter, followed by an empty one.

    Raises:
        SourceError: no answer, or an answer other than the file.
    """
    try:
        answer = urllib.request.build_opener(_Redirects).open(_request(url), timeout=PATIENCE)
        size = int(answer.headers.get("Content-Length") or 0)
    except urllib.error.HTTPError as error:
        raise SourceError(f"HTTP {error.code} {error.reason}") from None
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise SourceError(str(getattr(error, "reason", None) or error)) from None
    with answer:
        yield lambda: _piece(answer, size_of_piece), size


def _request(url: str) -> urllib.request.Request:
    """A request with user and password in a header, which redirects do not forward."""
    parts = urllib.parse.urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    request = urllib.request.Request(parts._replace(netloc=host).geturl())
    if user:
        token = base64.b64encode(urllib.parse.unquote(user).encode()).decode()
        request.add_unredirected_header("Authorization", f"Basic {token}")
    return request


def _piece(answer: http.client.HTTPResponse, size: int) -> bytes:
    started = time.monotonic()
    piece = bytearray()
    while len(piece) < size:
        try:
            part = answer.read1(size - len(piece))
        except (OSError, http.client.HTTPException) as error:
            raise SourceError(str(error)) from None
        if not part:
            break
        piece += part
        if time.monotonic() - started > SECONDS_PER_PIECE:
            raise SourceError(f"less than {size} bytes in {SECONDS_PER_PIECE} s")
    return bytes(piece)
