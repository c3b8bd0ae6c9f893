"""Snakemake with a progress bar instead of its own output, and the errors of its jobs."""

import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO

__all__ = ["errors_in", "run_quietly", "show_steps", "steps_in"]

_STEPS = re.compile(r"(\d+) of (\d+) steps")
_ERROR = re.compile(r"(?:\[[^]]+\] error|UserError): (.+)")
"""Error line of a job, after the job's name in brackets, or of a function that plans jobs."""
_REFUSAL = re.compile(r"^WorkflowError.*:\n((?:(?! ).+\n?)+)", re.MULTILINE)
"""Error lines of a call in which no job started."""
SHOWN = 20
"""Largest number of error lines."""


def run_quietly(
    arguments: Sequence[str], said: Path, title: str, tell: Callable[[str], object] = print
) -> list[str]:
    """Run Snakemake in a process of its own.

    Args:
        arguments: arguments of Snakemake.
        said: file for its output.
        title: text before the bar.
        tell: callback for progress lines if there is no terminal.

    Returns:
        Empty if it succeeded, otherwise `errors_in` its output.
    """
    command = [sys.executable, "-m", "snakemake", *arguments]
    with (
        said.open("w", encoding="utf-8") as stream,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        ) as process,
    ):
        assert process.stdout is not None
        show_steps(steps_in(_kept(process.stdout, stream)), title, tell)
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
    there are none, the lines of its `WorkflowError`; else its last lines.
    """
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    errors = [found[1] for line in lines if (found := _ERROR.match(line))]
    if not errors:
        errors = [line for found in _REFUSAL.findall(said) for line in found.splitlines()]
    return list(dict.fromkeys(errors))[:SHOWN] or lines[-SHOWN:] or ["Snakemake said nothing"]


def _kept(lines: Iterable[str], stream: IO[str]) -> Iterator[str]:
    for line in lines:
        stream.write(line)
        stream.flush()
        yield line
