"""List scheduling, against cases that can be worked out by hand."""

import pytest
from cluster_jobs.scheduling import (
    Partition,
    Placed,
    PlannedTask,
    bounds,
    critical_path,
    makespan,
    most_at_a_time,
    schedule,
    ways_to_the_end,
)

ONE_NODE = Partition(nodes=1, gpus=4, cores=8)


def gpu(name: str, seconds: float, *after: int, gpus: int = 4, **more) -> PlannedTask:
    return PlannedTask(name, "train", seconds, after, gpus=gpus, **more)


def starts(tasks, partition=ONE_NODE) -> dict[str, tuple[float, int | None]]:
    return {one.task.name: (one.start, one.node) for one in schedule(tasks, partition)}


def test_what_needs_a_whole_node_runs_one_after_the_other():
    tasks = [gpu("a", 10), gpu("b", 10), gpu("c", 10)]
    assert makespan(schedule(tasks, ONE_NODE)) == 30
    two = Partition(nodes=2, gpus=4, cores=8)
    assert makespan(schedule(tasks, two)) == 20
    assert bounds(tasks, two)["gpus"] == 15


def test_four_trainings_on_one_gpu_each_share_a_node():
    tasks = [gpu(name, 10, gpus=1) for name in "abcde"]
    assert starts(tasks) == dict.fromkeys("abcd", (0, 0)) | {"e": (10, 0)}


def test_a_chain_waits_for_its_parts_and_until_they_are_noticed():
    tasks = [
        PlannedTask("index", "index", 5, notice_seconds=3),
        gpu("train", 20, 0, notice_seconds=2),
        PlannedTask("table", "table", 1, (1,), local=True),
    ]
    assert starts(tasks) == {"index": (0, 0), "train": (8, 0), "table": (30, None)}
    assert ways_to_the_end(tasks) == [31, 23, 1]
    assert critical_path(tasks) == (31, tasks)


def test_what_waits_in_the_queue_need_not_wait_until_an_end_is_noticed():
    tasks = [gpu("a", 10, notice_seconds=5), gpu("b", 10)]
    assert starts(tasks)["b"] == (10, 0)
    # Where Snakemake holds it back, it has to.
    assert starts(tasks, Partition(1, 4, 8, jobs=1))["b"] == (15, 0)


def test_a_small_task_passes_a_large_one_that_finds_no_room():
    tasks = [
        PlannedTask("most", "x", 10, cores=6),
        PlannedTask("all", "x", 10, cores=8),
        PlannedTask("few", "x", 5, cores=2),
    ]
    assert starts(tasks) == {"most": (0, 0), "few": (0, 0), "all": (10, 0)}


def test_the_longest_way_to_the_end_goes_first():
    tasks = [gpu("short", 10), gpu("long", 10), gpu("after long", 30, 1)]
    assert starts(tasks)["long"] == (0, 0)


def test_a_diamond_waits_for_its_longer_side():
    tasks = [
        PlannedTask("a", "x", 1),
        PlannedTask("b", "x", 5, (0,)),
        PlannedTask("c", "x", 9, (0,)),
        PlannedTask("d", "x", 1, (1, 2)),
    ]
    assert starts(tasks)["d"] == (10, 0)
    assert [task.name for task in critical_path(tasks)[1]] == ["a", "c", "d"]


def test_local_tasks_take_no_node():
    tasks = [gpu("train", 10), PlannedTask("gather", "gather", 4, local=True), gpu("next", 10, 1)]
    assert starts(tasks) == {"train": (0, 0), "gather": (0, None), "next": (10, 0)}


def test_memory_and_the_number_of_jobs_are_limits_too():
    tasks = [PlannedTask(name, "x", 10, memory_mb=600) for name in "ab"]
    assert makespan(schedule(tasks, Partition(1, 0, 8, memory_mb=1000))) == 20
    assert makespan(schedule(tasks, Partition(1, 0, 8, memory_mb=1200))) == 10
    assert makespan(schedule(tasks, Partition(2, 0, 8, jobs=1))) == 20


@pytest.mark.parametrize("nodes", [1, 2, 3, 7])
def test_no_schedule_is_faster_than_its_bounds_or_slower_than_one_after_the_other(nodes):
    tasks = [
        gpu(f"t{i}", 3 + i % 5, *([i - 3] if i >= 3 else []), gpus=1 + i % 4) for i in range(40)
    ]
    partition = Partition(nodes, 4, 8)
    took = makespan(schedule(tasks, partition))
    assert took >= max(bounds(tasks, partition).values())
    assert took <= sum(task.seconds for task in tasks)
    assert len(schedule(tasks, partition)) == len(tasks)


def test_nothing_to_do():
    assert schedule([], ONE_NODE) == []
    assert makespan([]) == 0
    assert critical_path([]) == (0, [])


def test_most_at_a_time():
    bars = [(0, 10), (5, 10), (10, 10), (15, 1)]
    assert most_at_a_time([Placed(PlannedTask("t", "t", s), start, 0) for start, s in bars]) == 2
