"""CPU time compared with that of a peer and with a lower limit.

The programs take turns, so that other programs on the machine slow all of them down equally. The
measure is the CPU time (user and system) of this process, its threads and the processes that it has
waited for, not wall-clock time, which depends on other programs.
"""

import resource
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Work = Callable[[], object]
Seconds = tuple[float, ...]
"""CPU seconds of a task, one number per round."""


@dataclass(frozen=True)
class Reference:
    """Reference for a comparison, on the same input in the same run."""

    name: str
    seconds: float
    """CPU seconds per unit, such as a frame."""


@dataclass(frozen=True)
class Comparison:
    """Row of the table.

    Attributes:
        name: unique name, the same in every run; key of the history.
        work: description of the task and its input.
        unit: unit of the seconds, such as `frame`.
        seconds: CPU seconds per unit, in the fastest round.
        peer: another program, or another way, that does the same.
        limit: work that no program can avoid, such as decoding the input.
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
        """The peer; the limit if there is no peer."""
        found = self.peer or self.limit
        assert found is not None  # ensured by `comparison`
        return found

    @property
    def ratio(self) -> float:
        """CPU time relative to the peer, or to the limit if there is no peer."""
        return self.seconds / self.against.seconds


@dataclass(frozen=True)
class LeftOut:
    """Benchmark that could not run, with the reason."""

    name: str
    reason: str


def interleaved(works: Mapping[str, Work], rounds: int) -> dict[str, Seconds]:
    """CPU seconds of tasks that take turns."""
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
    """Row of a task.

    Args:
        name: unique name.
        work: description of the task and its input.
        seconds: CPU seconds of each round.
        peer: name and CPU seconds of the same rounds.
        limit: name and CPU seconds of the same rounds.
        unit: unit of the table's seconds.
        units: number of units per round.
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
