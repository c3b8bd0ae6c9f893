"""The private cluster itself: it runs jobs and shares out its GPUs."""

from tests.slurm.cluster import wait_for


def test_two_jobs_of_four_gpus_do_not_share_a_node(cluster):
    submit = "sbatch", "--parsable", "--gpus=4", "--nodes=1", "--output=/dev/null"
    jobs = [int(cluster.ask(*submit, "--wrap", "sleep 600")) for _ in range(4)]
    wait_for("three running jobs", lambda: len(cluster.jobs("running")) == 3)
    nodes = [cluster.details(job)["NodeList"] for job in jobs[:3]]
    assert sorted(nodes) == cluster.nodes
    # There is no node left for the fourth.
    assert list(cluster.jobs("pending")) == jobs[3:]
    cluster.clear()
