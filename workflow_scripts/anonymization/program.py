"""External programs: their output, their end, and removal of all their processes."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from workflow_scripts.common.console import duration, log
from workflow_scripts.common.environment import environment_of_others
from workflow_scripts.common.errors import UserError

GRACE_SECONDS = 10.0
"""Time between SIGTERM and SIGKILL."""
SHOWN = 300
"""Number of characters of a program's last line that an error quotes."""


def run_program(
    words: Sequence[str], directory: Path | None = None, timeout: float | None = None
) -> None:
    """Run a program to its end. Its output goes to the log, line by line.

    It gets this process's environment, a process group of its own, and no standard input. When it
    ends, when this process is asked to end (TERM, INT) or the time is over, what is left of the
    group is ended too.

    Args:
        words: the program and its arguments; there is no shell.
        directory: to run it in; None: the current one.
        timeout: seconds, or None.

    Raises:
        UserError: it could not be started, ended with another code than 0, or took too long.
    """
    name = Path(words[0]).name
    with _ended_by_term():
        try:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment_of_others(),
                cwd=directory,
                start_new_session=True,
            )
        except OSError as error:
            raise UserError(f"command: {words[0]} cannot be run ({error.strerror})") from None
        listener = _Listener(process, name)
        try:
            code = process.wait(timeout)
        except subprocess.TimeoutExpired:
            limit = duration(timeout or 0)
            raise UserError(f"command: {name} was not done after {limit}; ended it") from None
        finally:
            _end_group(process)
            listener.join(GRACE_SECONDS)
            listener.stream.close()
    if code:
        end = f"ended with {code}" if code > 0 else f"was killed by {signal.Signals(-code).name}"
        said = listener.last_line[:SHOWN]
        raise UserError(f"command: {name} {end}; it said {said!r}" if said else f"{name} {end}")


class _Listener(threading.Thread):
    """Passes a program's lines on to the log."""

    def __init__(self, process: subprocess.Popen, name: str) -> None:
        super().__init__(daemon=True)
        self.last_line = ""
        assert process.stdout is not None  # it is a pipe
        self.stream, self._name = process.stdout, name
        self.start()

    def run(self) -> None:
        for raw in self.stream:
            # Of a progress bar, which overwrites itself, the last state.
            line = raw.decode(errors="replace").rstrip().rpartition("\r")[2]
            if line:
                self.last_line = line
                log.info("%s: %s", self._name, line)


@contextlib.contextmanager
def _ended_by_term() -> Iterator[None]:
    """Let TERM end this process by an exception, as INT does, so that what it holds is released."""

    def stop(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a program and its children."""
    with contextlib.suppress(ProcessLookupError):  # nobody is left
        os.killpg(process.pid, signal.SIGTERM)
        end = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < end:
            process.poll()
            os.killpg(process.pid, 0)
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
