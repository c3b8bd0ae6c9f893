"""Snakemake with a progress bar instead of its own output, and the errors of its jobs."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

from .run import MARK, ended_by_signals, stop_marked

__all__ = ["errors_in", "run_quietly", "show_steps", "steps_in"]

_STEPS = re.compile(r"(\d+) of (\d+) steps")
_ERROR = re.compile(r"(?:\[[^]]+\] error|UserError): (.+)")
"""Error line of a job, after the job's name in brackets, or of a function that plans jobs."""
_REFUSAL = re.compile(r"^WorkflowError.*:\n((?:(?! ).+\n?)+)", re.MULTILINE)
"""Error lines of a call in which no job started."""
_BUG = re.compile(r"(?:\w+\.)*[A-Z]\w*(?:Error|Exception|Exit): .+")
"""Last line of a traceback."""
SHOWN = 20
"""Largest number of error lines."""


def run_quietly(
    arguments: Sequence[str],
    said: Path,
    title: str,
    tell: Callable[[str], object] = print,
    held: Sequence[int] = (),
) -> list[str]:
    """Run Snakemake in a process of its own.

    If this process is ended by a signal (INT, TERM or HUP), Snakemake and its jobs end first.

    Args:
        arguments: arguments of Snakemake.
        said: file for its output.
        title: text before the bar.
        tell: callback for progress lines if there is no terminal.
        held: file descriptors of locks that Snakemake holds, too, as long as it runs.

    Returns:
        Empty if it succeeded, otherwise `errors_in` its output.
    """
    command = [sys.executable, "-m", "snakemake", *arguments]
    mark = f"{os.getpid()}-{time.monotonic_ns()}"
    with (
        said.open("w", encoding="utf-8") as stream,
        ended_by_signals(),
        subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, MARK: mark},
            pass_fds=held,
        ) as process,
    ):
        assert process.stdout is not None
        try:
            show_steps(steps_in(_kept(process.stdout, stream)), title, tell)
        except BaseException as error:
            # Ctrl-C has reached all processes; at a second INT, Snakemake would cancel no jobs.
            waits = isinstance(error, KeyboardInterrupt)
            stop_marked(mark, [*([0] if waits else []), signal.SIGINT, signal.SIGTERM])
            raise
    return errors_in(said.read_text("utf-8")) if process.returncode else []


def steps_in(lines: Iterable[str]) -> Iterator[tuple[int, int]]:
    """Completed and planned jobs, for each line that contains them; checkpoints add jobs."""
    for line in lines:
        if found := _STEPS.match(line):
            yield int(found[1]), int(found[2])


def show_steps(
    steps: Iterable[tuple[int, int]], title: str, tell: Callable[[str], object] = print
) -> None:
    """Show progress: a bar on a terminal, otherwise a line at each tenth."""
    from rich.console import Console  # noqa: PLC0415 - slow to import
    from rich.progress import Progress  # noqa: PLC0415

    is_terminal, told = sys.stderr.isatty(), -1
    with Progress(console=Console(stderr=True), disable=not is_terminal) as bar:
        task = bar.add_task(title, total=None)
        for done, planned in steps:
            bar.update(task, completed=done, total=planned)
            if not is_terminal and 10 * done // planned > told:
                told = 10 * done // planned
                tell(f"{done} of {planned} steps")


def errors_in(said: str) -> list[str]:
    """Texts after `[job] error: ` or `UserError: ` in Snakemake's output, without duplicates; if
    there are none, the lines of its `WorkflowError` or the last lines of tracebacks; else its own
    last lines.
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [found[1] for line in lines if (found := _ERROR.match(line))]
    errors = errors or [line for found in _REFUSAL.findall(said) for line in found.splitlines()]
    errors = errors or [line for line in lines if _BUG.fullmatch(line)]
    return list(dict.fromkeys(errors))[:SHOWN] or lines[-SHOWN:] or ["Snakemake said nothing"]


def _kept(lines: Iterable[str], stream: IO[str]) -> Iterator[str]:
    for line in lines:
        stream.write(line)
        stream.flush()
        yield line
