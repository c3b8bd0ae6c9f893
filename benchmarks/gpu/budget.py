"""Parts that run one after the other, each with a time limit, within a budget."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from program_runner import ProgramError, run_program
from program_runner.errors import ProgramTimeoutError

GRACE_SECONDS = 5.0
"""Kept back from a part's limit, for ending what it has started."""


class State(StrEnum):
    """How a part ended."""

    DONE = "done"
    STOPPED = "stopped"
    """Its time was over."""
    FAILED = "failed"
    LEFT_OUT = "left out"
    """It did not begin."""


@dataclass(frozen=True)
class Part:
    """A program to run, and the numbers that it leaves."""

    name: str
    words: tuple[str, ...]
    """Program and arguments."""
    limit: float
    """Seconds that it may take."""
    least: float
    """Seconds without which it does not begin."""
    numbers: Callable[[], dict[str, Any]]
    """Reads what the program has written, also where it was stopped; empty without anything."""


@dataclass(frozen=True)
class PartResult:
    """What became of a part."""

    name: str
    state: State
    reason: str
    """Why it did not end by itself; empty where it did."""
    seconds: float
    numbers: dict[str, Any]


def run_parts(
    parts: Iterable[Part],
    seconds: float,
    tell: Callable[[str], None],
    log: Callable[[str], None],
    *,
    run: Callable[..., None] = run_program,
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[PartResult]:
    """Run parts in order of their importance; one that fails or is stopped does not stop the rest.

    Args:
        parts: the most important first.
        seconds: budget of all of them.
        tell: gets a line when a part begins and when it has ended.
        log: gets the lines that the programs print.
        run: runs a program, as `run_program`.
        clock: seconds.
    """
    end = clock() + seconds
    for part in parts:
        begin = clock()
        left = end - begin
        if left < part.least:
            reason = f"{max(0, left):.0f} s of the budget are left, {part.least:.0f} are needed"
            result = PartResult(part.name, State.LEFT_OUT, reason, 0.0, {})
        else:
            allowed = min(part.limit, left) - GRACE_SECONDS
            tell(f"{part.name}: at most {allowed:.0f} s")
            state, reason = _ending(run, part.words, log, allowed)
            result = PartResult(part.name, state, reason, clock() - begin, part.numbers())
        tell(f"{part.name}: {result.state} {result.reason}".rstrip())
        yield result


def _ending(
    run: Callable[..., None], words: Sequence[str], log: Callable[[str], None], seconds: float
) -> tuple[State, str]:
    """How a program ended that was given some seconds, and why."""
    try:
        run(words, log, timeout=seconds)
    except ProgramTimeoutError:
        return State.STOPPED, f"not done after {seconds:.0f} s"
    except ProgramError as error:
        return State.FAILED, str(error)
    return State.DONE, ""
