"""CPU time of a work beside that of a peer, and beside the least that it can take.

Works take turns, so that other programs on the machine slow all of them down alike. What counts is
the CPU time (user and system) of this process, its threads and the processes that it has waited
for, not the time on the clock, which depends on who else computes.
"""

import resource
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Work = Callable[[], object]
Seconds = tuple[float, ...]
"""CPU seconds of a work, one number for each round."""


@dataclass(frozen=True)
class Reference:
    """What a work is compared with, on the same input in the same run."""

    name: str
    seconds: float
    """CPU seconds for one unit, such as a frame."""


@dataclass(frozen=True)
class Comparison:
    """A row of the table.

    Attributes:
        name: unique, and the same in every run; the history goes by it.
        work: what was done, and on what.
        unit: what the seconds are for, such as `frame`.
        seconds: CPU seconds for one unit, in the fastest round.
        peer: another program, or another way, that does the same.
        limit: what no program can do without, such as decoding the input.
        noise: half of the range of the ratio over the rounds.
        note: numbers that explain the row.
    """

    name: str
    work: str
    unit: str
    seconds: float
    peer: Reference | None
    limit: Reference | None
    noise: float
    note: str = ""

    @property
    def against(self) -> Reference:
        """The peer; where there is none, the limit."""
        found = self.peer or self.limit
        assert found is not None  # `comparison` sees to it
        return found

    @property
    def ratio(self) -> float:
        """CPU time in terms of the peer's, or of the limit where there is no peer."""
        return self.seconds / self.against.seconds


@dataclass(frozen=True)
class LeftOut:
    """A benchmark that could not run, and why."""

    name: str
    reason: str


def interleaved(works: Mapping[str, Work], rounds: int) -> dict[str, Seconds]:
    """CPU seconds of works that take turns."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            started = cpu_seconds()
            work()
            times[name].append(cpu_seconds() - started)
    return {name: tuple(seconds) for name, seconds in times.items()}


def cpu_seconds() -> float:
    """CPU time of this process, its threads, and the processes that it has waited for."""
    used = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def comparison(
    name: str,
    work: str,
    seconds: Seconds,
    *,
    peer: tuple[str, Seconds] | None = None,
    limit: tuple[str, Seconds] | None = None,
    unit: str = "frame",
    units: int = 1,
    note: str = "",
) -> Comparison:
    """The row of a work.

    Args:
        name: unique name.
        work: what was done, and on what.
        seconds: CPU seconds of each round.
        peer: name and CPU seconds of the same rounds.
        limit: name and CPU seconds of the same rounds.
        unit: what the table's seconds are for.
        units: number of units in a round.
        note: numbers that explain the row.

    Raises:
        ValueError: there is neither a peer nor a limit.
    """
    against = peer or limit
    if against is None:
        raise ValueError(f"{name}: a number of seconds alone says nothing; name a peer or a limit")
    ratios = [own / other for own, other in zip(seconds, against[1], strict=True)]
    return Comparison(
        name,
        work,
        unit,
        min(seconds) / units,
        _reference(peer, units),
        _reference(limit, units),
        (max(ratios) - min(ratios)) / 2,
        note,
    )


def _reference(named: tuple[str, Seconds] | None, units: int) -> Reference | None:
    return named and Reference(named[0], min(named[1]) / units)
