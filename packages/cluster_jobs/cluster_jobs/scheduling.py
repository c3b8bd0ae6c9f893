"""List scheduling: when each task of a graph would run on some nodes."""

import heapq
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

ENDED, NOTICED = range(2)


@dataclass(frozen=True)
class PlannedTask:
    """A job and the resources that it needs."""

    name: str
    kind: str
    """Rule of the job."""
    seconds: float
    """Time for which it holds its resources."""
    after: tuple[int, ...] = ()
    """Indices of its dependencies in the list of all tasks; all precede its own index."""
    cores: int = 1
    gpus: int = 0
    memory_mb: int = 0
    notice_seconds: float = 0.0
    """Time from its end until tasks that depend on it, or wait for the limit `Partition.jobs`, are
    submitted and could start."""
    local: bool = False
    """Whether it runs on the scheduler's machine instead of a node."""


@dataclass(frozen=True)
class Partition:
    """Identical nodes."""

    nodes: int
    gpus: int
    """GPUs per node; cores and memory are per node too."""
    cores: int
    memory_mb: int | None = None
    """Memory per node; None for no limit."""
    jobs: int | None = None
    """Maximum number of simultaneously submitted jobs; None for no limit."""

    def fits(self, task: PlannedTask) -> bool:
        """Whether an idle node could run a task."""
        return _Node(self).fits(task)


@dataclass(frozen=True)
class Placed:
    """Time and place of a task."""

    task: PlannedTask
    start: float
    """Seconds from the start of the first task."""
    node: int | None
    """Index of the node; None for a local task."""

    @property
    def end(self) -> float:
        """Release time of its resources."""
        return self.start + self.task.seconds


@dataclass
class _Node:
    """Free resources of a node."""

    partition: Partition
    cores: int = field(init=False)
    gpus: int = field(init=False)
    memory_mb: float = field(init=False)

    def __post_init__(self) -> None:
        self.cores, self.gpus = self.partition.cores, self.partition.gpus
        memory = self.partition.memory_mb
        self.memory_mb = float("inf") if memory is None else memory

    def fits(self, task: PlannedTask) -> bool:
        return (
            task.cores <= self.cores and task.gpus <= self.gpus and task.memory_mb <= self.memory_mb
        )

    def take(self, task: PlannedTask, sign: int = 1) -> None:
        self.cores -= sign * task.cores
        self.gpus -= sign * task.gpus
        self.memory_mb -= sign * task.memory_mb


def schedule(tasks: Sequence[PlannedTask], partition: Partition) -> list[Placed]:
    """Run each task as soon as its dependencies have ended and a node has room for it.

    Tasks wait in the order in which they could start; a later one overtakes earlier ones if only it
    finds room, as in Slurm's queue. Of several that could start at the same time, the one with the
    longest path to the end comes first.

    Args:
        tasks: each after its dependencies.
        partition: nodes on which each task fits (`Partition.fits`), with a job limit of at least
            one.

    Returns:
        The tasks in the order of their starts.
    """
    nodes = [_Node(partition) for _ in range(partition.nodes)]
    followers = _followers(tasks)
    ways = ways_to_the_end(tasks)
    missing = [len(task.after) for task in tasks]
    places = math.inf if partition.jobs is None else partition.jobs
    waiting = [(0.0, -ways[i], i) for i in range(len(tasks)) if not missing[i]]
    # (time, event, task): resources are released, or the end is noticed.
    events: list[tuple[float, int, int]] = []
    on_node: dict[int, int] = {}
    placed = []
    now = 0.0
    while waiting or events:
        still_waiting = []
        refused = set()
        for entry in sorted(waiting):
            i, task = entry[2], tasks[entry[2]]
            # If one task finds no room, another with the same needs finds none either.
            needs = (task.cores, task.gpus, task.memory_mb)
            node = None
            if not task.local:
                if places and needs not in refused:
                    node = next((n for n, each in enumerate(nodes) if each.fits(task)), None)
                if node is None:
                    refused.add(needs)
                    still_waiting.append(entry)
                    continue
                nodes[node].take(task)
                on_node[i] = node
                places -= 1
            placed.append(Placed(task, now, node))
            heapq.heappush(events, (now + task.seconds, ENDED, i))
            heapq.heappush(events, (now + task.seconds + task.notice_seconds, NOTICED, i))
        waiting = still_waiting
        if not events:
            break
        now = events[0][0]
        while events and events[0][0] == now:
            _, what, i = heapq.heappop(events)
            if what == ENDED:
                if i in on_node:
                    nodes[on_node[i]].take(tasks[i], -1)
                continue
            places += i in on_node
            for follower in followers[i]:
                missing[follower] -= 1
                if not missing[follower]:
                    waiting.append((now, -ways[follower], follower))
    return placed


def makespan(placed: Sequence[Placed]) -> float:
    """Seconds until all tasks have ended."""
    return max((one.end for one in placed), default=0.0)


def most_at_a_time(placed: Sequence[Placed]) -> int:
    """Largest number of tasks that run at the same time."""
    changes = sorted([(one.end, -1) for one in placed] + [(one.start, 1) for one in placed])
    most = running = 0
    for _, change in changes:
        running += change
        most = max(most, running)
    return most


def ways_to_the_end(tasks: Sequence[PlannedTask]) -> list[float]:
    """Seconds from each task's start to the end of all, with unlimited resources."""
    ways = [0.0] * len(tasks)
    followers = _followers(tasks)
    for i in reversed(range(len(tasks))):
        rest = (tasks[i].notice_seconds + ways[j] for j in followers[i])
        ways[i] = tasks[i].seconds + max(rest, default=0.0)
    return ways


def critical_path(tasks: Sequence[PlannedTask]) -> tuple[float, list[PlannedTask]]:
    """Critical path: the longest chain of tasks, and its seconds, a bound for every partition."""
    if not tasks:
        return 0.0, []
    ways, followers = ways_to_the_end(tasks), _followers(tasks)
    candidates = [i for i, task in enumerate(tasks) if not task.after]
    path = []
    while candidates:
        i = max(candidates, key=lambda j: ways[j])
        path.append(i)
        candidates = followers[i]
    return ways[path[0]], [tasks[i] for i in path]


def bounds(tasks: Sequence[PlannedTask], partition: Partition) -> dict[str, float]:
    """Lower bounds of any schedule in seconds, by limiting resource."""
    work = [task for task in tasks if not task.local]
    found = {"critical path": critical_path(tasks)[0]}
    for name, total in (("cores", partition.cores), ("gpus", partition.gpus)):
        if total:
            seconds = sum(getattr(task, name) * task.seconds for task in work)
            found[name] = seconds / (partition.nodes * total)
    return found


def _followers(tasks: Sequence[PlannedTask]) -> list[list[int]]:
    followers: list[list[int]] = [[] for _ in tasks]
    for i, task in enumerate(tasks):
        for before in task.after:
            followers[before].append(i)
    return followers
