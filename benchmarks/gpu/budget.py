"""Parts that run one after the other, each with a time limit, within a budget."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from program_runner import ProgramError, run_program
from program_runner.errors import ProgramTimeoutError

GRACE_SECONDS = 5.0
"""Reserve of a part's limit for terminating its processes."""


class State(StrEnum):
    """Outcome of a part."""

    DONE = "done"
    STOPPED = "stopped"
    """Its time limit was reached."""
    FAILED = "failed"
    LEFT_OUT = "left out"
    """It was not started."""


@dataclass(frozen=True)
class Part:
    """Program to run, and the numbers that it writes."""

    name: str
    words: tuple[str, ...]
    """Program and arguments."""
    limit: float
    """Time limit in seconds."""
    least: float
    """Least time in seconds with which it is started."""
    numbers: Callable[[], dict[str, Any]]
    """Reader of the numbers that the program wrote, also if it was stopped; empty if none."""


@dataclass(frozen=True)
class PartResult:
    """Result of a part."""

    name: str
    state: State
    reason: str
    """Reason why it did not finish; empty if it did."""
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
    """Run parts in order of importance; one that fails or is stopped does not stop the rest.

    Args:
        parts: most important part first.
        seconds: budget of all parts.
        tell: callback for a line when a part starts and when it ends.
        log: callback for the output lines of the programs.
        run: function that runs a program, such as `run_program`.
        clock: function that returns seconds.
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
    """Outcome of a program with a time limit, and the reason."""
    try:
        run(words, log, timeout=seconds)
    except ProgramTimeoutError:
        return State.STOPPED, f"not done after {seconds:.0f} s"
    except ProgramError as error:
        return State.FAILED, str(error)
    return State.DONE, ""
