"""Running an external program: its output, its end, and the end of all its processes."""

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path

from .errors import ProgramError, ProgramTimeoutError

GRACE_SECONDS = 10.0
"""Time between SIGTERM and SIGKILL."""
SECONDS_BETWEEN_LOOKS = 0.2
SHOWN = 300
"""Number of characters of a program's last line that an error quotes."""


MARK = "PROGRAM_RUNNER_MARK"
"""Environment variable that identifies the processes of a program, including detached ones."""
LONGEST_LINE = 65536
_SECRET = re.compile(
    r"(?i)(?:key|token|secret|password|passwd)(?:=| +)['\"]?([^\s'\"${-][^\s'\"]*)|://([^\s/@]+)@"
)
_NOT_SHOWN = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07")
"""Terminal sequences: colours, cursor movements, titles."""


def secrets_in(command: str) -> list[str]:
    """Values in a command that look like keys, tokens and passwords."""
    return [value for found in _SECRET.findall(command) for value in found if value]


def masked(text: str, secrets: Sequence[str]) -> str:
    """Text with `***` for each of these values."""
    for secret in secrets:
        text = text.replace(secret, "***")
    return text


def run_program(
    words: Sequence[str],
    tell: Callable[[str], None],
    *,
    directory: Path | None = None,
    timeout: float | None = None,
    environment: Mapping[str, str] | None = None,
    mark: str = "",
    secrets: Sequence[str] = (),
    silence: float | None = None,
    stop: Callable[[], bool] | None = None,
    grace: float = GRACE_SECONDS,
) -> None:
    """Run a program to completion, and terminate all processes that it started.

    It gets its own process group, and no standard input. When it ends, when this process receives
    TERM, HUP or INT, or when the time is over, the remaining processes of the group, and those that
    left the group, are terminated.

    Args:
        words: the program and its arguments; no shell is used.
        tell: callback for each line of its output, called from another thread, without control
            characters.
        directory: working directory; None for the current one.
        timeout: seconds, or None.
        environment: environment of the program; None for that of this process.
        mark: text unique to this run, by which `end_marked` finds its processes; by default a new
            one.
        secrets: texts to mask in the output.
        silence: seconds without output after which the program is terminated; None for no limit.
        stop: callback, called several times a second, that decides whether to send TERM to the
            program, so that it can save and exit. If given, the caller handles its own signals.
        grace: seconds that the program has to exit after this TERM.

    Raises:
        ProgramTimeoutError: it took too long, was silent for too long, or did not exit after TERM.
        ProgramError: it could not be started, or its exit code was not 0.
    """
    name, mark = Path(words[0]).name, mark or f"{os.getpid()}-{time.monotonic_ns()}"
    with ended_by_signals() if stop is None else contextlib.nullcontext():
        try:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**(os.environ if environment is None else environment), MARK: mark},
                cwd=directory,
                start_new_session=True,
            )
        except OSError as error:
            raise ProgramError(f"{words[0]} cannot be run ({error.strerror})") from None
        listener = _Listener(process, tell, secrets)
        try:
            code = _Watch(name, process, listener, timeout, silence, grace).wait(stop)
        finally:
            _end_group(process)
            if left := end_marked(mark):
                tell(f"left {left} processes behind, which were ended")
            listener.join(GRACE_SECONDS)
            if not listener.is_alive():  # closing would wait for any process that still writes
                listener.stream.close()
    if code:
        end = f"ended with {code}" if code > 0 else f"was killed by {signal.Signals(-code).name}"
        said = listener.last_line[:SHOWN]
        raise ProgramError(f"{name} {end}; it said {said!r}" if said else f"{name} {end}", code)


