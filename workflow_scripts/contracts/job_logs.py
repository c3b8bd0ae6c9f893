"""Errors in the logs of jobs."""

import itertools
import re
from pathlib import Path

from plain_commands.errors import number_of_findings

from workflow_scripts.contracts.run_layout import RunLayout

_TIME = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ")
_ERROR = "error: "
_SUBMITITS_NOTE = "submitit INFO "


def error_in(log: Path) -> str | None:
    """Error at the end of a job's log, in one line; None if the log does not end with one.

    Of several lines it is the first, with the number of further findings; of a traceback, the last.
    """
    lines = [_TIME.sub("", line) for line in _lines_of(log)]
    at_end = itertools.takewhile(lambda line: line.startswith(_ERROR), reversed(lines))
    errors = [line.removeprefix(_ERROR) for line in at_end][::-1]
    if errors:
        more = number_of_findings(errors[1:])
        return errors[0] + (f" (and {more} more in the log)" if more else "")
    if any(line.startswith("Traceback ") for line in lines):
        return lines[-1]
    return None


def last_words_of_worker(run: RunLayout) -> str | None:
    """Last line that a worker of the run's last training printed; None if none printed any.

    If several did, it is the worker that printed its last line first: when one fails, the others
    lose their connection to it.
    """
    logs = sorted(run.launch.glob("*_log.out"), key=lambda log: log.stat().st_mtime_ns)
    return next(filter(None, map(last_words_in, logs)), None)


def last_words_in(log: Path) -> str | None:
    """Last line of a worker's output; None if it printed nothing."""
    lines = [line for line in _lines_of(log) if not line.startswith(_SUBMITITS_NOTE)]
    return lines[-1].strip() if lines else None


def _lines_of(log: Path) -> list[str]:
    """The lines of a log that are not blank; none if it cannot be read."""
    try:
        text = log.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()]
