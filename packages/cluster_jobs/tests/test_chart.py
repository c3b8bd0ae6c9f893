"""The chart of a schedule."""

from cluster_jobs.chart import bars_of, draw_schedule
from cluster_jobs.scheduling import Placed, PlannedTask


def test_bars_of_a_node_do_not_overlap(tmp_path):
    jobs = [(0, 10, 2), (0, 30, 1), (10, 10, 2), (20, 10, 3), (0, 10, 0), (5, 10, 0), (10, 5, 0)]
    placed = [
        Placed(PlannedTask("t", f"{gpus}", s, gpus=gpus), start, 0) for start, s, gpus in jobs
    ]
    bars = bars_of(placed)
    assert len(bars) == 2 + 1 + 2 + 3 + 3
    for one in bars:
        for other in bars:
            apart = one.row + one.height <= other.row or other.row + other.height <= one.row
            after = one.job.end <= other.job.start or other.job.end <= one.job.start
            assert one is other or apart or after
    # Four GPUs, and one row for the jobs without.
    assert max(bar.row + bar.height for bar in bars) == 4 + 1
    figure = draw_schedule([*placed, Placed(PlannedTask("t", "gather", 1), 0, None)], local="here")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["node 1", "here"]
