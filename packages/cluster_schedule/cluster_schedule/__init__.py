"""When each job of a graph would run on the nodes of a cluster, and how long all of them take.

Import `chart`, which draws a schedule with matplotlib, by its own name.
"""

from .scheduling import (
    Partition,
    Placed,
    PlannedTask,
    bounds,
    critical_path,
    makespan,
    most_at_a_time,
    schedule,
)

__all__ = [
    "Partition",
    "Placed",
    "PlannedTask",
    "bounds",
    "critical_path",
    "makespan",
    "most_at_a_time",
    "schedule",
]
