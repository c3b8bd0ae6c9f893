"""Running a program: its output, its end, and the end of all its processes."""

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
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
"""Environment variable by which the processes of a program are found, detached ones included."""
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
    """A text with `***` for each of these values."""
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
    """Run a program to its end, and end all that it started.

    It gets a process group of its own, and no standard input. When it ends, when this process is
    asked to end (TERM, INT) or the time is over, what is left of the group is ended too, and so are
    the processes that left the group.

    Args:
        words: the program and its arguments; there is no shell.
        tell: gets each line of its output, from another thread, without control characters.
        directory: to run it in; None: the current one.
        timeout: seconds, or None.
        environment: of the program; None: that of this process.
        mark: text that is unique to this run, by which `end_marked` finds its processes; by default
            a new one.
        secrets: texts that are not told.
        silence: seconds after which a program that writes nothing is ended; None: never.
        stop: asked several times a second whether to send the program TERM, so that it may save
            and end by itself. With it, the caller handles its own signals.
        grace: seconds that the program has to end after this TERM.

    Raises:
        ProgramTimeoutError: it took too long, was silent for too long, or did not end when it was
            told to.
        ProgramError: it could not be started, or ended with another code than 0.
    """
    name, mark = Path(words[0]).name, mark or f"{os.getpid()}-{time.monotonic_ns()}"
    with _ended_by_term() if stop is None else contextlib.nullcontext():
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
            if not listener.is_alive():  # closing would wait for whoever still writes
                listener.stream.close()
    if code:
        end = f"ended with {code}" if code > 0 else f"was killed by {signal.Signals(-code).name}"
        said = listener.last_line[:SHOWN]
        raise ProgramError(f"{name} {end}; it said {said!r}" if said else f"{name} {end}", code)


@dataclass(frozen=True)
class _Watch:
    """Waiting for the end of a program within limits, all in seconds."""

    name: str
    process: subprocess.Popen[bytes]
    listener: "_Listener"
    timeout: float | None
    silence: float | None
    grace: float

    def wait(self, stop: Callable[[], bool] | None) -> int:
        """The program's exit code.

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
                # The program alone: its children are its own to end.
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
    """Passes a program's lines on."""

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
            # Of a progress bar, which overwrites itself, the last state.
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
    """End all processes of a program that was run with this mark, and wait until they are gone.

    Returns:
        Their number.
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


def _marked(mark: str) -> set[int]:
    entry, found = f"{MARK}={mark}".encode(), set()
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # of another user, or gone
            if entry in (folder / "environ").read_bytes().split(b"\0"):
                found.add(int(folder.name))
    return found


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
