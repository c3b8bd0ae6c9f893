"""Messages and progress of a command: a bar on a terminal, lines in a log."""

import logging
import re
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from .errors import UserError
from .files import explained

Item = TypeVar("Item")
log = logging.getLogger("plain_commands")

SECONDS_BETWEEN_LINES = 10.0
_TIME, _TIMED = "%Y-%m-%d %H:%M:%S", rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d "
"""Time before each message in a log, and its pattern."""
_ESCAPED = {
    code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"
}
"""Control characters, with which a file's name could colour or overwrite a terminal."""


class _Lines(logging.Formatter):
    """Formatter whose messages have no control characters but tabs and ends of lines."""

    def format(self, record: logging.LogRecord) -> str:
        return super().format(record).translate(_ESCAPED)


class LogFile(logging.FileHandler):
    """A log file; if it can no longer be written, one warning is logged and the command continues.

    It is always open to add to it, since a library that configures logging for itself closes all
    handlers: such a handler opens its file again for the next message, unless it overwrites it.

    Args:
        file: the log.
        mode: `w` to overwrite it, `a` to add to it.
    """

    def __init__(self, file: Path, mode: str = "w") -> None:
        if mode == "w":
            file.write_bytes(b"")
        super().__init__(file, mode="a", encoding="utf-8", errors="backslashreplace")
        self._is_full = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write a message, unless an earlier write failed."""
        if not self._is_full:
            super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Give up on the file, for example on a full disk."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            super().handleError(record)
            return
        self._is_full = True
        log.warning("%s: the log cannot be written (%s)", self.baseFilename, error.strerror)


def start_logging(label: str, log_file: Path | None, others: Sequence[str] = ()) -> None:
    """Send the messages of `log` to standard error, and to `log_file` if given.

    Args:
        label: prefix of each line on standard error, where several jobs may write at once.
        log_file: log file; its folder is created, and an earlier log is overwritten.
        others: further loggers to handle in the same way.

    Raises:
        UserError: the log cannot be written, or would overwrite another kind of file.
    """
    log.setLevel(logging.INFO)
    log.propagate = False
    log.handlers.clear()
    screen = logging.StreamHandler(sys.stderr)
    screen.setFormatter(_Lines(f"[{label}] %(message)s"))
    log.addHandler(screen)
    if log_file is not None:
        with explained(log_file):
            if not _is_log(log_file):
                raise UserError(f"{log_file}: exists and is not a log; name another file for it")
            log_file.parent.mkdir(parents=True, exist_ok=True)
            keep = LogFile(log_file)
        keep.setFormatter(_Lines("%(asctime)s %(message)s", _TIME))
        log.addHandler(keep)
    logging.captureWarnings(True)
    for name in ("py.warnings", *others):
        logging.getLogger(name).handlers = list(log.handlers)
        logging.getLogger(name).setLevel(logging.INFO)


def _is_log(file: Path) -> bool:
    """Whether a file is a log, or holds nothing that a log could overwrite."""
    if not file.is_file() or not file.stat().st_size:
        return True
    with file.open("rb") as stream:
        return re.match(_TIMED, stream.read(20)) is not None


def duration(seconds: float) -> str:
    """A formatted duration: `7 s`, `2 min 05 s`, `3 h 12 min`."""
    seconds = round(seconds)
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"


def progress(
    items: Iterable[Item], *, total: int, description: str, unit: str = "images"
) -> Iterator[Item]:
    """Iterate over `items` and show the progress.

    With a bar if the command was started on a terminal; with a line every ten seconds if it writes
    a log or has no terminal, since bars of parallel jobs would overwrite each other.
    """
    keeps_a_log = any(isinstance(handler, logging.FileHandler) for handler in log.handlers)
    if sys.stderr.isatty() and not keeps_a_log:
        yield from _with_bar(items, total, description, unit)
    else:
        yield from _with_lines(items, total, description, unit)


def _with_bar(items: Iterable[Item], total: int, description: str, unit: str) -> Iterator[Item]:
    # Imported only for a terminal.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        yield from bar.track(items, total=total, description=description)


def _with_lines(items: Iterable[Item], total: int, description: str, unit: str) -> Iterator[Item]:
    started = last = time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        now = time.monotonic()
        if now - last >= SECONDS_BETWEEN_LINES and done < total:
            rate = done / (now - started)
            left = duration((total - done) / rate)
            log.info("%s: %d/%d %s, %.1f/s, %s left", description, done, total, unit, rate, left)
            last = now
    log.info("%s: %d %s in %s", description, total, unit, duration(time.monotonic() - started))