@dataclass(frozen=True)
class _Watch:
    """Wait for a program, with limits in seconds."""

    name: str
    process: subprocess.Popen[bytes]
    listener: "_Listener"
    timeout: float | None
    silence: float | None
    grace: float

    def wait(self, stop: Callable[[], bool] | None) -> int:
        """Exit code of the program.

        Raises:
            ProgramTimeoutError: a limit is reached; the program still runs.
        """
        started = time.monotonic()
        told: float | None = None
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self.process.wait(SECONDS_BETWEEN_LOOKS)
            now = time.monotonic()
            if told is None and stop is not None and stop():
                told = now
                # Only the program itself, which ends its own children.
                self.process.terminate()
            stopping = None if told is None else now - told
            self._check(now - started, now - self.listener.heard, stopping)

    def _check(self, running: float, silent: float, stopping: float | None) -> None:
        for limit, passed, what in (
            (self.timeout, running, "did not finish within {:g} s"),
            (self.silence, silent, "wrote nothing for {:g} s"),
            (self.grace, stopping, "did not end within {:g} s when it was told to"),
        ):
            if limit is not None and passed is not None and passed > limit:
                raise ProgramTimeoutError(f"{self.name} {what.format(limit)}")


class _Listener(threading.Thread):
    """Thread that passes on a program's lines."""

    def __init__(
        self, process: subprocess.Popen, tell: Callable[[str], None], secrets: Sequence[str]
    ) -> None:
        super().__init__(daemon=True)
        self.last_line = ""
        self.heard = time.monotonic()
        """When the program wrote something, be it a part of a line."""
        assert isinstance(process.stdout, BufferedReader)  # a pipe
        self.stream, self._tell, self._secrets = process.stdout, tell, secrets
        self.start()

    def run(self) -> None:
        for raw in self._lines():
            # Only the last state of a progress bar, which overwrites itself.
            line = raw.decode(errors="replace").rstrip().rpartition("\r")[2]
            line = _NOT_SHOWN.sub("", line).replace("\t", " ")
            line = masked(line, self._secrets)
            line = "".join(
                one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in line
            )
            if line.strip():
                self.last_line = line
                self._tell(line)

    def _lines(self) -> Iterator[bytes]:
        begun = b""
        while chunk := self.stream.read1(LONGEST_LINE):
            self.heard = time.monotonic()
            *lines, begun = (begun + chunk).split(b"\n")
            yield from lines
            if len(begun) >= LONGEST_LINE:
                yield begun
                begun = b""
        yield begun


def end_marked(mark: str) -> int:
    """Terminate all processes of a program that was run with this mark, and wait for their end.

    Returns:
        Number of these processes.
    """
    ended: set[int] = set()
    deadline = time.monotonic() + GRACE_SECONDS
    while (found := _marked(mark)) and time.monotonic() < deadline:
        for number in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(number, signal.SIGKILL)
        ended |= found
        time.sleep(0.02)
    return len(ended)


def stop_marked(mark: str, signals: Iterable[int]) -> None:
    """Stop all processes of a program that was run with this mark, and wait for their end.

    Args:
        mark: as in `run_program`.
        signals: sent one after the other to those that are left, each with time to react to it (0
            sends nothing and only waits); then they are killed.
    """
    for number in signals:
        deadline = time.monotonic() + GRACE_SECONDS
        for process in _marked(mark):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(process, number)
        while _marked(mark) and time.monotonic() < deadline:
            time.sleep(SECONDS_BETWEEN_LOOKS)
    end_marked(mark)


def _marked(mark: str) -> set[int]:
    entry, found = f"{MARK}={mark}".encode(), set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it belongs to another user, or is gone
            if entry in (folder / "environ").read_bytes().split(b"\0"):
                found.add(int(folder.name))
    return found


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Convert TERM and HUP to an exception, as for INT, so that resources are released; those that
    this process ignores, as under nohup, stay ignored.
    """

    def stop(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    before = {number: of for number, of in handlers.items() if of is not signal.SIG_IGN}
    try:
        for number in before:
            signal.signal(number, stop)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """Terminate a program and its children."""
    with contextlib.suppress(ProcessLookupError):  # no process is left
        os.killpg(process.pid, signal.SIGTERM)
        end = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < end:
            process.poll()
            os.killpg(process.pid, 0)
            time.sleep(0.02)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
